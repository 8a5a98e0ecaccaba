"""The verbs of learning: train, evaluate."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.options import DataRoot, find_data_root, needs_extra


class Priors(str, Enum):
    """The choices of --prior where both can be scored."""

    TEXT = "text"
    UNIFORM = "uniform"
    BOTH = "both"


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A run, such as configs/released.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="section.key=value", help="Values instead of the file's."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint of the run.")
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K", min=2, help="Cross-validate: K runs, each validated on another part of the samples."
        ),
    ] = None,
    find_learning_rate: Annotated[
        bool,
        typer.Option("--find-learning-rate", help="Show the loss over growing rates; nothing is written."),
    ] = False,
    data_root: DataRoot = None,
) -> None:
    """Train a model.

    On several processes: torchrun --nproc-per-node N -m yomite train CONFIG
    """
    with needs_extra("train", "train"):
        from yomite.config import load_config
        from yomite.training import folds as cross_validation
        from yomite.training import rate_finder
        from yomite.training.distributed import join_world
        from yomite.training.loop import train as run
    checked = load_config(config, overrides or ())
    root = find_data_root(checked, data_root)
    if find_learning_rate:
        rates, losses = rate_finder.find_learning_rate(checked, data_root=root)
        typer.echo(rate_finder.draw_curve(rates, losses))
        typer.echo(f"try optimizer.learning_rate={rate_finder.suggest_learning_rate(rates, losses):.1e}")
        return
    with join_world() as world:
        if folds:
            scores = cross_validation.train_folds(checked, folds, data_root=root, world=world, resume=resume)
            lines = cross_validation.format_folds(scores)
        else:
            weights_path = run(checked, data_root=root, world=world, resume=resume)
            lines = f"wrote {weights_path}; next: yomite export {weights_path}"
    if world.is_main:
        typer.echo(lines)


def evaluate(
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME|PATH", help="A data set, or a folder of <character>/*.png; may be repeated."
        ),
    ],
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="A released model (the default) or an ONNX file.")
    ] = None,
    prior: Annotated[Priors, typer.Option(help="Which prior to score.")] = Priors.BOTH,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line for each set and prior.")
    ] = False,
    confusions: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw the worst confusions, as in reports/worst.png."),
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """Score a model on real writing.

    All characters of the model are candidates; samples of others (outside) count as wrong. strict: the first
    candidate is the character. look-alike: or one that looks the same alone, such as へ for ヘ; top-5 counts
    these too. macro: look-alike, every character weighing the same. ECE: distance of confidence from truth.
    """
    import yomite
    from yomite.data.sources import open_source
    from yomite.evaluation.confusions import write_confusions
    from yomite.evaluation.metrics import TOP
    from yomite.evaluation.report import evaluate as score
    from yomite.evaluation.report import format_table

    reader = yomite.load(model)
    charset = frozenset(reader.characters)
    sources = [(name, open_source(name, data_root)) for name in data]
    choices = ("text", "uniform") if prior is Priors.BOTH else (prior.value,)
    reports = []
    for name, source in sources:
        for choice in choices:
            report = score(
                lambda pictures, choice=choice: reader.recognize_many(
                    pictures, top=TOP, prior=choice, errors="return"
                ),
                source,
                data=name,
                model=reader.name,
                prior=choice,
                charset=charset,
            )
            reports.append(report)
            if as_json:
                typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
    if not as_json:
        typer.echo(f"{reader.name}, {len(charset)} characters as candidates")
        typer.echo(format_table(reports))
    if confusions:
        write_confusions(confusions, reports)
        typer.echo(f"worst confusions: {confusions}", err=True)
