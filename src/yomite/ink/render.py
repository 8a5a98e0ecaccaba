"""Characters as a hand with a pen writes them: for the eye, not for training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yomite.ink.glyph_book import build_glyph_book
from yomite.ink.hand import NAMED_HANDS, Hand, build_hand
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_character
from yomite.ink.line import LineComposer
from yomite.ink.pen import PEN_NAMES, TRAIT_NAMES, Pen, build_pen, draw_lines, lay_on_paper
from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph, seed_stream, write_glyph

_USUAL_EXTENT = 0.85
"""Longer side of an ordinary character, as a share of its square: widths of lines are shares of it."""


def render_character(
    character: str,
    *,
    hand: str = "ordinary",
    pen: str = "ballpoint",
    size_px: int = 256,
    seed: int = 0,
    data_root: Path,
) -> np.ndarray:
    """Draw one character of KanjiVG.

    Args:
        character: What to write.
        hand: One of `NAMED_HANDS`.
        pen: One of `PEN_NAMES`.
        size_px: Side of the square, at least 16.
        seed: Which writer and which pen of the kind; the same seed writes all characters with one hand.
        data_root: The data folder, which holds strokes/kanjivg.zip.

    Returns:
        Uint8 (size_px, size_px): gray levels on paper. The character has the place and size in the square
        that it has in writing: A comma is small.

    Raises:
        YomiteError: The hand or the pen is unknown.
        DataError: KanjiVG is not there, or does not draw this character.
    """
    writer, tool = build_hand(hand, seed=seed), build_pen(pen, seed=seed)
    return render_glyph(
        read_kanjivg_character(data_root / KANJIVG_FILE, character), writer, tool, size_px, seed
    )


def render_line(text: str, direction: str = "horizontal", *, seed: int = 0, data_root: Path) -> np.ndarray:
    """Compose a line as training sees it: hand, pen and paper are drawn from the seed.

    Args:
        text: What is written; white space is a wide gap.
        direction: "horizontal" or "vertical".
        seed: Which writer, pen and paper.
        data_root: The data folder.

    Returns:
        Uint8 (H, W): gray levels, a crop of a page.

    Raises:
        YomiteError: No character of the text can be written.
        DataError: KanjiVG is not there.
    """
    composer = LineComposer(build_glyph_book(text, data_root), lambda rng: text, seed=0)
    return composer.compose_text(text, direction, seed=seed).picture


def render_sheet(text: str, *, size_px: int = 96, seed: int = 0, data_root: Path) -> np.ndarray:
    """Draw a text with every hand and every pen.

    Args:
        text: Characters of KanjiVG.
        size_px: Side of one character's square.
        seed: As for `render_character`.
        data_root: The data folder.

    Returns:
        Uint8 (hands * size_px, pens * len(text) * size_px). A row for each hand in the order of
        `NAMED_HANDS`: Print, neat, ordinary, hasty, running, rough. In a row, the text once with each pen in
        the order of `PEN_NAMES`: touch, ballpoint, pencil, felt, brush.

    Raises:
        DataError: KanjiVG is not there, or does not draw one of the characters.
    """
    glyphs = [read_kanjivg_character(data_root / KANJIVG_FILE, character) for character in text]
    writers = [build_hand(name, seed=seed) for name in NAMED_HANDS]
    tools = [build_pen(name, seed=seed) for name in PEN_NAMES]
    return np.block(
        [
            [render_glyph(glyph, writer, tool, size_px, seed) for tool in tools for glyph in glyphs]
            for writer in writers
        ]
    )


def render_glyph(glyph: Glyph, hand: Hand, pen: Pen, size_px: int, seed: int) -> np.ndarray:
    """Draw one glyph; a pure function of its arguments.

    Args:
        glyph: In the unit square.
        hand: Who writes.
        pen: What with.
        size_px: Side of the square, at least 16.
        seed: Of what changes from character to character: tremor, joined strokes, grain of the paper.

    Returns:
        Uint8 (size_px, size_px).
    """
    seed_stream(np.random.SeedSequence((seed, *map(ord, glyph.character))).generate_state(1)[0])
    written, starts, pressure = write_glyph(*flatten_glyph(glyph), hand.habits)
    low, high = written.min(axis=0), written.max(axis=0)
    extent = max(float((high - low).max()), 0.08)  # what `draw_lines` takes for a dot
    # A hand that writes beyond the square is drawn smaller; 0.13 holds the widest line.
    unit_px = min(0.92 * size_px, (size_px - 4.0) / (extent + 0.13))
    traits = pen.traits.copy()
    traits[TRAIT_NAMES.index("width")] *= _USUAL_EXTENT / extent
    # White on black belongs to a screen, not to single characters on it.
    traits[TRAIT_NAMES.index("inversion")] = 0.0
    ink = draw_lines(written, starts, pressure, traits, extent * unit_px, 0.0)
    corner = 0.5 * size_px + (0.5 * (low + high) - 0.5) * unit_px - 0.5 * np.array(ink.shape[::-1])
    left, top = np.clip(np.round(corner).astype(int), 0, size_px - np.array(ink.shape[::-1]))
    coverage = np.zeros((size_px, size_px), np.float32)
    coverage[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return lay_on_paper(coverage, traits)
