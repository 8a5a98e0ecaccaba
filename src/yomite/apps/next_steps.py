"""What a verb suggests to type next: commands that work where they are pasted, in the same folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from yomite.errors import YomiteError

if TYPE_CHECKING:
    from yomite.checkpoint import Checkpoint

_READING = {
    "character": ("recognize", "--model"),
    "line": ("read", "--line", "--model"),
    "page": ("read", "--page-model"),
    "ink": ("recognize", "--ink-model"),
}
"""By task, the words before a model file."""


def write_command(*words: str | Path, data_root: Path | None = None) -> str:
    """Write a command of yomite's, quoted for a shell, with the data folder that was named."""
    named = [] if data_root is None else ["--data-root", data_root]
    return shlex.join(["yomite", *map(str, [*words, *named])])


def suggest_export(weights_path: Path, data_root: Path | None) -> str:
    """Return what follows training: the command that makes the model file, or why there is none."""
    from yomite.charset import Charset
    from yomite.checkpoint import load_model, read_checkpoint
    from yomite.tasks import build_task

    checkpoint = read_checkpoint(weights_path)
    name = str(checkpoint.model["name"])
    try:
        model = load_model(checkpoint, allow_custom=True)  # its code ran while it was trained
        build_task(model, Charset("trained", checkpoint.characters)).wrap(model, name)
    except YomiteError as error:
        return f"it cannot be exported: {error}"
    trusted = ["--allow-custom"] if _is_own(name) else []
    return f"next: {write_command('export', weights_path, *trusted, data_root=data_root)}"


def suggest_reading(
    checkpoint: Checkpoint,
    out: Path,
    task: str,
    sets: Sequence[str],
    *,
    data_root: Path | None,
    allow_custom: bool,
) -> str:
    """Return what follows an export: to score the model on real writing, else how to read with it.

    Args:
        checkpoint: What was exported.
        out: The model file.
        task: Of the model.
        sets: What it was calibrated on.
        data_root: The data folder that was named.
        allow_custom: Whether code that the checkpoint names may run.
    """
    validation = checkpoint.config.get("validation", {}).get("sources", [])
    for name in [*validation, *sets]:
        if _is_there(name, data_root, task, allow_custom=allow_custom or name in sets):
            return f"next: {write_command('evaluate', out, '--data', name, data_root=data_root)}"
    return f"read with: {write_command(*_READING[task], out)} FILE"


def _is_own(name: str) -> bool:
    from yomite.extensions import is_custom
    from yomite.models import is_built_in

    return is_custom(name) and not is_built_in(name)


def _is_there(name: str, data_root: Path | None, task: str, *, allow_custom: bool) -> bool:
    from yomite.apps.evaluate_sets import open_set
    from yomite.extensions import is_custom

    if is_custom(name) and not allow_custom:
        return False
    try:
        open_set(name, data_root, task)
    except YomiteError:
        return False
    return True
