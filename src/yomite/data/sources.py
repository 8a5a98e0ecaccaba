"""Where samples come from, each in its original format: name or path -> Source.

A source is opened lazily and may be walked many times. Names are the paths of the data folder:
`dev/touchscreen-100`, `cells/hiragana-sheets:p07,p08` (some writers only), `ETL9G`, or the path of a file or
folder of one's own. docs/data.md lists the formats; each has its reader in yomite.data.readers.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from yomite.data.readers.containers import TAR_SUFFIXES, Container, Entry, Folder, SingleFile, open_container
from yomite.data.readers.etl import ETL_NAME, read_etl
from yomite.data.readers.fonts import FONT_SUFFIXES, read_font_file
from yomite.data.readers.huggingface import is_hugging_face, read_hugging_face
from yomite.data.readers.kuzushiji import IMAGES_NAME, read_arrays
from yomite.data.readers.lines import LINES_NAME, read_lines
from yomite.data.readers.manifests import MANIFEST_SUFFIXES, read_manifest
from yomite.data.readers.pages import read_pages
from yomite.data.readers.pictures import (
    PICTURE_SUFFIXES,
    read_inkml_file,
    read_kanjivg_file,
    read_picture,
    read_tegaki_file,
)
from yomite.data.samples import Fault, Reading, Sample, Source
from yomite.data.split_files import SPLIT_SUFFIX, read_split
from yomite.errors import DataError
from yomite.extensions import is_custom, load_callable

_PAGES_NAME = "pages"
_NAMED_SUFFIXES = ("", ".zip", *TAR_SUFFIXES, ".charcol", ".inkml", *FONT_SUFFIXES, *MANIFEST_SUFFIXES)
"""What a name within the data folder may lack."""

_READER_BY_SUFFIX: dict[str, Callable[[Entry], Reading]] = {
    **dict.fromkeys(PICTURE_SUFFIXES, read_picture),
    **dict.fromkeys(FONT_SUFFIXES, read_font_file),
    ".xml": read_tegaki_file,
    ".charcol": read_tegaki_file,
    ".inkml": read_inkml_file,
    ".svg": read_kanjivg_file,
}
_MANIFESTS = tuple(f"manifest{suffix}" for suffix in MANIFEST_SUFFIXES)


def resolve_data_root(option: str | os.PathLike[str] | None = None) -> Path:
    """Return the data folder: the option, else YOMITE_DATA, else the user's cache folder.

    Raises:
        DataError: There is no such folder.
    """
    root = find_data_root(option)
    if not root.is_dir():
        raise DataError(f"data folder {root} is not there; type --data-root FOLDER or set YOMITE_DATA")
    return root


def find_data_root(option: str | os.PathLike[str] | None = None) -> Path:
    """As `resolve_data_root`, whether or not the folder is there."""
    from platformdirs import user_cache_path

    return Path(option or os.environ.get("YOMITE_DATA") or user_cache_path("yomite") / "data")


def open_source(
    name_or_path: str, data_root: str | os.PathLike[str] | None = None, *, strict: bool = False
) -> Source:
    """Open a source by name or path.

    Args:
        name_or_path: A name within the data folder, its suffix left out or not, or the path of a folder, an
            archive or a file in one of the formats of docs/data.md. Behind a colon, writers or parts
            divided by commas: `cells/hiragana-sheets:p07,p08`, `kmnist:test`.
        data_root: The data folder; None for YOMITE_DATA or the user's cache folder.
        strict: Whether the first fault ends the walk with a DataError; else it is told, counted and left
            out.

    Raises:
        DataError: There is nothing of that name, or its format is not known.
    """
    path, wanted = _find_path(name_or_path, data_root)
    if path is None:
        return _open_own(name_or_path, strict)
    if os.path.isdir(path) and is_hugging_face(path):
        return Source(
            name_or_path, lambda: _select(read_hugging_face(path), wanted),
            lambda: _list_tree(path), path=path, strict=strict,
        )  # fmt: skip
    if path.suffix == SPLIT_SUFFIX and os.path.isfile(path):
        return _open_split(name_or_path, path, wanted, data_root, strict)
    if os.path.isfile(path / LINES_NAME):
        return Source(
            name_or_path, lambda: _select(read_lines(path / LINES_NAME), wanted),
            lambda: _list_tree(path), path=path, strict=strict, kind="lines",
        )  # fmt: skip
    if page_list := _find_page_list(path):
        return Source(
            name_or_path, lambda: _select(read_pages(page_list), wanted),
            lambda: _list_tree(page_list.parent), path=path, strict=strict, kind="pages",
        )  # fmt: skip
    manifest = path
    if os.path.isdir(path):
        manifest = next((path / name for name in _MANIFESTS if os.path.isfile(path / name)), path)
    if manifest.suffix.lower() in MANIFEST_SUFFIXES and os.path.isfile(manifest):
        return Source(
            name_or_path, lambda: _select(read_manifest(manifest), wanted),
            lambda: [manifest, *_list_tree(manifest.parent)], path=path, strict=strict,
        )  # fmt: skip
    container = open_container(path)
    if isinstance(container, SingleFile) and not (
        _find_reader(path.name) or IMAGES_NAME.fullmatch(path.name)
    ):
        raise DataError(
            f"{path} is in no known format; give a folder, a .zip or .tar of pictures or strokes, a file of "
            "ETL, IDX, tegaki, InkML or a font, or a list (.csv, .json, .jsonl)"
        )
    return Source(
        name_or_path, lambda: _select(read_container(container), wanted),
        container.list_files, path=path, strict=strict,
    )  # fmt: skip


def read_container(container: Container) -> Reading:
    """Every sample of a folder, an archive or a single file; files of no known format are passed over."""
    for entry in container:
        if isinstance(entry, Fault):
            yield entry
            continue
        if IMAGES_NAME.fullmatch(entry.name):
            yield from read_arrays(entry, container)
            continue
        reader = _find_reader(entry.name)
        if reader:
            yield from reader(entry)


def _find_reader(name: str) -> Callable[[Entry], Reading] | None:
    file = name.rpartition("/")[2]
    if ETL_NAME.fullmatch(file):
        return read_etl
    return _READER_BY_SUFFIX.get(os.path.splitext(file)[1].lower())


def _select(reading: Reading, wanted: frozenset[str]) -> Reading:
    """All, or the samples of some writers or parts; faults always."""
    return (
        item
        for item in reading
        if not wanted or not isinstance(item, Sample) or item.writer in wanted or item.part in wanted
    )


def _list_tree(folder: Path) -> list[Path]:
    return sorted(Folder(folder).list_files())


def _open_split(
    name: str, path: Path, wanted: frozenset[str], data_root: str | os.PathLike[str] | None, strict: bool
) -> Source:
    """Read the samples of a split's parts from the source that was split."""
    split = read_split(path)
    unknown = wanted - set(split.part_by_name.values())
    if unknown:
        parts = ", ".join(sorted(set(split.part_by_name.values())))
        raise DataError(f"{path} has no part {', '.join(sorted(unknown))}; its parts are {parts}")
    source = open_source(split.facts["source"], data_root)

    def read() -> Reading:
        missing = dict(split.part_by_name)
        for item in source.open_samples():
            if not isinstance(item, Sample):
                yield item
            elif part := missing.pop(item.name, ""):
                yield replace(item, part=part)
        for left in missing:
            yield Fault(f"{source.name}, {left}", f"is in the split {path}, but not in the source")

    return Source(
        name, lambda: _select(read(), wanted), lambda: [path, *source.list_files()],
        path=path, strict=strict, kind=source.kind,
    )  # fmt: skip


def _open_own(name: str, strict: bool) -> Source:
    """Open a source of one's own; its code counts as one of its files, so that a cache goes stale with it."""
    build = load_callable(name, "source")
    source = build()
    if not isinstance(source, Source):
        raise DataError(
            f"source {name!r} gave a {type(source).__name__}; it must give a yomite.data.samples.Source"
        )
    code = Path(inspect.getfile(build))
    return Source(
        name, source.open_samples, lambda: [code, *source.list_files()],
        path=source.path, strict=strict or source.strict, kind=source.kind,
    )  # fmt: skip


def _find_path(
    name_or_path: str, data_root: str | os.PathLike[str] | None
) -> tuple[Path | None, frozenset[str]]:
    """Return the path that is meant, and what stands behind the colon; None for `package.module:callable`."""
    wanted: frozenset[str] = frozenset()
    name = name_or_path
    if not os.path.exists(name) and ":" in name:
        name, _, selection = name.rpartition(":")
        wanted = frozenset(selection.split(","))
    if os.path.exists(name) or _find_page_list(Path(name)):
        return Path(name), wanted
    candidates = [Path(name)]
    if not Path(name).is_absolute():
        root = find_data_root(data_root) if is_custom(name_or_path) else resolve_data_root(data_root)
        candidates = [root / f"{name}{suffix}" for suffix in _NAMED_SUFFIXES]
    path = next((path for path in candidates if os.path.exists(path) or _find_page_list(path)), None)
    if path is None and not is_custom(name_or_path):
        raise DataError(f"no data {name!r}: {candidates[0]} is not there; {_list_names(data_root)}")
    return path, wanted


def _list_names(data_root: str | os.PathLike[str] | None) -> str:
    try:
        root = resolve_data_root(data_root)
    except DataError as error:
        return str(error)
    names = find_sets(root)
    return f"known here: {', '.join(names)}" if names else f"{root} holds no data"


def find_sets(root: Path) -> list[str]:
    """Return the names of what lies in a data folder: archives, strokes, fonts, and folders of arrays."""
    known = (".zip", *TAR_SUFFIXES, ".charcol", ".inkml", ".jsonl", *FONT_SUFFIXES)
    paths = [path for path in (*root.glob("*"), *root.glob("*/*")) if path.name.lower().endswith(known)]
    names = set()
    for name in (path.relative_to(root).as_posix() for path in paths):
        names |= {name[: -len(suffix)] for suffix in known if name.lower().endswith(suffix)}
    arrays = {
        path.parent.relative_to(root).as_posix()
        for path in (*root.glob("*/*"), *root.glob("*/*/*"))
        if IMAGES_NAME.fullmatch(path.name)
    }
    return sorted(names | arrays)


def _find_page_list(path: Path) -> Path | None:
    """Find the list for a path named pages: beside the folder, or in the folder lines beside it.

    `dev/pages` are the pages of the lines in `dev/lines`, `mine/pages` those that `mine/lines.jsonl` names.
    """
    if path.name != _PAGES_NAME:
        return None
    places = (path.parent / "lines" / LINES_NAME, path.parent / LINES_NAME)
    return next((place for place in places if os.path.isfile(place)), None)
