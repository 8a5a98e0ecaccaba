"""What a reader answered to a set of samples. Every figure of a report is a question to this."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yomite.charset import build_charset, lookalikes_of, script_of
from yomite.reading.results import Recognition

TOP = 5
"""Candidates of a sample that are looked at."""

_LEVELS = ("kyoiku", "joyo", "jis1", "jis2")
_level_by_character: dict[str, str] = {}


@dataclass(frozen=True, eq=False)
class Answers:
    """A reader's answers to N samples, in the order of the samples.

    Every sample counts: one whose character the reader does not have, or whose picture it could not read, is
    wrong.

    Attributes:
        characters: What was to be read, one a sample.
        texts: The candidates for each sample, best first; none where the picture was not read.
        confidences: Float64 (N,), 0..1, of the first candidate; 0 where the picture was not read.
        is_rejected: Bool (N,), whether the reader turned the picture down.
        charset: The characters that the reader can answer; None for all.
    """

    characters: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    confidences: np.ndarray
    is_rejected: np.ndarray
    charset: Container[str] | None = None

    def __len__(self) -> int:
        return len(self.characters)

    @cached_property
    def strict_ranks(self) -> np.ndarray:
        """Int64 (N,): the index of the candidate that is the character; TOP where none of the first is."""
        return self._rank([{character} for character in self.characters])

    @cached_property
    def lookalike_ranks(self) -> np.ndarray:
        """Int64 (N,): the same for the first candidate that is the character or a look-alike of it."""
        return self._rank([lookalikes_of(character) for character in self.characters])

    @property
    def is_strict(self) -> np.ndarray:
        """Bool (N,): whether the first candidate is the character."""
        return self.strict_ranks == 0

    @property
    def is_right(self) -> np.ndarray:
        """Bool (N,): whether the first candidate is the character or a look-alike of it."""
        return self.lookalike_ranks == 0

    @cached_property
    def is_read(self) -> np.ndarray:
        """Bool (N,): whether there is any candidate."""
        return np.array([bool(texts) for texts in self.texts], bool)

    @cached_property
    def is_outside(self) -> np.ndarray:
        """Bool (N,): whether the reader cannot answer the character at all."""
        charset = self.charset
        return np.array([charset is not None and one not in charset for one in self.characters], bool)

    def _rank(self, wanted: Sequence[Collection[str]]) -> np.ndarray:
        ranks = [
            next((rank for rank, text in enumerate(texts[:TOP]) if text in right), TOP)
            for texts, right in zip(self.texts, wanted, strict=True)
        ]
        return np.array(ranks, np.int64)


def collect_answers(
    characters: Iterable[str], recognitions: Iterable[object], charset: Container[str] | None = None
) -> Answers:
    """Put what was recognized beside what was to be read.

    Args:
        characters: What was to be read, one a sample.
        recognitions: A Recognition for each sample, with TOP candidates where there are as many; anything
            else, such as an error, stands for a picture that was not read.
        charset: The characters that the reader can answer; None for all.
    """
    characters = tuple(characters)
    read = [one if isinstance(one, Recognition) else None for one in recognitions]
    return Answers(
        characters,
        tuple(tuple(candidate.text for candidate in one.candidates) if one else () for one in read),
        np.array([one.confidence if one else 0.0 for one in read], np.float64),
        np.array([bool(one and one.is_rejected) for one in read], bool),
        charset,
    )


def join_answers(parts: Sequence[Answers], charset: Container[str] | None = None) -> Answers:
    """Put the answers to several sets of samples one after the other."""
    return Answers(
        tuple(character for part in parts for character in part.characters),
        tuple(texts for part in parts for texts in part.texts),
        np.concatenate([np.zeros(0), *(part.confidences for part in parts)]),
        np.concatenate([np.zeros(0, bool), *(part.is_rejected for part in parts)]),
        charset,
    )


def level_of(character: str) -> str:
    """When a character is learned: kana, kyoiku, the rest of joyo, of JIS 1, of JIS 2, or other.

    Each character has one level, the first that has it.
    """
    if not _level_by_character:
        for level in reversed(_LEVELS):
            _level_by_character.update(dict.fromkeys(build_charset(level).characters, level))
    if script_of(character) in ("hiragana", "katakana"):
        return "kana"
    return _level_by_character.get(character, "other")


LEVELS = ("kana", *_LEVELS, "other")
