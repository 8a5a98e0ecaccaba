"""From a run's weights to the files of a release: ONNX, safetensors, card.json with scores, MODEL_CARD.md.

The sets of test/ are read once for each released model, so only when asked for.
"""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint
from yomite.config import changed_keys, load_config, parse_config, read_commit
from yomite.data.sources import open_source
from yomite.errors import ModelFileError
from yomite.evaluation.answers import TOP
from yomite.evaluation.report import evaluate, format_table
from yomite.ink.canvas import CANVAS_VERSION
from yomite.models.cost import count_macs, count_parameters
from yomite.reading.characters import load
from yomite.reading.metadata import PRIORS
from yomite.shipping.adjustment import adjust_weights, keep_weights
from yomite.shipping.card import format_model_card
from yomite.shipping.export import Exported, export_model

LICENSE = "CC-BY-SA-4.0"
MAX_BYTES = 12_000_000
"""Of the two model files together."""

DEV_SETS = (
    "dev/touchscreen-100",
    "dev/hiragana-sheets",
    "dev/freehand-jis-kanji",
    "dev/freehand-hiragana",
    "dev/hasty-kanji",
)
TEST_SETS = (
    "test/touchscreen-100",
    "test/hiragana-sheets",
    "test/freehand-jis-kanji",
    "test/freehand-katakana",
    "dev/freehand-hiragana + test/freehand-katakana",
)


def make_release(
    weights: Path,
    out: Path,
    *,
    name: str,
    data_root: Path,
    config: Path,
    test: bool = False,
    prior_weight: float | None = None,
    adjustment: float = 0.0,
    keep: float = 0.0,
    device: str | None = None,
    hours: float | None = None,
    note: str | None = None,
    show: Callable[[str], object] = print,
) -> None:
    """Make the files of a release.

    Args:
        weights: What `yomite train` wrote; or the safetensors file of a release, to calibrate it anew: the
            card beside it says how it was trained.
        out: The folder to write into.
        name: The model's name.
        data_root: The data folder.
        config: The run's file, for the command on the card.
        test: Reads and reports the sets of test/ too.
        prior_weight: Of the prior; None takes the best on the development sets.
        adjustment: Part of the prior learned among kanji that is taken back, 0..1.
        keep: Share of the weights that the run began from, 0..1.
        device: What it was trained on.
        hours: How long; None adds it up from log.jsonl beside the weights.
        note: What else the card should say of the training.
        show: Takes lines for people.

    Raises:
        ModelFileError: If the files are larger than a release may be, or weights do not fit.
    """
    commit = read_commit()  # before the files that are written make the checkout dirty
    out.mkdir(parents=True, exist_ok=True)
    onnx_path, weights_path = out / f"{name}.onnx", out / f"{name}.safetensors"
    checkpoint = released = read_checkpoint(weights)
    if keep:
        released = keep_weights(weights, keep)
    if adjustment:
        released = adjust_weights(released, adjustment, data_root)
    exported = export_model(
        released,
        onnx_path,
        name=name,
        sets=DEV_SETS,
        prior_weight=prior_weight,
        weights_path=weights_path,
        data_root=data_root,
        show=show,
        license=LICENSE,
        keeps_calibration=False,
        canvas_version=CANVAS_VERSION,
    )
    sizes = measure_sizes(onnx_path, weights_path)
    if hours is None:
        hours = sum_hours(weights.with_name("log.jsonl"), checkpoint.config["batch_size"])
    training = read_training(weights) or {
        "command": f"yomite train {config.as_posix()}",
        "changed": describe_changes(config, checkpoint.config),
        "config": checkpoint.config,
        "commit": checkpoint.commit,
        "device": device,
        "hours": hours,
        "steps": checkpoint.progress["step"],
        "samples": checkpoint.progress["samples"],
        "init_from": checkpoint.config.get("init_from"),
        "keep": keep,
        "adjustment": adjustment,
        "note": note,
    }
    card = {
        "format_version": 1,
        "name": name,
        **describe_model(checkpoint),
        "sizes": sizes,
        "license": LICENSE,
        "training": training,
        "release": {
            "command": describe_command(weights, test, prior_weight, adjustment, keep),
            "commit": commit,
            "date": datetime.now(timezone.utc).date().isoformat(),
            "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        },
        **describe_export(exported),
        "scores": score_model(onnx_path, (*DEV_SETS, *TEST_SETS) if test else DEV_SETS, data_root, show),
    }
    text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    (out / "card.json").write_text(f"{text}\n", encoding="utf-8")
    (out / "MODEL_CARD.md").write_text(format_model_card(card), encoding="utf-8")
    show(f"wrote {', '.join((*sizes, 'card.json', 'MODEL_CARD.md'))} to {out}")


def measure_sizes(*paths: Path) -> dict[str, int]:
    """Return the bytes of each of a release's model files.

    Raises:
        ModelFileError: Together they are larger than a release may be.
    """
    sizes = {path.name: path.stat().st_size for path in paths}
    if sum(sizes.values()) > MAX_BYTES:
        raise ModelFileError(
            f"the two files have {sum(sizes.values()):,} bytes, {MAX_BYTES:,} are allowed; "
            "train a smaller model"
        )
    return sizes


def score_model(
    onnx_path: Path, names: Sequence[str], data_root: Path, show: Callable[[str], object] = print
) -> list[dict[str, Any]]:
    """Score a model file on each set, `one + other` read as one set, with both priors."""
    reader = load(onnx_path)
    reports = []
    for name in names:
        sources = [open_source(part, data_root) for part in name.split(" + ")]
        for prior in PRIORS:
            report = evaluate(
                lambda pictures, prior=prior: reader.recognize_many(
                    pictures, top=TOP, prior=prior, errors="return"
                ),
                chain.from_iterable(sources),
                data=name,
                model=reader.name,
                prior=prior,
                charset=frozenset(reader.characters),
            )
            reports.append(report)
    show(format_table(reports))
    left_out = ("model", "confusions")
    return [{k: v for k, v in report.to_json().items() if k not in left_out} for report in reports]


def read_training(weights: Path) -> dict[str, Any] | None:
    """Return how released weights were trained, from the card beside them; None for those of a run."""
    for path in (weights.with_suffix(".json"), weights.with_name("card.json")):
        if path.is_file():
            card = json.loads(path.read_text(encoding="utf-8"))
            if card.get("name") == weights.stem:
                return card["training"]
    return None


def describe_model(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what the card says of a network."""
    model = load_model(checkpoint)
    return {
        "charset": checkpoint.config.get("charset", ""),
        "num_classes": len(checkpoint.characters),
        "input_size": checkpoint.model["input_size"],
        "model": {key: checkpoint.model[key] for key in ("name", "arguments")},
        "parameters": count_parameters(model),
        "macs": count_macs(model),
    }


def describe_export(exported: Exported) -> dict[str, Any]:
    """Return calibration, parity and rejection as plain data."""
    calibrated, parity, rejection = exported.calibrated, exported.parity, exported.rejection
    assert calibrated is not None and parity is not None  # there are sets
    fits = {
        prior: {
            "temperature": fit.temperature,
            "rejection_threshold": 0.0 if rejection else fit.rejection_threshold,
        }
        for prior, fit in calibrated.fits.items()
    }
    return {
        "calibration": {
            "sets": list(calibrated.sets),
            "prior_weight": calibrated.prior_weight,
            "fits": fits,
            "weights_tried": [
                {
                    "weight": score.weight,
                    "nll": round(score.nll, 5),
                    "mean_strict": round(score.mean_strict, 5),
                    "mean_lookalike": round(score.mean_lookalike, 5),
                    "lookalike": [round(ratio, 5) for ratio in score.lookalike],
                    "strict": [round(ratio, 5) for ratio in score.strict],
                }
                for score in calibrated.weight_scores
            ],
        },
        "parity": asdict(parity),
        "rejection": rejection and rejection.to_dict(),
    }


def describe_changes(path: Path, trained: dict[str, Any]) -> list[str]:
    """Return lines `key: in the file -> trained with`, but for where the run wrote to."""
    written = load_config(path).model_dump(mode="json")
    whole = parse_config(trained).model_dump(mode="json")  # keys that are newer than the run
    return [line for line in changed_keys(written, whole) if line.partition(":")[0] != "out"]


def describe_command(
    weights: Path, test: bool, prior_weight: float | None, adjustment: float = 0.0, keep: float = 0.0
) -> str:
    """Return the command that makes the release, without the folders of this machine."""
    words = ["python", "-m", "yomite.apps.release"]
    words += [weights.name if weights.is_absolute() else weights.as_posix(), "--data-root", "DIR"]
    words += ["--test"] if test else []
    words += ["--prior-weight", f"{prior_weight:g}"] if prior_weight is not None else []
    words += ["--adjustment", f"{adjustment:g}"] if adjustment else []
    words += ["--keep", f"{keep:g}"] if keep else []
    return shlex.join(words)


def sum_hours(log_path: Path, batch_size: int) -> float | None:
    """Add up the hours of learning in a run's log.jsonl: images over images a second.

    Returns:
        None without a log. What a run did twice because it was interrupted is counted once.
    """
    if not log_path.is_file():
        return None
    records = [json.loads(line) for line in log_path.read_text(encoding="utf-8").splitlines()]
    seconds, last_step = 0.0, 0
    for record in records:
        if record["group"] == "train":
            seconds += (record["step"] - last_step) * batch_size / record["images_per_second"]
            last_step = record["step"]
    return round(seconds / 3600, 2) if last_step else None
