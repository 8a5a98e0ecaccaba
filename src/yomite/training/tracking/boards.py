"""Where a run can be watched: TensorBoard's files, and Weights & Biases with or without an account."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch


class Board(Protocol):
    """What the tracker writes to; the names are `group/name`."""

    def log(self, step: int, scalars: dict[str, float]) -> None:
        """Numbers of a step."""

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """A picture, uint8 (H, W, 3)."""

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """A table."""

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
        """A media panel."""
        self._run.log({name: self._wandb.Image(picture)}, step=step)

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list[str | int]]) -> None:
        """A table panel."""
        table = self._wandb.Table(columns=[*columns], data=[*rows])
        self._run.log({name: table}, step=step)

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        """A table with a number a column, which the panel "2D projection" can draw."""
        columns: list[Any] = ["character", "picture", *(f"d{index}" for index in range(embedding.shape[1]))]
        table = self._wandb.Table(columns=columns)
        for point, character, image in zip(embedding, characters, images, strict=True):
            table.add_data(character, self._wandb.Image(255 - image), *map(float, point))
        self._run.log({name: table}, step=step)

    def close(self) -> None:
        """Ends the run."""
        self._run.finish()
