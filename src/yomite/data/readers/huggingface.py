"""Data sets of Hugging Face `datasets`, as `save_to_disk` leaves them: Arrow files, features in JSON.

Read with pyarrow alone. The picture is the column whose feature is an Image; the character is a ClassLabel or
a text column named character, label or text; a text column `writer` is the writer, and a split is a part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from yomite.data.readers.labels import read_character_name
from yomite.data.samples import Fault, Reading, Sample
from yomite.errors import DataError, MissingExtraError, PictureError
from yomite.ink.pictures import read_gray

_CHARACTER_NAMES = ("character", "label", "text")


def is_hugging_face(folder: Path) -> bool:
    """Whether a folder is a data set, or a set of splits, of save_to_disk."""
    return (folder / "dataset_dict.json").is_file() or (folder / "dataset_info.json").is_file()


def read_hugging_face(folder: Path) -> Reading:
    """Read the samples of a data set, split by split."""
    splits: dict[str, Path] = {"": folder}
    try:
        if (folder / "dataset_dict.json").is_file():
            splits = {name: folder / name for name in _read_json(folder / "dataset_dict.json")["splits"]}
        for split, path in splits.items():
            yield from _read_split(path, split)
    except (DataError, KeyError, TypeError) as error:
        yield Fault(str(folder), f"not a data set of save_to_disk ({error})")


def _read_split(folder: Path, split: str) -> Reading:
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise MissingExtraError("data", "data") from error
    features = _read_json(folder / "dataset_info.json")["features"]
    image = next((name for name, feature in features.items() if feature.get("_type") == "Image"), None)
    label = next((name for name in _CHARACTER_NAMES if name in features), None)
    if image is None or label is None:
        raise DataError(
            f"{folder} has the columns {', '.join(features)}; it needs an Image and one of "
            f"{', '.join(_CHARACTER_NAMES)}"
        )
    names = features[label].get("names")
    columns = [image, label, *(["writer"] if "writer" in features else [])]
    row_number = 0
    for file in _read_json(folder / "state.json")["_data_files"]:
        path = folder / Path(file["filename"]).name
        try:
            with pyarrow.memory_map(str(path)) as mapped, pyarrow.ipc.open_stream(mapped) as batches:
                for batch in batches:
                    for row in batch.select(columns).to_pylist():
                        place = f"{folder.name}[{row_number}]"
                        row_number += 1
                        yield _build_sample(row, image, label, names, place, split)
        except (OSError, pyarrow.ArrowException) as error:
            yield Fault(f"{path}, row {row_number}", f"damaged or cut off ({str(error).splitlines()[0]})")


def _build_sample(
    row: dict[str, Any], image: str, label: str, names: list[str] | None, place: str, split: str
) -> Sample | Fault:
    try:
        text = names[row[label]] if names else str(row[label])
        content = (row[image] or {}).get("bytes")
        if content is None:
            path = (row[image] or {}).get("path")
            if not path:
                raise DataError("holds neither the bytes nor the path of a picture")
            content = Path(path)
        picture = read_gray(content)
        return Sample(picture, read_character_name(text), str(row.get("writer") or ""), place, split)
    except (DataError, PictureError, IndexError, TypeError, AttributeError) as error:
        return Fault(place, str(error))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: {error}") from None
