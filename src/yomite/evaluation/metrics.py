"""Counts in, ratios out: top-1, top-k and macro, strict and with look-alikes counted as right."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np

from yomite.charset import lookalikes_of
from yomite.reading.results import Recognition

TOP = 5


@dataclass(frozen=True)
class CharacterCounts:
    """Counts of one character."""

    num_samples: int = 0
    num_strict: int = 0
    num_lookalike: int = 0

    def __add__(self, other: "CharacterCounts") -> "CharacterCounts":
        return CharacterCounts(
            self.num_samples + other.num_samples,
            self.num_strict + other.num_strict,
            self.num_lookalike + other.num_lookalike,
        )


@dataclass(frozen=True)
class Counts:
    """Whole numbers that can be summed over batches, sets and processes before they are divided.

    Every sample counts: one whose character the reader does not know, or whose picture it could not read,
    is wrong.

    Attributes:
        strict_hits: int64 (TOP,); entry k - 1: samples whose character is among the first k candidates.
        lookalike_hits: int64 (TOP,); the same, with any look-alike of the character counted.
        num_outside_charset: Samples whose character the reader cannot answer.
        num_unreadable: Samples that got an error instead of candidates.
        num_rejected: Readings that the reader rejects.
        num_rejected_right: Rejected readings whose first candidate is right, look-alikes counted.
        by_character: Counts of the first candidate by the character that was to be read.
    """

    strict_hits: np.ndarray = field(default_factory=lambda: np.zeros(TOP, np.int64))
    lookalike_hits: np.ndarray = field(default_factory=lambda: np.zeros(TOP, np.int64))
    num_outside_charset: int = 0
    num_unreadable: int = 0
    num_rejected: int = 0
    num_rejected_right: int = 0
    by_character: dict[str, CharacterCounts] = field(default_factory=dict)

    @property
    def num_samples(self) -> int:
        """All samples, right and wrong."""
        return sum(counts.num_samples for counts in self.by_character.values())

    def __add__(self, other: "Counts") -> "Counts":
        by_character = dict(self.by_character)
        for character, counts in other.by_character.items():
            by_character[character] = by_character.get(character, CharacterCounts()) + counts
        return Counts(
            self.strict_hits + other.strict_hits,
            self.lookalike_hits + other.lookalike_hits,
            self.num_outside_charset + other.num_outside_charset,
            self.num_unreadable + other.num_unreadable,
            self.num_rejected + other.num_rejected,
            self.num_rejected_right + other.num_rejected_right,
            by_character,
        )


def is_right(character: str, recognition: object) -> bool:
    """Whether the first candidate is the character or a look-alike of it."""
    return isinstance(recognition, Recognition) and recognition.text in lookalikes_of(character)


def count(
    characters: Sequence[str], recognitions: Sequence[object], charset: Container[str] | None = None
) -> Counts:
    """Count what was read right.

    Args:
        characters: What was to be read, one for each sample.
        recognitions: A Recognition for each sample, with at least TOP candidates where there are as many;
            anything else, such as an error, stands for a picture that was not read.
        charset: The characters that the reader can answer; None for all.
    """
    strict, lookalike = np.zeros(TOP, np.int64), np.zeros(TOP, np.int64)
    num_unreadable = num_rejected = num_rejected_right = 0
    by_character: dict[str, CharacterCounts] = {}
    for character, recognition in zip(characters, recognitions, strict=True):
        alike = lookalikes_of(character)
        right = is_right(character, recognition)
        exact = right and str(recognition) == character
        by_character[character] = by_character.get(character, CharacterCounts()) + CharacterCounts(
            1, exact, right
        )
        if not isinstance(recognition, Recognition):
            num_unreadable += 1
            continue
        num_rejected += recognition.is_rejected
        num_rejected_right += recognition.is_rejected and right
        texts = [candidate.text for candidate in recognition.candidates[:TOP]]
        strict[_first(texts, {character}) :] += 1
        lookalike[_first(texts, alike) :] += 1
    num_outside = 0 if charset is None else sum(character not in charset for character in characters)
    return Counts(
        strict, lookalike, num_outside, num_unreadable, num_rejected, num_rejected_right, by_character
    )


def to_ratios(counts: Counts) -> dict[str, float]:
    """Ratios, 0..1, of one sum of counts.

    Returns:
        strict_top1, strict_top5; lookalike_top1, lookalike_top5 (a look-alike is right); macro (the mean of
        lookalike_top1 over characters); rejected (share of readings rejected); all NaN without samples.
    """
    total = counts.num_samples
    if not total:
        names = ("strict_top1", "lookalike_top1", "strict_top5", "lookalike_top5", "macro", "rejected")
        return dict.fromkeys(names, float("nan"))
    shares = [one.num_lookalike / one.num_samples for one in counts.by_character.values()]
    return {
        "strict_top1": int(counts.strict_hits[0]) / total,
        "lookalike_top1": int(counts.lookalike_hits[0]) / total,
        "strict_top5": int(counts.strict_hits[TOP - 1]) / total,
        "lookalike_top5": int(counts.lookalike_hits[TOP - 1]) / total,
        "macro": sum(shares) / len(shares),
        "rejected": counts.num_rejected / total,
    }


def _first(texts: Sequence[str], wanted: Container[str]) -> int:
    """Position of the first text that is wanted; TOP where none is."""
    return next((rank for rank, text in enumerate(texts) if text in wanted), TOP)
