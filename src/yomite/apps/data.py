"""The verbs of data sets: data list, fetch, check, show, split."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yomite.apps.next_steps import write_command
from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import DataError

if TYPE_CHECKING:
    from yomite.data.inspect import Inspection

TOP_READ = 10
"""Candidates asked for each sample: what lies beyond is of no weight."""

data = typer.Typer(name="data", help="List, fetch, check, show and split data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME|PATH", help="A data set, or a file or folder of samples.")]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="The model to check labels with; by default the released one."),
]
Reads = Annotated[bool, typer.Option("--read/--no-read", help="Whether to check labels with a model.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first sample that cannot be read.")]


@data.callback()
def _tell_faults() -> None:
    """Readers tell what they leave out through logging; here it goes to standard error, a line each."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)


@data.command("list")
def list_sets(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show everything known about this one.")
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """List the data sets that yomite knows, and what lies in the data folder."""
    from yomite.data.catalog import CATALOG, find_entry
    from yomite.data.sources import find_data_root, find_sets

    root = find_data_root(data_root)
    if name is not None:
        entry = find_entry(name)
        for line in (entry.title, f"license: {entry.license}", f"home: {entry.homepage}"):
            typer.echo(line)
        for file in entry.files:
            state = "here" if (root / file.path).is_file() else "not here"
            typer.echo(f"file: {root / file.path} ({state}){f' from {file.url}' if file.url else ''}")
            typer.echo(f"  checksum: {file.checksum or 'none known: that of the first download is recorded'}")
        typer.echo(f"verified: {entry.verified}{f'; {entry.how}' if entry.how else ''}")
        return
    for entry in CATALOG:
        mark = "*" if all((root / file.path).is_file() for file in entry.files) else " "
        typer.echo(
            f"{mark} {entry.name:17}{entry.license.partition(' (')[0].partition(':')[0]:15}{entry.title}"
        )
    names = find_sets(root) if root.is_dir() else []
    typer.echo(f"* is in the data folder {root}{'' if root.is_dir() else ' (not there yet)'}, which holds:")
    typer.echo(", ".join(names) or "nothing")


@data.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `yomite data list`.")],
    from_path: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Use this file, downloaded by hand.")
    ] = None,
    accepts: Annotated[
        bool, typer.Option("--accept-license", help="Do not ask: I have read the license and accept it.")
    ] = False,
    data_root: DataRoot = None,
) -> None:
    """Download a data set into the data folder."""
    from yomite.data.catalog import find_entry
    from yomite.data.fetch import fetch_entry, hash_drawings
    from yomite.data.sources import find_data_root

    entry = find_entry(name)
    root = find_data_root(data_root)
    if from_path is None and entry.how:
        raise DataError(f"{entry.name} cannot be fetched: {entry.how}")
    typer.echo(f"{entry.title}\nlicense: {entry.license}\nsource: {entry.homepage}; {entry.verified}")
    if not accepts and not typer.confirm("Do you accept the license?"):
        raise DataError("nothing was fetched: the license was not accepted")
    with needs_extra("data fetch", "data"):
        import requests  # noqa: F401
    for fetched in fetch_entry(entry, root, from_path=from_path, shows_progress=True):
        typer.echo(f"{fetched.path}: sha256 {fetched.sha256}, {fetched.how_sure}")
        if entry.content_hash:
            drawings = hash_drawings(fetched.path)
            same = "the same" if drawings == entry.content_hash else "not those"
            typer.echo(f"drawings: sha256 {drawings}, {same} that the released weights learned from")
    if entry.source:
        typer.echo(f"next: {write_command('data', 'check', entry.source, data_root=data_root)}")


@data.command()
def check(
    name: Name,
    model: Model = None,
    reads: Reads = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with every finding.")
    ] = False,
    num_shown: Annotated[
        int, typer.Option("--show", min=0, help="How many findings of each kind to list.")
    ] = 8,
    strict: Strict = False,
    data_root: DataRoot = None,
) -> None:
    """Look for problems in a data set.

    Unreadable, blank and cut-off pictures, ink of the wrong polarity, duplicates, labels the model doubts,
    characters with few samples. A finding is something to look at, not a verdict.
    """
    with needs_extra("data check", "data"):
        from yomite.data.findings import find_problems, find_rare, format_summary

        found = _inspect(name, data_root, strict, model if reads else "")
        problems = find_problems(found)
    if not as_json:
        typer.echo(format_summary(found, problems, num_shown))
        return
    kinds = {
        kind: [
            {"samples": [found.names[i] for i in finding.samples], "note": finding.note}
            for finding in findings
        ]
        for kind, findings in problems.items()
    }
    facts = {
        "name": found.name,
        "num_samples": len(found),
        "num_unreadable": found.num_faults,
        "unreadable": found.faults,
        "blank": found.blank,
        **kinds,
        "characters": dict(found.counts.most_common()),
        "few": find_rare(found),
    }
    typer.echo(json.dumps(facts, ensure_ascii=False))


@data.command()
def show(
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Where to write it; by default reports/NAME.html."),
    ] = None,
    charts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the charts, which show no sample, as SVG.")
    ] = None,
    transforms: Annotated[
        bool, typer.Option("--transforms", help="Instead, show what every transform does to some samples.")
    ] = False,
    model: Model = None,
    reads: Reads = True,
    strict: Strict = False,
    data_root: DataRoot = None,
) -> None:
    """Write a data set as one HTML page: counts, sizes, samples, findings, a map.

    The page shows samples of the data set: mind its license before handing it on.
    """
    with needs_extra("data show", "data"):
        import sklearn  # noqa: F401

        import yomite
        from yomite.data.findings import find_problems
        from yomite.data.sources import open_source
        from yomite.reports.data_page import draw_charts, write_data_set, write_transforms

        # dev/hiragana-sheets:p09 -> dev-hiragana-sheets-p09
        stem = (Path(name).name if Path(name).is_absolute() else name).replace("/", "-").replace(":", "-")
        out = out or Path("reports") / f"{stem}{'-transforms' * transforms}.html"
        if transforms:
            page = write_transforms(open_source(name, data_root, strict=strict))
        else:
            found = _inspect(name, data_root, strict, model if reads else "")
            if not len(found):
                raise DataError(f"{name} holds no sample that can be read; type: yomite data check {name}")
            reader = yomite.load(model) if reads else None
            page = write_data_set(
                found,
                find_problems(found),
                (lambda images: reader.compute_logits(images[:, None])) if reader else None,
            )
            if charts:
                charts.mkdir(parents=True, exist_ok=True)
                for kind, chart in draw_charts(found).items():
                    (charts / f"{stem}-{kind}.svg").write_text(chart, encoding="utf-8")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8", errors="backslashreplace")
    typer.echo(str(out))


def _inspect(name: str, data_root: Path | None, strict: bool, model: str | None) -> "Inspection":
    """Walk a data set with a model; "" for none."""
    import yomite
    from yomite.data.inspect import inspect_source
    from yomite.data.sources import open_source

    source = open_source(name, data_root, strict=strict)
    if model == "":
        return inspect_source(source)
    reader = yomite.load(model)

    def read(pictures: list[Any]) -> list[Any]:
        return reader.recognize_many(pictures, top=TOP_READ, prior="uniform", errors="return")

    return inspect_source(source, read, frozenset(reader.characters))


@data.command()
def split(
    name: Name,
    out: Annotated[Path, typer.Option(metavar="FILE.split", help="Where to write it.")],
    shares: Annotated[
        str, typer.Option(metavar="A,B,C", help="Shares of train, validation and test.")
    ] = "80,10,10",
    folds: Annotated[
        int | None, typer.Option(min=2, help="Make this many equal parts instead: fold1, fold2 ...")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another split.")] = 0,
    ignores_writers: Annotated[
        bool, typer.Option("--ignore-writers", help="Let parts share writers; scores will be too good.")
    ] = False,
    strict: Strict = False,
    data_root: DataRoot = None,
) -> None:
    """Deal samples out to parts, and write down which went where.

    Every character is dealt out in proportion; all samples of a writer go into one part, as do equal
    pictures. Pictures that are nearly equal across parts are told. A part is a data set: FILE.split:train.
    """
    with needs_extra("data split", "data"):
        from yomite.data.cache import open_cache
        from yomite.data.sources import open_source
        from yomite.data.split_files import SPLIT_SUFFIX, find_leaks, split_samples, write_split
    if out.suffix != SPLIT_SUFFIX:
        raise DataError(f"--out {out}: a split ends in .split; type {out.with_suffix(SPLIT_SUFFIX)}")
    with needs_extra("data split", "data"):
        samples = open_cache(open_source(name, data_root, strict=strict))
        dealt = split_samples(samples, _read_shares(shares, folds), seed, ignores_writers=ignores_writers)
        leaks = find_leaks(samples, dealt)
    digest = write_split(out, dealt)
    for part, count in dealt.facts["samples"].items():
        writers = {s.writer for s in samples if dealt.part_by_name[s.name] == part} - {""}
        characters = {s.character for s in samples if dealt.part_by_name[s.name] == part}
        of_whom = f", {len(writers)} writers" if writers else ""
        typer.echo(f"{part}: {count} samples, {len(characters)} characters{of_whom}")
    typer.echo(f"kept together: {dealt.facts['kept together']}; left out as unreadable: {samples.num_faults}")
    for leak in leaks[:20]:
        first, second = (f"{end[1]} ({end[2]}, {end[0]})" for end in (leak.first, leak.second))
        typer.echo(f"nearly equal across parts: {first} and {second}, correlation {leak.correlation:.3f}")
    typer.echo(f"nearly equal pairs across parts: {len(leaks)}")
    typer.echo(f"{out}: sha256 {digest}; a part is a data set: {out}:{next(iter(dealt.facts['samples']))}")


def _read_shares(shares: str, folds: int | None) -> dict[str, float]:
    if folds is not None:
        return {f"fold{number}": 1.0 for number in range(1, folds + 1)}
    try:
        values = [float(share) for share in shares.split(",")]
    except ValueError:
        values = []
    names = ("train", "validation", "test")
    if not 2 <= len(values) <= 3 or min(values) <= 0:
        raise DataError(f"--shares {shares}: give two or three numbers above 0, as 80,10,10 or 90,10")
    return dict(zip(names if len(values) == 3 else (names[0], names[2]), values, strict=True))
