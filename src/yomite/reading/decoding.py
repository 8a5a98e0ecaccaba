"""From the probabilities of a line to its text: best path, beam search, and the steps of each character.

Connectionist temporal classification gives each step of the line a distribution over the characters and a
blank (Graves et al., Connectionist temporal classification, ICML 2006). `read_best_path` takes the likeliest
class of each step. `search` follows the likeliest texts at once and weighs them with a language model (Hannun
et al., First-pass large vocabulary continuous speech recognition, arXiv:1408.2873). `align` finds the steps
of each character of a known text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yomite.reading.language_model import LanguageModel

BEAM = 12
"""Texts that are followed at once."""

CHOICES = 6
"""Characters of one step that may continue a text."""

LEAST = 1e-2
"""A character less likely than this share of a step's best character is not followed there."""

FAINTEST = 1e-3
"""A step in which no character is likelier than this writes nothing."""

_LIMIT = 300.0
"""Of the logarithm by which one character is weighed: what a float can bear."""


@dataclass(frozen=True)
class Weights:
    """How much the language model counts; chosen on dev and stored in the line model's file.

    Attributes:
        language: What its log-probability is multiplied with.
        length: What each character adds to the logarithm; a language model alone prefers short texts.
    """

    language: float = 0.3
    length: float = 0.0


@dataclass(frozen=True)
class Hypothesis:
    """A text that a line may read.

    Attributes:
        labels: The classes of its characters.
        probability: Its share among the texts that were followed to the end, 0..1.
    """

    labels: tuple[int, ...]
    probability: float


def read_best_path(log_probabilities: np.ndarray) -> tuple[int, ...]:
    """Return the labels along the likeliest path: repeats merged, then blanks dropped.

    Args:
        log_probabilities: Float32 (T, C + 1), the blank last.
    """
    path = log_probabilities.argmax(axis=1)
    is_new = np.concatenate([[True], path[1:] != path[:-1]]) & (path != log_probabilities.shape[1] - 1)
    return tuple(path[is_new].tolist())


def search(
    log_probabilities: np.ndarray,
    characters: Sequence[str],
    language_model: LanguageModel | None = None,
    weights: Weights | None = None,
    *,
    beam: int = BEAM,
) -> list[Hypothesis]:
    """Follow the likeliest texts along a line.

    Args:
        log_probabilities: Float32 (T, C + 1), the blank last.
        characters: The character of each label, C of them.
        language_model: Weighs each character by those before it; None: the picture alone.
        weights: How much the language model counts.
        beam: Texts followed at once.

    Returns:
        At least one and at most `beam` texts, the likeliest first. A text can be no longer than the line has
        steps, so nothing loops; a line whose blanks are sure everywhere is the empty text.
    """
    weights = weights or Weights()
    blank = log_probabilities.shape[1] - 1
    blanks = np.exp(log_probabilities[:, blank])
    # Most steps are sure blanks and need no search.
    written = np.flatnonzero(log_probabilities[:, :blank].max(axis=1) >= math.log(FAINTEST))
    rows = log_probabilities[written, :blank]
    num_choices = min(CHOICES, blank)
    labels = np.argpartition(-rows, num_choices - 1, axis=1)[:, :num_choices]
    shares = np.exp(np.take_along_axis(rows, labels, axis=1))
    is_after_gap = np.diff(written, prepend=-1) > 1
    steps = zip(
        is_after_gap.tolist(), blanks[written].tolist(), labels.tolist(), shares.tolist(), strict=True
    )

    # A text is a number: its parent text, its last label, its end as characters, what its language weighs.
    parents, lasts, ends, boosts = [-1], [-1], [""], [1.0]
    child_by_step: dict[tuple[int, int], int] = {}
    context = language_model.order - 1 if language_model else 0
    texts: dict[int, tuple[float, float]] = {0: (1.0, 0.0)}  # probability: ends in a blank, in its last label

    def extend(text: int, label: int) -> int:
        child = child_by_step.get((text, label))
        if child is None:
            child = child_by_step[text, label] = len(parents)
            character, boost = characters[label], 1.0
            if language_model:
                score = language_model.score(ends[text], character)
                boost = math.exp(max(-_LIMIT, min(weights.language * score + weights.length, _LIMIT)))
            parents.append(text)
            lasts.append(label)
            ends.append((ends[text] + character)[-context:] if context else "")
            boosts.append(boost)
        return child

    for is_apart, blank_share, step_labels, step_shares in steps:
        if is_apart:
            texts = {text: (ended + open_, 0.0) for text, (ended, open_) in texts.items()}
        least = LEAST * max(step_shares)
        choices = [
            (label, share) for label, share in zip(step_labels, step_shares, strict=True) if share >= least
        ]
        grown: dict[int, tuple[float, float]] = {}
        for text, (ended, open_) in texts.items():
            last, whole = lasts[text], ended + open_
            before = grown.get(text, (0.0, 0.0))
            grown[text] = (before[0] + whole * blank_share, before[1])
            for label, share in choices:
                if label == last:  # goes on with its last character, or writes it again after a blank
                    before = grown[text]
                    grown[text] = (before[0], before[1] + open_ * share)
                    start = ended
                else:
                    start = whole
                if start:
                    child = extend(text, label)
                    before = grown.get(child, (0.0, 0.0))
                    grown[child] = (before[0], before[1] + start * share * boosts[child])
        best = sorted(grown.items(), key=_weigh, reverse=True)[:beam]
        scale = 1.0 / (best[0][1][0] + best[0][1][1])
        texts = {text: (ended * scale, open_ * scale) for text, (ended, open_) in best}

    ranked = sorted(((ended + open_, text) for text, (ended, open_) in texts.items()), reverse=True)
    total = sum(share for share, _ in ranked)
    return [Hypothesis(_spell(text, parents, lasts), share / total) for share, text in ranked]


def _weigh(entry: tuple[int, tuple[float, float]]) -> float:
    return entry[1][0] + entry[1][1]


def _spell(text: int, parents: list[int], lasts: list[int]) -> tuple[int, ...]:
    labels = []
    while text:
        labels.append(lasts[text])
        text = parents[text]
    return tuple(reversed(labels))


def align(log_probabilities: np.ndarray, labels: Sequence[int]) -> np.ndarray:
    """Find the steps of each character along the likeliest path that writes a text.

    Args:
        log_probabilities: Float32 (T, C + 1), the blank last.
        labels: The text, at most as long as the steps allow (T, less one for each pair of equal neighbors).

    Returns:
        Int64 (L, 2): the first step of each character and the one after its last.
    """
    num_steps, blank = len(log_probabilities), log_probabilities.shape[1] - 1
    if not labels:
        return np.zeros((0, 2), np.int64)
    states = np.full(2 * len(labels) + 1, blank)
    states[1::2] = labels
    emitted = log_probabilities[:, states].astype(np.float64)
    # From two states before: over a blank, between different characters.
    may_skip = np.zeros(len(states), bool)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    score[:2] = emitted[0, :2]
    moves = np.zeros((num_steps, len(states)), np.int8)
    for step in range(1, num_steps):
        by_one = np.concatenate([[-np.inf], score[:-1]])
        by_two = np.where(may_skip, np.concatenate([[-np.inf, -np.inf], score[:-2]]), -np.inf)
        ways = np.stack([score, by_one, by_two])
        moves[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[step]
    state = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    path = np.zeros(num_steps, np.int64)
    for step in range(num_steps - 1, -1, -1):
        path[step] = state
        state -= int(moves[step, state])
    spans = np.zeros((len(labels), 2), np.int64)
    for index in range(len(labels)):
        steps = np.flatnonzero(path == 2 * index + 1)
        spans[index] = (steps[0], steps[-1] + 1) if len(steps) else (0, 0)
    return spans
