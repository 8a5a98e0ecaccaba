"""Read characters with a released model: picture or strokes -> canvas -> ONNX Runtime -> candidates.

Needs neither torch nor a configuration: the model file carries its characters, its calibration and its
prior (docs/model-file.md says how).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from yomite.charset import lookalikes_of
from yomite.errors import CharsetError, ModelFileError, PictureError, YomiteError
from yomite.ink.canvas import to_canvas
from yomite.model_file import PRIORS, Calibration, count_cores, find_model, open_model_file

# Large enough to keep ONNX Runtime busy, small enough that a batch's logits stay in the cache.
BATCH_SIZE = 32

_Raise = Literal["raise"]


@dataclass(frozen=True)
class Candidate:
    """One possible reading: a character and its probability, 0..1."""

    text: str
    probability: float


@dataclass(frozen=True)
class Recognition:
    """What one picture was read as; ``str()`` of it is the text.

    Attributes:
        candidates: The likeliest characters, best first, as many as asked for.
        confidence: Calibrated chance, 0..1, that the text is right with look-alikes counted as right: the
            summed probability of all look-alikes of the first candidate.
        is_rejected: True where the picture is probably no character the model knows, by the model file's
            own measure; where the file has none, by low confidence.
    """

    candidates: tuple[Candidate, ...]
    confidence: float
    is_rejected: bool

    @property
    def text(self) -> str:
        """The likeliest character."""
        return self.candidates[0].text

    def __str__(self) -> str:
        return self.text


class Recognizer:
    """Reads pictures of one character each; made by :func:`load`. Thread-safe and picklable.

    Attributes:
        path: The model file.
        name: The model's name.
        characters: All C characters that it can answer, in label order.
        input_size: Side S of the canvas that it reads, in pixels.
        prior: "text" or "uniform", the choice for readings that name none.
        num_threads: As given to :func:`load`.
    """

    def __init__(self, path: str | Path, prior: str = "text", num_threads: int | None = None) -> None:
        self.prior = _check_prior(prior)
        self.num_threads = _check_num_threads(num_threads)
        self._num_workers = num_threads or count_cores()
        self._model = open_model_file(Path(path), self._num_workers)
        self.path = self._model.path
        self.name = self._model.name
        self.characters = self._model.characters
        self.input_size = self._model.input_size
        self._label_by_character = {character: label for label, character in enumerate(self.characters)}
        self._lookalike_labels = self._collect_lookalike_labels()

    def __reduce__(self) -> tuple[type["Recognizer"], tuple[Path, str, int | None]]:
        return Recognizer, (self.path, self.prior, self.num_threads)

    def recognize(self, picture: Any, *, top: int = 10, prior: str | None = None) -> Recognition:
        """Read one picture.

        Args:
            picture: A path, the bytes of a file, a PIL image, a numpy array, or strokes
                ``[[(x, y), ...], ...]`` with y down.
            top: How many candidates to return, at least 1.
            prior: "text" weighs characters by how often they are written, "uniform" does not;
                None takes the choice made at loading.

        Raises:
            PictureError: The picture cannot be read, or is blank.
        """
        calibration = self._model.calibrations[self._choose_prior(prior)]
        canvas = to_canvas(picture, self.input_size)
        return self._read(canvas[None, None], calibration, _check_top(top))[0]

    @overload
    def recognize_many(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: _Raise = "raise"
    ) -> list[Recognition]: ...
    @overload
    def recognize_many(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: str
    ) -> list[Recognition | YomiteError]: ...
    def recognize_many(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: str = "raise"
    ) -> list[Any]:
        """Read many pictures; results in the same order. See :meth:`recognize_iter` for the arguments."""
        return list(self.recognize_iter(pictures, top=top, prior=prior, errors=errors))

    @overload
    def recognize_iter(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: _Raise = "raise"
    ) -> Iterator[Recognition]: ...
    @overload
    def recognize_iter(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: str
    ) -> Iterator[Recognition | YomiteError]: ...
    def recognize_iter(
        self, pictures: Iterable[Any], *, top: int = 10, prior: str | None = None, errors: str = "raise"
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
        calibration = self._model.calibrations[self._choose_prior(prior)]
        if errors not in ("raise", "return"):
            raise YomiteError(f'errors={errors!r}: type "raise" or "return"')
        return self._stream(pictures, calibration, _check_top(top), errors == "raise")

    def explain(self, picture: Any, character: str | None = None) -> np.ndarray:
        """Where the model saw a character: what each place adds to its logit, negative parts cut off.

        Args:
            picture: As for :meth:`recognize`.
            character: The character in question; None takes the one that is read.

        Returns:
            float32 (S, S) over the canvas image, 0..1 with 1 at the strongest place; all 0 where no place
            speaks for the character.
        """
        canvas = to_canvas(picture, self.input_size)[None, None]
        if character is None:
            character = self._read(canvas, self._model.calibrations[self.prior], 1)[0].text
        if character not in self._label_by_character:
            raise CharsetError(
                f"{character!r} is not one of the {len(self.characters)} characters of {self.name}"
            )
        outputs = {output.name for output in self._model.session.get_outputs()}
        if not {"features", "class_weights"} <= outputs:
            raise ModelFileError(
                f"{self.path}: no features and class_weights to explain with; export it again"
            )
        features, class_weights = self._model.compute(canvas, "features", "class_weights")
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
            raise ModelFileError(f"{self.path}: no output 'known'; export it again with --calibrate")
        return self._model.compute(images, "known")[0]

    def _stream(
        self, pictures: Iterable[Any], calibration: Calibration, top: int, raises: bool
    ) -> Iterator[Recognition | PictureError]:
        iterator = iter(pictures)
        waiting: deque[Future[list[np.ndarray | PictureError]]] = deque()
        pool = ThreadPoolExecutor(self._num_workers, thread_name_prefix="yomite-canvas")
        num_read = 0
        try:
            while True:
                while len(waiting) <= self._num_workers and (batch := list(islice(iterator, BATCH_SIZE))):
                    waiting.append(pool.submit(self._prepare, batch))
                if not waiting:
                    return
                prepared = waiting.popleft().result()
                canvases = [item for item in prepared if isinstance(item, np.ndarray)]
                read = iter(self._read(np.stack(canvases)[:, None], calibration, top) if canvases else ())
                for index, item in enumerate(prepared, start=num_read):
                    if isinstance(item, np.ndarray):
                        yield next(read)
                    elif raises:
                        raise PictureError(f"picture {index}: {item}") from item
                    else:
                        yield item
                num_read += len(prepared)
        finally:
            pool.shutdown(cancel_futures=True)

    def _prepare(self, pictures: Sequence[Any]) -> list[np.ndarray | PictureError]:
        prepared: list[np.ndarray | PictureError] = []
        for picture in pictures:
            try:
                prepared.append(to_canvas(picture, self.input_size))
            except PictureError as error:
                # Its traceback would hold the picture until the garbage collector comes round.
                prepared.append(error.with_traceback(None))
        return prepared

    def _read(self, images: np.ndarray, calibration: Calibration, top: int) -> list[Recognition]:
        threshold = self._model.known_threshold
        if threshold is None:
            logits, is_unknown = self.compute_logits(images), np.zeros(len(images), bool)
        else:
            logits, known = self._model.compute(images, "logits", "known")
            is_unknown = known < threshold
        scores = logits + calibration.log_prior
        scores -= scores.max(axis=1, keepdims=True)
        scores /= np.float32(calibration.temperature)
        probabilities = np.exp(scores, out=scores)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        top = min(top, len(self.characters))
        best = np.argpartition(probabilities, -top, axis=1)[
            :, -top:
        ]  # far cheaper than a sort of all classes
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
        labels_by_label = {}
        for character, label in self._label_by_character.items():
            group = lookalikes_of(character) & self._label_by_character.keys()
            if len(group) > 1:
                labels_by_label[label] = np.array(sorted(self._label_by_character[other] for other in group))
        return labels_by_label

    def _choose_prior(self, prior: str | None) -> str:
        return self.prior if prior is None else _check_prior(prior)


def load(
    name_or_path: str | Path | None = None, *, prior: str = "text", num_threads: int | None = None
) -> Recognizer:
    """Open a model for reading.

    Args:
        name_or_path: A released model's name or the path of an ONNX file; None takes "yomite-character".
        prior: "text" or "uniform", the choice for every reading that does not name its own.
        num_threads: Threads for the model and for canvases; None takes all cores, at most 8.

    Raises:
        ModelFileError: No such model, or its file is damaged or of another version or task.
    """
    return Recognizer(find_model(name_or_path), prior, num_threads)


def _check_prior(prior: str) -> str:
    if prior not in PRIORS:
        raise YomiteError(f'prior={prior!r}: type "text" or "uniform"')
    return prior


def _check_num_threads(num_threads: int | None) -> int | None:
    if num_threads is not None and num_threads < 1:
        raise YomiteError(f"num_threads={num_threads}: type a whole number from 1, or None for all cores")
    return num_threads


def _check_top(top: int) -> int:
    if top < 1:
        raise YomiteError(f"top={top}: type a whole number from 1")
    return top


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
