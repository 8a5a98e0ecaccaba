"""Lines beside what was read of them, character by character, with the places in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yomite.data.samples import Sample
from yomite.evaluation.text_errors import Pair, align_units, judge_characters, normalize_text
from yomite.reading.results import Box, Line


@dataclass(frozen=True)
class JudgedLine:
    """One line beside what was read of it.

    Attributes:
        sample: The line.
        result: What was read, or None where there was an error.
        pairs: What was written and read, normalized, in reading order.
        places: Of each pair the index of the character in `result`, or -1 where it was missed.
    """

    sample: Sample
    result: Line | None
    pairs: tuple[Pair, ...]
    places: tuple[int, ...]

    @property
    def confidence(self) -> float:
        """Of the line; below all others where it was not read."""
        return self.result.confidence if self.result else -1.0

    @property
    def num_edits(self) -> int:
        """From what was written to what was read."""
        return sum(one != other for one, other in self.pairs)

    @property
    def num_written(self) -> int:
        """Characters that were written."""
        return sum(bool(one) for one, _ in self.pairs)

    def find_box(self, index: int) -> Box | None:
        """Find where a pair stands in the picture, in px, which may end beyond its rim.

        For a missed character that is from the middle of the one before to the middle of the one after.

        Returns:
            None where the line was not read, or nothing of it.
        """
        if self.result is None or not self.result.characters:
            return None
        boxes = [character.box for character in self.result.characters]
        if (place := self.places[index]) >= 0:
            return boxes[place]
        first, last = (0, 2) if self.result.direction == "horizontal" else (1, 3)
        size = max(box[side + 2] - box[side] for box in boxes for side in (0, 1))
        before = max(self.places[:index], default=-1)
        after = min((place for place in self.places[index:] if place >= 0), default=len(boxes))
        near = boxes[max(before, 0) : after + 1]
        ends = [min(box[side] for box in near) for side in (0, 1)]
        ends += [max(box[side] for box in near) for side in (2, 3)]
        ends[first] = (
            (boxes[before][first] + boxes[before][last]) / 2 if before >= 0 else boxes[0][first] - size
        )
        ends[last] = (
            (boxes[after][first] + boxes[after][last]) / 2 if after < len(boxes) else boxes[-1][last] + size
        )
        return ends[0], ends[1], max(ends[2], ends[0] + 1), max(ends[3], ends[1] + 1)


def judge_line(sample: Sample, result: Line | None) -> JudgedLine:
    """Lay what was read beside what was written, with as few edits as possible."""
    written = list(normalize_text(sample.character))
    read = [
        (character, index)
        for index, one in enumerate(result.characters if result else ())
        for character in normalize_text(one.text)
    ]
    pairs = align_units(written, [character for character, _ in read])
    rest = iter([index for _, index in read])
    return JudgedLine(sample, result, tuple(pairs), tuple(next(rest) if other else -1 for _, other in pairs))


def measure_line_risk(lines: Sequence[JudgedLine]) -> tuple[np.ndarray, np.ndarray]:
    """Measure the risk-coverage curve: the error rate of characters in the most confident lines.

    Args:
        lines: At least one; those that were not read are the least confident.

    Returns:
        coverage: Float (N,), the share of the lines that is answered, 0..1 rising.
        risk: Float (N,), 0 and up.
    """
    ordered = sorted(lines, key=lambda line: -line.confidence)
    edits = np.cumsum([line.num_edits for line in ordered])
    units = np.cumsum([line.num_written for line in ordered])
    return np.arange(1, len(ordered) + 1) / len(ordered), edits / np.maximum(units, 1)


def list_confidences(lines: Sequence[JudgedLine]) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence, float (N,), of each character that was read, and whether it is right, bool."""
    confidences, is_right = [], []
    for line in lines:
        characters = line.result.characters if line.result else ()
        confidences += [character.confidence for character in characters]
        is_right += judge_characters(line.sample.character, [character.text for character in characters])
    return np.array(confidences, float), np.array(is_right, bool)
