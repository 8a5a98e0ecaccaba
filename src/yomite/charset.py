"""Which characters a model knows, in which order; the script of a character; look-alikes.

The kanji come out of Python's euc_jp codec, so no table of them is typed here: JIS X 0208 has level 1
(2,965 kanji) in rows 16-47 and level 2 (3,390) in rows 48-84. School grades are in charset_joyo.txt.
The module uses nothing but the standard library and loads in a few milliseconds, for every reader needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from yomite.errors import CharsetError

ITERATION_AND_ZERO = "々〆〇仝"
"""Written as kanji are, though JIS X 0208 files them under symbols."""

DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PUNCTUATION = "、。・：；？！…〜「」『』（）【】"
"""Marks that people draw, in their full-width form.

Left out are marks that, drawn alone, are another character of the set: dashes (ー 一), + (十), = (二),
x (メ), the comma (、), angle brackets (く), the iteration marks of kana (、 and て).
"""

LINE_SIGNS = (
    ",.-+=/%#&*\"'@<>_~[]{}$\\^|±×÷°℃→←↑↓⇒※○●◎△□☆〒¥〈〉ゝゞ≒≠≦≧√∞♪✓①②③④⑤⑥⑦⑧⑨⑩㎡αβγδθλμπσΩΔ"
)
"""What lines have beside the characters of `full`; in a line its neighbors tell ・ from . and ー from -.

Writing knows no width, so each mark is one class: ！？（）：； stand for their half-width forms too. Between
numbers stands ~, elsewhere 〜.
"""

JOYO_OUTSIDE_JIS = "𠮟塡剝頰"
"""The four Joyo kanji of 2010 whose official shape has no place in JIS X 0208."""

_LOOKALIKES = (
    "へヘ べベ ぺペ ー一 二ニ 口ロ囗 力カ 工エ 夕タ 卜ト 八ハ 0Oo〇 "
    "りリ つっ ツッ やゃ ゆゅ よょ あぁ いぃ うぅ えぇ おぉ わゎ "
    "アァ イィ ウゥ エェ オォ ヤャ ユュ ヨョ ワヮ カヵ ケヶ "
    "cC sS vV wW xX zZ lI1 日曰 丿ノ kK pP uU"
)


class Charset:
    """A fixed, ordered set of characters. Immutable; equal when the characters are.

    Attributes:
        name: A built-in name, or the stem of the text file it was read from.
        characters: Every character once, in label order; each is one Unicode code point.
    """

    __slots__ = ("_characters", "_label_by_character", "_name")

    def __init__(self, name: str, characters: Iterable[str]) -> None:
        """Number the characters in the order given.

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


def build_charset(name_or_path: str | os.PathLike[str]) -> Charset:
    """Build a named character set, or read one from a text file of one's own.

    kana: hiragana and katakana with small and voiced forms, ー (171). kyoiku: the kanji of elementary
    school by grade (1,026). joyo: those and the rest of the Joyo table (2,136). jis1, jis2: the kanji of
    JIS X 0208 level 1 (2,965) and 2 (3,390). full: kana, 々〆〇仝, digits, Latin letters, punctuation, jis1,
    jis2 and the four Joyo kanji outside them (6,613). line: full, then the signs of lines (6,691). The
    orders are fixed.

    A text file is UTF-8; its characters count in the order they stand, white space (U+3000 too) does not.

    Args:
        name_or_path: One of the names above, or a path. A file that has such a name is written ./kana.

    Raises:
        CharsetError: A name or file that is not there, or a file that is not a list of characters.
    """
    if isinstance(name_or_path, str):
        if name_or_path in _BUILDERS:
            return Charset(name_or_path, _BUILDERS[name_or_path]())
        if not os.path.exists(name_or_path) and not set(name_or_path) & set("./\\"):
            raise CharsetError(_describe_unknown_name(name_or_path))
    return _read_charset(os.fspath(name_or_path))


def read_joyo_grades() -> dict[str, int]:
    """Return the school grade of every Joyo kanji: 1 to 6, or 7 for secondary school.

    In the order of grade, then reading (2,136 entries). Sources stand in charset_joyo.txt.
    """
    from importlib.resources import files  # costs more than the rest of this module

    grade_by_character: dict[str, int] = {}
    for line in files("yomite").joinpath("charset_joyo.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            grade, characters = line.split(" ")
            grade_by_character.update(dict.fromkeys(characters, 7 if grade == "s" else int(grade)))
    return grade_by_character


def script_of(character: str) -> str:
    """Return the script of one character, by its code point, whether or not a set has it.

    Returns:
        "hiragana", "katakana" (with ー), "kanji" (with 々〆〇仝), "latin", "digit", or "punctuation" for
        every other mark.

    Raises:
        CharsetError: Not one code point.
    """
    if len(character) != 1:
        raise CharsetError(f"{character!r} is not one character (code point)")
    code_point = ord(character)
    for script, ranges in _RANGES_BY_SCRIPT.items():
        if any(first <= code_point <= last for first, last in ranges):
            return script
    return "punctuation"


def lookalikes_of(character: str, groups: Iterable[str] | None = None) -> frozenset[str]:
    """Return the characters that share this one's shape when it stands alone, itself included.

    Args:
        character: One character.
        groups: Look-alikes, a string for each shape, such as a model file has; None takes LOOKALIKE_GROUPS.
    """
    if groups is None:
        return _GROUP_BY_CHARACTER.get(character) or frozenset((character,))
    return frozenset(character).union(*(group for group in groups if character in group))


def are_lookalikes(first: str, second: str) -> bool:
    """Return True when the two are the same character or share a shape."""
    return second in lookalikes_of(first)


def select_lookalikes(characters: Iterable[str]) -> tuple[str, ...]:
    """Return the groups of look-alikes among some characters, members in the order of LOOKALIKE_GROUPS."""
    known = frozenset(characters)
    groups = ("".join(one for one in group if one in known) for group in LOOKALIKE_GROUPS)
    return tuple(group for group in groups if len(group) > 1)


def number_lookalikes(characters: Iterable[str], groups: Iterable[str] | None = None) -> list[int]:
    """Return a number for each of C characters: look-alikes share one, the lowest label among them.

    Args:
        characters: In label order.
        groups: As for lookalikes_of.
    """
    label_by_character = {character: label for label, character in enumerate(characters)}
    numbers = list(label_by_character.values())
    for group in LOOKALIKE_GROUPS if groups is None else groups:
        labels = [label_by_character[one] for one in group if one in label_by_character]
        for label in labels:
            numbers[label] = min(labels)
    return numbers


def _merge_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """Join groups that share a member, members in the order in which they first stand."""
    merged: list[str] = []
    for group in groups:
        touching = [other for other in merged if set(other) & set(group)]
        merged = [other for other in merged if other not in touching]
        merged.append("".join(dict.fromkeys("".join([*touching, group]))))
    return tuple(merged)


def _decode_rows(first: int, last: int) -> str:
    """Return the characters of rows of JIS X 0208 in order; cells without a character are left out."""
    return "".join(
        bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp", errors="ignore")
        for row in range(first, last + 1)
        for cell in range(1, 95)
    )


def _build_kana() -> str:
    return _decode_rows(4, 4) + "ゔ" + _decode_rows(5, 5) + "ー"


def _build_kyoiku() -> str:
    return "".join(character for character, grade in read_joyo_grades().items() if grade <= 6)


def _build_full() -> str:
    symbols = ITERATION_AND_ZERO + DIGITS + LATIN + PUNCTUATION
    return _build_kana() + symbols + _decode_rows(16, 84) + JOYO_OUTSIDE_JIS


def _read_charset(path: str) -> Charset:
    import unicodedata

    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except UnicodeDecodeError as error:
        raise CharsetError(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise CharsetError(
            f"{path}: {reason}; give a UTF-8 text file or one of: {', '.join(_BUILDERS)}"
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


def _describe_unknown_name(name: str) -> str:
    from difflib import get_close_matches

    nearest = get_close_matches(name.lower(), _BUILDERS, n=1)
    suggestion = f"did you mean {nearest[0]!r}? " if nearest else ""
    return (
        f"unknown character set {name!r}; {suggestion}"
        f"allowed: {', '.join(_BUILDERS)}, or the path of a UTF-8 text file"
    )


def _build_line() -> str:
    return _build_full() + LINE_SIGNS


_BUILDERS: dict[str, Callable[[], Iterable[str]]] = {
    "kana": _build_kana,
    "kyoiku": _build_kyoiku,
    "joyo": read_joyo_grades,
    "jis1": lambda: _decode_rows(16, 47),
    "jis2": lambda: _decode_rows(48, 84),
    "full": _build_full,
    "line": _build_line,
}

# Unicode blocks; kanji last, for it is the longest list and holds the exceptions.
_RANGES_BY_SCRIPT = {
    "hiragana": ((0x3041, 0x3096), (0x309D, 0x309F)),
    "katakana": ((0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    "digit": ((0x30, 0x39), (0xFF10, 0xFF19)),
    "latin": ((0x41, 0x5A), (0x61, 0x7A), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    "kanji": ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x3005, 0x3007), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
}

LOOKALIKE_GROUPS: tuple[str, ...] = _merge_groups(_LOOKALIKES.split())
"""The benchmark's look-alikes; groups that share a member are one. Changes only with a benchmark version."""

_GROUP_BY_CHARACTER = {character: frozenset(group) for group in LOOKALIKE_GROUPS for character in group}
