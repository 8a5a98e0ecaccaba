"""One row for each input: what its columns are, and how a result becomes a row."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pyarrow as pa

from yomite.bulk.pictures import to_text
from yomite.errors import YomiteError, suggest
from yomite.reading.results import Candidate, Line, Page, Recognition

Task = Literal["character", "line", "page"]

_CANDIDATES = pa.list_(pa.struct([("text", pa.string()), ("probability", pa.float32())]))
_CHARACTERS = pa.list_(
    pa.struct(
        [
            ("text", pa.string()),
            ("box", pa.list_(pa.float32())),
            ("confidence", pa.float32()),
            ("candidates", _CANDIDATES),
        ]
    )
)
_LINE = [
    ("text", pa.string()),
    ("confidence", pa.float32()),
    ("is_rejected", pa.bool_()),
    ("exact_confidence", pa.float32()),
    ("direction", pa.string()),
    ("characters", _CHARACTERS),
]
_RESULTS: dict[Task, list[Any]] = {
    "character": [*_LINE[:3], ("candidates", _CANDIDATES)],
    "line": _LINE,
    "page": [
        *_LINE[:3],
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("turn", pa.int16()),
        ("lines", pa.list_(pa.struct([*_LINE, ("polygon", pa.list_(pa.list_(pa.float32())))]))),
    ],
}
_LAST = [("model", pa.string()), ("version", pa.string()), ("error", pa.string())]

RESULTS: dict[Task, pa.Schema] = {task: pa.schema([*fields, *_LAST]) for task, fields in _RESULTS.items()}
"""The columns that reading gives; those of a shard's file have the key before them."""

SCHEMAS: dict[Task, pa.Schema] = {
    task: pa.schema([("key", pa.string()), *schema]) for task, schema in RESULTS.items()
}


def check_task(task: str) -> Task:
    """Return a task if there is such a one.

    Raises:
        YomiteError: There is not.
    """
    if task not in get_args(Task):
        raise YomiteError(f"task={task!r}: {suggest(str(task), get_args(Task))}type character, line or page")
    return task  # type: ignore[return-value]


def to_row(result: Recognition | Line | Page | YomiteError) -> dict[str, Any]:
    """Return the columns of a result that are not null, without key, model and version."""
    if isinstance(result, YomiteError):
        return {"error": to_text(str(result))}
    if isinstance(result, Recognition):
        return {
            "text": result.text,
            "confidence": result.confidence,
            "is_rejected": result.is_rejected,
            "candidates": _to_candidates(result.candidates),
        }
    if isinstance(result, Line):
        return _to_line(result)
    accepted = [line for line in result.lines if not line.is_rejected]
    chances = [character.confidence for line in accepted for character in line.characters]
    return {
        "text": result.text,
        "confidence": sum(chances) / len(chances) if chances else 0.0,  # of a character of it, as of a line
        "is_rejected": not accepted,
        "width": result.size[0],
        "height": result.size[1],
        "turn": result.turn,
        "lines": [_to_line(line) | {"polygon": list(map(list, line.polygon))} for line in result.lines],
    }


def _to_candidates(candidates: tuple[Candidate, ...]) -> list[dict[str, Any]]:
    return [{"text": one.text, "probability": one.probability} for one in candidates]


def _to_line(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "confidence": line.confidence,
        "is_rejected": line.is_rejected,
        "exact_confidence": line.exact_confidence,
        "direction": line.direction,
        "characters": [
            {
                "text": character.text,
                "box": list(character.box),
                "confidence": character.confidence,
                "candidates": _to_candidates(character.candidates),
            }
            for character in line.characters
        ],
    }
