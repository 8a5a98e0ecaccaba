"""From a line run's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import read_commit
from yomite.data.sources import open_source
from yomite.evaluation.lines import evaluate_lines
from yomite.models.cost import count_parameters
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.shipping.line_card import format_line_card
from yomite.shipping.release import LICENSE, measure_sizes, read_training

LINE_SETS = ("dev/lines",)
"""Real lines to choose and calibrate with."""


def make_line_release(
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
    """Make the files of a release of a line model; the arguments are those of `make_release`."""
    commit = read_commit()  # before the files that are written make the checkout dirty
    out.mkdir(parents=True, exist_ok=True)
    onnx_path, weights_path = out / f"{name}.onnx", out / f"{name}.safetensors"
    checkpoint = read_checkpoint(weights)
    exported = export_model(
        checkpoint,
        onnx_path,
        name=name,
        sets=LINE_SETS,
        weights_path=weights_path,
        data_root=data_root,
        show=show,
        license=LICENSE,
        int8=True,
    )
    sizes = measure_sizes(onnx_path, weights_path)
    reader = load(line=onnx_path)
    scores = []
    for source in LINE_SETS:
        report = evaluate_lines(
            reader.read_line, open_source(source, data_root), data=source, model=name, language_model=True
        )
        show(report.format())
        scores.append(report.to_json())
    described = checkpoint.model
    card = {
        "format_version": 1,
        "name": name,
        "license": LICENSE,
        "num_classes": described["num_classes"],
        "input_size": described["input_size"],
        "model": {key: described[key] for key in ("name", "arguments")},
        "parameters": count_parameters(load_model(checkpoint)),
        "sizes": sizes,
        "language_model_size": exported.language_model_size,
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
    (out / f"{name}.md").write_text(format_line_card(card), encoding="utf-8")
    show(f"wrote {', '.join(card['sizes'])}, {name}.json and {name}.md to {out}")
