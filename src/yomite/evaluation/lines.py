"""Errors in lines of text: CER, and WER over a named segmenter, by jiwer. Ready for models that read lines.

Japanese has no spaces, so a word error rate says nothing without the name of what divides the words; it is
part of the result. Nothing is normalized: a full-width digit is not a half-width one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yomite.charset import script_of
from yomite.errors import DataError, MissingExtraError
from yomite.extensions import find_callable

Segmenter = Callable[[str], list[str]]


@dataclass(frozen=True)
class TextErrors:
    """Edits from what was read to what was written.

    Attributes:
        unit: "characters", or "words by NAME" of the segmenter.
        num_units: In what was written.
        num_substituted: Replaced by another.
        num_deleted: Missing in what was read.
        num_inserted: Too many in what was read.
    """

    unit: str
    num_units: int
    num_substituted: int
    num_deleted: int
    num_inserted: int

    @property
    def rate(self) -> float:
        """Edits a unit, 0 and up; above 1 where much was inserted."""
        return (self.num_substituted + self.num_deleted + self.num_inserted) / self.num_units

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**vars(self), "rate": round(self.rate, 5)}


def segment_at_spaces(text: str) -> list[str]:
    """Words as the writer divided them."""
    return text.split()


def segment_by_script(text: str) -> list[str]:
    """A word wherever the script changes: 今日はサッカー is 今日, は, サッカー. Crude."""
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


def measure_characters(written: Sequence[str], read: Sequence[str]) -> TextErrors:
    """Character errors of lines; white space does not count.

    Args:
        written: The right texts.
        read: What was read, in the same order.

    Raises:
        DataError: The two differ in number, or nothing is written.
    """
    return _measure([list(_drop_spaces(text)) for text in written], [list(_drop_spaces(t)) for t in read], "")


def measure_words(written: Sequence[str], read: Sequence[str], segmenter: str = "scripts") -> TextErrors:
    """Word errors of lines, each divided by a segmenter: of SEGMENTERS, or package.module:callable.

    Raises:
        ConfigError: No such segmenter.
        DataError: The two differ in number, or nothing is written.
    """
    divide = find_callable(segmenter, SEGMENTERS, "segmenter")
    return _measure([divide(text) for text in written], [divide(text) for text in read], segmenter)


def _drop_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def _measure(written: list[list[str]], read: list[list[str]], segmenter: str) -> TextErrors:
    if len(written) != len(read):
        raise DataError(f"{len(written)} lines written, {len(read)} read; give one for one")
    if not any(written):
        raise DataError("no line has anything written; an error rate needs at least one character")
    try:
        import jiwer
    except ModuleNotFoundError as error:
        raise MissingExtraError("evaluate", "lines") from error
    # jiwer wants lines that are not empty; an empty one is all deletions or all insertions.
    pairs = [(one, other) for one, other in zip(written, read, strict=True) if one and other]
    num_deleted = sum(len(one) for one, other in zip(written, read, strict=True) if not other)
    num_inserted = sum(len(other) for one, other in zip(written, read, strict=True) if not one)
    num_substituted = 0
    if pairs:
        as_given = jiwer.Compose([_Units()])  # type: ignore[list-item]  # all it asks is to be callable
        output = jiwer.process_words(
            [_JOINT.join(one) for one, _ in pairs],
            [_JOINT.join(other) for _, other in pairs],
            reference_transform=as_given,
            hypothesis_transform=as_given,
        )
        num_substituted = output.substitutions
        num_deleted += output.deletions
        num_inserted += output.insertions
    unit = f"words by {segmenter}" if segmenter else "characters"
    return TextErrors(unit, sum(map(len, written)), num_substituted, num_deleted, num_inserted)


_JOINT = "\0"


class _Units:
    """jiwer's transform that divides a line where we joined it."""

    def __call__(self, lines: str | list[str]) -> list[list[str]]:
        return [line.split(_JOINT) for line in ([lines] if isinstance(lines, str) else lines)]
