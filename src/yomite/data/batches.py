"""Samples -> batches. A run's stream is a pure function of (seed, step), so it can start anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler


class Mixture(Protocol):
    """Where samples come from (yomite.data.mixture, or a test's own)."""

    @property
    def num_samples(self) -> int:
        """Samples in an epoch."""
        ...

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Canvas images uint8 (N, S, S) and labels int64 (N,), a pure function of (seed, epoch, index)."""
        ...


@dataclass
class Batch:
    """What an objective gets.

    Attributes:
        images: uint8 (N, 1, H, W), ink bright on 0.
        targets: int64 (N,) labels, or (N, L) for a line.
        widths: int64 (N,), used px of each image, where images are padded.
        target_lengths: int64 (N,), used labels of each target, where targets are padded.
        metadata: What else the source knows.
    """

    images: Tensor
    targets: Tensor
    widths: Tensor | None = None
    target_lengths: Tensor | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""

        def move(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device, non_blocking=True)

        images, targets = (
            self.images.to(device, non_blocking=True),
            self.targets.to(device, non_blocking=True),
        )
        return Batch(images, targets, move(self.widths), move(self.target_lengths), self.metadata)

    def pin_memory(self) -> Batch:
        """Called by DataLoader(pin_memory=True)."""
        return Batch(
            self.images.pin_memory(),
            self.targets.pin_memory(),
            self.widths,
            self.target_lengths,
            self.metadata,
        )


class MixtureDataset(Dataset[Batch]):
    """Draws a whole batch at once; an item is (epoch, index)."""

    def __init__(self, mixture: Mixture) -> None:
        self.mixture = mixture

    def __getitem__(self, position: tuple[int, int]) -> Batch:
        return self.__getitems__([position])

    def __getitems__(self, positions: list[tuple[int, int]]) -> Batch:
        """The fetcher of DataLoader hands over all positions of a batch, which may lie in two epochs."""
        epochs, indices = np.asarray(positions, dtype=np.int64).T
        drawn = [self.mixture.draw(int(epoch), indices[epochs == epoch]) for epoch in np.unique(epochs)]
        images = np.concatenate([images for images, _ in drawn])
        labels = np.concatenate([labels for _, labels in drawn])
        return Batch(torch.from_numpy(images)[:, None], torch.from_numpy(labels))


class StepSampler(Sampler[list[tuple[int, int]]]):
    """The (epoch, index) pairs of each step: the epochs one after the other, cut into batches of one size.

    A mixture has no order of its own (any index may be any character), so an epoch is read from 0 up. Every
    step has exactly batch_size samples; a batch may begin in one epoch and end in the next.
    """

    def __init__(self, num_samples: int, batch_size: int, start_step: int, total_steps: int) -> None:
        self.num_samples, self.batch_size = num_samples, batch_size
        self.start_step, self.total_steps = start_step, total_steps

    def __len__(self) -> int:
        return self.total_steps - self.start_step

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for step in range(self.start_step, self.total_steps):
            first = step * self.batch_size
            yield [divmod(position, self.num_samples) for position in range(first, first + self.batch_size)]


def _limit_threads(_: int) -> None:
    """A worker is one of several processes: one thread each, or they fight for the cores."""
    torch.set_num_threads(1)
    try:
        import numba
    except ImportError:  # a mixture of one's own may draw without numba
        return
    numba.set_num_threads(1)


def build_loader(
    mixture: Mixture,
    batch_size: int,
    *,
    start_step: int,
    total_steps: int,
    workers: int = 0,
    prefetch: int = 2,
    pin_memory: bool = False,
) -> DataLoader[Batch]:
    """A loader whose first batch is that of start_step and whose last is that of total_steps - 1."""
    return DataLoader(
        MixtureDataset(mixture),
        batch_sampler=StepSampler(mixture.num_samples, batch_size, start_step, total_steps),
        collate_fn=_as_is,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        pin_memory=pin_memory,
        worker_init_fn=_limit_threads,
        # Without its own generator an iterator draws from torch's global stream, which dropout shares.
        generator=torch.Generator(),
    )


def _as_is(batch: Any) -> Any:
    return batch
