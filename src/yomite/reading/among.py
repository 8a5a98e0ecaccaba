"""Which of its characters a reader may answer: all, or those among which the caller says that it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yomite.charset import JAPANESE, Language, number_lookalikes
from yomite.errors import CharsetError

MIN_SHARE = 0.01
"""Least share of the whole distribution, without prior, that the allowed characters and all their look-alikes
must have together; below it the ink is clearly another character (docs/experiments.md, 22)."""

_NUM_NAMED = 5


@dataclass(frozen=True)
class Choice:
    """The K characters that may be answered.

    Attributes:
        characters: In label order.
        labels: Int (K,), their labels.
        alike_by_position: For each that has look-alikes in the choice, the positions of them all, itself too.
        is_covered: bool (C,), True for the characters and all their look-alikes; None where all may be
            answered.
    """

    characters: tuple[str, ...]
    labels: np.ndarray
    alike_by_position: Mapping[int, np.ndarray]
    is_covered: np.ndarray | None = None


def choose_characters(
    among: str | tuple[str, ...] | None,
    characters: tuple[str, ...],
    groups: Sequence[str],
    language: Language = JAPANESE,
) -> Choice:
    """Choose what may be answered.

    Args:
        among: The name of a family, or the characters in any order; None takes them all. A word of two or
            more Latin letters is a name; in any other text white space does not count.
        characters: All C characters of the model, in label order.
        groups: Its look-alikes, a string for each shape.
        language: The record that names the families.

    Raises:
        CharsetError: An unknown name, no character at all, or characters that the model does not know.
    """
    if among is None:
        return _build_choice(np.arange(len(characters)), characters, groups)
    name = among.strip() if isinstance(among, str) else ""
    if len(name) > 1 and name.isascii() and name.isalpha():
        allowed = frozenset(language.select_family(name, characters))
        if not allowed:
            raise CharsetError(f"among={among!r}: the model knows no such character")
    else:
        allowed = frozenset(one for one in among if not one.isspace())
        _check_known(allowed, characters)
    labels = np.array([label for label, character in enumerate(characters) if character in allowed])
    choice = _build_choice(labels, characters, groups)
    numbers = np.array(number_lookalikes(characters, groups))
    is_covered = np.isin(numbers, numbers[labels])
    return Choice(choice.characters, labels, choice.alike_by_position, is_covered)


def _check_known(allowed: frozenset[str], characters: tuple[str, ...]) -> None:
    if not allowed:
        raise CharsetError('among is empty; type a name such as "kana", or at least one character')
    unknown = sorted(allowed.difference(characters))
    if unknown:
        named = " ".join(unknown[:_NUM_NAMED]) + (" ..." if len(unknown) > _NUM_NAMED else "")
        raise CharsetError(
            f"among: not one of the {len(characters)} characters of the model: {named}; leave it out"
        )


def _build_choice(labels: np.ndarray, characters: tuple[str, ...], groups: Sequence[str]) -> Choice:
    chosen = tuple(characters[label] for label in labels.tolist())
    numbers = np.array(number_lookalikes(chosen, groups))
    has_any = np.bincount(numbers)[numbers] > 1
    alike = {
        position: np.flatnonzero(numbers == numbers[position])
        for position in np.flatnonzero(has_any).tolist()
    }
    return Choice(chosen, labels, alike)
