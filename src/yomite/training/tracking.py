"""What a run tells while it goes: log.jsonl always, TensorBoard and Weights & Biases if they are wanted."""

from __future__ import annotations

import importlib.util
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from yomite.config import RunConfig, TrackingConfig
from yomite.errors import MissingExtraError
from yomite.files import write_whole
from yomite.reports.sheets import draw_sheet, overlay_heat
from yomite.streams.batch import Batch
from yomite.tasks import Points, Sheet, Table, Task, ValidationSet


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
        """Show a picture, uint8 (H, W, 3)."""
        for board in self._boards:
            board.show(step, name, picture)

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """Show a table of words and counts."""
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


class Board(Protocol):
    """What the tracker writes to; the names are `group/name`."""

    def log(self, step: int, scalars: dict[str, float]) -> None:
        """Numbers of a step."""

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """Show a picture, uint8 (H, W, 3)."""

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """Show a table."""

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        """Points float (N, D), their characters and canvases, uint8 (N, S, S)."""

    def close(self) -> None:
        """Write what is still on its way."""


class TensorBoard:
    """Event files: `tensorboard --logdir runs`."""

    def __init__(self, folder: Path, start_step: int) -> None:
        """Open the folder; what was written after start_step is taken back."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=start_step + 1 if start_step else None)

    def log(self, step: int, scalars: dict[str, float]) -> None:
        """One point a scalar."""
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()  # it writes every two minutes else, and nothing when the run dies

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """In the tab Images."""
        self._writer.add_image(name, picture, step, dataformats="HWC")

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """In the tab Text, as Markdown."""
        lines = [columns, ["---"] * len(columns), *rows]
        table = "\n".join(
            f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in line)} |" for line in lines
        )
        self._writer.add_text(name, table, step)

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        """In the tab Projector, each point with its canvas, dark on white."""
        pictures = 1.0 - torch.from_numpy(images).float()[:, None] / 255
        self._writer.add_embedding(
            torch.from_numpy(embedding), metadata=characters, label_img=pictures, global_step=step, tag=name
        )

    def close(self) -> None:
        """Flushes the files."""
        self._writer.close()


class WeightsAndBiases:
    """A run there; offline it is written into the run's folder, and `wandb sync` can send it later."""

    def __init__(self, folder: Path, project: str, name: str, mode: str, config: dict[str, Any]) -> None:
        """Start the run, or go on with it.

        Args:
            folder: The run's folder; it keeps the run's id, so that a resumed run is one run there too.
            project: Of Weights & Biases.
            name: Of the run.
            mode: "offline" or "online".
            config: The run's configuration, shown beside it.
        """
        import wandb

        id_path = folder / "wandb-id"
        if not id_path.exists():
            id_path.write_text(secrets.token_hex(4), encoding="utf-8")
        self._wandb = wandb
        self._run = wandb.init(
            project=project,
            name=name,
            id=id_path.read_text(encoding="utf-8"),
            resume="allow",
            mode="offline" if mode == "offline" else "online",
            dir=str(folder),
            config=config,
            settings=wandb.Settings(console="off", silent=True),
        )

    def log(self, step: int, scalars: dict[str, float]) -> None:
        """One point a scalar."""
        self._run.log(scalars, step=step)

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """Show it as a media panel."""
        self._run.log({name: self._wandb.Image(picture)}, step=step)

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """Show it as a table panel."""
        table = self._wandb.Table(columns=[*columns], data=[*rows])
        self._run.log({name: table}, step=step)

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        """Show a table with a number a column, which the panel "2D projection" can draw."""
        columns: list[Any] = ["character", "picture", *(f"d{index}" for index in range(embedding.shape[1]))]
        table = self._wandb.Table(columns=columns)
        for point, character, image in zip(embedding, characters, images, strict=True):
            table.add_data(character, self._wandb.Image(255 - image), *map(float, point))
        self._run.log({name: table}, step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()


@torch.no_grad()
def show_glimpses(
    tracker: Tracker,
    step: int,
    task: Task,
    model: nn.Module,
    batch: Batch,
    validation: Iterable[ValidationSet],
    *,
    is_last: bool,
) -> None:
    """Show a batch as it was learned from, and what the model says of each validation set.

    Args:
        tracker: Where to.
        step: Finished steps.
        task: Of the model; it says what there is to see.
        model: The moving average where there is one; it is left in evaluation mode.
        batch: Of the step.
        validation: The sets; without any, the batch stands for them.
        is_last: Whether this is the last step.
    """
    for glimpse in task.glimpse(model.eval(), batch, validation, is_last=is_last):
        if isinstance(glimpse, Sheet):
            tiles = list(glimpse.images)
            if glimpse.heat is not None:
                tiles = [overlay_heat(tile, heat) for tile, heat in zip(tiles, glimpse.heat, strict=True)]
            picture = draw_sheet(tiles, glimpse.titles, is_right=glimpse.is_right)
            tracker.show(step, glimpse.name, picture)
        elif isinstance(glimpse, Table):
            tracker.tabulate(step, glimpse.name, glimpse.columns, glimpse.rows)
        elif isinstance(glimpse, Points):
            tracker.embed(step, glimpse.name, glimpse.embedding, glimpse.texts, glimpse.images)
