"""What a folder of results is of: a JSON file beside the shards, and a lock while a job writes to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from yomite.bulk.inputs import Inputs
from yomite.bulk.reader import Choice
from yomite.errors import DataError
from yomite.files import write_whole
from yomite.reading.model_file import find_model, released_models

NAME = "_manifest.json"  # readers of Parquet pass over names with _ in front
LOCK_NAME = ".lock"
FORMAT = 1

_WORDS = {
    "format": "the format of its manifest is",
    "task": "its task is",
    "models": "it was read with other models,",
    "version": "it was read by yomite",
    "num_inputs": "its number of inputs is",
    "inputs_sha256": "its inputs were others,",
    "shard_size": "the inputs of a shard are",
}
"""What differs, in the order in which it is looked for."""


def describe_job(source: str, inputs: Inputs, shard_size: int, choice: Choice) -> dict[str, Any]:
    """Return what a manifest says of a job."""
    return {
        "format": FORMAT,
        "task": choice.task,
        "models": hash_models(choice),
        "version": version("yomite"),
        "input": source,
        "num_inputs": len(inputs),
        "inputs_sha256": inputs.digest,
        "shard_size": shard_size,
    }


def hash_models(choice: Choice) -> dict[str, str]:
    """Return the SHA-256 of each model file that a task reads with, by its name."""
    released = released_models()
    tasks = ("character", "line", "page")[: ("character", "line", "page").index(choice.task) + 1]
    paths = [
        released[name] for task in tasks if (name := f"yomite-{task}") in released and task != choice.task
    ]
    own = choice.model or f"yomite-{choice.task}"
    if choice.model or own in released:
        paths.append(find_model(own))
    beside = [path.with_suffix(".npz") for path in paths]  # a language model of one's own
    files = [*paths, *(path for path in beside if path.is_file())]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of a folder; None where there is none.

    Raises:
        DataError: It is damaged.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); take another folder: --out FOLDER") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} is no manifest of yomite bulk; take another folder: --out FOLDER")
    return content


def claim(folder: Path, job: dict[str, Any]) -> bool:
    """Write the manifest of a job, or find its own there.

    Returns:
        Whether it was there: the job goes on.

    Raises:
        DataError: The folder holds the results of another job, or files of something else.
    """
    found = read_manifest(folder)
    if found is None:
        strangers = sorted(path.name for path in folder.rglob("*.parquet"))
        if strangers:
            raise DataError(f"{folder} already holds {strangers[0]}, of something else; take another --out")
        write_whole(folder / NAME, json.dumps(job, ensure_ascii=False, indent=2).encode() + b"\n")
        return False
    for key, words in _WORDS.items():
        if found.get(key) != job[key]:
            raise DataError(
                f"{folder} holds another run: {words} {_show(found.get(key))}, not {_show(job[key])}; "
                "take another --out, or go on with what it began with"
            )
    return True


def _show(value: Any) -> str:
    if isinstance(value, dict):  # of models
        return ", ".join(f"{name} {str(digest)[:12]}" for name, digest in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)[:64]


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a folder as long as a job writes to it; the system frees it even if the process dies.

    Raises:
        DataError: Another job holds it, or the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / LOCK_NAME, timeout=0)
        held.acquire()
    except Timeout:
        raise DataError(f"another job is writing to {folder}; wait for it, or take another --out") from None
    except OSError as error:
        raise DataError(f"{folder} cannot be written to ({error.strerror}); take another --out") from None
    try:
        yield
    finally:
        held.release()
