"""Where samples come from, each in its original format: name or path -> Source.

A source is opened lazily and may be walked many times. Names are the paths of the data folder:
`dev/touchscreen-100`, `cells/hiragana-sheets:p07,p08` (some pages only), or the path of a folder of one's
own.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from yomite.data.samples import Sample, Source
from yomite.errors import DataError
from yomite.ink.kanjivg import read_tegaki

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")

_CODE_POINT = re.compile(r"[Uu]\+?([0-9A-Fa-f]{4,6})")
_PAGE = re.compile(r"_(p\d+)_")


def resolve_data_root(option: str | os.PathLike[str] | None = None) -> Path:
    """The data folder: the option, else YOMITE_DATA, else the user's cache folder.

    Raises:
        DataError: there is no such folder.
    """
    from platformdirs import user_cache_path

    root = Path(option or os.environ.get("YOMITE_DATA") or user_cache_path("yomite") / "data")
    if not root.is_dir():
        raise DataError(f"data folder {root} is not there; type --data-root FOLDER or set YOMITE_DATA")
    return root


def open_source(name_or_path: str, data_root: str | os.PathLike[str] | None = None) -> Source:
    """Open a source by name or path.

    Args:
        name_or_path: a name within the data folder without its suffix, with `:p07,p08` for some pages only;
            or the path of a `.zip`, of a `.charcol`, or of a folder of one's own pictures:
            `<character>/*.png` or `U+XXXX/*.png`.
        data_root: the data folder; None for YOMITE_DATA or the user's cache folder.

    Raises:
        DataError: there is nothing of that name, or its format is not known.
    """
    name, _, pages = (
        name_or_path.partition(":") if not Path(name_or_path).exists() else (name_or_path, "", "")
    )
    candidates = [Path(name)]
    if not Path(name).is_absolute() and not Path(name).exists():
        root = resolve_data_root(data_root)
        candidates = [root / name, root / f"{name}.zip", root / f"{name}.charcol"]
    path = next((path for path in candidates if path.exists()), None)
    if path is None:
        raise DataError(
            f"no data {name!r}: none of {', '.join(map(str, candidates))} is there; {_list_names(data_root)}"
        )
    if path.is_dir():
        read = _read_folder
    elif path.suffix == ".zip":
        read = _read_archive
    elif path.suffix == ".charcol":
        read = _read_collection
    else:
        raise DataError(f"{path} is neither a folder nor a .zip nor a .charcol; give one of these")
    wanted = frozenset(pages.split(",")) if pages else None

    def open_samples() -> Iterator[Sample]:
        return (sample for sample in read(path) if wanted is None or sample.writer in wanted)

    def list_files() -> list[Path]:
        return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]

    return Source(name_or_path, open_samples, list_files, path=path)


def read_character_name(name: str) -> str:
    """The character that a folder or file is named for: itself, or `U+XXXX`.

    Raises:
        DataError: the code point does not exist.
    """
    match = _CODE_POINT.fullmatch(name)
    if not match:
        return name
    try:
        return chr(int(match[1], 16))
    except ValueError:
        raise DataError(f"{name} is no code point; name the folder for its character, or U+3042") from None


def _list_names(data_root: str | os.PathLike[str] | None) -> str:
    try:
        root = resolve_data_root(data_root)
    except DataError as error:
        return str(error)
    names = sorted(
        str(path.relative_to(root).with_suffix(""))
        for path in root.glob("*/*")
        if path.suffix in (".zip", ".charcol")
    )
    return f"known here: {', '.join(names)}" if names else f"{root} holds no data"


def _read_folder(folder: Path) -> Iterator[Sample]:
    found = False
    for directory in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(directory.iterdir()):
            if path.suffix.lower() in PICTURE_SUFFIXES:
                found = True
                yield Sample(path, read_character_name(directory.name), "", str(path))
    if not found:
        raise DataError(
            f"{folder} holds no pictures; lay them out as {folder}/あ/1.png or {folder}/U+3042/1.png"
        )


def _read_archive(path: Path) -> Iterator[Sample]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                folder, _, file = name.rpartition("/")
                if file.lower().endswith(PICTURE_SUFFIXES):
                    # Either a folder a character, or `<character>_<number>.png`.
                    label = folder.rpartition("/")[2] or file.partition("_")[0]
                    page = _PAGE.search(file)
                    gray = _read_picture(archive.read(name), f"{path}/{name}")
                    yield Sample(gray, read_character_name(label), page[1] if page else "", name)
                elif file.endswith(".xml"):
                    for glyph in read_tegaki(archive.read(name)):
                        yield Sample([s.tolist() for s in glyph.strokes], glyph.character, "", name)
    except zipfile.BadZipFile:
        raise DataError(f"{path} is not a zip archive or is cut off; download it again") from None


def _read_collection(path: Path) -> Iterator[Sample]:
    for index, glyph in enumerate(read_tegaki(path.read_bytes())):
        yield Sample([s.tolist() for s in glyph.strokes], glyph.character, "", f"{path.name}[{index}]")


def _read_picture(content: bytes, name: str) -> np.ndarray:
    try:
        return np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{name} is not a whole picture ({error}); download the data again") from None
