"""The command `yomite`: its verbs, and how it ends.

Verbs import what they need when they run, so that `yomite recognize` starts fast and needs no torch.
What a user can cause ends as one line on standard error and exit code 2.
"""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from yomite.apps import (
    benchmark,
    bulk,
    data,
    demo,
    evaluate,
    export,
    generate,
    models,
    new,
    profile,
    read,
    recognize,
    render,
    train,
)
from yomite.errors import YomiteError


class _OneLineErrors(TyperGroup):
    """Turn every YomiteError into one line and exit code 2, and Ctrl-C into a quiet end."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # typer ends quietly when the reader of a pipe has gone
        except (YomiteError, OSError) as error:
            typer.echo(f"yomite: {error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_OneLineErrors,
    help="Read handwritten Japanese, one character per picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(recognize.recognize)
app.command()(read.read)
app.command()(bulk.bulk)
app.command()(models.models)
app.command()(render.render)
app.command()(generate.generate)
app.command()(demo.demo)
app.command()(train.train)
app.command()(profile.profile)
app.command()(new.new)
app.command()(evaluate.evaluate)
app.command()(benchmark.benchmark)
app.command()(export.export)
app.add_typer(data.data)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        import yomite

        typer.echo(f"yomite {yomite.__version__}")
        raise typer.Exit


@app.callback()
def _show_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; the entry point of the package."""
    for stream in (sys.stdout, sys.stderr):
        # Windows is not UTF-8 by itself; what is no text, such as a broken file name, is escaped.
        if stream is not None:  # closed by the shell
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="yomite")
