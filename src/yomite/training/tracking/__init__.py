"""What a run tells while it goes: log.jsonl always, TensorBoard and Weights & Biases if they are wanted."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from yomite.config import RunConfig, TrackingConfig
from yomite.errors import MissingExtraError
from yomite.files import write_whole
from yomite.training.tracking.boards import Board, TensorBoard, WeightsAndBiases


class Tracker:
    """Hands numbers and pictures of a step to all that were asked for."""

    def __init__(self, config: RunConfig, start_step: int) -> None:
        """Open the log and the boards.

        What an interrupted run wrote after start_step is taken back: it will come again.
        """
        check_boards(config.tracking)
        folder = config.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.config = config.tracking
        self._path = folder / "log.jsonl"
        _cut_log(self._path, start_step)
        self._boards: list[Board] = []
        if self.config.tensorboard:
            self._boards.append(TensorBoard(folder / "tensorboard", start_step))
        if self.config.wandb != "off":
            plain = config.model_dump(mode="json")
            project, mode = self.config.project, self.config.wandb
            self._boards.append(WeightsAndBiases(folder, project, config.name, mode, plain))

    def log(self, step: int, group: str, scalars: dict[str, float]) -> None:
        """One line in the log and one point a scalar, `group/name`; step counts finished steps."""
        record: dict[str, Any] = {"step": step, "group": group, **scalars}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        for board in self._boards:
            board.log(step, {f"{group}/{name}": value for name, value in scalars.items()})

    def wants_pictures(self, step: int, *, is_last: bool) -> bool:
        """Whether pictures of this step are asked for."""
        return bool(self._boards) and (step % self.config.pictures_every_steps == 0 or is_last)

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """A picture, uint8 (H, W, 3)."""
        for board in self._boards:
            board.show(step, name, picture)

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """A table of words and counts."""
        for board in self._boards:
            board.tabulate(step, name, columns, rows)

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        """Points to be looked at in a projection: float (N, D), and for each its character and canvas."""
        for board in self._boards:
            board.embed(step, name, embedding, characters, images)

    def close(self) -> None:
        """Write what is still on its way."""
        for board in self._boards:
            board.close()


def check_boards(config: TrackingConfig) -> None:
    """Raise MissingExtraError if Weights & Biases is asked for and not installed."""
    if config.wandb != "off" and importlib.util.find_spec("wandb") is None:
        raise MissingExtraError(f"train` with `tracking.wandb={config.wandb}", "wandb")


def _cut_log(path: Path, start_step: int) -> None:
    if path.exists():
        kept = [line for line in path.read_text("utf-8").splitlines() if _step_of(line) <= start_step]
        write_whole(path, "".join(f"{line}\n" for line in kept).encode())


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):  # the last line of a run that was killed
        return float("inf")
