"""Open a model file (ONNX) and check that it keeps the contract of docs/model-file.md.

The file describes itself: characters, calibration and prior stand in its metadata, so nothing is guessed
from its path and nothing else has to be shipped beside it.
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError

FORMAT_VERSION = "1"
TASK = "character"
PRIORS = ("text", "uniform")
DEFAULT_MODEL = "yomite-character"


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
        path: Where it lies.
        session: ONNX Runtime's session; its ``run`` may be called from many threads.
        name: The model's name.
        characters: C characters in label order.
        input_size: Side S of its canvas, in pixels.
        calibrations: By prior, "text" and "uniform".
        known_threshold: Value of the output `known` below which a reading is rejected; None where the file
            has no such output.
    """

    path: Path
    session: onnxruntime.InferenceSession
    name: str
    characters: tuple[str, ...]
    input_size: int
    calibrations: Mapping[str, Calibration]
    known_threshold: float | None = None

    def compute(self, images: np.ndarray, *outputs: str) -> list[np.ndarray]:
        """Run the model on uint8 (N, 1, S, S) images and return the outputs named; the rest is not run."""
        options = onnxruntime.RunOptions()
        options.only_execute_path_to_fetches = True
        return [np.asarray(output) for output in self.session.run(list(outputs), {"images": images}, options)]


def released_models() -> dict[str, Path]:
    """Path of each model in the package, by name."""
    folder = Path(str(resources.files("yomite"))) / "released"
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def find_model(name_or_path: str | Path | None = None) -> Path:
    """Path of a released model by its name, or of any ONNX file.

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
        raise ModelFileError(f"{path} is a checkpoint, not an ONNX file; type: yomite export {path}")
    if path.is_file():
        return path
    names = ", ".join(released) or "none in this installation"
    if path.suffix == ".onnx" or len(path.parts) > 1:
        raise ModelFileError(f"{path}: no such file; give an .onnx file or a released model ({names})")
    raise ModelFileError(
        f"no model named {str(path)!r}; released: {names}; or give the path of an .onnx file"
    )


def open_model_file(path: Path, num_threads: int) -> ModelFile:
    """Open a model file and check everything that reading relies on.

    Raises:
        ModelFileError: It is missing, damaged, no ONNX, of another version or task, or its parts do not fit.
    """
    session = _open_session(path, num_threads)
    metadata = session.get_modelmeta().custom_metadata_map
    if "format_version" not in metadata:
        raise ModelFileError(
            f"{path}: an ONNX file, but no yomite model (no format_version); see yomite export"
        )
    if metadata["format_version"] != FORMAT_VERSION:
        raise ModelFileError(
            f"{path}: model format {metadata['format_version']!r}, this yomite reads {FORMAT_VERSION!r}; "
            "type: pip install -U yomite, or export the model again"
        )
    if metadata.get("task") != TASK:
        raise ModelFileError(
            f"{path}: a model for the task {metadata.get('task')!r}; this reader needs {TASK!r}"
        )
    characters = _read_field(path, metadata, "charset", _to_characters)
    model_file = ModelFile(
        path=path,
        session=session,
        name=metadata.get("name", path.stem),
        characters=characters,
        input_size=_read_input_size(path, session),
        calibrations=_read_calibrations(path, metadata, len(characters)),
        known_threshold=_read_known_threshold(path, metadata, session),
    )
    _check_blank_reading(model_file)
    return model_file


def count_cores() -> int:
    """Cores that this process may use, at most 8: one small picture gains nothing from more."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


def _open_session(path: Path, num_threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; give an .onnx file or a released model's name")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 4  # what goes wrong is said once, by the error below
    # Threads that spin while they wait take the cores from the threads that make canvases.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a class of its own for each way to fail, without a base
        raise ModelFileError(
            f"{path}: no ONNX file, or a damaged one ({path.stat().st_size} bytes); fetch or export it again"
        ) from error


def _read_field(path: Path, metadata: Mapping[str, str], name: str, convert: Callable[[Any], Any]) -> Any:
    """One metadata field, from JSON; `convert` raises for a value that is not allowed."""
    try:
        return convert(json.loads(metadata[name]))
    except (KeyError, TypeError, ValueError) as error:
        came = "is missing" if name not in metadata else "is not valid"
        raise ModelFileError(f"{path}: its metadata field {name!r} {came}; export the model again") from error


def _to_characters(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise ValueError("not a list of distinct characters")
    if not all(isinstance(character, str) and character for character in value):
        raise ValueError("not a list of characters")
    return tuple(value)


def _to_numbers_by_prior(value: Any) -> dict[str, float]:
    numbers = {prior: float(value[prior]) for prior in PRIORS}
    if not all(0 <= number < float("inf") for number in numbers.values()):
        raise ValueError("a number out of range")
    return numbers


def _to_temperatures(value: Any) -> dict[str, float]:
    temperatures = _to_numbers_by_prior(value)
    if not all(temperatures.values()):
        raise ValueError("a temperature of 0")
    return temperatures


def _to_vector(value: Any) -> np.ndarray:
    vector = np.asarray(value, np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("a number that is not finite")
    return vector


def _read_calibrations(path: Path, metadata: Mapping[str, str], num_classes: int) -> dict[str, Calibration]:
    temperatures = _read_field(path, metadata, "temperature", _to_temperatures)
    thresholds = _read_field(path, metadata, "rejection_threshold", _to_numbers_by_prior)
    log_prior = _read_field(path, metadata, "log_prior", _to_vector)
    prior_weight = _read_field(path, metadata, "prior_weight", float)
    if log_prior.shape != (num_classes,):
        raise ModelFileError(
            f"{path}: a charset of {num_classes} characters, but a log_prior of shape {log_prior.shape}; "
            "export the model again"
        )
    weighted = (prior_weight * log_prior).astype(np.float32)
    log_priors = {"text": weighted, "uniform": np.zeros_like(weighted)}
    return {prior: Calibration(log_priors[prior], temperatures[prior], thresholds[prior]) for prior in PRIORS}


def _read_known_threshold(
    path: Path, metadata: Mapping[str, str], session: onnxruntime.InferenceSession
) -> float | None:
    if "known" not in {output.name for output in session.get_outputs()}:
        return None
    return _read_field(path, metadata, "known_threshold", _to_number)


def _to_number(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("a number that is not finite")
    return number


def _read_input_size(path: Path, session: onnxruntime.InferenceSession) -> int:
    shape_by_name = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    shape = shape_by_name.get("images", [])
    if len(shape) != 4 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise ModelFileError(f"{path}: no input 'images' of shape (N, 1, S, S); export the model again")
    return shape[2]


def _check_blank_reading(model_file: ModelFile) -> None:
    """Read one blank canvas: settles lazy work, and shows a file whose parts do not belong together."""
    path, size = model_file.path, model_file.input_size
    try:
        (logits,) = model_file.compute(np.zeros((1, 1, size, size), np.uint8), "logits")
    except Exception as error:  # see _open_session
        raise ModelFileError(
            f"{path}: cannot be run (uint8 images in, logits out); export it again"
        ) from error
    num_classes = len(model_file.characters)
    if logits.shape != (1, num_classes):
        raise ModelFileError(
            f"{path}: a charset of {num_classes} characters, but logits of shape {logits.shape}; "
            "export the model again"
        )
    if not np.isfinite(logits).all():
        raise ModelFileError(
            f"{path}: its weights are damaged (logits are not finite); fetch or export it again"
        )
