"""From a run's weights to the files of a release: python -m yomite.apps.release WEIGHTS --data-root DIR.

Writes the ONNX file, the safetensors of the very same numbers, card.json with every score, and MODEL_CARD.md;
of a line or page model NAME.onnx, NAME.safetensors, NAME.json and NAME.md.
The sets of test/ are read once for each released model, so only with --test.
"""

import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import YomiteError


def release(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="What `yomite train` wrote.")],
    data_root: DataRoot = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where to write; by default the package's folder of released models."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model's name; by default yomite- and its task."),
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Read and report the sets of test/ too.")] = False,
    prior_weight: Annotated[
        float | None, typer.Option(min=0, help="Weight of the prior; by default the best on the dev sets.")
    ] = None,
    adjustment: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the kanji prior learned in training to take back."),
    ] = 0.0,
    keep: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share to keep of the weights that the run began from (init_from)."),
    ] = 0.0,
    config: Annotated[
        Path, typer.Option(metavar="CONFIG", help="The run's file, for the command on the card.")
    ] = Path("configs/released.yaml"),
    device: Annotated[str | None, typer.Option(help="What it was trained on.")] = None,
    hours: Annotated[
        float | None,
        typer.Option(min=0, help="How long it trained; by default from log.jsonl beside the weights."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What else the card should say.")] = None,
) -> None:
    """Make the files of a release."""
    with needs_extra("release", "train"):
        from yomite.checkpoint import load_model, read_checkpoint
        from yomite.shipping.ink_release import make_ink_release
        from yomite.shipping.line_release import make_line_release
        from yomite.shipping.page_release import make_page_release
        from yomite.shipping.release import make_release
        from yomite.shipping.release_files import Release
        from yomite.tasks import name_task
    from yomite.data.sources import resolve_data_root
    from yomite.reading.ink_file import DEFAULT_INK_MODEL
    from yomite.reading.line_file import DEFAULT_LINE_MODEL
    from yomite.reading.model_file import DEFAULT_MODEL
    from yomite.reading.page_file import DEFAULT_PAGE_MODEL

    task = name_task(load_model(read_checkpoint(weights)))
    makers = {
        "line": (DEFAULT_LINE_MODEL, make_line_release),
        "page": (DEFAULT_PAGE_MODEL, make_page_release),
        "ink": (DEFAULT_INK_MODEL, make_ink_release),
    }
    if task in makers:
        if test or prior_weight is not None or adjustment:
            raise YomiteError(f"a {task} model has no --test, --prior-weight and --adjustment")
        default_name, make = makers[task]
        files = Release(
            weights,
            out or Path(str(resources.files("yomite"))) / "released",
            name or default_name,
            resolve_data_root(data_root),
            config,
            device,
            hours,
            note,
            keep,
            typer.echo,
        )
        files.out.mkdir(parents=True, exist_ok=True)
        make(files)
        return
    make_release(
        weights,
        out or Path(str(resources.files("yomite"))) / "released",
        name=name or DEFAULT_MODEL,
        data_root=resolve_data_root(data_root),
        config=config,
        test=test,
        prior_weight=prior_weight,
        adjustment=adjustment,
        keep=keep,
        device=device,
        hours=hours,
        note=note,
        show=typer.echo,
    )


def main() -> None:
    """Run the command; mistakes end with one line and exit code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(release)
    try:
        app(prog_name="python -m yomite.apps.release")
    except (YomiteError, OSError) as error:
        typer.echo(f"release: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
