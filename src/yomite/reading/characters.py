"""Read characters with a released model: picture or strokes -> canvas -> ONNX Runtime -> candidates."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from yomite.charset import number_lookalikes
from yomite.cores import count_cores
from yomite.errors import CharsetError, ModelFileError, YomiteError
from yomite.ink.canvas import to_canvas
from yomite.ink.pictures import Picture
from yomite.reading.arguments import (
    check_errors,
    check_num_threads,
    check_one,
    check_prior,
    check_several,
    check_top,
)
from yomite.reading.batches import read_in_batches
from yomite.reading.lines import ReadsLines
from yomite.reading.metadata import Prior
from yomite.reading.model_file import Calibration, find_model, open_model_file
from yomite.reading.results import Candidate, Recognition

_MAX_THREADS = 8  # one small picture gains nothing from more


class Recognizer(ReadsLines):
    """Reads pictures of one character each; made by :func:`load`. Thread-safe and picklable.

    Attributes:
        path: The model file; of a model in memory, the name that its file would have.
        name: The model's name.
        characters: All C characters that it can answer, in label order.
        lookalike_groups: Characters that share a shape when they stand alone, a string for each shape.
        input_size: Side S of the canvas that it reads, in pixels.
        canvas_version: Of that canvas (docs/canvas.md).
        prior: "text" or "uniform", the choice for readings that name none.
        num_threads: As given to :func:`load`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes,
        prior: Prior = "text",
        num_threads: int | None = None,
        line: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open a model file, given by its path or its content; the rest is as for :func:`load`."""
        self.prior: Prior = check_prior(prior)
        self.num_threads = check_num_threads(num_threads)
        self._num_workers = num_threads or min(count_cores(), _MAX_THREADS)
        super().__init__(line, self._num_workers)
        self._source = source if isinstance(source, bytes) else Path(source)
        self._model = open_model_file(self._source, self._num_workers)
        self.name = self._model.name
        self.path = Path(f"{self.name}.onnx") if isinstance(self._source, bytes) else self._source
        self.characters = self._model.characters
        self.lookalike_groups = self._model.lookalike_groups
        self.input_size = self._model.input_size
        self.canvas_version = self._model.canvas_version
        self._label_by_character = {character: label for label, character in enumerate(self.characters)}
        self._lookalike_labels = self._collect_lookalike_labels()

    def __reduce__(self) -> tuple[type["Recognizer"], tuple[Any, ...]]:
        return Recognizer, (self._source, self.prior, self.num_threads, self.line_source)

    def __repr__(self) -> str:
        return (
            f"<Recognizer {self.name}: {len(self.characters)} characters, {self.input_size} px, "
            f"prior {self.prior!r}>"
        )

    def recognize(self, picture: Picture, *, top: int = 10, prior: Prior | None = None) -> Recognition:
        """Read one picture.

        Args:
            picture: A path, the bytes of a file or an open one, a PIL image, a numpy array, or strokes
                ``[[(x, y), ...], ...]`` with y down.
            top: How many candidates to return, at least 1.
            prior: "text" weighs characters by how often they are written, "uniform" does not;
                None takes the choice made at loading.

        Raises:
            PictureError: The picture cannot be read, or is blank.
        """
        calibration, top = self._choose_calibration(prior), check_top(top)
        check_one(picture, "recognize_many([...])")
        return self._read([to_canvas(picture, self.input_size, self.canvas_version)], calibration, top)[0]

    @overload
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["raise"] = "raise",
    ) -> list[Recognition]: ...
    @overload
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["return"],
    ) -> list[Recognition | YomiteError]: ...
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> list[Any]:
        """Read many pictures; results in the same order. See :meth:`recognize_iter` for the arguments."""
        return list(self.recognize_iter(pictures, top=top, prior=prior, errors=errors))

    @overload
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["raise"] = "raise",
    ) -> Iterator[Recognition]: ...
    @overload
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["return"],
    ) -> Iterator[Recognition | YomiteError]: ...
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[Any]:
        """Read any number of pictures, lazily and in bounded memory; results in the same order.

        Takes at most a few batches of pictures ahead of the result it gives: canvases are made in threads
        while ONNX Runtime computes.

        Args:
            pictures: As for :meth:`recognize`.
            top: As for :meth:`recognize`.
            prior: As for :meth:`recognize`.
            errors: "raise" ends at the first bad picture with a PictureError that names its index;
                "return" puts the PictureError in its place and goes on.
        """
        calibration, top = self._choose_calibration(prior), check_top(top)
        raises = check_errors(errors)
        check_several(pictures, "recognize")
        return read_in_batches(
            pictures,
            lambda picture: to_canvas(picture, self.input_size, self.canvas_version),
            lambda canvases: self._read(canvases, calibration, top),
            num_threads=self._num_workers,
            raises=raises,
        )

    def explain(self, picture: Picture, character: str | None = None) -> np.ndarray:
        """Where the model saw a character: what each place adds to its logit, negative parts cut off.

        Args:
            picture: As for :meth:`recognize`.
            character: The character in question; None takes the one that is read.

        Returns:
            float32 (S, S) over the canvas image, 0..1 with 1 at the strongest place; all 0 where no place
            speaks for the character.
        """
        check_one(picture, "explain(...) for each")
        canvas = to_canvas(picture, self.input_size, self.canvas_version)
        if character is None:
            character = self._read([canvas], self._choose_calibration(None), 1)[0].text
        if character not in self._label_by_character:
            raise CharsetError(
                f"{character!r} is not one of the {len(self.characters)} characters of {self.name}"
            )
        outputs = {output.name for output in self._model.session.get_outputs()}
        if not {"features", "class_weights"} <= outputs:
            raise ModelFileError(
                f"{self._model.where}: no features and class_weights to explain with; export it again"
            )
        features, class_weights = self._model.compute(canvas[None, None], "features", "class_weights")
        weights = class_weights[self._label_by_character[character]]
        contributions = np.tensordot(weights, features[0], axes=1)
        rows, columns = (_build_upsampling(n, self.input_size) for n in contributions.shape)
        heat = rows @ np.maximum(contributions, 0) @ columns.T
        return heat / heat.max() if heat.max() > 0 else heat

    def compute_logits(self, images: np.ndarray) -> np.ndarray:
        """Run the model alone: uint8 (N, 1, S, S) canvas images -> float32 (N, C), without prior."""
        return self._model.compute(images, "logits")[0]

    def compute_known(self, images: np.ndarray) -> np.ndarray:
        """Log-odds that each canvas image, uint8 (N, 1, S, S), is one known character: float32 (N,).

        Raises:
            ModelFileError: The file has no such output.
        """
        if self._model.known_threshold is None:
            raise ModelFileError(f"{self._model.where}: no output 'known'; export it again with --calibrate")
        return self._model.compute(images, "known")[0]

    def _read(self, canvases: Sequence[np.ndarray], calibration: Calibration, top: int) -> list[Recognition]:
        logits, is_unknown = self._model.compute_answers(np.stack(canvases)[:, None])
        with np.errstate(over="ignore"):
            scores = logits + calibration.log_prior
            highest = scores.max(axis=1, keepdims=True)
            if not np.isfinite(highest).all():
                raise ModelFileError(f"{self._model.where}: its logits are out of range; export it again")
            scores -= highest
            scores /= np.float32(calibration.temperature)
        probabilities = np.exp(scores, out=scores)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        top = min(top, len(self.characters))
        best = np.argpartition(probabilities, -top, axis=1)[:, -top:]  # far cheaper than sorting all classes
        order = np.argsort(-np.take_along_axis(probabilities, best, axis=1), axis=1)
        best = np.take_along_axis(best, order, axis=1)
        return [
            self._build_recognition(labels, row, calibration, unknown)
            for labels, row, unknown in zip(best, probabilities, is_unknown.tolist(), strict=True)
        ]

    def _build_recognition(
        self, labels: np.ndarray, probabilities: np.ndarray, calibration: Calibration, is_unknown: bool
    ) -> Recognition:
        group = self._lookalike_labels.get(int(labels[0]), labels[:1])
        confidence = min(1.0, float(probabilities[group].sum()))
        candidates = tuple(
            Candidate(self.characters[label], probability)
            for label, probability in zip(labels.tolist(), probabilities[labels].tolist(), strict=True)
        )
        return Recognition(candidates, confidence, is_unknown or confidence < calibration.rejection_threshold)

    def _collect_lookalike_labels(self) -> dict[int, np.ndarray]:
        """Labels of a character and its look-alikes, for each label that has any."""
        numbers = np.array(number_lookalikes(self.characters, self.lookalike_groups))
        has_any = np.bincount(numbers)[numbers] > 1
        return {
            label: np.flatnonzero(numbers == numbers[label]) for label in np.flatnonzero(has_any).tolist()
        }

    def _choose_calibration(self, prior: Prior | None) -> Calibration:
        return self._model.calibrations[self.prior if prior is None else check_prior(prior)]


def load(
    name_or_path: str | os.PathLike[str] | None = None,
    *,
    prior: Prior = "text",
    num_threads: int | None = None,
    line: str | os.PathLike[str] | None = None,
) -> Recognizer:
    """Open a model for reading.

    Args:
        name_or_path: A released model's name or the path of an ONNX file; None takes "yomite-character".
        prior: "text" or "uniform", the choice for every reading that does not name its own.
        num_threads: Threads for the model and for canvases, at most 256; None takes all cores, at most 8.
        line: The ONNX file of a line model, for :meth:`Recognizer.read_line`; opened when it is first needed.
            A language model beside it, of the same name (.npz), is taken too.

    Raises:
        ModelFileError: No such model, or its file is damaged or of another version or task.
    """
    return Recognizer(find_model(name_or_path), prior, num_threads, line)


def _build_upsampling(num_places: int, size: int) -> np.ndarray:
    """Weights, float32 (size, num_places), of the cubic B-spline through evenly spread places.

    Its weights are never negative and sum to 1 in each row, so that a map stays within its range.
    """
    centers = (np.arange(num_places) + 0.5) / num_places
    positions = (np.arange(size) + 0.5) / size
    distance = np.abs(positions[:, None] - centers) * num_places
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.maximum(2 - distance, 0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
