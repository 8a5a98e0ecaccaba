"""The engine of Ray Data: actors on one machine or many, each with one reader, fed and restarted by Ray."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from yomite.bulk.inputs import Shard
from yomite.bulk.reader import Choice, RowReader
from yomite.bulk.rows import RESULTS, check_task
from yomite.bulk.shards import Counts, Tell, count_rows, write_shard
from yomite.bulk.tables import holds_bytes, to_bytes
from yomite.cores import count_cores
from yomite.errors import DataError, YomiteError
from yomite.ink.picture_files import describe_fault
from yomite.reading.devices import Device

if TYPE_CHECKING:
    from ray.data import Dataset


def read_dataset(
    dataset: Dataset,
    *,
    column: str = "bytes",
    task: str = "character",
    model: str | None = None,
    num_actors: int | None = None,
    device: Device = "cpu",
) -> Dataset:
    """Read the pictures of a Ray Dataset, lazily, with actors that hold one reader each.

    Args:
        dataset: With a column of bytes, such as `ray.data.read_binary_files(..., include_paths=True)` gives.
        column: That of the pictures: bytes, or structs with a field `bytes`.
        task: "character", "line" or "page": what each picture shows.
        model: Of the task: a released name or a file, the same on every machine; None for the released one.
        num_actors: How many, on a core each; None for as many as there are cores.
        device: "cpu" or "cuda"; an actor on a GPU asks Ray for one.

    Returns:
        The dataset, with the columns of :data:`yomite.bulk.rows.RESULTS` in the place of the pictures. A
        picture that cannot be read has its error in the column `error`, else that is null.

    Raises:
        YomiteError: There is no such task.
        DataError: The dataset has no such column, or has one that a result needs.
    """
    choice = Choice(check_task(task), model, device)
    if (schema := dataset.schema()) is not None:
        names = list(schema.names)
        if column not in names:
            raise DataError(f"the dataset has no column {column!r}; its columns: {', '.join(names)}")
        if taken := sorted(set(names) & set(RESULTS[choice.task].names) - {column}):
            raise DataError(f"the dataset has the columns {', '.join(taken)} already; rename them first")
    return dataset.map_batches(
        _BatchReader,
        fn_constructor_args=(choice, column),
        batch_size=256,
        batch_format="pyarrow",
        **_describe_actors(num_actors, device),
    )


class _BatchReader:
    """An actor that reads batches of a dataset."""

    def __init__(self, choice: Choice, column: str) -> None:
        self.reader, self.column = RowReader(choice), column

    def __call__(self, batch: pa.Table) -> pa.Table:
        pictures = batch[self.column]
        if not holds_bytes(pictures.type):
            raise DataError(
                f"the column {self.column!r} holds {pictures.type}; pass the bytes of picture files"
            )
        items = (("", to_bytes(picture, self.column)) for picture in pictures.to_pylist())
        read = pa.Table.from_batches(self.reader.read(items), self.reader.schema)
        rest = batch.drop_columns([self.column])
        for name in RESULTS[self.reader.choice.task].names:
            rest = rest.append_column(name, read[name])
        return rest


def run_ray(
    shards: Iterator[Shard],
    folder: Path,
    choice: Choice,
    num_actors: int | None,
    tell: Tell,
    address: str | None = None,
) -> None:
    """Read shards and write their files.

    Args:
        shards: Those that are not done.
        folder: Of the job; every machine must see it at this path, as it must the inputs.
        choice: What to read with.
        num_actors: How many; None for one a core.
        tell: Hears of the rows of a shard when it is written.
        address: Of a cluster; None starts Ray on this machine alone.

    Raises:
        DataError: A file cannot be written, or there is no cluster at the address.
        ModelFileError: A model is damaged.
    """
    import ray.data

    rows = [{"shard": pickle.dumps(shard)} for shard in shards]
    with _start_ray(address, num_actors):
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            _ShardWriter,
            fn_constructor_args=(folder, choice),
            batch_size=1,
            **_describe_actors(num_actors, choice.device),
        )
        for batch in dataset.iter_batches(batch_size=None, prefetch_batches=0):
            for written, errors, fault in zip(batch["rows"], batch["errors"], batch["fault"], strict=True):
                if fault:
                    raise DataError(str(fault))
                tell(Counts(int(written), int(errors)))


class _ShardWriter:
    """An actor that reads shards and writes their files."""

    def __init__(self, folder: Path, choice: Choice) -> None:
        self.folder, self.choice = folder, choice
        self.reader: RowReader | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        shard: Shard = pickle.loads(batch["shard"][0])
        counts = count_rows(self.folder / shard.name)
        try:
            if counts is None or counts.rows != len(shard):  # else an actor wrote it and was lost too soon
                self.reader = self.reader or RowReader(self.choice)
                counts = write_shard(shard, self.folder, self.reader)
        except YomiteError as error:  # Ray would wrap it in a traceback
            return {"rows": [0], "errors": [0], "fault": [str(error)]}
        return {"rows": [counts.rows], "errors": [counts.errors], "fault": [""]}


def _describe_actors(num_actors: int | None, device: str) -> dict[str, Any]:
    """Return what map_batches is to know of the actors: one a core, or one a GPU."""
    import ray
    from ray.data import ActorPoolStrategy

    resource = "GPU" if device == "cuda" else "CPU"
    num = num_actors or max(1, int(ray.cluster_resources().get(resource, 1)))
    # Fewer than asked for may start: whoever finds a core later, joins.
    strategy = ActorPoolStrategy(min_size=1, max_size=num, initial_size=num)
    return {"compute": strategy, "num_cpus": 1, **({"num_gpus": 1} if device == "cuda" else {})}


@contextmanager
def _start_ray(address: str | None, num_actors: int | None) -> Iterator[None]:
    """Start Ray here, or join a cluster; quiet, and without its report of usage to its makers."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    import ray.data

    if ray.is_initialized():
        yield
        return
    here: dict[str, Any] = (
        {} if address else {"include_dashboard": False, "num_cpus": num_actors or count_cores()}
    )
    try:
        ray.init(address=address or "local", logging_level=logging.ERROR, log_to_driver=False, **here)
    except Exception as error:  # Ray has none of its own for what may be wrong
        reason = describe_fault(error)[:200]
        if address:
            raise DataError(f"no Ray cluster answers at {address} ({reason}); type: ray status") from None
        raise DataError(f"Ray cannot be started here ({reason}); read with --engine local") from None
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
