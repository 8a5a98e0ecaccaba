"""From a line run's weights to the files of a release: ONNX, safetensors, language model and card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import read_commit
from yomite.data.sources import open_source
from yomite.evaluation.lines import evaluate_lines
from yomite.models.cost import count_parameters
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.shipping.release import LICENSE

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
    export_model(
        checkpoint,
        onnx_path,
        name=name,
        sets=LINE_SETS,
        weights_path=weights_path,
        data_root=data_root,
        show=show,
        license=LICENSE,
    )
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
        "sizes": {
            path.name: path.stat().st_size
            for path in (onnx_path, weights_path, onnx_path.with_suffix(".npz"))
        },
        "training": {
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


def format_line_card(card: dict[str, Any]) -> str:
    """Return the model card in Markdown."""
    training, name = card["training"], card["name"]
    lines = [
        f"# {name}",
        "",
        "Reads a handwritten Japanese line, horizontal or vertical, from a crop of it.",
        "",
        f"- License: {card['license']}; what it learned from is in NOTICE.",
        f"- Network: {card['model']['name']}, {card['parameters']:,} parameters, {card['num_classes']:,} "
        f"characters, strips {card['input_size']} px high.",
        f"- Training: `{training['command']}` at commit {training['commit']}, {training['steps']:,} steps, "
        f"{training['samples']:,} composed lines"
        + (f", {training['hours']:g} hours" if training["hours"] else "")
        + (f" on {training['device']}" if training["device"] else "")
        + ".",
    ]
    lines += [f"- {training['note']}"] if training["note"] else []
    lines += [f"- {file}: {size / 1e6:.1f} MB" for file, size in card["sizes"].items()]
    lines += [
        "",
        "## Scores",
        "",
        f"`yomite evaluate {name} --data dev/lines`, {card['release']['date']}. The weights of the language "
        "model and the calibration were fitted on the same lines, so these figures flatter a little. CER: "
        "NFKC, white space left out; 95 % intervals by bootstrap over lines.",
        "",
        "| lines | number | CER | interval |",
        "|---|---|---|---|",
    ]
    for score in card["scores"]:
        rows = [(score["data"], score["characters"])]
        rows += [(f"{score['data']}, {way}", errors) for way, errors in score["directions"].items()]
        rows += [(f"{score['data']}, without punctuation", score["without_punctuation"])]
        lines += [
            f"| {label} | {errors['num_lines']} | {errors['rate']:.3f} | "
            f"{errors['low']:.3f} to {errors['high']:.3f} |"
            for label, errors in rows
        ]
    lines += [
        "",
        "## Limits",
        "",
        "It errs often on Latin words, on very hasty hands and on lines with heavy shadow. It was made for "
        "a crop of one line, not for pages. Confidence is calibrated on ten writers only.",
        "",
    ]
    return "\n".join(lines)
