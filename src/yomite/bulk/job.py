"""A bulk job from its inputs to its summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yomite.bulk.inputs import Inputs, Shard, find_inputs
from yomite.bulk.manifest import claim, describe_job, lock, read_manifest
from yomite.bulk.progress import Progress
from yomite.bulk.reader import Choice
from yomite.bulk.shards import count_rows, find_strangers, remove_partial_files
from yomite.bulk.summary import Summary, summarize, write_summary
from yomite.cores import count_cores
from yomite.errors import DataError

Engine = Literal["local", "ray"]

LARGEST_SHARDS = {"character": 5_000, "line": 200, "page": 20}
"""Inputs of a shard, about ten seconds of a core: what a killed process loses."""


@dataclass(frozen=True)
class Job:
    """What a bulk job is asked for.

    Attributes:
        source: What to read: a folder, a glob, a tar, a Parquet file.
        folder: Where the results go.
        choice: What to read with.
        engine: "local" or "ray".
        num_readers: Processes or actors; None for one a core.
        address: Of a Ray cluster; None for this machine.
        column, key_column: Of Parquet files, see `find_inputs`.
        shard_size: Inputs of a file; None for what fits the task.
    """

    source: str
    folder: Path
    choice: Choice
    engine: Engine = "local"
    num_readers: int | None = None
    address: str | None = None
    column: str | None = None
    key_column: str | None = None
    shard_size: int | None = None


def run_job(job: Job) -> Summary:
    """Read all inputs that have no row yet, and write the summary.

    Returns:
        Counts over all starts of the job.

    Raises:
        DataError: There is nothing to read, the folder is of another job, another job writes to it, it cannot
            be written to; or an input file is damaged, after all that could be read was read.
        ModelFileError: There is no such model, or it is damaged.
    """
    folder = job.folder.absolute()
    job.choice.open()  # what is wrong with a model is said at once, and by this process alone
    inputs = find_inputs(job.source, folder, job.column, job.key_column)
    with lock(folder):
        shard_size = job.shard_size or _find_shard_size(folder, inputs, job.choice)
        claim(folder, describe_job(job.source, inputs, shard_size, job.choice))
        remove_partial_files(folder)
        num_shards = -(-len(inputs) // shard_size)
        if strangers := find_strangers(folder, num_shards):
            raise DataError(f"{folder} holds {strangers[0]}, which is not of this job; move it elsewhere")
        _read(job, folder, inputs, shard_size)
        summary = summarize(folder, inputs.cut(shard_size), inputs.faults)
        write_summary(folder, summary, job.source, job.choice.task, inputs.cut(shard_size))
    if inputs.faults:
        first, *others = inputs.faults
        more = f", and {len(others)} more" if others else ""
        raise DataError(
            f"{first}{more}; the {len(inputs):,} pictures before that and in other files have "
            "their rows; mend it and read it into another folder"
        )
    return summary


def _find_shard_size(folder: Path, inputs: Inputs, choice: Choice) -> int:
    """Return the size that the job began with, else the one that fits."""
    began = (read_manifest(folder) or {}).get("shard_size")
    if isinstance(began, int) and began > 0:
        return began
    return inputs.choose_shard_size(LARGEST_SHARDS[choice.task])


def _read(job: Job, folder: Path, inputs: Inputs, shard_size: int) -> None:
    missing: list[int] = []
    done = num_errors = 0
    for shard in inputs.cut(shard_size):
        counts = count_rows(folder / shard.name)
        if counts is not None and counts.rows == len(shard):
            done, num_errors = done + counts.rows, num_errors + counts.errors
        else:
            missing.append(shard.index)
    if not missing:
        return
    wanted = set(missing)
    shards: Iterator[Shard] = (shard for shard in inputs.cut(shard_size) if shard.index in wanted)
    with Progress(len(inputs), done, num_errors) as progress:
        if job.engine == "ray":
            from yomite.bulk.ray_engine import run_ray

            run_ray(shards, folder, job.choice, job.num_readers, progress.tell, job.address)
        else:
            from yomite.bulk.local import run_local

            num_processes = min(job.num_readers or count_cores(), len(missing))
            run_local(shards, folder, job.choice, num_processes, progress.tell)
