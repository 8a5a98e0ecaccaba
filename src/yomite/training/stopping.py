"""How a run ends before its time: by a signal, or by a loss that is not finite."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from yomite.data.batches import Batch


class StopRequest:
    """Whether somebody wants the run to end after this step."""

    def __init__(self) -> None:
        self.is_made = False

    def make(self, number: int, frame: Any) -> None:
        """Takes the first signal down; the second one ends the process at once."""
        if self.is_made:
            raise KeyboardInterrupt
        self.is_made = True


@contextmanager
def catch_signals() -> Iterator[StopRequest]:
    """Within it Ctrl-C and SIGTERM are a request to stop, so that a step is finished and its state written.

    Outside the main thread Python allows no handlers, and signals do what they always do.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.make) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def write_batches(path: Path, batches: Sequence[Batch]) -> None:
    """Keeps the micro-batches of a step for inspection: images uint8 (N, 1, H, W), targets, and what else is
    known of them, in one safetensors file."""
    tensors = {}
    for name in ("images", "targets", "widths", "target_lengths"):
        parts = [getattr(batch, name) for batch in batches]
        if all(part is not None for part in parts):
            tensors[name] = torch.cat(parts).cpu().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
