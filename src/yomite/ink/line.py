"""The composer: a text to one writer's handwritten line, as a crop of a page would show it.

`line_plan` says which glyphs stand where, `line_layout` writes them, `line_writing` adds corrections,
underlines and neighbors, `line_sheet` draws the crop. Each line is a pure function of (seed, epoch, index).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from yomite.charset import Charset, build_charset
from yomite.errors import YomiteError
from yomite.ink.forms import build_forms
from yomite.ink.glyph_book import (
    BOOK_VERSION,
    GlyphBook,
    build_glyph_book,
    choose_sources,
    load_glyph_book,
    save_glyph_book,
)
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.line_layout import STRUCK
from yomite.ink.line_sheet import draw_sheet
from yomite.ink.line_writing import write_beside, write_line
from yomite.ink.pen import PEN_NAMES, PEN_RANGES, TRAITS, draw_traits
from yomite.ink.picture_glyphs import CELL_SHEETS
from yomite.ink.running import build_running
from yomite.ink.signs import build_signs
from yomite.texts.pool import build_text_pool

DrawText = Callable[[np.random.Generator], str]
"""Gives the text of a line; white space in it stands for a wide gap."""

VERTICAL_SHARE = 0.27
BESIDE_SHARE = 0.45

_PEN_STEPS = np.cumsum([0.08, 0.42, 0.22, 0.20, 0.08])
"""Where the share of each of `PEN_NAMES` ends: touch, ballpoint, pencil, felt, brush."""


@dataclass(frozen=True)
class ComposedLine:
    """A handwritten line.

    Attributes:
        picture: Uint8 (H, W), gray levels, as a crop of a page.
        text: What is written, without white space and without what is struck out.
        direction: "horizontal" or "vertical".
        boxes: Float32 (len(text), 4), left, top, right, bottom of each character in px, inside the picture.
    """

    picture: np.ndarray
    text: str
    direction: str
    boxes: np.ndarray


class LineComposer:
    """Composes lines; picklable, so that other processes can have it."""

    def __init__(self, book: GlyphBook, draw_text: DrawText, *, seed: int, validation: bool = False) -> None:
        """Keep what lines are made of.

        Args:
            book: The glyphs.
            draw_text: Gives the texts.
            seed: Of all lines.
            validation: Hands and choices that no seed of training ever has.
        """
        self._book, self._draw_text = book, draw_text
        self._seed = (seed, 1) if validation else (seed, 0)

    def compose(self, epoch: int, index: int) -> ComposedLine:
        """Compose a line, a pure function of (seed, epoch, index)."""
        text, is_vertical, rng = self._begin(epoch, index)
        return self._draw(text, is_vertical, rng)

    def foresee(self, epoch: int, index: int) -> tuple[float, bool]:
        """Return how many times as long as high a line is, and whether it runs down, without drawing it."""
        text, is_vertical, rng = self._begin(epoch, index)
        boxes = write_line(text, self._book, is_vertical, rng).strokes.boxes
        width, height = (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).tolist()
        return (height / max(width, 0.1) if is_vertical else width / max(height, 0.1)), is_vertical

    def _begin(self, epoch: int, index: int) -> tuple[str, bool, np.random.Generator]:
        rng = np.random.Generator(np.random.PCG64((*self._seed, epoch, index)))
        is_vertical = bool(rng.random() < VERTICAL_SHARE)
        return self._draw_text(rng), is_vertical, rng

    def compose_text(self, text: str, direction: str = "horizontal", *, seed: int = 0) -> ComposedLine:
        """Compose a line of a given text, a pure function of the arguments.

        Raises:
            YomiteError: No character of the text can be written, or the direction is unknown.
        """
        if direction not in ("horizontal", "vertical"):
            raise YomiteError(f"unknown direction {direction!r}; type horizontal or vertical")
        if not any(character in self._book for character in text):
            raise YomiteError(f"no character of {text!r} can be written; give kana, kanji, letters or digits")
        rng = np.random.Generator(np.random.PCG64((*self._seed, seed)))
        return self._draw(text, direction == "vertical", rng)

    def _draw(self, text: str, is_vertical: bool, rng: np.random.Generator) -> ComposedLine:
        line = write_line(text, self._book, is_vertical, rng)
        beside = []
        if rng.random() < BESIDE_SHARE:
            for _ in range(2):
                beside.append(write_beside(line, self._draw_text(rng), self._book, rng))
        pen = PEN_RANGES[
            min(int(np.searchsorted(_PEN_STEPS, rng.random(), side="right")), len(PEN_NAMES) - 1)
        ]
        traits = draw_traits(rng.random(len(TRAITS)), pen)
        picture, boxes = draw_sheet(self._book, line, beside, traits, rng)
        is_text = (line.plan.marks & STRUCK) == 0
        kept = [character for character, keep in zip(line.plan.characters, is_text, strict=True) if keep]
        direction = "vertical" if is_vertical else "horizontal"
        return ComposedLine(picture, "".join(kept), direction, boxes[is_text])


def build_line_composer(
    data_root: Path,
    charset: Charset | None = None,
    *,
    seed: int = 0,
    validation: bool = False,
    cache_folder: Path | None = None,
) -> LineComposer:
    """Read what lines are made of; a minute or more for the whole charset, unless the cache has it.

    Args:
        data_root: The data folder: strokes/kanjivg.zip, and fonts/, cells/ and text/ where they are.
        charset: What may stand in a line; None for `line`.
        seed: Of all lines.
        validation: Texts and hands that are held back from training.
        cache_folder: Where the glyphs are kept for the next time; None for nowhere.

    Raises:
        DataError: KanjiVG is missing, or a file cannot be read.
    """
    characters = (charset or build_charset("line")).characters
    book = choose_sources(open_glyph_book(characters, data_root, cache_folder), validation=validation)
    pool = build_text_pool(data_root, book.label_by_character, validation=validation)
    return LineComposer(book, pool, seed=seed, validation=validation)


@lru_cache(maxsize=1)  # training and validation have one book
def open_glyph_book(characters: tuple[str, ...], data_root: Path, cache_folder: Path | None) -> GlyphBook:
    """Read the glyphs from the cache; without one, or where it lacks them, from the sources."""
    fonts, cells = sorted((data_root / "fonts").glob("*.[ot]tf")), data_root / CELL_SHEETS
    kept = None
    if cache_folder is not None:
        kept = cache_folder / f"glyphs-{_describe_sources(characters, data_root, fonts)}.npz"
        if kept.is_file():
            return load_glyph_book(kept)
    book = build_glyph_book(characters, data_root, fonts=fonts, cells=cells if cells.is_file() else None)
    if kept is not None:
        save_glyph_book(book, kept)
    return book


def _describe_sources(characters: Sequence[str], data_root: Path, fonts: Sequence[Path]) -> str:
    """Return a short hash of all that a glyph book depends on: files by name and size, our own strokes."""
    files = [*fonts, data_root / CELL_SHEETS, data_root / KANJIVG_FILE]
    sizes = [(path.name, path.stat().st_size) for path in files if path.is_file()]
    own = [
        (glyph.character, len(glyph.strokes)) for glyph in (*build_forms(), *build_running(), *build_signs())
    ]
    facts = repr((BOOK_VERSION, "".join(characters), sizes, own))
    return hashlib.blake2b(facts.encode(), digest_size=6).hexdigest()
