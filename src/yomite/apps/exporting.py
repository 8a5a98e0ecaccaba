"""The verb export: a weights file or checkpoint -> the ONNX file, calibrated on real writing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yomite.apps.options import AllowCustom, DataRoot, needs_extra
from yomite.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from yomite.apps.rejecting import Rejection
    from yomite.evaluation.fitting import Calibrated
    from yomite.export import Parity

NUM_RANGE_CANVASES = 1000
"""Canvases of the sets, evenly spread, on which --int8 takes the ranges of numbers."""


def export(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="What `yomite train` wrote.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.onnx", help="The file to write; else beside the checkpoint.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name; else that of the file.")
    ] = None,
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Real writing to fit the prior's weight, temperatures and rejection on; may be repeated.",
        ),
    ] = None,
    prior_weight: Annotated[
        float | None, typer.Option(min=0, help="Weight of the prior; else the best on the sets.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE.safetensors", help="Also write the very same numbers to fine-tune from."),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="8-bit convolutions: faster on a CPU; needs --calibrate.")
    ] = False,
    allow_custom: AllowCustom = False,
    data_root: DataRoot = None,
) -> None:
    """Make the ONNX file that reads without torch.

    The prior is counted in the data folder's text/sentences.txt.gz. Without --calibrate probabilities are the
    network's own, and nothing is rejected.
    """
    with needs_extra("export", "train"):
        import yomite.export  # noqa: F401  # torch, onnx
    if int8 and not calibrate:
        raise DataError("--int8 takes the ranges of numbers from real writing; give --calibrate SET")
    out = out or checkpoint.with_suffix(".onnx")
    export_model(
        checkpoint,
        out,
        name=name or out.stem,
        sets=calibrate or (),
        prior_weight=prior_weight,
        weights_path=weights,
        data_root=data_root,
        show=typer.echo,
        allow_custom=allow_custom,
        int8=int8,
    )
    typer.echo(f"wrote {out}; next: yomite recognize --model {out} FILE")


@dataclass(frozen=True)
class Exported:
    """What an export found out.

    Attributes:
        calibrated: Of the sets; None without sets.
        parity: Of the ONNX file with its weights on the sets' canvases; None without sets.
        rejection: How the file tells what is no character; None without sets, or without data to draw with.
    """

    calibrated: "Calibrated | None" = None
    parity: "Parity | None" = None
    rejection: "Rejection | None" = None


def export_model(
    checkpoint_path: Path,
    out: Path,
    *,
    name: str,
    sets: "list[str] | tuple[str, ...]",
    prior_weight: float | None,
    weights_path: Path | None,
    data_root: Path | None,
    show: Callable[[str], object],
    license: str = "",
    allow_custom: bool = False,
    int8: bool = False,
) -> Exported:
    """Export, score the sets once with the exported file, and write what they say into it.

    Args:
        checkpoint_path: What training wrote.
        out: The ONNX file.
        name: The model's name.
        sets: Names or paths of real writing; none leaves the file uncalibrated.
        prior_weight: None to choose it on the sets.
        weights_path: Where to write the weights, float16; None to write none.
        data_root: The data folder.
        show: Takes lines for people.
        license: Of the weights.
        allow_custom: Runs the code of a model that is not built in.
        int8: Convolutions compute with 8-bit integers; sets are needed.
    """
    import numpy as np

    from yomite.apps.rejecting import add_rejection
    from yomite.checkpoint import extract_weights, read_checkpoint, write_checkpoint
    from yomite.evaluation.fitting import calibrate
    from yomite.evaluation.scores import score_again, score_set
    from yomite.export import check_parity, export_onnx, update_metadata
    from yomite.quantization import quantize
    from yomite.reading.characters import load

    checkpoint = read_checkpoint(checkpoint_path)
    log_prior = _count_prior(checkpoint.characters, data_root, show)
    if log_prior is None and prior_weight:
        raise DataError(
            f"--prior-weight {prior_weight}, but there is no prior to weigh; give --data-root DIR"
        )
    metadata = {"name": name, "license": license}
    if log_prior is not None:
        metadata["log_prior"] = json.dumps([round(float(value), 4) for value in log_prior])
        metadata["prior_weight"] = json.dumps(prior_weight or 0.0)
    if weights_path:
        write_checkpoint(weights_path, extract_weights(checkpoint), half=True)
        show(f"wrote {weights_path}")
    export_onnx(weights_path or checkpoint_path, out, metadata=metadata, allow_custom=allow_custom)
    if not sets:
        show(f"not calibrated; prior weight {prior_weight or 0.0:g} (see --calibrate)")
        return Exported()

    reader = load(out)
    scored = []
    for source in sets:
        scored.append(score_set(source, reader, data_root))
        left_out = f", {scored[-1].num_left_out} left out" if scored[-1].num_left_out else ""
        show(f"scored {source}: {len(scored[-1].labels)} samples{left_out}")
    canvases = np.concatenate([one.images for one in scored])
    if int8:
        quantize(out, canvases[:: max(1, len(canvases) // NUM_RANGE_CANVASES)])
        reader = load(out)
        scored = [score_again(one, reader) for one in scored]
    calibrated = calibrate(scored, checkpoint.characters, log_prior, prior_weight)
    for line in calibrated.format():
        show(line)
    update_metadata(out, calibrated.to_metadata())

    rejection = None
    if data_root := _find_data_root(data_root):
        rejection = add_rejection(
            out,
            scored,
            temperature=calibrated.fits["uniform"].temperature,
            checkpoint=checkpoint,
            data_root=data_root,
            show=show,
        )
    for line in rejection.format(calibrated.sets) if rejection else ():
        show(line)
    parity = check_parity(out, weights_path or checkpoint_path, canvases, allow_custom=allow_custom)
    show(
        f"ONNX beside the weights on {parity.num_images} canvases: {parity.num_disagreements} other answers, "
        f"logits differ by {parity.max_difference:.2g} at most"
    )
    return Exported(calibrated, parity, rejection)


def _find_data_root(option: Path | None) -> Path | None:
    """The data folder; None where there is none and none was asked for."""
    from yomite.data.sources import resolve_data_root

    try:
        return resolve_data_root(option)
    except DataError:
        if option:
            raise
        return None


def _count_prior(
    characters: tuple[str, ...], data_root: Path | None, show: Callable[[str], object]
) -> "np.ndarray | None":
    from yomite.charset import Charset
    from yomite.charset.prior import SENTENCES, build_log_prior, count_characters

    root = _find_data_root(data_root)
    path = root / SENTENCES if root else None
    if path is None or not path.is_file():
        where = path or f"no data folder with {SENTENCES}"
        show(f"no prior: {where} is not there; every character counts as equally likely")
        return None
    return build_log_prior(count_characters(path), Charset("exported", characters))
