"""What a reader answered to a set of samples. Every figure of a report is a question to this."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yomite.charset import JAPANESE, Language
from yomite.reading.results import Recognition

TOP = 5
"""Candidates of a sample that are looked at."""


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
        language: The record of scripts, levels and look-alikes that the answers are judged by.
    """

    characters: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    confidences: np.ndarray
    is_rejected: np.ndarray
    charset: Container[str] | None = None
    language: Language = JAPANESE

    def __len__(self) -> int:
        return len(self.characters)

    @cached_property
    def strict_ranks(self) -> np.ndarray:
        """Int64 (N,): the index of the candidate that is the character; TOP where none of the first is."""
        return self._rank([{character} for character in self.characters])

    @cached_property
    def lookalike_ranks(self) -> np.ndarray:
        """Int64 (N,): the same for the first candidate that is the character or a look-alike of it."""
        return self._rank([self.language.lookalikes_of(character) for character in self.characters])

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
    characters: Iterable[str],
    recognitions: Iterable[object],
    charset: Container[str] | None = None,
    language: Language = JAPANESE,
) -> Answers:
    """Put what was recognized beside what was to be read.

    Args:
        characters: What was to be read, one a sample.
        recognitions: A Recognition for each sample, with TOP candidates where there are as many; anything
            else, such as an error, stands for a picture that was not read.
        charset: The characters that the reader can answer; None for all.
        language: The record that the answers are judged by.
    """
    characters = tuple(characters)
    read = [one if isinstance(one, Recognition) else None for one in recognitions]
    return Answers(
        characters,
        tuple(tuple(candidate.text for candidate in one.candidates) if one else () for one in read),
        np.array([one.confidence if one else 0.0 for one in read], np.float64),
        np.array([bool(one and one.is_rejected) for one in read], bool),
        charset,
        language,
    )


def join_answers(parts: Sequence[Answers], charset: Container[str] | None = None) -> Answers:
    """Put the answers to several sets of samples one after the other."""
    return Answers(
        tuple(character for part in parts for character in part.characters),
        tuple(texts for part in parts for texts in part.texts),
        np.concatenate([np.zeros(0), *(part.confidences for part in parts)]),
        np.concatenate([np.zeros(0, bool), *(part.is_rejected for part in parts)]),
        charset,
        parts[0].language if parts else JAPANESE,
    )
