"""The checkpoints of a run's folder: the newest whole one, and who goes when a new one comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from yomite.config import changed_keys
from yomite.errors import ConfigError, ModelFileError, TrainingError

# A run that goes on with other values of these would be neither the old run nor a new one.
FIXED_KEYS = ("model.", "optimizer.name", "objective.name", "objective.auxiliary.")


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run, the newest first."""
    return sorted((folder / "checkpoints").glob("step-*.safetensors"), reverse=True)


def read_newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is whole, None in a new run; and a line for each that is not.

    Raises:
        ModelFileError: If there are checkpoints and none of them is whole.
    """
    paths, faults = list_checkpoints(folder), []
    for path in paths:
        try:
            return read_checkpoint(path), faults
        except ModelFileError as error:
            faults.append(f"warning: {error}; going on from the one before")
    if paths:
        raise ModelFileError(
            f"none of the {len(paths)} checkpoints in {folder} is whole; give out=FOLDER to begin a new run"
        )
    return None, faults


def explain_changes(saved: Checkpoint, config: dict[str, Any], charset: Charset) -> list[str]:
    """A line for each value of the configuration that a resumed run changes.

    Args:
        saved: What it goes on from.
        config: The configuration now, as plain data.
        charset: And its classes.

    Raises:
        ConfigError: If one of the changes is none that can be made within a run.
    """
    lines = list(changed_keys(saved.config, config))
    fixed = [line for line in lines if line.startswith(FIXED_KEYS)]
    if saved.characters != charset.characters:
        fixed.append(f"other characters: {len(saved.characters)} -> {len(charset)}, or in another order")
    if fixed:
        raise ConfigError(
            f"this run cannot go on with {'; '.join(fixed)}; take the change back, "
            "or give out=FOLDER to begin a new run (with init_from, from the weights of this one)"
        )
    return lines


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a file of the run.

    Raises:
        TrainingError: If the disk does not take it; what was written before is still there.
    """
    try:
        write_checkpoint(path, checkpoint)
    except OSError as error:
        raise TrainingError(
            f"step {checkpoint.progress['step']}: {path} could not be written ({error.strerror}); "
            "make room, then --resume: the checkpoints written before are whole"
        ) from error


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int) -> None:
    """Write the state of a step; of those before the newest `keep` stay."""
    new = folder / "checkpoints" / f"step-{checkpoint.progress['step']:08d}.safetensors"
    save(new, checkpoint)
    # What claims to be newer is damaged, or this run would have gone on from it.
    newer = [path for path in list_checkpoints(folder) if path.name > new.name]
    older = [path for path in list_checkpoints(folder) if path.name <= new.name]
    for path in newer + older[keep:]:
        path.unlink()
