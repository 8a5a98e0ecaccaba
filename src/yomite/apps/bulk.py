"""The verb bulk: a folder, tars or Parquet files -> Parquet files, one row a picture."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.options import needs_extra
from yomite.errors import YomiteError


class Task(str, Enum):
    """The choices of --task."""

    CHARACTER = "character"
    LINE = "line"
    PAGE = "page"


class Engine(str, Enum):
    """The choices of --engine."""

    LOCAL = "local"
    RAY = "ray"


class Device(str, Enum):
    """The choices of --device."""

    CPU = "cpu"
    CUDA = "cuda"


def bulk(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="A folder, a glob in quotes, a .tar of pictures, or Parquet with bytes."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the Parquet files go.")],
    task: Annotated[Task, typer.Option(help="What each picture shows.")] = Task.CHARACTER,
    engine: Annotated[
        Engine, typer.Option(help="local: processes of this machine; ray: Ray Data, on one or many.")
    ] = Engine.LOCAL,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Readers at once, a core each; by default one a core.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT|auto", help="Of a Ray cluster; without, this machine.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="The model of the task; by default the released one."),
    ] = None,
    device: Annotated[Device, typer.Option(help="cuda reads on a GPU, with onnxruntime-gpu.")] = Device.CPU,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of Parquet: the column of the pictures' bytes.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of Parquet: the column that names each picture.")
    ] = None,
    shard_size: Annotated[
        int | None,
        typer.Option(min=1, help="Pictures of one Parquet file; by default about ten seconds' work."),
    ] = None,
) -> None:
    """Read any number of pictures into Parquet files, a row each.

    A picture that cannot be read is a row with its error. Whatever ends the command, type it again: it goes
    on where it stopped, and no row is lost or there twice.
    """
    if address is not None and engine is not Engine.RAY:
        raise YomiteError("--address is of a Ray cluster; type: --engine ray --address ...")
    with needs_extra("bulk", "bulk"):
        from yomite.bulk.job import Job, run_job
        from yomite.bulk.reader import Choice
        from yomite.bulk.summary import NAME

        summary = run_job(
            Job(
                source=source,
                folder=out,
                choice=Choice(task.value, model, device.value),
                engine=engine.value,
                num_readers=processes,
                address=address,
                column=column,
                key_column=key,
                shard_size=shard_size,
            )
        )
    typer.echo(f"{summary}; {out / NAME}")
