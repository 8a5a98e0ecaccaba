"""The verb generate: characters that a generator draws, in some hand or in that of a few pictures."""

from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import YomiteError

WEIGHTS = Path("runs/diffusion/weights.safetensors")
"""Where `yomite train configs/diffusion.yaml` writes them; none are released."""


def generate(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One character, or several side by side.")],
    like: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Two or more pictures by one hand; without: some hand."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture to write.")] = Path("generated.png"),
    weights: Annotated[Path, typer.Option(metavar="FILE", help="A trained generator.")] = WEIGHTS,
    steps: Annotated[int, typer.Option(min=1, max=1000, help="From noise to ink; more is finer.")] = 20,
    guidance: Annotated[
        float, typer.Option(min=0.0, max=20.0, help="1: the style as learned; more exaggerates it.")
    ] = 1.0,
    rows: Annotated[int, typer.Option(min=1, max=64, help="How often to draw the text.")] = 1,
    size_px: Annotated[int, typer.Option(min=16, max=1024, help="Side of one character, in pixels.")] = 192,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same picture.")] = 0,
    data_root: DataRoot = None,
) -> None:
    """Draw characters with a generator that `yomite train configs/diffusion.yaml` made."""
    with needs_extra("generate", "generate"):
        import numpy as np
        from PIL import Image

        from yomite.data.sources import resolve_data_root
        from yomite.generation.generator import load_generator, read_hand, stack_plain
        from yomite.ink.plain import draw_plain_glyphs
    if not text:
        raise YomiteError("TEXT is empty; type a character, such as 永")
    if out.suffix.lower() not in Image.registered_extensions():
        raise YomiteError(
            f"--out {out}: {out.suffix!r} is no picture format; type a name such as {out.stem}.png"
        )
    if weights == WEIGHTS and not weights.exists():
        raise YomiteError(
            f"no generator in {weights}, and none is released; type: yomite train configs/diffusion.yaml, "
            "or name one: --weights FILE"
        )
    generator = load_generator(weights)
    style = None if like is None else generator.find_style(read_hand(like, generator.size))
    plain = draw_plain_glyphs(text, resolve_data_root(data_root), generator.size)
    glyphs = stack_plain(plain, text * rows)
    images = generator.draw(glyphs, style, steps=steps, guidance=guidance, seed=seed)
    lines = [np.hstack(list(images[row * len(text) : (row + 1) * len(text)])) for row in range(rows)]
    picture = Image.fromarray(255 - np.vstack(lines))
    out.parent.mkdir(parents=True, exist_ok=True)
    picture.resize((size_px * len(text), size_px * rows), Image.Resampling.BICUBIC).save(out)
    typer.echo(str(out))
