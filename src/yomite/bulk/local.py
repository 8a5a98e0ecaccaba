"""The local engine: processes of this machine, each with one reader, take shard after shard."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from pathlib import Path
from typing import Any

from yomite.bulk.inputs import Shard
from yomite.bulk.pictures import Item
from yomite.bulk.reader import Choice, RowReader
from yomite.bulk.shards import Counts, Tell, write_shard
from yomite.errors import DataError

MAX_IN_VAIN = 3
"""How often processes may be killed with no shard written in between."""


def run_local(shards: Iterator[Shard], folder: Path, choice: Choice, num_processes: int, tell: Tell) -> None:
    """Read shards and write their files.

    When a process is killed, others take its place, as long as that gets the job on.

    Args:
        shards: Those that are not done.
        folder: Of the job.
        choice: What to read with.
        num_processes: At least 1.
        tell: Hears of the rows of a shard when it is written.

    Raises:
        DataError: A file cannot be written, or processes are killed again and again.
        ModelFileError: A model is damaged.
    """
    context = multiprocessing.get_context("spawn")  # a forked ONNX Runtime may hang
    num_in_vain = 0
    while True:
        stop = context.Event()
        pool = ProcessPoolExecutor(
            num_processes, context, initializer=_begin, initargs=(folder, choice, stop)
        )
        running: dict[Future[Counts], Shard] = {}
        taken: dict[int, Shard] = {}
        try:
            while True:
                for shard in islice(shards, 2 * num_processes - len(running)):  # one waits for each process
                    taken[shard.index] = shard
                    running[pool.submit(_write, shard)] = shard
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    tell(future.result())
                    del taken[running.pop(future).index]
                    num_in_vain = 0
        except BrokenProcessPool:
            num_in_vain += 1
            if num_in_vain == MAX_IN_VAIN:
                names = ", ".join(shard.name for shard in taken.values())
                raise DataError(
                    f"reading processes are killed again and again at one of {names}, perhaps for want of "
                    "memory; what is written stays; to go on, type the same command with fewer --processes"
                ) from None
            shards = chain(shards, taken.values())  # last, so that all others are written before
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class _Process:
    """What a process of the pool holds."""

    folder: Path
    choice: Choice
    reader: RowReader | None = None
    stop: Any


def _begin(folder: Path, choice: Choice, stop: Any) -> None:
    """Set a process up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started it, which sets `stop`
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Process.folder, _Process.choice, _Process.stop = folder, choice, stop


def _end_with_parent() -> None:
    """Leave when the process that started this one is gone: killed, it tells nobody."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _write(shard: Shard) -> Counts:
    if _Process.reader is None:  # not before: what an initializer raises is lost
        _Process.reader = RowReader(_Process.choice)
    return write_shard(_Stoppable(shard.index, shard.pieces), _Process.folder, _Process.reader)


class _Stoppable(Shard):
    """A shard that is given up, with nothing written, when the job ends before it."""

    def read(self) -> Iterator[Item]:
        for item in super().read():
            if _Process.stop.is_set():
                raise KeyboardInterrupt
            yield item
