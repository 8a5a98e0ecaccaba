"""Stroke files: KanjiVG (SVG) and tegaki (XML) to glyphs.

KanjiVG (Ulrich Apel, CC BY-SA 3.0, kanjivg.tagaini.net) draws each stroke as one SVG path in a square of
109 units and groups the strokes by component. Tegaki (tegaki.org) lists the points of each stroke in a box
whose width and height stand beside them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yomite.errors import DataError
from yomite.ink.strokes import Glyph, Stroke

KANJIVG_FILE = "strokes/kanjivg.zip"
"""Where the data folder keeps KanjiVG."""

KANJIVG_UNITS = 109.0
POINTS_PER_CURVE = 9

_time = np.linspace(0.0, 1.0, POINTS_PER_CURVE)[1:, None]
_BERNSTEIN = np.hstack([(1 - _time) ** 3, 3 * (1 - _time) ** 2 * _time, 3 * (1 - _time) * _time**2, _time**3])
"""float64 (POINTS_PER_CURVE - 1, 4): how much of each control point each point of a curve has."""

_SVG = "{http://www.w3.org/2000/svg}"
_SPACE = re.compile(r"[\s,]")
_TOKEN = re.compile(r"[MmCcSsLl]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
FILE_NAME = re.compile(r"([0-9a-f]{5})(?:-(\w+))?\.svg")
_ELEMENT = re.compile(r'kvg:element="([^"]+)"')


@dataclass(frozen=True)
class Structure:
    """What a character is made of.

    Attributes:
        num_strokes: From 1.
        components: The parts that KanjiVG names, at every depth, without the character itself: 語 has 言, 五,
            口 and what these are made of.
    """

    num_strokes: int
    components: frozenset[str]


def read_path(path: str) -> Stroke:
    """Turn the `d` of an SVG path into points.

    Args:
        path: Commands M, C, S and L, absolute or relative, as KanjiVG uses them.

    Returns:
        Float32 (P, 2) in the path's unit; curves become `POINTS_PER_CURVE` points each.

    Raises:
        DataError: A command outside that list, or too few numbers.
    """
    tokens = _TOKEN.findall(path)
    if _SPACE.sub("", path) != "".join(tokens):
        raise DataError(f"SVG path {path[:40]!r} holds something else than M, C, S, L and numbers")
    # Each piece is the four control points of a curve; of a single point, the point four times.
    pieces: list[list[tuple[float, float]]] = []
    is_curve: list[bool] = []
    here = control = (0.0, 0.0)
    command, position = "", 0
    try:
        while position < len(tokens):
            if tokens[position].isalpha():
                command, position = tokens[position], position + 1
            kind = command.upper()
            if not pieces and kind != "M":
                raise ValueError
            size = {"M": 2, "L": 2, "S": 4, "C": 6}[kind]
            numbers = [float(token) for token in tokens[position : position + size]]
            if len(numbers) < size or not all(abs(number) <= 1e9 for number in numbers):
                raise ValueError
            position += size
            from_x, from_y = here if command.islower() else (0.0, 0.0)
            corner = [(numbers[k] + from_x, numbers[k + 1] + from_y) for k in range(0, size, 2)]
            if kind in "ML":
                here = control = corner[0]
                pieces.append([here] * 4)
                is_curve.append(False)
                command = "l" if command == "m" else "L" if command == "M" else command
                continue
            first = (2 * here[0] - control[0], 2 * here[1] - control[1]) if kind == "S" else corner[0]
            pieces.append([here, first, corner[-2], corner[-1]])
            is_curve.append(True)
            here, control = corner[-1], corner[-2]
    except (ValueError, KeyError):
        raise DataError(
            f"SVG path {path[:40]!r} is cut off, does not begin with M, or leads too far"
        ) from None
    if not pieces:
        raise DataError("SVG path is empty")
    points = _BERNSTEIN @ np.array(pieces)
    keep = np.ones(points.shape[:2], np.bool_)
    keep[~np.array(is_curve), 1:] = False
    return points[keep].astype(np.float32)


def read_kanjivg(text: str | bytes, character: str, variant: str = "") -> Glyph:
    """Read one KanjiVG file.

    Args:
        text: The SVG.
        character: What it draws (KanjiVG says so in the file's name).
        variant: The name of the form, "" for the standard one.

    Returns:
        The glyph in the unit square. Components are the outermost groups that divide the character.

    Raises:
        DataError: Not an SVG, or no strokes in it.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"KanjiVG file of {character!r} is not well-formed XML: {error}") from None
    group = root.find(f"{_SVG}g")
    while group is not None and len(group) == 1 and group[0].tag == f"{_SVG}g":
        group = group[0]
    strokes, components = [], []
    for index, child in enumerate(group if group is not None else ()):
        for path in child.iter(f"{_SVG}path"):
            strokes.append(read_path(path.get("d", "")) / np.float32(KANJIVG_UNITS))
            # Strokes that stand directly in the character belong to no component of their own: they share
            # one.
            components.append(index + 1 if child.tag == f"{_SVG}g" else 0)
    if not strokes:
        raise DataError(f"KanjiVG file of {character!r} holds no strokes")
    return Glyph(character, tuple(strokes), tuple(components), variant)


def read_kanjivg_character(path: Path, character: str) -> Glyph:
    """Read one character of a KanjiVG archive in its standard form; the other files stay unread.

    Raises:
        DataError: The archive is missing or not a zip, or does not draw this character.
    """
    if len(character) != 1:
        raise DataError(f"{character!r} is not one character; KanjiVG draws one at a time, such as 永")
    wanted = f"{ord(character):05x}.svg"
    with _open_archive(path) as archive:
        name = next((name for name in archive.namelist() if name.rpartition("/")[2] == wanted), None)
        if name is None:
            raise DataError(
                f"KanjiVG ({path}) does not draw {character!r} (U+{ord(character):04X}); "
                "give a kana, a kanji, a letter or a digit"
            )
        return read_kanjivg(archive.read(name), character)


def read_kanjivg_characters(path: Path, characters: Iterable[str]) -> dict[str, Glyph]:
    """Read those of the characters that a KanjiVG archive draws, in their standard form and in their order.

    Raises:
        DataError: The archive is missing or not a zip.
    """
    with _open_archive(path) as archive:
        name_by_file = {name.rpartition("/")[2]: name for name in archive.namelist()}
        return {
            character: read_kanjivg(archive.read(name), character)
            for character in characters
            if (name := name_by_file.get(f"{ord(character):05x}.svg")) is not None
        }


def read_kanjivg_archive(path: Path, characters: Container[str] | None = None) -> Iterator[Glyph]:
    """Read every character of a KanjiVG archive (`kanji/*.svg` in a zip), forms included.

    Args:
        path: The archive.
        characters: The wanted ones; None for all.

    Raises:
        DataError: The archive is missing, not a zip, or holds no KanjiVG file.
    """
    count = 0
    with _open_archive(path) as archive:
        for name in sorted(archive.namelist()):
            match = FILE_NAME.fullmatch(name.rsplit("/", 1)[-1])
            if match and (characters is None or chr(int(match[1], 16)) in characters):
                yield read_kanjivg(archive.read(name), chr(int(match[1], 16)), match[2] or "")
            count += match is not None
    if not count:
        raise DataError(f"{path} holds no KanjiVG file (00021.svg, 04e00-Kaisho.svg ...)")


def read_structures(path: Path) -> dict[str, Structure]:
    """Read what the characters of a KanjiVG archive are made of, in their standard forms.

    Raises:
        DataError: The archive is missing, not a zip, or holds no KanjiVG file.
    """
    structures = {}
    with _open_archive(path) as archive:
        for name in archive.namelist():
            match = FILE_NAME.fullmatch(name.rsplit("/", 1)[-1])
            if match and not match[2]:
                character, text = chr(int(match[1], 16)), archive.read(name).decode("utf-8")
                components = frozenset(_ELEMENT.findall(text)) - {character}
                structures[character] = Structure(text.count("<path "), components)
    if not structures:
        raise DataError(f"{path} holds no KanjiVG file (00021.svg, 04e00-Kaisho.svg ...)")
    return structures


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    if not path.is_file():
        raise DataError(
            f"{path} is not there; put KanjiVG's archive of SVG files (kanji/*.svg) in its place, "
            "or type --data-root with the folder that has it"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error):
        raise DataError(f"{path} is not a zip archive or is cut off; download it again") from None


def read_tegaki(text: str | bytes) -> Iterator[Glyph]:
    """Read tegaki XML: one `<character>` or a `<character-collection>` of many.

    Yields:
        Glyphs in the unit square; all strokes in one component.

    Raises:
        DataError: Not tegaki XML, or a point that is not a pair of numbers.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"tegaki file is not well-formed XML: {error}") from None
    if root.tag not in ("character", "character-collection"):
        raise DataError(f"tegaki file begins with <{root.tag}>; expected <character>")
    for element in root.iter("character"):
        character = (element.findtext("utf8") or "").strip("\n\r\t ")
        try:
            size = np.array(
                [float(element.findtext(side) or 1000) for side in ("width", "height")], dtype=np.float32
            )
            strokes = tuple(
                np.array(
                    [(float(p.get("x", "")), float(p.get("y", ""))) for p in stroke.iter("point")], np.float32
                )
                / size
                for stroke in element.iter("stroke")
                if stroke.find("point") is not None
            )
        except ValueError:
            raise DataError(f"tegaki drawing of {character!r} has a point that is not two numbers") from None
        if not all(np.isfinite(stroke).all() for stroke in strokes):
            raise DataError(f"tegaki drawing of {character!r} holds NaN or infinite coordinates")
        if strokes:
            yield Glyph(character, strokes, (0,) * len(strokes))
