"""How a run ends before its time: by a signal, or by a loss that is not finite."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from yomite.errors import TrainingError
from yomite.streams.batch import Batch, join_batches


class StopRequest:
    """Whether somebody wants the run to end after this step."""

    def __init__(self) -> None:
        self.is_made = False

    def make(self, number: int, frame: Any) -> None:
        """Take the first signal down; the second one ends the process at once."""
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


def report_nonfinite(step: int, reason: str, path: Path, batches: Sequence[Batch]) -> TrainingError:
    """Keep the micro-batches of a step for inspection, and make the error that ends the run.

    `numpy.load(path)["images"]` is uint8 (N, 1, H, W); targets, and what else is known, lie beside it.
    """
    whole = join_batches([batch.to(torch.device("cpu")) for batch in batches])
    tensors = {
        name: tensor.numpy()
        for name in ("images", "targets", "widths", "target_lengths")
        if (tensor := getattr(whole, name)) is not None
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **tensors)
    return TrainingError(f"step {step}: {reason}; the samples of this step are in {path}")


@contextmanager
def explain_anomaly(step: int, path: Path, batches: Sequence[Batch]) -> Iterator[None]:
    """Around a backward pass: what `anomaly: true` finds ends the run as a loss that is not finite does."""
    try:
        yield
    except RuntimeError as error:
        if "returned nan values" not in str(error):
            raise
        reason = f"{error} Where it was called in the forward pass is told above"
        raise report_nonfinite(step, reason, path, batches) from error
