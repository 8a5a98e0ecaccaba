"""What is read: plain, immutable results, and the one shape that they have as JSON."""

import json
from dataclasses import dataclass
from typing import Any


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

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data, numbers with 6 decimals.

        Returns:
            ``{"text", "confidence", "is_rejected", "candidates": [{"text", "probability"}, ...]}``.
        """
        candidates = [{"text": one.text, "probability": round(one.probability, 6)} for one in self.candidates]
        return {
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "is_rejected": self.is_rejected,
            "candidates": candidates,
        }

    def to_json(self) -> str:
        """Return to_dict() as one line of JSON, its characters unescaped."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
