"""Read characters with a released model: picture or strokes -> canvas -> ONNX Runtime -> candidates."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from yomite.cores import count_cores
from yomite.errors import CharsetError, ModelFileError, YomiteError
from yomite.ink.canvas import to_canvas
from yomite.ink.pictures import Picture
from yomite.reading.among import Choice, Choices
from yomite.reading.answers import answer
from yomite.reading.arguments import (
    check_among,
    check_errors,
    check_kind,
    check_num_threads,
    check_one,
    check_prior,
    check_several,
    check_top,
)
from yomite.reading.batches import read_in_batches
from yomite.reading.devices import Device, check_device
from yomite.reading.heat import Kind, check_explains, compute_heat
from yomite.reading.ink_file import LazyInkFinder
from yomite.reading.metadata import Prior
from yomite.reading.model_file import Calibration, find_model, open_model_file
from yomite.reading.pages import ReadsPages
from yomite.reading.results import Recognition
from yomite.reading.stroke_counts import Drawing, to_drawing

_MAX_THREADS = 8  # one small picture gains nothing from more


class Recognizer(ReadsPages):
    """Reads pictures of one character each; made by :func:`load`. Thread-safe and picklable.

    Attributes:
        path: The model file; of a model in memory, the name that its file would have.
        name: The model's name.
        characters: All C characters that it can answer, in label order.
        lookalike_groups: Characters that share a shape when they stand alone, a string for each shape.
        input_size: Side S of the canvas that it reads, in pixels.
        canvas_version: Of that canvas (docs/canvas.md).
        prior: "text" or "uniform", the choice for readings that name none.
        num_threads, device: As given to :func:`load`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes,
        prior: Prior = "text",
        num_threads: int | None = None,
        line: str | os.PathLike[str] | None = None,
        page: str | os.PathLike[str] | None = None,
        device: Device = "cpu",
        ink: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open a model file, given by its path or its content; the rest is as for :func:`load`."""
        self.prior: Prior = check_prior(prior)
        self.num_threads = check_num_threads(num_threads)
        self.device: Device = check_device(device)
        self._num_workers = num_threads or min(count_cores(), _MAX_THREADS)
        super().__init__(line, page, self._num_workers)
        self._source = source if isinstance(source, bytes) else Path(source)
        self._model = open_model_file(self._source, self._num_workers, self.device)
        self.name = self._model.name
        self.path = Path(f"{self.name}.onnx") if isinstance(self._source, bytes) else self._source
        self.characters = self._model.characters
        self.lookalike_groups = self._model.lookalike_groups
        self.input_size = self._model.input_size
        self.canvas_version = self._model.canvas_version
        self._label_by_character = {character: label for label, character in enumerate(self.characters)}
        self._finder = LazyInkFinder(ink, self.device)
        self._choices = Choices(self.characters, self.lookalike_groups)

    def __reduce__(self) -> tuple[type["Recognizer"], tuple[Any, ...]]:
        sources = self._source, self.prior, self.num_threads, self.line_source, self.page_source
        return Recognizer, (*sources, self.device, self._finder.source)

    def __repr__(self) -> str:
        return (
            f"<Recognizer {self.name}: {len(self.characters)} characters, {self.input_size} px, "
            f"prior {self.prior!r}>"
        )

    def recognize(
        self,
        picture: Picture,
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
    ) -> Recognition:
        """Read one picture.

        Args:
            picture: A path, the bytes of a file or an open one, a PIL image, a numpy array, or strokes
                ``[[(x, y), ...], ...]`` with y down.
            top: How many candidates to return, at least 1.
            prior: "text" weighs characters by how often they are written, "uniform" does not;
                None takes the choice made at loading.
            among: The only characters that may be answered: "kana", "hiragana", "katakana", "kanji",
                "digits", "latin", or the characters themselves; None allows all. Probabilities and
                confidence are then shares of what is allowed, and ink that is clearly another character
                is rejected.

        Raises:
            PictureError: The picture cannot be read, or is blank.
            CharsetError: `among` is an unknown name, empty, or has characters that the model does not know.
        """
        calibration, top, choice = self._choose_calibration(prior), check_top(top), self._choose(among)
        check_one(picture, "recognize_many([...])")
        drawing = to_drawing(picture, self.to_canvas)
        return self._read([drawing], calibration, top, choice)[0]

    @overload
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["raise"] = "raise",
    ) -> list[Recognition]: ...
    @overload
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["return"],
    ) -> list[Recognition | YomiteError]: ...
    def recognize_many(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> list[Any]:
        """Read many pictures; results in the same order. See :meth:`recognize_iter` for the arguments."""
        return list(self.recognize_iter(pictures, top=top, prior=prior, among=among, errors=errors))

    @overload
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["raise"] = "raise",
    ) -> Iterator[Recognition]: ...
    @overload
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["return"],
    ) -> Iterator[Recognition | YomiteError]: ...
    def recognize_iter(
        self,
        pictures: Iterable[Picture],
        *,
        top: int = 10,
        prior: Prior | None = None,
        among: str | Iterable[str] | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[Any]:
        """Read any number of pictures, lazily and in bounded memory; results in the same order.

        Takes at most a few batches of pictures ahead of the result it gives: canvases are made in threads
        while ONNX Runtime computes.

        Args:
            pictures, top, prior, among: As for :meth:`recognize`.
            errors: "raise" ends at the first bad picture with a PictureError that names its index;
                "return" puts the PictureError in its place and goes on.
        """
        calibration, top, choice = self._choose_calibration(prior), check_top(top), self._choose(among)
        raises = check_errors(errors)
        check_several(pictures, "recognize")
        return read_in_batches(
            pictures,
            lambda picture: to_drawing(picture, self.to_canvas),
            lambda drawings: self._read(drawings, calibration, top, choice),
            raises=raises,
        )

    @property
    def has_attention(self) -> bool:
        """Whether :meth:`explain` can show the attention of the model."""
        return "attention" in self._model.outputs

    def explain(
        self, picture: Picture, character: str | None = None, *, kind: Kind = "evidence"
    ) -> np.ndarray:
        """Where the model saw a character.

        Args:
            picture: As for :meth:`recognize`.
            character: The character in question; None takes the one that is read.
            kind: "evidence": what each place adds to the logit, negative parts cut off. "attention": where
                that came from, followed back through the attention of a Transformer, 0 at the least.

        Returns:
            float32 (S, S) over the canvas image, 0..1, 1 at the strongest place; all 0 if none speaks for it.
        """
        check_kind(kind)
        check_one(picture, "explain(...) for each")
        check_explains(self._model, kind)
        drawing = to_drawing(picture, self.to_canvas)
        if character is None:
            character = self._read([drawing], self._choose_calibration(None), 1, self._choose(None))[0].text
        if (label := self._label_by_character.get(character)) is None:
            raise CharsetError(f"{character!r} is none of {self.name}'s {len(self.characters)} characters")
        return compute_heat(self._model, drawing.canvas, label, kind)

    def to_canvas(self, picture: Picture) -> np.ndarray:
        """Make what the model sees of a picture or strokes: uint8 (S, S), ink bright on 0 (docs/canvas.md).

        Raises:
            PictureError: The picture cannot be read, or is blank.
        """
        return to_canvas(picture, self.input_size, self.canvas_version, self._finder)

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

    def list_characters(self, among: str | Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the characters that `among`, as for :meth:`recognize`, allows; in label order."""
        return self._choose(among).characters

    def _read(
        self, drawings: Sequence[Drawing], calibration: Calibration, top: int, choice: Choice
    ) -> list[Recognition]:
        return answer(self._model, drawings, calibration, choice, top)

    def _recognize_drawing(self, drawing: Drawing, top: int, prior: Prior) -> Recognition:
        return self._read([drawing], self._choose_calibration(prior), top, self._choose(None))[0]

    def _choose(self, among: str | Iterable[str] | None) -> Choice:
        return self._choices.choose(check_among(among))

    def _choose_calibration(self, prior: Prior | None) -> Calibration:
        return self._model.calibrations[self.prior if prior is None else check_prior(prior)]


def load(
    name_or_path: str | os.PathLike[str] | None = None,
    *,
    prior: Prior = "text",
    num_threads: int | None = None,
    line: str | os.PathLike[str] | None = None,
    page: str | os.PathLike[str] | None = None,
    device: Device = "cpu",
    ink: str | os.PathLike[str] | None = None,
) -> Recognizer:
    """Open a model for reading.

    Args:
        name_or_path: A released model's name or the path of an ONNX file; None takes "yomite-character".
        prior: "text" or "uniform", the choice for every reading that does not name its own.
        num_threads: Threads for the model and for canvases, at most 256; None takes all cores, at most 8.
        line: The ONNX file of a line model, for :meth:`Recognizer.read_line`; opened when it is first needed.
            A language model beside it, of the same name (.npz), is taken instead of the one inside.
        page: The ONNX file of a page model, for :meth:`Recognizer.read`; opened when it is first needed.
        device: "cpu", or "cuda" where the package onnxruntime-gpu stands in the place of onnxruntime.
        ink: The ONNX file of an ink finder, which tells a character from the paper; opened when first needed.

    Raises:
        ModelFileError: No such model, or its file is damaged or of another version or task.
        YomiteError: ONNX Runtime cannot use the device.
    """
    return Recognizer(find_model(name_or_path), prior, num_threads, line, page, device, ink)
