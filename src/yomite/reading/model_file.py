"""Open a model file (ONNX) and check that it keeps the contract of docs/model-file.md.

The file describes itself: characters, look-alikes, calibration and prior stand in its metadata, so nothing is
guessed from its path and nothing else has to be shipped beside it.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from yomite.charset import LOOKALIKE_GROUPS
from yomite.errors import ModelFileError, YomiteError
from yomite.ink.canvas import CANVAS_VERSION
from yomite.reading.devices import PROVIDERS, Device, check_device
from yomite.reading.metadata import (
    PRIORS,
    Metadata,
    Prior,
    read_metadata,
    to_characters,
    to_groups,
    to_number,
    to_numbers_by_prior,
    to_temperatures,
    to_vector,
    to_weight,
)
from yomite.reading.stroke_counts import to_stroke_counts, weigh_stroke_counts

TASK = "character"
DEFAULT_MODEL = "yomite-character"

MIN_INPUT_SIZE, MAX_INPUT_SIZE = 8, 512
"""Side of the canvas in px; a larger one in a damaged file would take all memory."""


@dataclass(frozen=True)
class Calibration:
    """What turns logits into probabilities for one choice of prior.

    Probabilities are softmax((logits + log_prior) / temperature).

    Attributes:
        log_prior: float32 (C,), natural logarithm, its weight multiplied in; zeros for the uniform prior.
        temperature: Above 0.
        rejection_threshold: Confidence, 0..1, below which a reading is rejected.
    """

    log_prior: np.ndarray
    temperature: float
    rejection_threshold: float


@dataclass(frozen=True)
class ModelFile:
    """An open model file.

    Attributes:
        where: Its path, or what stands for it in messages.
        session: ONNX Runtime's session; its ``run`` may be called from many threads.
        name: The model's name.
        characters: C characters in label order.
        lookalike_groups: Characters that share a shape when they stand alone, a string for each shape.
        input_size: Side S of its canvas, in pixels.
        canvas_version: Of the canvas that it was trained with.
        calibrations: By prior, "text" and "uniform".
        known_threshold: Value of the output `known` below which a reading is rejected; None without one.
        stroke_counts: With how many strokes each character is written; None where the file does not say.
    """

    where: str
    session: onnxruntime.InferenceSession
    name: str
    characters: tuple[str, ...]
    lookalike_groups: tuple[str, ...]
    input_size: int
    canvas_version: int
    calibrations: Mapping[Prior, Calibration]
    known_threshold: float | None = None
    stroke_counts: tuple[tuple[int, ...], ...] | None = None

    @cached_property
    def stroke_evidence(self) -> np.ndarray | None:
        """Of `weigh_stroke_counts`; None without stroke counts."""
        return weigh_stroke_counts(self.stroke_counts) if self.stroke_counts else None

    @property
    def outputs(self) -> frozenset[str]:
        """Names of its outputs."""
        return frozenset(output.name for output in self.session.get_outputs())

    def compute(self, images: np.ndarray, *outputs: str) -> list[np.ndarray]:
        """Run the model on uint8 (N, 1, S, S) images and return the outputs named.

        The rest need not run, if the runtime heeds that; ONNX Runtime 1.32 computes every output.

        Raises:
            ModelFileError: A number that comes out is not finite.
        """
        options = onnxruntime.RunOptions()
        options.only_execute_path_to_fetches = True
        results = [np.asarray(one) for one in self.session.run(list(outputs), {"images": images}, options)]
        for name, result in zip(outputs, results, strict=True):
            if not np.isfinite(result).all():
                raise ModelFileError(
                    f"{self.where}: its weights are damaged ({name} are not finite); fetch or export it again"
                )
        return results

    def compute_answers(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the model on uint8 (N, 1, S, S) images.

        Returns:
            logits, (N, C), without prior; whether each picture is rejected by `known`, bool (N,).

        Raises:
            ModelFileError: The outputs have other shapes, or hold numbers that are not finite.
        """
        names = ["logits"] if self.known_threshold is None else ["logits", "known"]
        logits, *known = self.compute(images, *names)
        num_images, num_classes = len(images), len(self.characters)
        if logits.shape != (num_images, num_classes):
            raise ModelFileError(
                f"{self.where}: a charset of {num_classes} characters, but logits of shape {logits.shape}; "
                "export the model again"
            )
        if not known:
            return logits, np.zeros(num_images, bool)
        if known[0].shape != (num_images,):
            raise ModelFileError(
                f"{self.where}: one number known a picture is due, but it has shape {known[0].shape}; "
                "export the model again"
            )
        return logits, known[0] < self.known_threshold


def released_models() -> dict[str, Path]:
    """Return the path of each model in the package, by name."""
    folder = Path(str(resources.files("yomite"))) / "released"
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def find_model(name_or_path: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of a released model by its name, or of any ONNX file.

    Raises:
        ModelFileError: Neither a released name nor an existing ONNX file.
    """
    released = released_models()
    if name_or_path is None:
        name_or_path = DEFAULT_MODEL
    if str(name_or_path) in released:
        return released[str(name_or_path)]
    path = Path(name_or_path)
    if path.suffix == ".safetensors":
        raise ModelFileError(
            f"{path} is a checkpoint, not an ONNX file; type: yomite export {shlex.quote(str(path))}"
        )
    if os.path.isfile(path):  # unlike Path.is_file, takes any path
        return path
    names = ", ".join(released) or "none in this installation"
    if path.suffix == ".onnx" or len(path.parts) > 1:
        raise ModelFileError(f"{path}: no such file; give an .onnx file or a released model ({names})")
    raise ModelFileError(
        f"no model named {str(path)!r}; released: {names}; or give the path of an .onnx file"
    )


def open_model_file(source: Path | bytes, num_threads: int, device: Device = "cpu") -> ModelFile:
    """Open a model file and check everything that reading relies on.

    Args:
        source: Its path, or its content.
        num_threads: Threads for ONNX Runtime.
        device: Where it runs.

    Raises:
        ModelFileError: It is missing, damaged, no ONNX, of another version or task, or its parts do not fit.
    """
    where = "the model" if isinstance(source, bytes) else str(source)
    session = open_session(source, num_threads, device=device)
    metadata = read_metadata(where, session, TASK)
    characters = metadata.read("charset", to_characters)
    read_stroke_counts = partial(to_stroke_counts, num_classes=len(characters))
    has_known = "known" in {output.name for output in session.get_outputs()}
    model_file = ModelFile(
        where=where,
        session=session,
        name=metadata.fields.get("name", "model" if isinstance(source, bytes) else source.stem),
        characters=characters,
        lookalike_groups=metadata.read("lookalikes", to_groups, LOOKALIKE_GROUPS),
        input_size=_read_input_size(where, session),
        canvas_version=metadata.read("canvas_version", _to_canvas_version, 1),
        calibrations=_read_calibrations(metadata, len(characters)),
        known_threshold=metadata.read("known_threshold", to_number) if has_known else None,
        stroke_counts=metadata.read("stroke_counts", read_stroke_counts, None),
    )
    _check_blank_reading(model_file)
    return model_file


def open_session(
    source: Path | bytes, num_threads: int, *, is_optimized: bool = True, device: Device = "cpu"
) -> onnxruntime.InferenceSession:
    """Open any ONNX file, given by its path or its content.

    Args:
        source: Its path, or its content.
        num_threads: Threads for ONNX Runtime.
        is_optimized: Without, it opens sooner and runs slower: enough to see what a file says of itself.
        device: Where it runs.

    Raises:
        ModelFileError: There is none, or it is damaged.
        YomiteError: ONNX Runtime cannot use the device.
    """
    provider = PROVIDERS[check_device(device)]
    if isinstance(source, Path) and not os.path.isfile(source):
        raise ModelFileError(f"{source}: no such file; give an .onnx file or a released model's name")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    if not is_optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4  # what goes wrong is said once, by the error below
    # Threads that spin while they wait take the cores from the threads that make canvases.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = source if isinstance(source, bytes) else str(source)
    no_device = YomiteError(
        f"device={device!r}: ONNX Runtime finds no GPU, or not the CUDA and cuDNN that it was built for; "
        "type nvidia-smi, or read on the CPU"
    )
    try:
        # Without its fallback, which prints a banner of its own and tries the same once more.
        session = onnxruntime.InferenceSession(model, options, providers=[provider], enable_fallback=0)
    except Exception as error:  # ONNX Runtime has a class of its own for each way to fail, without a base
        if "CUDA" in str(error):
            raise no_device from error
        is_content = isinstance(source, bytes)
        where, size = ("the model", len(source)) if is_content else (source, source.stat().st_size)
        raise ModelFileError(
            f"{where}: no ONNX file, or a damaged one ({size} bytes); fetch or export it again"
        ) from error
    if provider not in session.get_providers():  # it goes on without what it cannot load
        raise no_device
    return session


def _read_calibrations(metadata: Metadata, num_classes: int) -> dict[Prior, Calibration]:
    temperatures = metadata.read("temperature", to_temperatures)
    thresholds = metadata.read("rejection_threshold", to_numbers_by_prior)
    log_prior = metadata.read("log_prior", to_vector)
    if log_prior.shape != (num_classes,):
        raise ModelFileError(
            f"{metadata.where}: a charset of {num_classes} characters, but a log_prior of shape "
            f"{log_prior.shape}; export the model again"
        )
    with np.errstate(over="ignore"):
        weighted = metadata.read("prior_weight", lambda value: to_vector(to_weight(value) * log_prior))
    log_priors = {"text": weighted, "uniform": np.zeros_like(weighted)}
    return {prior: Calibration(log_priors[prior], temperatures[prior], thresholds[prior]) for prior in PRIORS}


def _to_canvas_version(value: Any) -> int:
    """Check a version of the canvas that this yomite has."""
    if value not in range(1, CANVAS_VERSION + 1):
        raise ValueError(f"a version above {CANVAS_VERSION}")
    return int(value)


def _read_input_size(where: str, session: onnxruntime.InferenceSession) -> int:
    shape_by_name = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    shape = shape_by_name.get("images", [])
    if len(shape) != 4 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise ModelFileError(f"{where}: no input 'images' of shape (N, 1, S, S); export the model again")
    if not MIN_INPUT_SIZE <= shape[2] <= MAX_INPUT_SIZE:
        raise ModelFileError(
            f"{where}: an input of {shape[2]} x {shape[2]} px; this yomite reads {MIN_INPUT_SIZE} to "
            f"{MAX_INPUT_SIZE}; export a model of such a size"
        )
    return shape[2]


def _check_blank_reading(model_file: ModelFile) -> None:
    """Read one blank canvas: settles lazy work, and shows a file whose parts do not belong together."""
    try:
        model_file.compute_answers(np.zeros((1, 1, model_file.input_size, model_file.input_size), np.uint8))
    except ModelFileError:
        raise
    except Exception as error:  # see open_session
        raise ModelFileError(
            f"{model_file.where}: cannot be run (uint8 images in, logits out); export it again"
        ) from error
