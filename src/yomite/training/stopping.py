"""How a run ends before its time, by a signal or a loss that is not finite, and what it goes on from."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from filelock import FileLock, Timeout

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from yomite.config import RunConfig, changed_keys
from yomite.errors import ConfigError, ModelFileError, TrainingError
from yomite.streams.batch import Batch, join_batches


class StopRequest:
    """Whether somebody wants the run to end after this step."""

    def __init__(self) -> None:
        self.is_made = False

    def make(self, number: int, frame: Any) -> None:
        """Take the first signal down; the second one ends the process at once."""
        if self.is_made:
            raise KeyboardInterrupt
        self.is_made = True


@contextmanager
def catch_signals() -> Iterator[StopRequest]:
    """Within it Ctrl-C and SIGTERM are a request to stop, so that a step is finished and its state written.

    Outside the main thread Python allows no handlers, and signals do what they always do.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.make) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report_nonfinite(step: int, reason: str, path: Path, batches: Sequence[Batch]) -> TrainingError:
    """Keep the micro-batches of a step for inspection, and make the error that ends the run.

    `numpy.load(path)["images"]` is uint8 (N, 1, H, W); targets, and what else is known, lie beside it.
    """
    whole = join_batches([batch.to(torch.device("cpu")) for batch in batches])
    tensors = {
        name: tensor.numpy()
        for name in ("images", "targets", "widths", "target_lengths")
        if (tensor := getattr(whole, name)) is not None
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **tensors)
    return TrainingError(f"step {step}: {reason}; the samples of this step are in {path}")


@contextmanager
def explain_anomaly(step: int, path: Path, batches: Sequence[Batch]) -> Iterator[None]:
    """Around a backward pass: what `anomaly: true` finds ends the run as a loss that is not finite does."""
    try:
        yield
    except RuntimeError as error:
        if "returned nan values" not in str(error):
            raise
        reason = f"{error} Where it was called in the forward pass is told above"
        raise report_nonfinite(step, reason, path, batches) from error


# A run that goes on with other values of these would be neither the old run nor a new one.
FIXED_KEYS = ("model.", "optimizer.name", "objective.name", "objective.auxiliary.")

Train = TypeVar("Train", bound=Callable[..., Path])


def lock_folder(train: Train) -> Train:
    """Let a run have its folder to itself; the system frees the lock of a process that dies.

    Args:
        train: Begins with the run's configuration; `world` is among its keywords.

    Raises:
        ConfigError: If another run has the folder.
    """

    @wraps(train)
    def train_alone(config: RunConfig, **others: Any) -> Path:
        world = others.get("world")
        if world and not world.is_main:
            return train(config, **others)
        folder, lock = config.folder, config.folder / ".lock"
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock, timeout=0):
                try:
                    return train(config, **others)
                finally:
                    if list(folder.iterdir()) == [lock]:  # refused before any work
                        lock.unlink()
                        for path in made:
                            path.rmdir()
        except Timeout:
            line = f"another run is writing to {folder}; wait for it, or give out=FOLDER"
            raise ConfigError(line) from None

    return train_alone  # type: ignore[return-value]


def list_checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints of a run, the newest first."""
    return sorted((folder / "checkpoints").glob("step-*.safetensors"), reverse=True)


def read_newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that is whole, None in a new run; and a line for each that is not.

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
    """Format a line for each value of the configuration that a resumed run changes.

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
