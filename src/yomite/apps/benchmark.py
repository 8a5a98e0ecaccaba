"""The verb benchmark: the benchmark's pictures as files that any program can read."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.next_steps import write_command
from yomite.apps.options import DataRoot
from yomite.errors import DataError


class Part(str, Enum):
    """The parts of the benchmark."""

    DEV = "dev"
    TEST = "test"


def benchmark(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the pictures.")],
    part: Annotated[Part, typer.Option(help="dev for making choices, test for reporting.")] = Part.DEV,
    data: Annotated[
        list[str] | None, typer.Option(metavar="NAME|PATH", help="Use these sets instead; may be repeated.")
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """Write the benchmark's pictures as files that any program can read.

    DIR/pictures.jsonl lists their paths, and strokes where there are any. Score a program's answers with
    yomite evaluate --answers; docs/benchmark.md describes their form.
    """
    from yomite.data.sources import open_source
    from yomite.evaluation.protocol import BENCHMARK_SETS, LISTING, VERSION, name_folder, write_pictures

    names = data or BENCHMARK_SETS[part.value]
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out} is not empty; give a new folder")
    sources = [(name, open_source(name, data_root)) for name in names]
    out.mkdir(parents=True, exist_ok=True)
    with (out / LISTING).open("w", encoding="utf-8") as listing:
        for name, source in sources:
            num_pictures = 0
            for line in write_pictures(source, name, out):
                listing.write(f"{json.dumps(line)}\n")
                num_pictures += 1
            typer.echo(f"{out / name_folder(name)}: {num_pictures} pictures")
    options = [word for name in names for word in ("--data", name)]
    command = write_command("evaluate", "--answers", "ANSWERS.jsonl", *options, data_root=data_root)
    typer.echo(f"benchmark {VERSION}; score with: {command}")
