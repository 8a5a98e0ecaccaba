"""Which characters a model knows, in which order: named sets of a language, or a text file of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from yomite.charset.japanese import JAPANESE
from yomite.charset.language import Language
from yomite.errors import CharsetError, suggest


class Charset:
    """A fixed, ordered set of characters. Immutable; equal when the characters are.

    Attributes:
        name: A built-in name, or the stem of the text file it was read from.
        characters: Every character once, in label order; each is one Unicode code point.
    """

    __slots__ = ("_characters", "_label_by_character", "_name")

    def __init__(self, name: str, characters: Iterable[str]) -> None:
        """Give the characters numbers, in the order given.

        Raises:
            CharsetError: No characters, one of them twice, or an entry that is not one code point.
        """
        self._name = name
        self._characters = tuple(characters)
        self._label_by_character = {character: label for label, character in enumerate(self._characters)}
        if not self._characters:
            raise CharsetError(f"character set {name!r} has no characters; it needs at least one")
        if len(self._label_by_character) < len(self._characters):
            twice = next(c for i, c in enumerate(self._characters) if self._label_by_character[c] != i)
            raise CharsetError(f"character set {name!r} has {_describe(twice)} twice; keep one")
        for character in self._characters:
            if not isinstance(character, str) or len(character) != 1:
                raise CharsetError(f"character set {name!r}: {character!r} is not one character (code point)")

    @property
    def name(self) -> str:
        """A built-in name, or the stem of the text file."""
        return self._name

    @property
    def characters(self) -> tuple[str, ...]:
        """Every character once; the position is the label."""
        return self._characters

    def label(self, character: str) -> int:
        """Return the label of a character, 0 <= label < len(self).

        Raises:
            CharsetError: The set does not have it.
        """
        try:
            return self._label_by_character[character]
        except KeyError:
            raise CharsetError(
                f"{_describe(character)} is not among the {len(self)} characters of {self._name!r}; "
                "use a larger set (full) or a text file that lists it"
            ) from None

    def character(self, label: int) -> str:
        """Return the character of a label.

        Raises:
            CharsetError: The label is below 0 or not below len(self).
        """
        if not 0 <= label < len(self):  # a negative label would silently count from the end
            raise CharsetError(f"label {label} is outside {self._name!r}; allowed: 0 to {len(self) - 1}")
        return self._characters[label]

    def __len__(self) -> int:
        return len(self._characters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._characters)

    def __contains__(self, character: object) -> bool:
        return character in self._label_by_character

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Charset) and self._characters == other._characters

    def __hash__(self) -> int:
        return hash(self._characters)

    def __repr__(self) -> str:
        return f"Charset({self._name!r}, {len(self)} characters)"

    def __reduce__(self) -> tuple[type[Charset], tuple[str, tuple[str, ...]]]:
        return Charset, (self._name, self._characters)


def build_charset(name_or_path: str | os.PathLike[str], language: Language = JAPANESE) -> Charset:
    """Build a named character set, or read one from a text file of one's own.

    kana: hiragana and katakana with small and voiced forms, ー (171). kyoiku: the kanji of elementary
    school by grade (1,026). joyo: those and the rest of the Joyo table (2,136). jis1, jis2: the kanji of
    JIS X 0208 level 1 (2,965) and 2 (3,390). full: kana, 々〆〇仝, digits, Latin letters, punctuation, jis1,
    jis2 and the four Joyo kanji outside them (6,613). line: full, then the signs of lines (6,691). The
    orders are fixed.

    A text file is UTF-8; its characters count in the order they stand, white space (U+3000 too) does not.

    Args:
        name_or_path: One of the names above, or a path. A file that has such a name is written ./kana.
        language: The record that names the sets.

    Raises:
        CharsetError: A name or file that is not there, or a file that is not a list of characters.
    """
    if isinstance(name_or_path, str):
        if name_or_path in language.sets:
            return Charset(name_or_path, language.sets[name_or_path]())
        if not os.path.exists(name_or_path) and not set(name_or_path) & set("./\\"):
            raise CharsetError(
                f"unknown character set {name_or_path!r}; {suggest(name_or_path.lower(), language.sets)}"
                f"allowed: {', '.join(language.sets)}, or the path of a UTF-8 text file"
            )
    return _read_charset(os.fspath(name_or_path), language)


def _read_charset(path: str, language: Language) -> Charset:
    import unicodedata

    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except UnicodeDecodeError as error:
        raise CharsetError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise CharsetError(
            f"{path}: {reason}; give a UTF-8 text file or one of: {', '.join(language.sets)}"
        ) from None

    line_by_character: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        for character in line:
            if character.isspace():
                continue
            # M: a mark that sits on another character (か + U+3099). C: control, unassigned, private use.
            if unicodedata.category(character)[0] in "MC":
                raise CharsetError(
                    f"{path}: line {number} has U+{ord(character):04X}, which is no character by itself; "
                    "write each character as one code point (が, not か and a voicing mark)"
                )
            if character in line_by_character:
                raise CharsetError(
                    f"{path}: {_describe(character)} in line {number} stands already in line "
                    f"{line_by_character[character]}; keep one"
                )
            line_by_character[character] = number
    if not line_by_character:
        raise CharsetError(f"{path}: no characters; list at least one")
    return Charset(os.path.splitext(os.path.basename(path))[0], line_by_character)


def _describe(character: object) -> str:
    if isinstance(character, str) and len(character) == 1:
        return f"{character!r} (U+{ord(character):04X})"
    return repr(character)
