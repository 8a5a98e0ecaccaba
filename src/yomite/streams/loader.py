"""Samples -> batches. A run's stream is a pure function of (seed, step), so it can start anywhere.

Loader processes are spawned, not forked: a fork of a process that has used OpenMP hangs at the first tensor
operation that does, and training has used it long before its loader begins. Spawned processes share no
memory, so the stream goes to them as one file, which all of them map.
"""

from __future__ import annotations

import atexit
import itertools
import mmap
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.reduction import DupFd
from typing import IO, Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from yomite.errors import ConfigError
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
        self._file: tuple[IO[bytes], list[int]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand the stream over as an open file, so that memory holds its arrays once for all processes."""
        self._file = self._file or _write_stream(self.stream)
        file, sizes = self._file
        return _map_stream, (DupFd(file.fileno()), sizes)

    def __getitem__(self, position: tuple[int, int]) -> Batch:
        return draw_batch(self.stream, [position])

    def __getitems__(self, positions: list[tuple[int, int]]) -> Batch:
        """Draw all positions of a batch, which the fetcher of DataLoader hands over at once."""
        return draw_batch(self.stream, positions)


def _write_stream(stream: Stream) -> tuple[IO[bytes], list[int]]:
    """Write a stream into a file without a name: its large arrays, then the rest; and the size of each."""
    buffers: list[memoryview] = []

    def is_small(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes >= mmap.PAGESIZE:
            buffers.append(view)
        return view.nbytes < mmap.PAGESIZE

    try:
        rest = pickle.dumps(stream, protocol=5, buffer_callback=is_small)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"the stream cannot be sent to loader processes ({error}); "
            "make it picklable, or set loader.workers=0"
        ) from error
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the loader may start processes
    for view in (*buffers, memoryview(rest)):
        file.write(view)
        file.write(bytes(-view.nbytes % mmap.PAGESIZE))
    file.flush()
    return file, [view.nbytes for view in (*buffers, memoryview(rest))]


def _map_stream(handle: Any, sizes: Sequence[int]) -> StreamDataset:
    with os.fdopen(handle.detach(), "rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    starts = itertools.accumulate((size + -size % mmap.PAGESIZE for size in sizes), initial=0)
    *buffers, rest = (whole[start : start + size] for start, size in zip(starts, sizes, strict=False))
    return StreamDataset(pickle.loads(rest, buffers=buffers))


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


class StepLoader(DataLoader[Batch]):
    """Starts its processes deaf: a signal to all processes of a run is for the one that trains."""

    def __iter__(self) -> Any:
        if not self.num_workers or threading.current_thread() is not threading.main_thread():
            return super().__iter__()
        others = set(multiprocessing.active_children())
        # What is ignored here stays ignored in a process that is started here.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return super().__iter__()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            for worker in set(multiprocessing.active_children()) - others:
                atexit.register(worker.kill)  # multiprocessing would send SIGTERM, and wait


def _settle_worker(_: int) -> None:
    """One thread each, or several processes fight for the cores; still deaf, where torch has a handler."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)
    if numba := sys.modules.get("numba"):
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
) -> StepLoader:
    """Build a loader of the micro-batches of one process, from start_step to total_steps - 1 (None: no end).

    A script that asks for workers has its own work under `if __name__ == "__main__":`, because each worker
    imports it.

    Raises:
        ConfigError: When it is read with workers, and the stream cannot be pickled.
    """
    return StepLoader(
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
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=prefetch if workers else None,
        persistent_workers=workers > 0,
        pin_memory=pin_memory,
        worker_init_fn=_settle_worker,
        # Without its own generator an iterator draws from torch's global stream, which dropout shares.
        generator=torch.Generator(),
    )


def _as_is(batch: Any) -> Any:
    return batch
