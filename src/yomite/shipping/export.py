"""The way from weights to a file: traced, scored on real writing, calibrated, taught to reject, written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.charset.prior import SENTENCES, build_log_prior, count_characters
from yomite.checkpoint import Checkpoint, extract_weights, read_checkpoint, write_checkpoint
from yomite.data.samples import tell_unread
from yomite.data.sources import open_source, resolve_data_root
from yomite.errors import DataError
from yomite.evaluation.scores import ScoredSet, score_again, score_set
from yomite.reading.ink_file import TASK as INK_TASK
from yomite.reading.line_file import INPUTS, LANGUAGE_MODEL, open_line_file
from yomite.reading.line_file import TASK as LINE_TASK
from yomite.reading.page_file import TASK as PAGE_TASK
from yomite.shipping.calibration import Calibrated, calibrate
from yomite.shipping.draft import Draft
from yomite.shipping.kept import find_kept
from yomite.shipping.known import count_features
from yomite.shipping.language_model import build_language_model
from yomite.shipping.line_calibration import calibrate_lines, compute_lines
from yomite.shipping.line_ranges import draw_batches
from yomite.shipping.quantization import quantize, quantize_ink, quantize_lines
from yomite.shipping.rejection import Rejection, add_rejection, keep_rejection
from yomite.shipping.stroke_counts import list_stroke_counts
from yomite.shipping.tracing import Parity, check_parity, trace_weights
from yomite.tasks.ink import COMPOSED, InkTask
from yomite.texts.pool import read_counted_texts

NUM_RANGE_CANVASES = 1000
"""Canvases of the sets, evenly spread, on which 8 bits take the ranges of numbers."""


@dataclass(frozen=True)
class Exported:
    """An export, and what it found out.

    Attributes:
        draft: The file, as it was written.
        calibrated: Of the sets; None without sets.
        parity: Of the file with its weights on the sets' canvases; None without sets.
        rejection: How the file tells what is no character; None without sets, or without data to draw with.
        language_model_size: Bytes of the language model inside a line model's file; 0 without one.
    """

    draft: Draft
    calibrated: Calibrated | None = None
    parity: Parity | None = None
    rejection: Rejection | None = None
    language_model_size: int = 0


def export_model(
    checkpoint: Checkpoint,
    out: Path,
    *,
    name: str,
    sets: Sequence[str] = (),
    prior_weight: float | None = None,
    weights_path: Path | None = None,
    data_root: Path | None = None,
    show: Callable[[str], object] = print,
    license: str = "",
    allow_custom: bool = False,
    int8: bool = False,
    attention: bool = True,
    keeps_calibration: bool = True,
    canvas_version: int | None = None,
) -> Exported:
    """Export weights, score the sets once, and write the file with what they say.

    Args:
        checkpoint: What training wrote.
        out: The ONNX file.
        name: The model's name.
        sets: Names or paths of real writing; none leaves the file uncalibrated.
        prior_weight: None to keep it, or to choose it on the sets.
        weights_path: Where to write the weights, float16 or, with int8, int8; None to write none.
        data_root: The data folder.
        show: Takes lines for people.
        license: Of the weights.
        allow_custom: Runs the code of a model that is not built in.
        int8: Computes with 8-bit integers. Of characters sets are needed, of lines and ink the data folder.
        attention: Whether the file of a model that has attention gets that output.
        keeps_calibration: Whether a run that began from other weights keeps what their model file says.
        canvas_version: Of characters; None takes that of the model file that is kept, else 2.

    Raises:
        ModelFileError: If the model cannot be exported, or has no attention to leave out.
        DataError: If a set is not there, or there is no prior to weigh.
    """
    if weights_path:
        write_checkpoint(weights_path, extract_weights(checkpoint), storage="int8" if int8 else "float16")
        show(f"wrote {weights_path}")
        if not int8:  # with it, each file rounds the same numbers in its own way, and once is enough
            checkpoint = read_checkpoint(weights_path)
    draft = trace_weights(checkpoint, name, allow_custom=allow_custom).describe({"license": license})
    if not attention:
        draft = draft.leave_out("attention")
    if draft.metadata["task"] == LINE_TASK:
        if prior_weight:
            raise DataError("a model of lines has no prior; leave out --prior-weight")
        if int8:
            draft = _quantize_lines(draft, checkpoint, data_root, show)
        return _export_lines(draft, out, sets, data_root, show)
    if draft.metadata["task"] == PAGE_TASK:
        if int8 or prior_weight or sets:
            raise DataError("a model of pages has no prior, no --int8 and no --calibrate; leave these out")
        draft.write(out)
        return Exported(draft)
    if draft.metadata["task"] == INK_TASK:
        if prior_weight or sets:
            raise DataError("an ink finder has no prior and no --calibrate; leave these out")
        if int8:
            draft = _quantize_ink(draft, checkpoint, data_root, show)
        draft.write(out)
        return Exported(draft)
    if int8 and not sets:
        raise DataError("--int8 takes the ranges of numbers from real writing; give --calibrate SET")
    kept = find_kept(checkpoint, show) if keeps_calibration else None
    if kept:
        draft = draft.describe({"canvas_version": kept.canvas_version})
    if canvas_version:
        draft = draft.describe({"canvas_version": str(canvas_version)})
    if stroke_counts := list_stroke_counts(checkpoint.characters, _find_data_root(data_root)):
        draft = draft.describe({"stroke_counts": json.dumps(stroke_counts, separators=(",", ":"))})
    elif kept and kept.stroke_counts and kept.characters == tuple(checkpoint.characters):
        draft = draft.describe({"stroke_counts": kept.stroke_counts})
    else:
        show("no stroke counts (no KanjiVG in the data folder): strokes are read as their picture alone")
    if kept and kept.prior_weight:
        log_prior = kept.spread_prior(checkpoint.characters)
        prior_weight = kept.prior_weight if prior_weight is None else prior_weight
    else:
        log_prior = _count_prior(checkpoint.characters, data_root, show)
    if log_prior is None and prior_weight:
        raise DataError(
            f"--prior-weight {prior_weight}, but there is no prior to weigh; give --data-root DIR"
        )
    if log_prior is not None:
        rounded = [round(float(value), 4) for value in log_prior]
        draft = draft.describe(
            {"log_prior": json.dumps(rounded), "prior_weight": json.dumps(prior_weight or 0.0)}
        )
    if not sets and not kept:
        show(f"not calibrated; prior weight {prior_weight or 0.0:g} (see --calibrate)")
        draft.write(out)
        return Exported(draft)

    reader = draft.open()
    scored = []
    for source in sets:
        scored.append(score_set(source, reader, data_root))
        show(f"scored {source}: {len(scored[-1].labels)} samples")
        for note in scored[-1].notes:
            show(f"{source}: {note}")
    if int8:
        canvases = np.concatenate([one.images for one in scored])
        draft = quantize(draft, canvases[:: max(1, len(canvases) // NUM_RANGE_CANVASES)])
        reader = draft.open()
        scored = [score_again(one, reader) for one in scored]
    calibrated = calibrate(scored, checkpoint.characters, log_prior, prior_weight, kept)
    draft = draft.describe(calibrated.to_metadata())
    for line in calibrated.format():
        show(line)
    draft, rejection = _reject(draft, scored, calibrated, checkpoint, data_root, show)
    for line in rejection.format() if rejection else ():
        show(line)
    draft.write(out)
    if not scored:
        return Exported(draft, calibrated, rejection=rejection)
    canvases = np.concatenate([one.images for one in scored])
    parity = check_parity(draft, checkpoint, canvases, allow_custom=allow_custom)
    show(
        f"ONNX beside the weights on {parity.num_images} canvases: {parity.num_disagreements} other answers, "
        f"logits differ by {parity.max_difference:.2g} at most"
    )
    return Exported(draft, calibrated, parity, rejection)


def _reject(
    draft: Draft,
    scored: Sequence[ScoredSet],
    calibrated: Calibrated,
    checkpoint: Checkpoint,
    data_root: Path | None,
    show: Callable[[str], object],
) -> tuple[Draft, Rejection | None]:
    """Keep the head that tells what is no character, where it still fits, else fit one."""
    kept, root = calibrated.kept, _find_data_root(data_root)
    before = kept and kept.known_threshold
    if kept and kept.has_known_for(checkpoint.characters, count_features(draft.network)):
        return keep_rejection(draft, scored, kept)
    if not root or not (scored or before is not None):
        return draft, None
    temperature = calibrated.fits["uniform"].temperature
    return add_rejection(
        draft,
        scored,
        temperature=temperature,
        checkpoint=checkpoint,
        data_root=root,
        show=show,
        before=before,
    )


def _quantize_lines(
    draft: Draft, checkpoint: Checkpoint, data_root: Path | None, show: Callable[[str], object]
) -> Draft:
    batches = draw_batches(
        checkpoint.characters,
        resolve_data_root(data_root),
        checkpoint.model["input_size"],
        tells_directions=any(one.name == INPUTS["vertical"] for one in draft.network.graph.input),
    )
    show(f"8 bits: ranges of {len(batches)} batches of composed lines")
    return quantize_lines(draft, batches)


def _quantize_ink(
    draft: Draft, checkpoint: Checkpoint, data_root: Path | None, show: Callable[[str], object]
) -> Draft:
    task = InkTask(Charset("exported", checkpoint.characters))
    papers = task.read_set(COMPOSED, resolve_data_root(data_root), checkpoint.model["input_size"])
    show(f"8 bits: ranges of {len(papers)} composed papers")
    return quantize_ink(draft, papers.images.numpy())


def _export_lines(
    draft: Draft, out: Path, sets: Sequence[str], data_root: Path | None, show: Callable[[str], object]
) -> Exported:
    """Write a line model with its language model inside; with sets both are weighed on them."""
    content = b""
    if (root := _find_data_root(data_root)) and (texts := read_counted_texts(root)):
        content = build_language_model(texts, "".join(json.loads(draft.metadata["charset"])))
        draft = draft.add_constant(LANGUAGE_MODEL, np.frombuffer(content, np.uint8))
        show(f"language model: {len(content) / 1e6:.1f} MB, counted in {len(texts):,} texts")
    else:
        show(f"no language model: the data folder has no {SENTENCES}; lines are read without")
    if (beside := out.with_suffix(".npz")).exists():
        show(f"{beside} is there: reading takes it instead of the language model inside")
    if sets:
        file = open_line_file(draft.to_model().SerializeToString(), 1)
        samples = [sample for name in sets for sample in open_source(name, data_root)]
        lines = compute_lines(file, samples)
        for note in tell_unread(len(samples) - len(lines), len(samples), "lines"):
            show(note)
        calibrated = calibrate_lines(file, lines, file.read_language_model())
        draft = draft.describe(calibrated.to_metadata())
        show(calibrated.format())
    else:
        show("not calibrated; nothing is rejected (see --calibrate)")
    draft.write(out)
    return Exported(draft, language_model_size=len(content))


def _find_data_root(option: Path | None) -> Path | None:
    """Return the data folder; None where there is none and none was asked for."""
    try:
        return resolve_data_root(option)
    except DataError:
        if option:
            raise
        return None


def _count_prior(
    characters: tuple[str, ...], data_root: Path | None, show: Callable[[str], object]
) -> np.ndarray | None:
    root = _find_data_root(data_root)
    path = root / SENTENCES if root else None
    if path is None or not path.is_file():
        where = path or f"no data folder with {SENTENCES}"
        show(f"no prior: {where} is not there; every character counts as equally likely")
        return None
    return build_log_prior(count_characters(path), Charset("exported", characters))
