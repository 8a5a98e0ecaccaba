"""Lines that need no data: each character a fixed pattern of 16 x 16 px, one to four in a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from yomite.charset import Charset
from yomite.config import RunConfig, parse_config
from yomite.streams.batch import Batch, pad_lines
from yomite.tasks import ValidationSet

HEIGHT = 16
CHARACTERS = "あいうえ"
CRNN = {"widths": [8, 16], "hidden": 16, "layers": 1, "dropout": 0.0}
VIT = {"patch": 4, "width": 16, "depth": 2, "heads": 2, "dropout": 0.0}
DECODER = {"stem_widths": [8, 16], "width": 16, "depth": 1, "heads": 2, "max_length": 5, "dropout": 0.0}
FAMILIES = {
    "crnn": (CRNN, "ctc"),
    "vit_ctc": (VIT, "ctc"),
    "encoder_decoder": (DECODER, "teacher_forcing"),
}


class LineStream:
    """A line is a pure function of (epoch, index); batches are as wide as their widest line."""

    num_samples = 37  # no multiple of the batch size, so batches straddle epochs

    def __init__(
        self,
        charset: Charset | str = CHARACTERS,
        data_root: Path | None = None,
        seed: int = 0,
        size: int = HEIGHT,
    ) -> None:
        patterns = np.random.default_rng(0).random((len(charset), 4, 4)) > 0.5
        self.patterns = 255 * patterns.repeat(size // 4, 1).repeat(size // 4, 2).astype(np.uint8)

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        lines = []
        for index in indices:
            rng = np.random.default_rng((epoch, int(index)))
            lines.append(rng.integers(0, len(self.patterns), rng.integers(1, 5)).tolist())
        images = [np.concatenate([self.patterns[label] for label in line], axis=1) for line in lines]
        return pad_lines(images, lines, is_vertical=torch.tensor([len(line) > 2 for line in lines]))


def draw_validation(num: int = 20) -> ValidationSet:
    return ValidationSet("lines", LineStream().draw(99, np.arange(num)))


def configure_run(folder: Path, family: str, **changes: Any) -> RunConfig:
    """A small run of lines; it writes into folder/run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "characters.txt").write_text(CHARACTERS, encoding="utf-8")
    arguments, objective = FAMILIES[family]
    return parse_config(
        {
            "charset": str(folder / "characters.txt"),
            "model": {"name": family, "input_size": HEIGHT, "arguments": arguments},
            "objective": {"name": objective},
            "data": {"stream": "tiny_lines:LineStream"},
            "optimizer": {"learning_rate": 0.01},
            "schedule": {"warmup_steps": 5, "total_steps": 60},
            "validation": {"every_steps": 30},
            "ema": {"decay": 0.0},
            "batch_size": 16,
            "precision": "fp32",
            "loader": {"workers": 0},
            "tracking": {"pictures_every_steps": 30},
            "out": str(folder / "run"),
            **changes,
        }
    )
