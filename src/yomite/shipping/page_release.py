"""From a page run's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import read_commit
from yomite.data.sources import open_source
from yomite.evaluation.pages import evaluate_pages
from yomite.models.cost import count_parameters
from yomite.reading.characters import load
from yomite.reading.line_file import DEFAULT_LINE_MODEL
from yomite.shipping.export import export_model
from yomite.shipping.page_card import format_page_card
from yomite.shipping.release import LICENSE, read_training

PAGE_SETS = ("dev/pages",)
"""Real pages to choose with."""


def make_page_release(
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
    """Make the files of a release of a page model; the arguments are those of `make_release`."""
    commit = read_commit()  # before the files that are written make the checkout dirty
    out.mkdir(parents=True, exist_ok=True)
    onnx_path, weights_path = out / f"{name}.onnx", out / f"{name}.safetensors"
    checkpoint = read_checkpoint(weights)
    export_model(checkpoint, onnx_path, name=name, weights_path=weights_path, show=show, license=LICENSE)
    reader = load(page=onnx_path)
    scores = []
    for source in PAGE_SETS:
        report = evaluate_pages(reader.read, open_source(source, data_root), data=source, model=name)
        show(report.format())
        scores.append(report.to_json())
    described = checkpoint.model
    card = {
        "format_version": 1,
        "name": name,
        "license": LICENSE,
        "input_size": described["input_size"],
        "model": {key: described[key] for key in ("name", "arguments")},
        "parameters": count_parameters(load_model(checkpoint)),
        "sizes": {path.name: path.stat().st_size for path in (onnx_path, weights_path)},
        "line_model": DEFAULT_LINE_MODEL,
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
        "scores": scores,
    }
    text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    (out / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    (out / f"{name}.md").write_text(format_page_card(card), encoding="utf-8")
    show(f"wrote {', '.join(card['sizes'])}, {name}.json and {name}.md to {out}")
