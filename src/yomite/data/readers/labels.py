"""How files and folders are named for their character."""

from __future__ import annotations

import re
import unicodedata

from yomite.errors import DataError

_CODE_POINT = re.compile(r"[Uu][+_]?([0-9A-Fa-f]{4,6})")


def read_character_name(name: str) -> str:
    """Return the character that a folder or file is named for: itself, or `U+XXXX`.

    Raises:
        DataError: It is no single character, or the code point does not exist.
    """
    match = _CODE_POINT.fullmatch(name)
    if match:
        try:
            character = chr(int(match[1], 16))
            character.encode()  # half of a surrogate pair is no character
        except ValueError:
            raise DataError(
                f"{name} is no code point; name the folder for its character, or U+3042"
            ) from None
        return character
    # Some systems keep が as か and a mark; one code point is one label.
    character = name if len(name) == 1 else unicodedata.normalize("NFC", name)
    if len(character) != 1:
        raise DataError(f"{name!r} is not one character; name the folder for it: あ, or U+3042")
    return character


def read_label(name: str) -> str:
    """Return a picture's character: its folder's name; without a folder, what stands before its first `_`.

    Args:
        name: Of the entry, such as `あ/1.png`, `train/U+3042/1.png` or `あ_1.png`.

    Raises:
        DataError: That is no character.
    """
    *folders, file = name.split("/")
    if folders:
        return read_character_name(folders[-1])
    character, mark, _ = file.partition("_")
    if not mark:
        raise DataError("its name holds no character; lay pictures out as あ/1.png, U+3042/1.png or あ_1.png")
    return read_character_name(character)
