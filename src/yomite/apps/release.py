"""From a run's weights to the files of a release: python -m yomite.apps.release WEIGHTS --data-root DIR.

Writes the ONNX file, the safetensors of the very same numbers, card.json with every score, and MODEL_CARD.md.
The sets of test/ are read once for each released model, so only with --test.
"""

import json
import platform
import shlex
import sys
from datetime import datetime, timezone
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from yomite.apps.adjusting import write_adjusted_weights, write_mean_weights
from yomite.apps.exporting import Exported, export_model
from yomite.apps.model_card import format_model_card
from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import ModelFileError, YomiteError

LICENSE = "CC-BY-SA-4.0"
MAX_BYTES = 12_000_000
"""Of the two model files together."""

DEV_SETS = (
    "dev/touchscreen-100",
    "dev/hiragana-sheets",
    "dev/freehand-jis-kanji",
    "dev/freehand-hiragana",
)
TEST_SETS = (
    "test/touchscreen-100",
    "test/hiragana-sheets",
    "test/freehand-jis-kanji",
    "test/freehand-katakana",
    "dev/freehand-hiragana + test/freehand-katakana",
)


def release(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="What `yomite train` wrote.")],
    data_root: DataRoot = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to; else the package's own folder of releases.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="The model's name.")] = "yomite-character",
    test: Annotated[bool, typer.Option("--test", help="Read and report the sets of test/ too.")] = False,
    prior_weight: Annotated[
        float | None, typer.Option(min=0, help="Weight of the prior; else the best on the development sets.")
    ] = None,
    adjustment: Annotated[
        float,
        typer.Option(min=0, max=1, help="Part of the prior learned among kanji that is taken back."),
    ] = 0.0,
    keep: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the weights that the run began from (init_from)."),
    ] = 0.0,
    config: Annotated[
        Path, typer.Option(metavar="CONFIG", help="The run's file, for the command on the card.")
    ] = Path("configs/released.yaml"),
    device: Annotated[str | None, typer.Option(help="What it was trained on.")] = None,
    hours: Annotated[
        float | None, typer.Option(min=0, help="How long; else from log.jsonl beside the weights.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="What else the card should say of the training.")] = None,
) -> None:
    """Make the files of a release."""
    with needs_extra("release", "train"):
        from yomite.checkpoint import load_model, read_checkpoint, read_commit
        from yomite.models.cost import count_macs, count_parameters
        from yomite.training.finetune import find_weights
    from yomite.data.sources import resolve_data_root

    commit = read_commit()  # before the files that are written make the checkout dirty
    out = out or Path(str(resources.files("yomite"))) / "released"
    out.mkdir(parents=True, exist_ok=True)
    onnx_path, weights_path = out / f"{name}.onnx", out / f"{name}.safetensors"
    data_root = resolve_data_root(data_root)
    adjusted = weights
    if keep:
        before = read_checkpoint(weights).config.get("init_from")
        if not before:
            raise YomiteError(f"{weights} began from no weights, there is nothing to keep; leave out --keep")
        adjusted = weights.with_name(f"{weights.stem}-mean.safetensors")
        write_mean_weights(weights, find_weights(before), keep, adjusted)
    if adjustment:
        unadjusted, adjusted = adjusted, weights.with_name(f"{weights.stem}-adjusted.safetensors")
        write_adjusted_weights(unadjusted, adjusted, adjustment, data_root)
    exported = export_model(
        adjusted,
        onnx_path,
        name=name,
        sets=DEV_SETS,
        prior_weight=prior_weight,
        weights_path=weights_path,
        data_root=data_root,
        show=typer.echo,
        license=LICENSE,
    )
    sizes = {path.name: path.stat().st_size for path in (onnx_path, weights_path)}
    if sum(sizes.values()) > MAX_BYTES:
        raise ModelFileError(
            f"the two files have {sum(sizes.values()):,} bytes, {MAX_BYTES:,} are allowed; "
            "train a smaller model"
        )
    checkpoint = read_checkpoint(weights)
    model = load_model(checkpoint)
    batch_size = checkpoint.config["batch_size"]
    card = {
        "format_version": 1,
        "name": name,
        "charset": checkpoint.config.get("charset", ""),
        "num_classes": len(checkpoint.characters),
        "input_size": checkpoint.model["input_size"],
        "model": {key: checkpoint.model[key] for key in ("name", "arguments")},
        "parameters": count_parameters(model),
        "macs": count_macs(model),
        "sizes": sizes,
        "license": LICENSE,
        "training": {
            "command": f"yomite train {config.as_posix()}",
            "changed": describe_changes(config, checkpoint.config),
            "config": checkpoint.config,
            "commit": checkpoint.commit,
            "device": device,
            "hours": hours if hours is not None else sum_hours(weights.with_name("log.jsonl"), batch_size),
            "steps": checkpoint.progress["step"],
            "samples": checkpoint.progress["samples"],
            "init_from": checkpoint.config.get("init_from"),
            "keep": keep,
            "adjustment": adjustment,
            "note": note,
        },
        "release": {
            "command": describe_command(weights, test, prior_weight, adjustment, keep),
            "commit": commit,
            "date": datetime.now(timezone.utc).date().isoformat(),
            "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        },
        **describe_export(exported),
        "scores": score_model(onnx_path, (*DEV_SETS, *TEST_SETS) if test else DEV_SETS, data_root),
    }
    text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    (out / "card.json").write_text(f"{text}\n", encoding="utf-8")
    (out / "MODEL_CARD.md").write_text(format_model_card(card), encoding="utf-8")
    typer.echo(f"wrote {', '.join((*sizes, 'card.json', 'MODEL_CARD.md'))} to {out}")


def score_model(onnx_path: Path, names: tuple[str, ...], data_root: Path) -> list[dict[str, Any]]:
    """Scores of a model file on each set, `one + other` read as one set, with both priors."""
    from yomite.data.sources import open_source
    from yomite.evaluation.answers import TOP
    from yomite.evaluation.report import evaluate, format_table
    from yomite.reading.characters import load

    reader = load(onnx_path)
    reports = []
    for name in names:
        sources = [open_source(part, data_root) for part in name.split(" + ")]
        for prior in ("text", "uniform"):
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
    typer.echo(format_table(reports))
    left_out = ("model", "confusions")
    return [{k: v for k, v in report.to_json().items() if k not in left_out} for report in reports]


def describe_export(exported: Exported) -> dict[str, Any]:
    """Calibration, parity and rejection as plain data."""
    calibrated, parity = exported.calibrated, exported.parity
    assert calibrated is not None and parity is not None  # there are sets
    scores = [
        {
            "weight": score.weight,
            "nll": round(score.nll, 5),
            "mean_strict": round(score.mean_strict, 5),
            "mean_lookalike": round(score.mean_lookalike, 5),
            "lookalike": [round(ratio, 5) for ratio in score.lookalike],
            "strict": [round(ratio, 5) for ratio in score.strict],
        }
        for score in calibrated.weight_scores
    ]
    fits = {
        prior: {
            "temperature": fit.temperature,
            "rejection_threshold": 0.0 if exported.rejection else fit.rejection_threshold,
        }
        for prior, fit in calibrated.fits.items()
    }
    return {
        "calibration": {
            "sets": list(calibrated.sets),
            "prior_weight": calibrated.prior_weight,
            "fits": fits,
            "weights_tried": scores,
        },
        "parity": {
            "num_images": parity.num_images,
            "num_disagreements": parity.num_disagreements,
            "max_difference": parity.max_difference,
        },
        "rejection": describe_rejection(exported),
    }


def describe_rejection(exported: Exported) -> dict[str, Any] | None:
    """How the file tells what is no character; None where low confidence alone does."""
    rejection = exported.rejection
    if rejection is None or exported.calibrated is None:
        return None
    shares_by_name = {
        "lost": dict(zip(exported.calibrated.sets, rejection.lost, strict=True)),
        "learned": rejection.learned,
        "rejected": rejection.rejected,
    }
    rounded = {
        name: {kind: round(share, 5) for kind, share in shares.items()}
        for name, shares in shares_by_name.items()
    }
    return {"known_threshold": rejection.threshold, **rounded}


def describe_changes(path: Path, trained: dict[str, Any]) -> list[str]:
    """Lines `key: in the file -> trained with`, but for where the run wrote to."""
    from yomite.config import changed_keys, load_config, parse_config

    written = load_config(path).model_dump(mode="json")
    whole = parse_config(trained).model_dump(mode="json")  # keys that are newer than the run
    return [line for line in changed_keys(written, whole) if line.partition(":")[0] != "out"]


def describe_command(
    weights: Path, test: bool, prior_weight: float | None, adjustment: float = 0.0, keep: float = 0.0
) -> str:
    """This command without the folders of this machine."""
    words = [
        "python",
        "-m",
        "yomite.apps.release",
        weights.name if weights.is_absolute() else weights.as_posix(),
    ]
    words += ["--data-root", "DIR"]
    words += ["--test"] if test else []
    words += ["--prior-weight", f"{prior_weight:g}"] if prior_weight is not None else []
    words += ["--adjustment", f"{adjustment:g}"] if adjustment else []
    words += ["--keep", f"{keep:g}"] if keep else []
    return shlex.join(words)


def sum_hours(log_path: Path, batch_size: int) -> float | None:
    """Hours of learning and scoring in a run's log.jsonl: images over images a second, added up.

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


def main() -> None:
    """Run the command; mistakes end with one line and exit code 2."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(release)
    try:
        app(prog_name="python -m yomite.apps.release")
    except (YomiteError, OSError) as error:
        typer.echo(f"release: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
