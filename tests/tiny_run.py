"""A run that takes a second: samples that need no data, a network without batch statistics, a configuration.

Runs in other processes name these as one's own code does: `tiny_run:FakeStream`, `tiny_run:PlainNet`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig, parse_config
from yomite.data.samples import Sample, Source
from yomite.streams.batch import to_batch
from yomite.tasks import ValidationSet

SIZE = 16
CHARACTERS = "永字八法あいうアイウ"


class FakeStream:
    """Each character is a fixed random pattern; noise is a pure function of (seed, epoch, index).

    Args:
        charset: The classes.
        pause_s: How long a draw takes.
        stop_at: The sample (counted over all epochs) at which this process gets a signal, once.
        stop_by: Which signal.
        marker: A file that says that the signal was sent already.
    """

    num_samples = 37  # no multiple of the batch size, so batches straddle epochs

    def __init__(
        self,
        charset: Charset | str = CHARACTERS,
        data_root: Path | None = None,
        seed: int = 0,
        size: int = SIZE,
        *,
        pause_s: float = 0.0,
        stop_at: int | None = None,
        stop_by: int = signal.SIGINT,
        marker: str | None = None,
    ) -> None:
        self.patterns = np.random.default_rng(7).integers(0, 2, (len(charset), size, size)) * 160
        self.pause_s, self.stop_at, self.stop_by = pause_s, stop_at, stop_by
        self.marker = Path(marker) if marker else None

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        time.sleep(self.pause_s)
        if self.stop_at is not None and self.stop_at in epoch * self.num_samples + indices:
            self.send_signal()
        images, labels = [], []
        for index in indices:
            rng = np.random.default_rng((epoch, int(index)))
            label = int(rng.integers(len(self.patterns)))
            images.append(self.patterns[label] + rng.integers(0, 90, self.patterns[0].shape))
            labels.append(label)
        return np.stack(images).astype(np.uint8), np.array(labels, dtype=np.int64)

    def send_signal(self) -> None:
        if self.marker:
            if self.marker.exists():
                return
            self.marker.touch()
        self.stop_at = None
        os.kill(os.getpid(), self.stop_by)


class PlainNet(nn.Module):
    """uint8 (N, 1, S, S) -> logits (N, C): two layers with dropout, no batch statistics."""

    task = "character"

    def __init__(self, num_classes: int, input_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden = nn.Linear(input_size**2, 24)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(24, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        hidden = torch.relu(self.hidden(images.flatten(1).float() / 255))
        return self.classifier(self.dropout(hidden))


class RootNet(nn.Module):
    """The slope of a root at 0 is infinite, and 0 times that is no number."""

    task = "character"

    def __init__(self, num_classes: int, input_size: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(input_size**2, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        logits = self.classifier(images.flatten(1).float() / 255)
        return logits + (logits * 0.0).sqrt() * 0.0


RESIDUAL = {
    "name": "residual",
    "input_size": SIZE,
    "arguments": {"widths": [8, 16], "depths": [1, 1], "embedding": 16, "pools": 2, "dropout": 0.2},
}
PLAIN = {"name": "tiny_run:PlainNet", "input_size": SIZE, "arguments": {"dropout": 0.2}}


def describe_run(folder: Path, **changes: Any) -> dict[str, Any]:
    """A small run as plain data; it writes into folder/run. A section in `changes` replaces a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    characters = folder / "characters.txt"
    characters.write_text(CHARACTERS, encoding="utf-8")
    return {
        "charset": str(characters),
        "model": RESIDUAL,
        "data": {"stream": "tiny_run:FakeStream"},
        "schedule": {"warmup_steps": 3, "total_steps": 24},
        "optimizer": {"learning_rate": 0.01},
        "batch_size": 16,
        "precision": "fp32",
        "checkpoint": {"every_steps": 5, "keep": 2},
        "loader": {"workers": 0},
        "tracking": {"tensorboard": False},
        "out": str(folder / "run"),
        **changes,
    }


def configure_run(folder: Path, **changes: Any) -> RunConfig:
    return parse_config(describe_run(folder, **changes))


def draw_validation(name: str = "fake", num: int = 20) -> ValidationSet:
    return ValidationSet(name, to_batch(FakeStream().draw(99, np.arange(num))))


def open_written() -> Source:
    """Two writers, each of whom wrote every character once: one with thin lines, one with thick ones."""

    def read() -> Iterator[Sample]:
        for writer, width in (("thin", 2), ("thick", 9)):
            for number, character in enumerate(CHARACTERS):
                picture = np.full((40, 40), 255, np.uint8)
                picture[4:36, 3 * number : 3 * number + width] = 0
                picture[18 : 18 + width, 4:36] = 0
                yield Sample(picture, character, writer, f"{writer} {character}")

    return Source("written", read)


def read_tensors(path: Path) -> dict[str, Tensor]:
    return read_checkpoint(path).tensors


def assert_identical(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name
