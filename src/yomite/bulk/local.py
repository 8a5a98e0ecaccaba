"""The local engine: processes of this machine, each with one reader, take shard after shard."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any

from yomite.bulk.containers import Item
from yomite.bulk.inputs import Shard
from yomite.bulk.reader import Choice, RowReader
from yomite.bulk.shards import Tell, write_shard
from yomite.errors import DataError

_LOOK_SECONDS = 0.5


def run_local(shards: Iterator[Shard], folder: Path, choice: Choice, num_processes: int, tell: Tell) -> None:
    """Read shards and write their files.

    Args:
        shards: Those that are not done.
        folder: Of the job.
        choice: What to read with.
        num_processes: At least 1.
        tell: Hears of rows as they are read.

    Raises:
        DataError: A file cannot be written, or a process was killed.
        ModelFileError: A model is damaged.
    """
    context = multiprocessing.get_context("spawn")  # a forked ONNX Runtime may hang
    counts, stop = context.Array("q", 2), context.Event()
    told = [0, 0]

    def look() -> None:
        now = counts[:]
        tell(now[0] - told[0], now[1] - told[1])
        told[:] = now

    pool = ProcessPoolExecutor(
        num_processes, context, initializer=_begin, initargs=(folder, choice, counts, stop)
    )
    running: set[Future[None]] = set()
    try:
        while True:
            for shard in islice(shards, 2 * num_processes - len(running)):  # one waits for each process
                running.add(pool.submit(_write, shard))
            if not running:
                return
            done, running = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
            for future in done:
                future.result()
            look()
    except BrokenProcessPool:
        raise DataError(
            "a reading process was killed, perhaps for want of memory; type the same command again to go on, "
            "with fewer --processes if it happens once more"
        ) from None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


class _Process:
    """What a process of the pool holds."""

    folder: Path
    choice: Choice
    reader: RowReader | None = None
    counts: Any
    stop: Any


def _begin(folder: Path, choice: Choice, counts: Any, stop: Any) -> None:
    """Set a process up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started it, which sets `stop`
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Process.folder, _Process.choice, _Process.counts, _Process.stop = folder, choice, counts, stop


def _end_with_parent() -> None:
    """Leave when the process that started this one is gone: killed, it tells nobody."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _write(shard: Shard) -> None:
    if _Process.reader is None:  # not before: what an initializer raises is lost
        _Process.reader = RowReader(_Process.choice)
    write_shard(_Stoppable(shard.index, shard.pieces), _Process.folder, _Process.reader, _tell)


def _tell(rows: int, errors: int) -> None:
    with _Process.counts.get_lock():
        _Process.counts[0] += rows
        _Process.counts[1] += errors


class _Stoppable(Shard):
    """A shard that is given up, with nothing written, when the job ends before it."""

    def read(self) -> Iterator[Item]:
        for item in super().read():
            if _Process.stop.is_set():
                raise KeyboardInterrupt
            yield item
