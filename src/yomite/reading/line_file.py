"""Open a line model's file (ONNX) and check that it keeps the contract of docs/lines.md."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError
from yomite.ink.line_canvas import LINE_CANVAS_VERSION
from yomite.reading.decoding import Weights
from yomite.reading.devices import Device
from yomite.reading.evidence import NUM_FEATURES
from yomite.reading.language_model import LanguageModel, read_language_model
from yomite.reading.metadata import read_metadata, to_characters, to_number
from yomite.reading.model_file import open_session
from yomite.reading.results import Direction

TASK = "line"
DEFAULT_LINE_MODEL = "yomite-line"
MAX_HEIGHT, MAX_STEP_PX = 128, 32

INPUTS: dict[Direction, str] = {"horizontal": "images", "vertical": "images_vertical"}
OUTPUTS: dict[Direction, str] = {
    "horizontal": "log_probabilities",
    "vertical": "log_probabilities_vertical",
}
MAX_LANGUAGE, MAX_LENGTH = 10.0, 50.0
"""Of what the language model counts; a released model has less than 1 and 3."""

_SLACK = 0.05  # of a logarithm that was rounded

LANGUAGE_MODEL = "language_model"
"""A constant output, uint8 (B,): the bytes of the language model."""


@dataclass(frozen=True)
class LineCalibration:
    """What turns a line's evidence into chances of being right; fitted at release.

    Attributes:
        character: Weights of what speaks for a character (see `evidence.py`), and the constant, last.
        line: Weights of the log-odds of the best text's share and of its length, and the constant, last.
        rejection_threshold: Confidence of the line, 0..1, below which it is rejected.
    """

    character: tuple[float, ...] = (1.0, 0.0, 0.0)
    line: tuple[float, ...] = (1.0, 0.0, 0.0)
    rejection_threshold: float = 0.0


@dataclass(frozen=True)
class LineFile:
    """An open line model.

    Attributes:
        where: Its path, or what stands for it in messages.
        session: ONNX Runtime's session; its ``run`` may be called from many threads.
        name: The model's name.
        characters: C characters in label order; the blank is the class after the last.
        height: Of the strips that it reads, in px.
        canvas_version: Of the strips that it was trained with.
        step_px: Px of a strip for each step.
        weights: What the language model counts.
        calibration: Of its confidence.
        tells_directions: Whether vertical lines, which lie on their side, have an output of their own.
        has_language_model: Whether a language model is inside.
    """

    where: str
    session: onnxruntime.InferenceSession
    name: str
    characters: tuple[str, ...]
    height: int
    canvas_version: int
    step_px: int
    weights: Weights
    calibration: LineCalibration
    tells_directions: bool
    has_language_model: bool

    def compute(self, strip: np.ndarray, direction: Direction) -> np.ndarray:
        """Run the model on a strip, uint8 (H, W): float32 (T, C + 1) log-probabilities, the blank last.

        Raises:
            ModelFileError: The file cannot be run, or gives other shapes or numbers that are none of these.
        """
        if not self.tells_directions:
            direction = "horizontal"
        try:
            result = self._run(OUTPUTS[direction], {INPUTS[direction]: strip[None, None]})
        except Exception as error:  # ONNX Runtime has a class of its own for each way to fail
            raise ModelFileError(
                f"{self.where}: cannot be run on a strip of {strip.shape}; export it again"
            ) from error
        if (
            result.ndim != 3
            or result.dtype != np.float32
            or result.shape[0] != 1
            or result.shape[2] != len(self.characters) + 1
        ):
            raise ModelFileError(
                f"{self.where}: {len(self.characters)} characters, but an output of shape {result.shape} and "
                f"type {result.dtype}; export the model again"
            )
        # The likeliest class of each step has at least its share of the whole, and at most all of it.
        least = -math.log(result.shape[2]) - _SLACK
        best = result.max(axis=2, initial=-np.inf)
        if not np.isfinite(result).all() or not best.size or best.min() < least or best.max() > _SLACK:
            raise ModelFileError(
                f"{self.where}: its weights are damaged (no log-probabilities); fetch or export it again"
            )
        return result[0]

    def read_language_model(self) -> LanguageModel | None:
        """Read the language model inside; None where there is none.

        Raises:
            ModelFileError: It is damaged, or of another version.
        """
        if not self.has_language_model:
            return None
        where = f"{self.where}, {LANGUAGE_MODEL}"
        try:
            content = self._run(LANGUAGE_MODEL, {}).tobytes()
        except Exception as error:  # see compute
            raise ModelFileError(f"{where}: cannot be read; fetch or export it again") from error
        return read_language_model(content, where)

    def _run(self, output: str, images: Mapping[str, np.ndarray]) -> np.ndarray:
        """Fetch one output.

        ONNX Runtime wants every input and runs every node, whatever is fetched. A narrow blank strip costs
        next to nothing; the language model is a constant, folded when the file is opened: no node has it.
        """
        names = list(INPUTS.values()) if self.tells_directions else [INPUTS["horizontal"]]
        blank = np.zeros((1, 1, self.height, 2 * self.step_px), np.uint8)
        (result,) = self.session.run([output], {**dict.fromkeys(names, blank), **images})
        return np.asarray(result)


def open_line_file(source: Path | bytes, num_threads: int, device: Device = "cpu") -> LineFile:
    """Open a line model's file and check everything that reading relies on.

    Args:
        source: Its path, or its content.
        num_threads: Threads for ONNX Runtime.
        device: Where it runs.

    Raises:
        ModelFileError: It is missing, damaged, of another version or task, or its parts do not fit.
    """
    where = "the line model" if isinstance(source, bytes) else str(source)
    session = open_session(source, num_threads, device=device)
    metadata = read_metadata(where, session, TASK)
    characters = metadata.read("charset", to_characters)
    outputs = {output.name for output in session.get_outputs()}
    if OUTPUTS["horizontal"] not in outputs:
        raise ModelFileError(f"{where}: no output {OUTPUTS['horizontal']!r}; export the model again")
    line_file = LineFile(
        where=where,
        session=session,
        name=metadata.fields.get("name", "line-model" if isinstance(source, bytes) else source.stem),
        characters=characters,
        height=_read_height(where, session),
        canvas_version=metadata.read("canvas_version", _to_canvas_version, 1),
        step_px=metadata.read("step_px", _to_step_px),
        weights=metadata.read("language_weights", _to_weights, Weights()),
        calibration=metadata.read("line_calibration", _to_calibration, LineCalibration()),
        tells_directions=OUTPUTS["vertical"] in outputs,
        has_language_model=LANGUAGE_MODEL in outputs,
    )
    directions: tuple[Direction, ...] = tuple(OUTPUTS) if line_file.tells_directions else ("horizontal",)
    for direction in directions:
        line_file.compute(np.zeros((line_file.height, 8 * line_file.step_px), np.uint8), direction)
    return line_file


def write_calibration(calibration: LineCalibration) -> str:
    """Return a calibration as its metadata field has it."""
    return json.dumps(vars(calibration))


def _read_height(where: str, session: onnxruntime.InferenceSession) -> int:
    shape = next((tensor.shape for tensor in session.get_inputs() if tensor.name == "images"), [])
    if len(shape) != 4 or not isinstance(shape[2], int) or not 8 <= shape[2] <= MAX_HEIGHT:
        raise ModelFileError(
            f"{where}: no input 'images' of shape (N, 1, H, W), 8 <= H <= {MAX_HEIGHT}; export it again"
        )
    return shape[2]


def _to_canvas_version(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LINE_CANVAS_VERSION:
        raise ValueError(f"a version above {LINE_CANVAS_VERSION}")
    return value


def _to_step_px(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_STEP_PX:
        raise ValueError("not a number of px")
    return value


def _to_weights(value: Any) -> Weights:
    language, length = map(to_number, value)
    if not 0 <= language <= MAX_LANGUAGE or abs(length) > MAX_LENGTH:
        raise ValueError("weights out of range")
    return Weights(language, length)


def _to_calibration(value: Any) -> LineCalibration:
    calibration = LineCalibration(
        tuple(map(to_number, value["character"])),
        tuple(map(to_number, value["line"])),
        to_number(value["rejection_threshold"]),
    )
    if len(calibration.character) not in (3, NUM_FEATURES + 1) or len(calibration.line) != 3:
        raise ValueError("weights of another number")
    if not all(
        math.isfinite(number) and abs(number) < 1e6 for number in (*calibration.character, *calibration.line)
    ):
        raise ValueError("weights out of range")
    return calibration
