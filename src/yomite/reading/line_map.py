"""From which columns of a line each character was read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yomite.reading.heat import build_upsampling
from yomite.reading.results import Direction

COLORS = np.array(
    [(230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (213, 94, 0), (0, 114, 178)], np.float32
)
"""Okabe and Ito's, which people who see few colors can tell apart."""

_TINT = 0.75


@dataclass(frozen=True)
class LineMap:
    """From which columns of a line each character was read.

    Attributes:
        text: The characters in question, L of them.
        strip: Uint8 (H, W), the line as the model saw it, ink bright on 0; a vertical line lies on its side.
        columns: Float32 (L, W), the chance that the model sees each character in each column, provided that
            the line reads so; 0..1 with at most 1 in each column.
        direction: How the line runs in the picture.
    """

    text: str
    strip: np.ndarray
    columns: np.ndarray
    direction: Direction

    def draw(self) -> np.ndarray:
        """Draw the strip with the columns of each character in a color: uint8 (H, W, 3), upright."""
        paper = np.full((self.strip.shape[1], 3), 255, np.float32)
        for index, shares in enumerate(self.columns):
            paper += _TINT * shares[:, None] * (COLORS[index % len(COLORS)] - 255)
        drawn = paper[None] * (1 - self.strip[:, :, None] / np.float32(255))
        drawn = (drawn + 0.5).clip(0, 255).astype(np.uint8)
        return drawn if self.direction == "horizontal" else np.ascontiguousarray(drawn.transpose(1, 0, 2))


def build_line_map(
    text: str, labels: Sequence[int], log_probabilities: np.ndarray, strip: np.ndarray, direction: Direction
) -> LineMap | None:
    """Build the map of a text.

    Args:
        text: The text in question.
        labels: Its classes.
        log_probabilities: Float32 (T, C + 1), the blank last.
        strip: Uint8 (H, W), which these were computed from.
        direction: How the line runs in the picture.

    Returns:
        None where the text has more characters than the line has steps for.
    """
    shares = share_steps(log_probabilities, labels)
    if shares is None:
        return None
    columns = shares @ build_upsampling(shares.shape[1], strip.shape[1]).T
    return LineMap(text, strip, columns.astype(np.float32), direction)


def share_steps(log_probabilities: np.ndarray, labels: Sequence[int]) -> np.ndarray | None:
    """Return the chance that each step writes each character, of all paths that write a text.

    The forward-backward algorithm of connectionist temporal classification (Graves et al., ICML 2006).

    Args:
        log_probabilities: Float32 (T, C + 1), the blank last.
        labels: The text.

    Returns:
        Float64 (L, T), or None where no path writes the text.
    """
    states = np.full(2 * len(labels) + 1, log_probabilities.shape[1] - 1)
    states[1::2] = labels
    emitted = log_probabilities[:, states].astype(np.float64)
    # From two states before: over a blank, between different characters.
    may_skip = np.zeros(len(states), bool)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    forward = _add_up(emitted, may_skip)
    # Backwards the text is read from its end.
    skips_back = np.zeros(len(states), bool)
    skips_back[2:] = may_skip[::-1][: len(states) - 2]
    backward = _add_up(emitted[::-1, ::-1], skips_back)[::-1, ::-1]
    total = np.logaddexp.reduce(forward[-1, -2:])
    if not np.isfinite(total):
        return None
    return np.exp(forward + backward - emitted - total)[:, 1::2].T


def _add_up(emitted: np.ndarray, may_skip: np.ndarray) -> np.ndarray:
    """Log of the summed probability of all paths from the first step to each step and state: (T, S)."""
    scores = np.full_like(emitted, -np.inf)
    scores[0, :2] = emitted[0, :2]
    for step in range(1, len(emitted)):
        before = scores[step - 1]
        ways = np.full((3, len(before)), -np.inf)
        ways[0], ways[1, 1:], ways[2, 2:] = before, before[:-1], before[:-2]
        ways[2, ~may_skip] = -np.inf
        scores[step] = np.logaddexp.reduce(ways) + emitted[step]
    return scores
