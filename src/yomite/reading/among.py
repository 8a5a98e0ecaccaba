"""Which of its characters a reader may answer: all, or those among which the caller says that it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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


class Choices:
    """What may be answered of one model's characters. Keeps what belongs to a name, nothing else."""

    def __init__(
        self, characters: tuple[str, ...], groups: Sequence[str], language: Language = JAPANESE
    ) -> None:
        """Prepare to choose.

        Args:
            characters: All C characters of the model, in label order.
            groups: Its look-alikes, a string for each shape.
            language: The record that names the families.
        """
        self._characters = characters
        self._language = language
        self._label_by_character = {character: label for label, character in enumerate(characters)}
        self._numbers = np.array(number_lookalikes(characters, groups))
        self._all = self._build(np.arange(len(characters)))
        self._choice_by_name: dict[str, Choice] = {}

    def choose(self, among: str | tuple[str, ...] | None) -> Choice:
        """Choose what may be answered.

        Args:
            among: The name of a family, or the characters in any order; None takes them all. A word of two
                or more Latin letters is a name; in any other text white space does not count.

        Raises:
            CharsetError: An unknown name, no character at all, or characters that the model does not know.
        """
        if among is None:
            return self._all
        name = among.strip() if isinstance(among, str) else ""
        if not (len(name) > 1 and name.isascii() and name.isalpha()):
            return self._cover(frozenset(one for one in among if not one.isspace()))
        if name not in self._choice_by_name:
            family = self._language.select_family(name, self._characters)
            if not family:
                raise CharsetError(f"among={name!r}: the model knows no such character")
            self._choice_by_name[name] = self._cover(frozenset(family))
        return self._choice_by_name[name]

    def _cover(self, allowed: frozenset[str]) -> Choice:
        if not allowed:
            raise CharsetError('among is empty; type a name such as "kana", or at least one character')
        unknown = sorted(allowed - self._label_by_character.keys())
        if unknown:
            named = " ".join(unknown[:_NUM_NAMED]) + (" ..." if len(unknown) > _NUM_NAMED else "")
            raise CharsetError(
                f"among: not one of the {len(self._characters)} characters of the model: {named}; "
                "leave it out"
            )
        choice = self._build(np.array(sorted(self._label_by_character[one] for one in allowed)))
        has_shape = np.zeros(len(self._characters), bool)
        has_shape[self._numbers[choice.labels]] = True
        return replace(choice, is_covered=has_shape[self._numbers])

    def _build(self, labels: np.ndarray) -> Choice:
        numbers = self._numbers[labels]
        has_any = np.bincount(numbers)[numbers] > 1
        alike = {
            position: np.flatnonzero(numbers == numbers[position])
            for position in np.flatnonzero(has_any).tolist()
        }
        return Choice(tuple(self._characters[label] for label in labels.tolist()), labels, alike)
