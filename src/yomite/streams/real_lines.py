"""Lines that a person wrote, to teach a line model his hand: read once, a little changed each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from yomite.charset import Charset
from yomite.data.sources import open_source
from yomite.errors import DataError, PictureError
from yomite.ink.line_canvas import to_line_canvas

STRETCH = 0.06
"""Deviation of the log of how much wider a line is taken."""


class RealLines:
    """The lines of some sources, as strips."""

    def __init__(
        self, strips: Sequence[np.ndarray], texts: Sequence[str], is_vertical: Sequence[bool]
    ) -> None:
        """Keep lines.

        Args:
            strips: Uint8 (H, W) each, ink bright on 0.
            texts: What each says.
            is_vertical: Which of them run down.
        """
        self._lines = [
            [
                (strip, text)
                for strip, text, down in zip(strips, texts, is_vertical, strict=True)
                if down == way
            ]
            for way in (False, True)
        ]

    def draw(self, is_vertical: bool, rng: np.random.Generator) -> tuple[np.ndarray, str] | None:
        """Draw a line of a direction, a little narrower or wider; None where there is none."""
        lines = self._lines[is_vertical]
        if not lines:
            return None
        strip, text = lines[int(rng.integers(len(lines)))]
        width = max(round(strip.shape[1] * float(np.exp(STRETCH * rng.normal()))), 1)
        stretched = Image.fromarray(strip).resize((width, strip.shape[0]), Image.Resampling.BILINEAR)
        return np.asarray(stretched), text


def read_real_lines(sources: Sequence[str], charset: Charset, data_root: Path, height: int) -> RealLines:
    """Read the lines of sources; those with characters beyond the charset are left out, and it is said.

    Args:
        sources: Names or paths of lines: a folder with a lines.jsonl.
        charset: The classes.
        data_root: The data folder.
        height: Of the strips.

    Raises:
        DataError: A source is not there, or has no line that can be learned from.
    """
    strips, texts, is_vertical = [], [], []
    num_left_out = 0
    for source in sources:
        for sample in open_source(source, data_root):
            down = sample.part == "vertical"
            try:
                strip = to_line_canvas(sample.picture, is_vertical=down, height=height)
            except PictureError:
                num_left_out += 1
                continue
            text = "".join(sample.character.split())
            if not text or any(character not in charset for character in text):
                num_left_out += 1
                continue
            strips.append(strip)
            texts.append(text)
            is_vertical.append(down)
    if not strips:
        raise DataError(
            f"data.sources {', '.join(sources)}: every line is blank or goes beyond charset {charset.name!r}"
        )
    if num_left_out:
        print(
            f"data.sources: {num_left_out} of {num_left_out + len(strips)} lines left out: blank, or with "
            f"characters beyond charset {charset.name!r}"
        )
    return RealLines(strips, texts, is_vertical)
