"""Readings and meanings of kanji, from KANJIDIC2 where the data folder has it.

KANJIDIC2 (Jim Breen and the Electronic Dictionary Research and Development Group, CC BY-SA 4.0,
www.edrdg.org/wiki/KANJIDIC_Project) is one XML file of 13,108 kanji.
"""

import gzip
from pathlib import Path
from typing import TypedDict
from xml.etree import ElementTree

from yomite.errors import DataError

KANJIDIC_FILES = ("tables/kanjidic2.xml.gz", "tables/kanjidic2.xml")
"""Where the data folder keeps it: as it is published, or unpacked."""


class Entry(TypedDict):
    """What is known of one kanji.

    Attributes:
        on: Readings from Chinese, in katakana.
        kun: Japanese readings, in hiragana; a dot stands before what is written in kana after the kanji.
        meanings: In English.
    """

    on: list[str]
    kun: list[str]
    meanings: list[str]


def find_kanjidic(data_root: Path) -> Path | None:
    """Return the file in a data folder, or None where there is none."""
    return next((data_root / name for name in KANJIDIC_FILES if (data_root / name).is_file()), None)


def read_kanjidic(path: Path) -> dict[str, Entry]:
    """Read the whole file.

    Returns:
        Entry by kanji.

    Raises:
        DataError: It is not KANJIDIC2, or cut off.
    """
    entries: dict[str, Entry] = {}
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for _, element in ElementTree.iterparse(file):
                if element.tag != "character":
                    continue
                readings = [(one.get("r_type"), one.text or "") for one in element.iter("reading")]
                entries[element.findtext("literal", "")] = {
                    "on": [text for kind, text in readings if kind == "ja_on"],
                    "kun": [text for kind, text in readings if kind == "ja_kun"],
                    # The meanings without a language are the English ones.
                    "meanings": [one.text or "" for one in element.iter("meaning") if not one.get("m_lang")],
                }
                element.clear()
    except (ElementTree.ParseError, OSError, EOFError):
        raise DataError(f"{path} is not KANJIDIC2 or is cut off; download it again") from None
    return entries
