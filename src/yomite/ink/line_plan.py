"""Plan of a line: which glyphs stand where, how digits stand in vertical lines, what is struck out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from yomite.ink.glyph_book import DIGIT, HALF_SIGN, LOWER, UPPER, GlyphBook
from yomite.ink.line_layout import PAIR_FIRST, PAIR_SECOND, STRUCK, TURNED

_HALF = (DIGIT, UPPER, LOWER, HALF_SIGN)


class LinePlan(NamedTuple):
    """What `line_layout.lay_out` writes.

    Attributes:
        characters: What stands there, struck-out characters included; one for each label.
        labels: Int32 (N,).
        gaps: Float32 (N,), bare paper before each character beyond the usual, em.
        marks: Int8 (N,).
    """

    characters: list[str]
    labels: np.ndarray
    gaps: np.ndarray
    marks: np.ndarray


def plan_line(
    text: str, book: GlyphBook, is_vertical: bool, strike_share: float, rng: np.random.Generator
) -> LinePlan:
    """Plan how a text is written.

    Args:
        text: White space is a wide gap; characters that the book lacks are left out.
        book: The glyphs.
        is_vertical: Whether the line runs down.
        strike_share: Chance that a character, which is not in the text, stands there struck out.
        rng: Every choice comes from it.
    """
    characters: list[str] = []
    gaps: list[float] = []
    gap = 0.0
    for character in text:
        if character.isspace():
            gap += 0.35 + 0.9 * rng.random() ** 2
        elif character in book:
            characters.append(character)
            gaps.append(gap)
            gap = 0.0
    marks = [0] * len(characters)
    if characters and rng.random() < strike_share:
        _strike(characters, gaps, marks, book, rng)
    labels = np.array([book.label_by_character[character] for character in characters], np.int32)
    marks_array = np.array(marks, np.int8)
    if is_vertical:
        _turn_halves(book.kinds[labels], marks_array, rng)
        upright = marks_array & (TURNED | PAIR_FIRST | PAIR_SECOND)
        lying = book.lying_labels[labels]
        is_arrow = np.array([character in "→←" for character in characters], np.bool_)
        keep = (upright > 0) | (is_arrow & (rng.random() < 0.3))
        labels = np.where(keep, labels, lying).astype(np.int32)
    return LinePlan(characters, labels, np.array(gaps, np.float32), marks_array)


def _strike(
    characters: list[str], gaps: list[float], marks: list[int], book: GlyphBook, rng: np.random.Generator
) -> None:
    """Insert one to three struck-out characters: a wrong one, or the writer's first try at the next word."""
    place = int(rng.integers(len(characters) + 1))
    count = int(rng.integers(1, 4)) if rng.random() < 0.4 else 1
    if rng.random() < 0.5 and place < len(characters):
        wrong = characters[place : place + count]
    else:
        everything = list(book.label_by_character)
        wrong = [everything[int(rng.integers(len(everything)))] for _ in range(count)]
    characters[place:place] = wrong
    gaps[place:place] = [0.0] * len(wrong)
    marks[place:place] = [STRUCK] * len(wrong)


def _turn_halves(kinds: np.ndarray, marks: np.ndarray, rng: np.random.Generator) -> None:
    """Decide how each run of digits, letters and signs stands in a vertical line; marks change in place.

    Two digits may stand side by side; short runs stand upright one below the other, long ones may lie.
    """
    is_half = np.isin(kinds, _HALF)
    habit = rng.random()
    first = 0
    while first < len(kinds):
        if not is_half[first]:
            first += 1
            continue
        last = first
        while last < len(kinds) and is_half[last]:
            last += 1
        run = slice(first, last)
        is_digits = bool((kinds[run] == DIGIT).all())
        if is_digits and last - first == 2 and habit < 0.7:
            marks[first] |= PAIR_FIRST
            marks[first + 1] |= PAIR_SECOND
        elif last - first > 1 and (habit > 0.45 if is_digits else habit > 0.2):
            marks[run] |= TURNED
        first = last
