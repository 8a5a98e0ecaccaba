"""From an ink finder's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import read_commit
from yomite.data.sources import open_source
from yomite.evaluation.papers import measure_papers
from yomite.ink.canvas import CANVAS_VERSION
from yomite.models.cost import count_macs, count_parameters
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.shipping.ink_card import format_ink_card
from yomite.shipping.release import LICENSE, read_training

PAPER_SET = "dev/touchscreen-100"
"""Drawings on bare paper, which are laid on others."""


def make_ink_release(
    weights: Path,
    out: Path,
    *,
    name: str,
    data_root: Path,
    config: Path,
    device: str | None = None,
    hours: float | None = None,
    note: str | None = None,
    show: Callable[[str], object] = print,
) -> None:
    """Make the files of a release of an ink finder; the arguments are those of `make_release`."""
    commit = read_commit()  # before the files that are written make the checkout dirty
    out.mkdir(parents=True, exist_ok=True)
    onnx_path, weights_path = out / f"{name}.onnx", out / f"{name}.safetensors"
    checkpoint = read_checkpoint(weights)
    export_model(checkpoint, onnx_path, name=name, weights_path=weights_path, show=show, license=LICENSE)
    reader = load(ink=onnx_path)
    reader.canvas_version = CANVAS_VERSION  # the characters may be released after it
    samples = list(open_source(PAPER_SET, data_root))
    papers = measure_papers(lambda pictures: reader.recognize_many(pictures, errors="return"), samples)
    for paper in papers:
        show(f"{paper.name}: {paper.lookalike_top1.value:.1%}, rejected {paper.rejected.value:.1%}")
    described, model = checkpoint.model, load_model(checkpoint)
    card = {
        "format_version": 1,
        "name": name,
        "license": LICENSE,
        "input_size": described["input_size"],
        "model": {key: described[key] for key in ("name", "arguments")},
        "parameters": count_parameters(model),
        "macs": count_macs(model, described["input_size"]),
        "sizes": {path.name: path.stat().st_size for path in (onnx_path, weights_path)},
        "character_model": reader.name,
        "training": read_training(weights)
        or {
            "command": f"yomite train {config.as_posix()}",
            "config": checkpoint.config,
            "commit": checkpoint.commit,
            "device": device,
            "hours": hours,
            "steps": checkpoint.progress["step"],
            "samples": checkpoint.progress["samples"],
            "note": note,
        },
        "release": {"commit": commit, "date": datetime.now(timezone.utc).date().isoformat()},
        "scores": [{"data": PAPER_SET, "papers": [paper.to_json() for paper in papers]}],
    }
    text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    (out / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    (out / f"{name}.md").write_text(format_ink_card(card), encoding="utf-8")
    show(f"wrote {', '.join(card['sizes'])}, {name}.json and {name}.md to {out}")
