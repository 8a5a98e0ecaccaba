"""Samples -> batches. A run's stream is a pure function of (seed, step), so it can start anywhere."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from yomite.streams import Stream
from yomite.streams.batch import Batch, join_batches, to_batch


def draw_batch(stream: Stream, positions: Sequence[tuple[int, int]]) -> Batch:
    """Draw (epoch, index) pairs, which may lie in several epochs, as one batch."""
    epochs, indices = np.asarray(positions, dtype=np.int64).T
    return join_batches(
        [to_batch(stream.draw(int(epoch), indices[epochs == epoch])) for epoch in np.unique(epochs)]
    )


class StreamDataset(Dataset[Batch]):
    """Draws a whole batch at once; an item is (epoch, index)."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __getitem__(self, position: tuple[int, int]) -> Batch:
        return draw_batch(self.stream, [position])

    def __getitems__(self, positions: list[tuple[int, int]]) -> Batch:
        """Draw all positions of a batch, which the fetcher of DataLoader hands over at once."""
        return draw_batch(self.stream, positions)


class StepSampler(Sampler[list[tuple[int, int]]]):
    """The (epoch, index) pairs of each step: the epochs one after the other, cut into batches of one size.

    A stream has no order of its own (any index may be any character), so an epoch is read from 0 up. Every
    step has exactly batch_size samples; a batch may begin in one epoch and end in the next. Each process
    takes its share of a step, one stretch of it, in `accumulate` micro-batches.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        start_step: int,
        total_steps: int | None,
        *,
        rank: int = 0,
        num_processes: int = 1,
        accumulate: int = 1,
    ) -> None:
        """total_steps None goes on forever."""
        self.num_samples, self.batch_size = num_samples, batch_size
        self.start_step, self.total_steps = start_step, total_steps
        self.rank, self.num_parts, self.accumulate = rank, num_processes * accumulate, accumulate

    def __len__(self) -> int:
        if self.total_steps is None:
            raise TypeError("this stream has no end")
        return (self.total_steps - self.start_step) * self.accumulate

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        size = self.batch_size // self.num_parts
        steps: Iterable[int] = itertools.count(self.start_step)
        if self.total_steps is not None:
            steps = range(self.start_step, self.total_steps)
        for step in steps:
            for part in range(self.rank * self.accumulate, (self.rank + 1) * self.accumulate):
                first = step * self.batch_size + part * size
                yield [divmod(position, self.num_samples) for position in range(first, first + size)]


def _settle_worker(_: int) -> None:
    """One thread each, or several processes fight for the cores; Ctrl-C is for the training process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        import numba
    except ImportError:  # a stream of one's own may draw without numba
        return
    numba.set_num_threads(1)


def build_loader(
    stream: Stream,
    batch_size: int,
    *,
    start_step: int,
    total_steps: int | None,
    rank: int = 0,
    num_processes: int = 1,
    accumulate: int = 1,
    workers: int = 0,
    prefetch: int = 2,
    pin_memory: bool = False,
) -> DataLoader[Batch]:
    """A loader of the micro-batches of one process, from start_step to total_steps - 1 (None: no end)."""
    return DataLoader(
        StreamDataset(stream),
        batch_sampler=StepSampler(
            stream.num_samples,
            batch_size,
            start_step,
            total_steps,
            rank=rank,
            num_processes=num_processes,
            accumulate=accumulate,
        ),
        collate_fn=_as_is,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        persistent_workers=workers > 0,
        pin_memory=pin_memory,
        worker_init_fn=_settle_worker,
        # Without its own generator an iterator draws from torch's global stream, which dropout shares.
        generator=torch.Generator(),
    )


def _as_is(batch: Any) -> Any:
    return batch
