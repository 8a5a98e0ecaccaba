"""The verb train: a run, its folds, or the search for its learning rate."""

from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.next_steps import suggest_export
from yomite.apps.options import DataRoot, find_data_root, needs_extra


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A run, such as configs/released.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="section.key=value", help="Values that replace the file's."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the run's newest checkpoint.")
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=2,
            help="Cross-validate: K runs, each validated on a different part of the samples.",
        ),
    ] = None,
    find_learning_rate: Annotated[
        bool,
        typer.Option("--find-learning-rate", help="Plot the loss over growing rates; writes nothing."),
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
        typer.echo(f"try optimizer.learning_rate={rate_finder.suggest_learning_rate(rates, losses):.2g}")
        return
    with join_world() as world:
        if folds:
            scores = cross_validation.train_folds(checked, folds, data_root=root, world=world, resume=resume)
            lines = cross_validation.format_folds(scores)
        else:
            weights_path = run(checked, data_root=root, world=world, resume=resume)
            lines = (
                f"wrote {weights_path}; {suggest_export(weights_path, data_root)}" if world.is_main else ""
            )
    if world.is_main:
        typer.echo(lines)
