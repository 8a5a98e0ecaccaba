"""What a written language is to yomite: one record of facts, and the questions that it answers.

Another language or script is another record, as japanese.py is one; no code changes for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from yomite.errors import CharsetError, suggest


@dataclass(frozen=True, eq=False, repr=False)
class Language:
    """The facts of one written language.

    Attributes:
        sets: Named character sets; each is a function that returns its characters in label order, called
            when the set is asked for.
        scripts: Ranges of code points of each script, first and last included.
        other_script: The script of every other character.
        families: By name, scripts that a caller asks for together, as `among` of a reader takes them.
        levels: Names of sets in the order in which they are learned.
        level_by_script: Scripts that are one level as a whole, learned before the sets.
        lookalikes: Groups of characters that share a shape when they stand alone. Groups may overlap.
        shares: Part of all written characters by script, adding up to 1.
        even_parts: Part of a script's share that is spread evenly over its characters, 0..1.
        learning_even_parts: The same for drawing classes in training.
        favorites: By script, a set that gets a part (0..1) of the even part to itself.
        twins: By name, pairs of one shape of which one hardly ever stands alone, such as っ beside つ: the
            rare members, the common ones in the same order, and the part of the probability of the common
            one that the rare one has at most, 0..1.
        folds: Code points of texts that count as another, as for str.translate.
        forms: Ways to write a character that its stroke data lacks: strokes apart by "/", each a line of
            points "x,y" in a square of 100 units, y down.
    """

    sets: Mapping[str, Callable[[], Iterable[str]]]
    scripts: Mapping[str, tuple[tuple[int, int], ...]]
    other_script: str = "punctuation"
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    level_by_script: Mapping[str, str] = field(default_factory=dict)
    lookalikes: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    even_parts: Mapping[str, float] = field(default_factory=dict)
    learning_even_parts: Mapping[str, float] = field(default_factory=dict)
    favorites: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    twins: Mapping[str, tuple[str, str, float]] = field(default_factory=dict)
    folds: Mapping[int, int | str] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def script_names(self) -> tuple[str, ...]:
        """Every script, the one of other characters last."""
        return (*self.scripts, self.other_script)

    @property
    def level_names(self) -> tuple[str, ...]:
        """Every level in the order of learning; the last is "other"."""
        return (*dict.fromkeys(self.level_by_script.values()), *self.levels, "other")

    @cached_property
    def lookalike_groups(self) -> tuple[str, ...]:
        """The look-alikes, with groups that share a member joined; members in order of first mention."""
        merged: list[str] = []
        for group in self.lookalikes:
            touching = [other for other in merged if set(other) & set(group)]
            merged = [other for other in merged if other not in touching]
            merged.append("".join(dict.fromkeys("".join([*touching, group]))))
        return tuple(merged)

    @cached_property
    def _group_by_character(self) -> dict[str, frozenset[str]]:
        return {character: frozenset(group) for group in self.lookalike_groups for character in group}

    @cached_property
    def _level_by_character(self) -> dict[str, str]:
        return {character: level for level in reversed(self.levels) for character in self.sets[level]()}

    def script_of(self, character: str) -> str:
        """Return the script of one character, by its code point, whether or not a set has it.

        Raises:
            CharsetError: Not one code point.
        """
        if len(character) != 1:
            raise CharsetError(f"{character!r} is not one character (code point)")
        code_point = ord(character)
        for script, ranges in self.scripts.items():
            if any(first <= code_point <= last for first, last in ranges):
                return script
        return self.other_script

    def select_family(self, family: str, characters: Iterable[str]) -> tuple[str, ...]:
        """Return those of some characters that a family has, in the order given.

        Raises:
            CharsetError: No family has this name.
        """
        if family not in self.families:
            raise CharsetError(
                f"no characters are called {family!r}; {suggest(family.lower(), self.families)}"
                f"allowed: {', '.join(self.families)}, or the characters themselves"
            )
        scripts = self.families[family]
        return tuple(character for character in characters if self.script_of(character) in scripts)

    def level_of(self, character: str) -> str:
        """Return the first level that has a character, "other" if none has it."""
        level = self.level_by_script.get(self.script_of(character))
        return level or self._level_by_character.get(character, "other")

    def lookalikes_of(self, character: str, groups: Iterable[str] | None = None) -> frozenset[str]:
        """Return the characters that share this one's shape when it stands alone, itself included.

        Args:
            character: One character.
            groups: Look-alikes, a string for each shape, such as a model file has; None takes those of the
                language.
        """
        if groups is None:
            return self._group_by_character.get(character) or frozenset((character,))
        return frozenset(character).union(*(group for group in groups if character in group))

    def are_lookalikes(self, first: str, second: str) -> bool:
        """Return True when the two are the same character or share a shape."""
        return second in self.lookalikes_of(first)

    def select_lookalikes(self, characters: Iterable[str]) -> tuple[str, ...]:
        """Return the groups of look-alikes among some characters, in the order of lookalike_groups."""
        known = frozenset(characters)
        groups = ("".join(one for one in group if one in known) for group in self.lookalike_groups)
        return tuple(group for group in groups if len(group) > 1)

    def number_lookalikes(self, characters: Iterable[str], groups: Iterable[str] | None = None) -> list[int]:
        """Return a number for each of C characters: look-alikes share one, the lowest label among them.

        Args:
            characters: In label order.
            groups: As for lookalikes_of.
        """
        label_by_character = {character: label for label, character in enumerate(characters)}
        numbers = list(label_by_character.values())
        for group in self.lookalike_groups if groups is None else groups:
            labels = [label_by_character[one] for one in group if one in label_by_character]
            for label in labels:
                numbers[label] = min(labels)
        return numbers
