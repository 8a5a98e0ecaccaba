"""Errors in lines of text: the character error rate, and the word error rate by a named segmenter.

Each line is aligned once with what was read; every figure is a question to these pairs. Japanese has no
spaces, so a word error rate says nothing without the name of what divides the words: it is part of the
result.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from yomite.charset import script_of
from yomite.errors import DataError
from yomite.evaluation.measures import resample
from yomite.extensions import find_callable

Segmenter = Callable[[str], list[str]]

Pair = tuple[str, str]
"""What was written and what was read there; "" where a unit is missing or was inserted."""


@dataclass(frozen=True)
class TextErrors:
    """Edits from what was written to what was read, over a number of lines.

    Attributes:
        unit: "characters", or "words by NAME" of the segmenter.
        num_lines: Lines that were compared.
        num_exact: Lines among them without an edit.
        num_units: In what was written.
        num_substituted: Read as another.
        num_deleted: Missing in what was read.
        num_inserted: Too many in what was read.
        low: Lower end of the rate's bootstrap interval over lines.
        high: Upper end.
    """

    unit: str
    num_lines: int
    num_exact: int
    num_units: int
    num_substituted: int
    num_deleted: int
    num_inserted: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Edits a unit, 0 and up; above 1 where much was inserted."""
        return (self.num_substituted + self.num_deleted + self.num_inserted) / max(self.num_units, 1)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, rates rounded to 5 decimals."""
        rates = {name: round(getattr(self, name), 5) for name in ("rate", "low", "high")}
        return vars(self) | rates


def normalize_text(text: str, *, with_punctuation: bool = True) -> str:
    """Return a text as it is compared: NFKC, without white space and, if asked for, without punctuation."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if not character.isspace() and (with_punctuation or unicodedata.category(character)[0] != "P")
    )


def segment_at_spaces(text: str) -> list[str]:
    """Divide words where the writer did."""
    return text.split()


def segment_by_script(text: str) -> list[str]:
    """Begin a word wherever the script changes: 今日はサッカー is 今日, は, サッカー. Crude."""
    words: list[str] = []
    before = ""
    for character in text:
        script = "space" if character.isspace() else script_of(character)
        if script == "katakana" and character == "ー" and before in ("hiragana", "katakana"):
            script = before
        if script != "space":
            if script == before and script != "punctuation":
                words[-1] += character
            else:
                words.append(character)
        before = script
    return words


SEGMENTERS: dict[str, Segmenter] = {"spaces": segment_at_spaces, "scripts": segment_by_script}


def measure_characters(
    written: Sequence[str], read: Sequence[str], *, with_punctuation: bool = True
) -> TextErrors:
    """Measure the character errors of lines, normalized.

    Args:
        written: The right texts.
        read: What was read, in the same order.
        with_punctuation: Whether punctuation counts.

    Raises:
        DataError: The two differ in number, or nothing is written.
    """
    divide = partial(normalize_text, with_punctuation=with_punctuation)
    return sum_up_edits(_align_lines(written, read, divide), "characters")


def measure_words(written: Sequence[str], read: Sequence[str], segmenter: str = "scripts") -> TextErrors:
    """Measure the word errors of lines in NFKC.

    Args:
        written: The right texts.
        read: What was read, in the same order.
        segmenter: What divides both into words: of SEGMENTERS, or package.module:callable.

    Raises:
        ConfigError: No such segmenter.
        DataError: The two differ in number, or nothing is written.
    """
    divide = find_callable(segmenter, SEGMENTERS, "segmenter")
    lines = _align_lines(written, read, lambda text: divide(unicodedata.normalize("NFKC", text)))
    return sum_up_edits(lines, f"words by {segmenter}")


def measure_groups(
    written: Sequence[str], read: Sequence[str], groups: Sequence[str]
) -> dict[str, TextErrors]:
    """Measure the character errors of each group of lines, such as those of a direction or a writer.

    Args:
        written: The right texts.
        read: What was read, in the same order.
        groups: Of each line its group, in the same order.

    Raises:
        DataError: The two texts differ in number, or nothing is written.
    """
    lines = _align_lines(written, read, normalize_text)
    return {
        name: sum_up_edits(
            [line for line, group in zip(lines, groups, strict=True) if group == name], "characters"
        )
        for name in dict.fromkeys(groups)
    }


def measure_scripts(written: Sequence[str], read: Sequence[str]) -> dict[str, TextErrors]:
    """Measure the character errors by script: of what was written or, where nothing was, of what was read.

    Raises:
        DataError: The two differ in number, or nothing is written.
    """
    parts: dict[str, dict[int, list[Pair]]] = {}
    for index, line in enumerate(_align_lines(written, read, normalize_text)):
        for one, other in line:
            parts.setdefault(script_of(one or other), {}).setdefault(index, []).append((one, other))
    return {name: sum_up_edits(list(lines.values()), "characters") for name, lines in sorted(parts.items())}


def align_units(written: Sequence[str], read: Sequence[str]) -> list[Pair]:
    """Pair units, characters or words, with as few edits as possible (Levenshtein)."""
    costs = [list(range(len(read) + 1))]
    for row, one in enumerate(written, start=1):
        before, costs = costs[-1], [*costs, [row]]
        for column, other in enumerate(read):
            kept = before[column] + (one != other)
            costs[-1].append(min(kept, before[column + 1] + 1, costs[-1][-1] + 1))
    pairs: list[Pair] = []
    row, column = len(written), len(read)
    while row or column:
        cost = costs[row][column]
        if row and column and cost == costs[row - 1][column - 1] + (written[row - 1] != read[column - 1]):
            row, column = row - 1, column - 1
            pairs.append((written[row], read[column]))
        elif row and cost == costs[row - 1][column] + 1:
            row -= 1
            pairs.append((written[row], ""))
        else:
            column -= 1
            pairs.append(("", read[column]))
    return pairs[::-1]


def judge_characters(written: str, read: Sequence[str]) -> list[bool]:
    """Judge each character that was read by the alignment of the whole line, both normalized.

    Args:
        written: The right text.
        read: What was read, a character each.
    """
    right = [normalize_text(character) for character in written if not character.isspace()]
    return [one == other for one, other in align_units(right, [normalize_text(one) for one in read]) if other]


def _align_lines(
    written: Sequence[str], read: Sequence[str], divide: Callable[[str], Sequence[str]]
) -> list[list[Pair]]:
    if len(written) != len(read):
        raise DataError(f"{len(written)} lines written, {len(read)} read; give one for one")
    lines = [align_units(divide(one), divide(other)) for one, other in zip(written, read, strict=True)]
    if not any(one for line in lines for one, _ in line):
        raise DataError("no line has anything written; an error rate needs at least one character")
    return lines


def sum_up_edits(lines: Sequence[Sequence[Pair]], unit: str) -> TextErrors:
    """Sum up what was aligned.

    Args:
        lines: At least one; pairs of each, as `align_units` gives them. The interval is over these, so pairs
            of whole pages make it one over pages.
        unit: Of the pairs, for the result.
    """
    counts = np.array(
        [
            [
                sum(bool(one) for one, _ in line),
                sum(bool(one and other and one != other) for one, other in line),
                sum(not other for _, other in line),
                sum(not one for one, _ in line),
            ]
            for line in lines
        ]
    )
    edits = counts[:, 1:].sum(axis=1)
    low, high = resample((edits, counts[:, 0]), lambda edits, units: edits.sum() / max(units.sum(), 1))
    totals = counts.sum(axis=0).tolist()
    return TextErrors(unit, len(lines), int((edits == 0).sum()), *totals, low, high)  # type: ignore[call-arg]
