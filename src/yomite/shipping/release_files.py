"""The files of a release of lines, pages or ink: where they lie, and what every card says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint
from yomite.config import read_commit
from yomite.models.cost import count_parameters
from yomite.shipping.adjustment import keep_weights
from yomite.shipping.card import Card
from yomite.shipping.release import LICENSE, read_training


@dataclass(frozen=True)
class Release:
    """A release that is being made.

    Attributes:
        weights: What `yomite train` wrote.
        out: Folder of the files.
        name: Of the model, and of each of its files.
        data_root: The data folder.
        config: The run's file, for the command on the card.
        device, hours, note: For the card.
        keep: Share of the weights that the run began from, 0 to 1.
        show: Takes lines for people.
        commit: Of the code, read before the files that are written make the checkout dirty.
    """

    weights: Path
    out: Path
    name: str
    data_root: Path
    config: Path
    device: str | None = None
    hours: float | None = None
    note: str | None = None
    keep: float = 0.0
    show: Callable[[str], object] = print
    commit: str = field(default_factory=read_commit)

    @property
    def onnx_path(self) -> Path:
        """The file to read with."""
        return self.out / f"{self.name}.onnx"

    @property
    def weights_path(self) -> Path:
        """The file to fine-tune from."""
        return self.out / f"{self.name}.safetensors"

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """What `weights` holds, without the folders of this machine."""
        checkpoint = keep_weights(self.weights, self.keep) if self.keep else read_checkpoint(self.weights)
        begun_from = checkpoint.config.get("init_from")
        if not begun_from or not Path(begun_from).is_absolute():
            return checkpoint
        return replace(checkpoint, config=checkpoint.config | {"init_from": Path(begun_from).name})

    def write_card(self, format_card: Callable[[Card], str], more: Mapping[str, Any]) -> None:
        """Write the card as JSON and Markdown, once the model files are there.

        Args:
            format_card: Makes the Markdown.
            more: What the card says beside what all say.
        """
        checkpoint, described = self.checkpoint, self.checkpoint.model
        sizes = {path.name: path.stat().st_size for path in (self.onnx_path, self.weights_path)}
        card = {
            "format_version": 1,
            "name": self.name,
            "license": LICENSE,
            "input_size": described["input_size"],
            "model": {key: described[key] for key in ("name", "arguments")},
            "parameters": count_parameters(load_model(checkpoint)),
            "sizes": sizes,
            "training": read_training(self.weights)
            or {
                "command": f"yomite train {self.config.as_posix()}",
                "config": checkpoint.config,
                "commit": checkpoint.commit,
                "device": self.device,
                "hours": self.hours,
                "steps": checkpoint.progress["step"],
                "samples": checkpoint.progress["samples"],
                "keep": self.keep,
                "note": self.note,
            },
            "release": {"commit": self.commit, "date": datetime.now(timezone.utc).date().isoformat()},
            **more,
        }
        text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
        (self.out / f"{self.name}.json").write_text(f"{text}\n", encoding="utf-8")
        (self.out / f"{self.name}.md").write_text(format_card(card), encoding="utf-8")
        self.show(f"wrote {', '.join(sizes)}, {self.name}.json and {self.name}.md to {self.out}")
