"""Read lines with a released model: a crop -> a strip -> steps -> a text with boxes and candidates."""

import math
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np

from yomite.errors import CharsetError, ModelFileError, PictureError
from yomite.ink.pictures import Picture, read_gray
from yomite.ink.strokes import is_strokes, to_strokes
from yomite.reading.arguments import check_direction, check_errors, check_one, check_several, check_top
from yomite.reading.batches import read_in_batches
from yomite.reading.decoding import search
from yomite.reading.devices import Device
from yomite.reading.evidence import share_out, to_chance, to_log_odds, weigh_evidence
from yomite.reading.language_model import LanguageModel, read_language_model
from yomite.reading.line_file import DEFAULT_LINE_MODEL, LineFile, open_line_file
from yomite.reading.line_map import LineMap, build_line_map
from yomite.reading.metadata import Prior
from yomite.reading.model_file import released_models
from yomite.reading.results import Directions, Line, LineCharacter, Recognition
from yomite.reading.strips import Strip, to_strips
from yomite.reading.stroke_counts import Drawing, to_drawing


class LineReader:
    """Reads crops of one line each. Thread-safe and picklable.

    Attributes:
        file: The open line model.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes,
        language_model: str | os.PathLike[str] | None = None,
        num_threads: int = 1,
        device: Device = "cpu",
    ) -> None:
        """Open a line model.

        Args:
            source: Its path, or its content.
            language_model: A file to weigh its texts with; None takes the language model inside.
            num_threads: Threads for ONNX Runtime.
            device: Where it runs.
        """
        self._arguments = (source, language_model, num_threads, device)
        self.file: LineFile = open_line_file(
            source if isinstance(source, bytes) else Path(source), num_threads, device
        )

    def __reduce__(self) -> tuple[type["LineReader"], tuple[Any, ...]]:
        return LineReader, self._arguments

    @cached_property
    def language_model(self) -> LanguageModel | None:
        """What weighs its texts, read when it is first needed; None where the model has none."""
        own = self._arguments[1]
        return self.file.read_language_model() if own is None else read_language_model(own)

    def prepare(self, picture: Any, direction: Directions) -> list[Strip]:
        """Turn a picture into the strips that are to be read: one, or two where its direction is open.

        Raises:
            PictureError: The picture cannot be read, or is blank.
        """
        return to_strips(picture, direction, self.file.height, self.file.canvas_version)

    def read(self, strips: Sequence[Strip], *, language_model: bool = True, top: int = 5) -> Line:
        """Read one line.

        Args:
            strips: As `prepare` makes them; the one that reads better is taken.
            language_model: Whether the language model has a say.
            top: Candidates of each character.
        """
        return max(
            (self._read(strip, self.language_model if language_model else None, top) for strip in strips),
            key=lambda line: line.confidence,
        )

    def _read(self, strip: Strip, language_model: LanguageModel | None, top: int) -> Line:
        file = self.file
        log_probabilities = file.compute(strip.image, strip.direction)
        hypotheses = search(log_probabilities, file.characters, language_model, file.weights)
        evidence = weigh_evidence(
            log_probabilities, hypotheses, file.characters, language_model, file.weights
        )
        boxes = strip.find_boxes(evidence.spans * file.step_px)
        characters = []
        for box, features, rivals, label in zip(
            boxes, evidence.features, evidence.rivals, hypotheses[0].labels, strict=True
        ):
            text, confidence = file.characters[label], to_chance(features, file.calibration.character)
            characters.append(LineCharacter(text, box, confidence, share_out(rivals, text, confidence, top)))
        if not characters:
            return Line((), 0.0, 0.0, strip.direction, True)
        confidence = math.fsum(character.confidence for character in characters) / len(characters)
        exact = to_chance([to_log_odds(hypotheses[0].probability), len(characters)], file.calibration.line)
        is_rejected = confidence < file.calibration.rejection_threshold
        return Line(tuple(characters), confidence, min(exact, confidence), strip.direction, is_rejected)


_Prepared = tuple[list[Strip], Drawing | None]
"""The strips of a picture, and what the character model sees where it may show a single character."""


def to_line(recognition: Recognition, strip: Strip) -> Line:
    """Turn a single character that was recognized into a line of one."""
    chance = recognition.candidates[0].probability
    (box,) = strip.find_boxes(np.array([[0.0, strip.image.shape[1]]]))
    character = LineCharacter(recognition.text, box, chance, recognition.candidates)
    return Line((character,), chance, chance, strip.direction, False)


class ReadsLines:
    """What reads lines with a line model, which is opened when it is first needed.

    Attributes:
        line_source: The line model's file; None for the released one.
        device: Where models run.
    """

    device: Device

    def __init__(self, line_source: str | os.PathLike[str] | None, num_threads: int) -> None:
        self.line_source = line_source
        self._num_line_threads = num_threads
        self._line_lock = Lock()
        self._line_reader: LineReader | None = None

    @property
    def has_line_model(self) -> bool:
        """Whether there is a line model, one's own or the released one."""
        return self.line_source is not None or DEFAULT_LINE_MODEL in released_models()

    @property
    def line_characters(self) -> tuple[str, ...]:
        """All characters that the line model can answer, in label order.

        Raises:
            ModelFileError: There is no line model, or it cannot be opened.
        """
        return self._open_line_reader().file.characters

    def read_line(
        self,
        picture: Picture,
        *,
        direction: Directions = "auto",
        language_model: bool = True,
        top: int = 5,
    ) -> Line:
        """Read one line, from left to right or from top to bottom, with the line model.

        A picture that may show a single character is also read by the character model, which knows rare
        kanji better; the surer reading is taken.

        Args:
            picture: A crop of one line, as for :meth:`recognize`.
            direction: "horizontal", "vertical", or "auto" to go by its shape.
            language_model: Whether to weigh what was read by how Japanese is written.
            top: How many candidates to return for each character.

        Raises:
            PictureError: The picture cannot be read, or is blank.
            ModelFileError: There is no line model.
        """
        check_direction(direction)
        check_one(picture, "read_lines([...])")
        top = check_top(top)
        return self._read_prepared(self._prepare_line(picture, direction), language_model, top)

    def read_lines(
        self,
        pictures: Iterable[Picture],
        *,
        direction: Directions = "auto",
        language_model: bool = True,
        top: int = 5,
        errors: Literal["raise", "return"] = "raise",
    ) -> list[Any]:
        """Read many lines; results in the same order.

        Args:
            pictures: As for :meth:`read_line`, as are the arguments between.
            direction: Of all of them.
            language_model: For all of them.
            top: Candidates of each character.
            errors: "raise" ends at the first bad picture with a PictureError that names its index;
                "return" puts the PictureError in its place and goes on.
        """
        raises, top = check_errors(errors), check_top(top)
        check_direction(direction)
        check_several(pictures, "read_line")
        self._open_line_reader()
        return list(
            read_in_batches(
                pictures,
                lambda picture: self._prepare_line(picture, direction),
                lambda many: [self._read_prepared(one, language_model, top) for one in many],
                raises=raises,
            )
        )

    def explain_line(
        self,
        picture: Picture,
        text: str | None = None,
        *,
        direction: Directions = "auto",
        language_model: bool = True,
    ) -> LineMap:
        """Tell from which columns of a line each character was read.

        Args:
            picture: As for :meth:`read_line`.
            text: The text in question; None takes the one that is read.
            direction: As for :meth:`read_line`.
            language_model: As for :meth:`read_line`.

        Raises:
            PictureError: The picture cannot be read, or is blank.
            CharsetError: The text has a character that the model does not know, or is too long for the line.
            ModelFileError: There is no line model.
        """
        check_direction(direction)
        check_one(picture, "explain_line(...) for each")
        if not isinstance(text, str | None):
            raise CharsetError(
                f"text is of type {type(text).__name__}; pass one text, or None for what is read"
            )
        file, prepared = self._open_line_reader().file, self._prepare_line(picture, direction)
        line = self._read_prepared(prepared, language_model, 1)
        strip = next(strip for strip in prepared[0] if strip.direction == line.direction)
        text = line.text if text is None else text
        label_by_character = {character: label for label, character in enumerate(file.characters)}
        if unknown := next((one for one in text if one not in label_by_character), ""):
            raise CharsetError(f"{unknown!r} is none of {file.name}'s {len(file.characters)} characters")
        log_probabilities = file.compute(strip.image, strip.direction)
        labels = [label_by_character[one] for one in text]
        found = build_line_map(text, labels, log_probabilities, strip.image, strip.direction)
        if found is None:
            raise CharsetError(
                f"{len(text)} characters are too many for a line of {len(log_probabilities)} steps; "
                "pass the text of this line"
            )
        return found

    def _prepare_line(self, picture: Any, direction: Directions) -> "_Prepared":
        subject = to_strokes(picture) if is_strokes(picture) else read_gray(picture)
        strips = self._open_line_reader().prepare(subject, direction)
        drawing = None
        if any(strip.may_be_one_character for strip in strips):
            with suppress(PictureError):
                drawing = to_drawing(subject, self.to_canvas)
        return strips, drawing

    def _read_prepared(self, prepared: "_Prepared", language_model: bool, top: int) -> Line:
        strips, drawing = prepared
        reader = self._open_line_reader()
        line = reader.read(strips, language_model=language_model, top=top)
        if drawing is None:
            return line
        recognition = self._recognize_drawing(drawing, top, "text" if language_model else "uniform")
        is_surer = not line.characters or recognition.confidence >= line.exact_confidence
        if recognition.is_rejected or not is_surer or recognition.text not in reader.file.characters:
            return line
        return to_line(recognition, strips[0])

    def to_canvas(self, picture: Any) -> np.ndarray:
        """Make what the character model sees of a picture."""
        raise NotImplementedError

    def _recognize_drawing(self, drawing: Drawing, top: int, prior: Prior) -> Recognition:
        """Read a single character with the character model."""
        raise NotImplementedError

    def _open_line_reader(self) -> "LineReader":
        with self._line_lock:
            if self._line_reader is None:
                source = self.line_source or released_models().get(DEFAULT_LINE_MODEL)
                if source is None:
                    raise ModelFileError(
                        "this installation has no line model; type: pip install --force-reinstall yomite, "
                        "or give your own: yomite.load(line=FILE)"
                    )
                beside = (path := Path(source)).with_suffix(".npz")
                self._line_reader = LineReader(
                    path, beside if os.path.isfile(beside) else None, self._num_line_threads, self.device
                )
            return self._line_reader
