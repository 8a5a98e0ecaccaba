"""The verb render: characters, or a line, as a hand would write them."""

from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import YomiteError


def render(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One character, or several side by side.")],
    hand: Annotated[
        str, typer.Option(metavar="NAME", help="print, neat, ordinary, hasty, running or rough.")
    ] = "ordinary",
    pen: Annotated[
        str, typer.Option(metavar="NAME", help="touch, ballpoint, pencil, felt or brush.")
    ] = "ballpoint",
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture to write.")] = Path("render.png"),
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Write a contact sheet: every hand with every pen.")
    ] = False,
    line: Annotated[
        bool, typer.Option("--line", help="Write one line; the seed chooses hand, pen and paper.")
    ] = False,
    vertical: Annotated[bool, typer.Option("--vertical", help="With --line: write it vertically.")] = False,
    size_px: Annotated[int, typer.Option(min=16, max=4096, help="Side of one character, in pixels.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Which writer; the same seed gives the same picture.")] = 0,
    data_root: DataRoot = None,
) -> None:
    """Draw characters, or a line, as if written by hand."""
    with needs_extra("render", "ink"):
        import numpy as np
        from PIL import Image

        from yomite.data.sources import resolve_data_root
        from yomite.ink.render import render_character, render_line, render_sheet
    if not text:
        raise YomiteError("TEXT is empty; type a character, such as 永")
    if out.suffix.lower() not in Image.registered_extensions():
        raise YomiteError(
            f"--out {out}: {out.suffix!r} is no picture format; type a name such as {out.stem}.png"
        )
    root = resolve_data_root(data_root)
    if vertical and not line:
        raise YomiteError("--vertical is for lines; type --line --vertical")
    if line:
        picture = render_line(text, "vertical" if vertical else "horizontal", seed=seed, data_root=root)
    elif sheet:
        picture = render_sheet(text, size_px=size_px, seed=seed, data_root=root)
    else:
        # One seed for all characters: one writer.
        pictures = [
            render_character(character, hand=hand, pen=pen, size_px=size_px, seed=seed, data_root=root)
            for character in text
        ]
        picture = np.hstack(pictures)
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(out)
    typer.echo(str(out))
