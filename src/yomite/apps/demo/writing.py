"""The ink synthesizer for the eye: a text as some hand with some pen would write it on some paper.

Needs the extra `ink`, which the extra `demo` holds, and KanjiVG in the data folder.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yomite.errors import YomiteError
from yomite.ink.hand import HABIT_NAMES, HABITS, NAMED_HANDS, Hand, build_hand, draw_habits
from yomite.ink.pen import PENS, TRAIT_NAMES, Pen, build_pen
from yomite.ink.render import render_glyph
from yomite.ink.strokes import Glyph

MAX_CHARACTERS = 40

PAPERS: dict[str, dict[str, float]] = {
    "screen": {"paper": 255, "contrast": 245, "noise": 0, "light": 0, "scraps": 0, "blur": 0, "grain": 0},
    "notebook": {"paper": 238, "contrast": 175, "noise": 3, "light": 6, "scraps": 1, "blur": 0.4},
    "rough": {"paper": 222, "contrast": 130, "noise": 6, "light": 10, "scraps": 0, "blur": 0.4, "grain": 0.6},
    "photograph": {"paper": 205, "contrast": 110, "noise": 6, "light": 55, "scraps": 0, "blur": 1.4},
}
"""Paper -> traits of `yomite.ink.pen.TRAITS` that it sets; the others are the pen's."""


@dataclass(frozen=True)
class Style:
    """How a text is to be written.

    Attributes:
        haste: 0 calm to 1 running hand, with joined strokes.
        unevenness: 0 as printed, 1 as ordinary people, 2 rough.
        slant: -1 to 1, leaning left to right.
        pen: One of `yomite.ink.pen.PENS`.
        width: Line width from the pen's thinnest, 0, to its thickest, 1.
        paper: One of `PAPERS`.
        writer: Which person: the same number has the same habits.
    """

    haste: float = 0.15
    unevenness: float = 1.0
    slant: float = 0.0
    pen: str = "ballpoint"
    width: float = 0.5
    paper: str = "notebook"
    writer: int = 0


def find_hand(hand: str) -> tuple[float, float]:
    """Haste and unevenness of one of `NAMED_HANDS`."""
    return NAMED_HANDS[hand]["haste"], NAMED_HANDS[hand]["spread"]


def draw_text(
    text: str, style: Style, *, size_px: int, read_glyph: Callable[[str], Glyph]
) -> list[tuple[str, np.ndarray]]:
    """Write a text, character by character.

    Args:
        text: Characters that can be written; white space is left out.
        style: How.
        size_px: Side of one character's square.
        read_glyph: The strokes of a character; its errors are passed on.

    Returns:
        Each character and its picture, uint8 (size_px, size_px), gray levels on paper.

    Raises:
        YomiteError: A value outside its range, or a text that is too long.
    """
    characters = "".join(text.split()) if isinstance(text, str) else ""
    if not characters:
        raise YomiteError("the text is empty; send a character, such as 永")
    if len(characters) > MAX_CHARACTERS:
        raise YomiteError(f"the text has {len(characters)} characters; at most {MAX_CHARACTERS} are written")
    hand, pen = _build_hand(style), _build_pen(style)
    glyphs = [read_glyph(character) for character in characters]
    # Each place has its own stream, so that a writer never writes a character twice in the same way.
    return [
        (glyph.character, render_glyph(glyph, hand, pen, size_px, int(style.writer) + 7919 * place))
        for place, glyph in enumerate(glyphs)
    ]


def _build_hand(style: Style) -> Hand:
    for name, low, high in (("haste", 0, 1), ("unevenness", 0, 2), ("slant", -1, 1)):
        _check_number(name, getattr(style, name), low, high)
    _check_number("writer", style.writer, 0, 2**31)
    if style.haste == style.unevenness == 0:
        habits = build_hand("print").habits.copy()
    else:
        normal = np.random.default_rng(int(style.writer)).normal(size=len(HABITS))
        habits = draw_habits(normal, float(style.haste), float(style.unevenness))
    habits[HABIT_NAMES.index("slant")] -= 0.4 * style.slant  # a positive shear leans to the left
    return Hand(habits)


def _build_pen(style: Style) -> Pen:
    _check_number("width", style.width, 0, 1)
    for kind, name, known in (("pen", style.pen, PENS), ("paper", style.paper, PAPERS)):
        if not isinstance(name, str) or name not in known:
            raise YomiteError(f"unknown {kind}; one of: {', '.join(known)}")
    traits = build_pen(style.pen, seed=int(style.writer)).traits.copy()
    # Its width is chosen, not drawn by chance.
    low, high = PENS[style.pen]["width"]
    traits[TRAIT_NAMES.index("width")] = low * (high / low) ** style.width
    for name, value in PAPERS[style.paper].items():
        traits[TRAIT_NAMES.index(name)] = value
    return Pen(traits)


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise YomiteError(f"{name} is no number from {low:g} to {high:g}")
