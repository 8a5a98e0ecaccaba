"""What is read: plain, immutable results, and the one shape that they have as JSON."""

import json
from dataclasses import dataclass
from typing import Any, Literal


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
        seems_several: True where it is rejected and seems to be several characters: read it as a line.
    """

    candidates: tuple[Candidate, ...]
    confidence: float
    is_rejected: bool
    seems_several: bool = False

    @property
    def text(self) -> str:
        """The likeliest character."""
        return self.candidates[0].text

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data, numbers with 6 decimals.

        Returns:
            ``{"text", "confidence", "is_rejected", "seems_several", "candidates": [{"text", "probability"},
            ...]}``.
        """
        candidates = [{"text": one.text, "probability": round(one.probability, 6)} for one in self.candidates]
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "is_rejected": self.is_rejected,
            "seems_several": self.seems_several,
            "candidates": candidates,
        }

    def to_json(self) -> str:
        """Return to_dict() as one line of JSON, its characters unescaped."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


Box = tuple[float, float, float, float]
"""Left, top, right, bottom: px of the picture as given (upright as its EXIF says), or the unit of strokes."""

Polygon = tuple[tuple[float, float], ...]
"""Corners x, y in px of the picture as given (upright as its EXIF says)."""

Direction = Literal["horizontal", "vertical"]
Directions = Literal["auto", "horizontal", "vertical"]


@dataclass(frozen=True)
class LineCharacter:
    """One character of a line.

    Attributes:
        text: The character.
        box: Where it stands.
        confidence: Calibrated chance, 0..1, that it is right.
        candidates: The likeliest characters at its place, best first; the one read is among them.
    """

    text: str
    box: Box
    confidence: float
    candidates: tuple[Candidate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the character as plain data, numbers of px with 1 decimal."""
        return {
            "text": self.text,
            "box": [round(number, 1) for number in self.box],
            "confidence": round(self.confidence, 6),
            "candidates": [
                {"text": one.text, "probability": round(one.probability, 6)} for one in self.candidates
            ],
        }


@dataclass(frozen=True)
class Line:
    """What one line was read as; ``str()`` of it is the text.

    Attributes:
        characters: In reading order.
        confidence: Calibrated chance, 0..1, that a character of it is right.
        exact_confidence: Calibrated chance, 0..1, that the whole line is right.
        direction: How the line runs: "horizontal" from the left, "vertical" from the top.
        is_rejected: True where it is probably no line of Japanese handwriting.
        polygon: Of a line of a page, where it stands: four corners or more, clockwise for whoever reads it,
            beginning at its upper left. Empty for a picture of one line.
    """

    characters: tuple[LineCharacter, ...]
    confidence: float
    exact_confidence: float
    direction: Direction
    is_rejected: bool
    polygon: Polygon = ()

    @property
    def text(self) -> str:
        """The characters, one after the other."""
        return "".join(character.text for character in self.characters)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data: numbers with 6 decimals, px with 1."""
        place = {"polygon": [[round(x, 1), round(y, 1)] for x, y in self.polygon]} if self.polygon else {}
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "exact_confidence": round(self.exact_confidence, 6),
            "direction": self.direction,
            "is_rejected": self.is_rejected,
            **place,
            "characters": [character.to_dict() for character in self.characters],
        }

    def to_json(self) -> str:
        """Return to_dict() as one line of JSON, its characters unescaped."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True)
class Page:
    """What a page was read as; ``str()`` of it is the text.

    Attributes:
        lines: In reading order, those that are rejected too.
        size: Width and height of the picture as given (upright as its EXIF says), in px.
        turn: By how many degrees the picture must be turned clockwise to stand upright: 0, 90, 180 or 270.
            Boxes and polygons are in px of the picture as given.
    """

    lines: tuple[Line, ...]
    size: tuple[int, int]
    turn: int = 0

    @property
    def text(self) -> str:
        """The lines that are not rejected, one below the other."""
        return "\n".join(line.text for line in self.lines if not line.is_rejected)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the page as plain data."""
        return {
            "text": self.text,
            "size": list(self.size),
            "turn": self.turn,
            "lines": [line.to_dict() for line in self.lines],
        }

    def to_json(self) -> str:
        """Return to_dict() as one line of JSON, its characters unescaped."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
