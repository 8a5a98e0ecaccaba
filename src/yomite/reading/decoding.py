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

CHOICES = 10
"""Characters of one step that may continue a text."""

LEAST = 5e-3
"""A character less likely than this share of a step's best character is not followed there."""

FAINTEST = 1e-3
"""A step in which no character is likelier than this writes nothing."""

_FOLDED = 16
"""Numbers of a folded row for each that is sought."""

_NOTHING = (0.0, 0.0)
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
        language_model: Weighs each character by those before it, its scores at most 0; None: the picture
            alone.
        weights: How much the language model counts.
        beam: Texts followed at once.

    Returns:
        At least one and at most `beam` texts, the likeliest first. A text can be no longer than the line has
        steps, so nothing loops; a line whose blanks are sure everywhere is the empty text.
    """
    weights = weights or Weights()
    blank = log_probabilities.shape[1] - 1
    # Most steps are sure blanks and need no search.
    chosen = np.flatnonzero(log_probabilities[:, :blank].max(axis=1) >= math.log(FAINTEST))
    labels, logarithms = find_best(log_probabilities[chosen, :blank], CHOICES)
    steps = zip(
        (np.diff(chosen, prepend=-1) > 1).tolist(),
        np.exp(log_probabilities[chosen, blank]).tolist(),
        labels.tolist(),
        np.exp(logarithms).tolist(),
        strict=True,
    )

    # A text is a number: its parent text, its last label, its end as characters, what its language weighs.
    parents, lasts, ends, boosts = [-1], [-1], [""], [1.0]
    child_by_step: dict[tuple[int, int], int] = {}
    context = language_model.order - 1 if language_model else 0
    texts: dict[int, tuple[float, float]] = {0: (1.0, 0.0)}  # probability: ends in a blank, in its last label
    highest = math.exp(min(weights.length, _LIMIT)) if language_model else 1.0

    def extend(text: int, label: int) -> int:
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
        least = LEAST * step_shares[0]
        share_by_label = {
            label: share for label, share in zip(step_labels, step_shares, strict=True) if share >= least
        }
        grown: list[tuple[float, int, float, float]] = []  # probability, text, and its two parts as above
        for text, (ended, open_) in texts.items():
            whole = ended + open_
            kept = whole * blank_share
            share = share_by_label.get(lasts[text])
            if share is None:
                grown.append((kept, text, kept, 0.0))
                continue
            # Goes on with its last character, or writes it just now.
            before, open_before = texts.get(parents[text], _NOTHING)
            if lasts[parents[text]] != lasts[text]:
                before += open_before
            written = share * (open_ + before * boosts[text])
            grown.append((kept + written, text, kept, written))
        # What a new text must have to be among the best; most need not be made.
        bar = min(grown)[0] if len(grown) >= beam else 0.0
        for text, (ended, open_) in texts.items():
            last, whole = lasts[text], ended + open_
            for label, share in share_by_label.items():
                # The same character again needs a blank between.
                mass = share * (ended if label == last else whole)
                if mass * highest <= bar:
                    continue
                child = child_by_step.get((text, label)) or extend(text, label)
                if child not in texts:
                    grown.append((mass * boosts[child], child, 0.0, mass * boosts[child]))
        grown.sort(reverse=True)
        scale = 1.0 / grown[0][0]
        texts = {text: (ended * scale, open_ * scale) for _, text, ended, open_ in grown[:beam]}

    ranked = sorted(((ended + open_, text) for text, (ended, open_) in texts.items()), reverse=True)
    total = sum(share for share, _ in ranked)
    return [Hypothesis(_spell(text, parents, lasts), share / total) for share, text in ranked]


def _spell(text: int, parents: list[int], lasts: list[int]) -> tuple[int, ...]:
    labels = []
    while text:
        labels.append(lasts[text])
        text = parents[text]
    return tuple(reversed(labels))


def find_best(rows: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the largest numbers of each row, largest first.

    Args:
        rows: Float (N, C).
        number: How many, K; where C is smaller, all.

    Returns:
        Int64 (N, K), where in the row they stand; float (N, K), the numbers.
    """
    num_rows, width = rows.shape
    number = min(number, width)
    # A row is folded into a few numbers, each the largest of its fold: the least of the best of these bars
    # nearly all others. numpy's partition of whole rows takes ten times as long.
    folds = max(1, width // (_FOLDED * number))
    even = width - width % folds
    folded = rows[:, :even].reshape(num_rows, folds, even // folds).max(axis=1)
    folded = np.concatenate([folded, rows[:, even:]], axis=1)
    bars = np.partition(folded, -number, axis=1)[:, -number:].min(axis=1, keepdims=True)
    owners, places = np.divmod(np.flatnonzero(rows >= bars), width)
    values = rows[owners, places]
    order = np.lexsort((-values, owners))
    first = np.searchsorted(owners, np.arange(num_rows))
    chosen = order[first[:, None] + np.arange(number)]
    return places[chosen], values[chosen]


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
    skip = np.full(len(states), -np.inf)
    skip[3::2] = np.where(states[3::2] != states[1:-2:2], 0.0, -np.inf)
    # Two more states stand before the first, so that each has two before it.
    scores = np.full((num_steps, len(states) + 2), -np.inf)
    scores[0, 2:4] = emitted[0, :2]
    before, best = scores[0], np.empty(len(states))
    for row, shares in zip(scores[1:], emitted[1:], strict=True):
        np.add(before[:-2], skip, out=best)
        np.maximum(best, before[1:-1], out=best)
        np.maximum(best, before[2:], out=best)
        np.add(best, shares, out=row[2:])
        before = row
    state = len(states) - 1 if before[-1] >= before[-2] else len(states) - 2
    ways = np.stack([scores[:-1, 2:], scores[:-1, 1:-1], scores[:-1, :-2] + skip])
    moves = ways.argmax(axis=0).tolist()
    spans = np.zeros((len(labels), 2), np.int64)
    for step in range(num_steps - 1, -1, -1):
        if state % 2:
            spans[state // 2] = step, spans[state // 2, 1] or step + 1
        if step:
            state -= moves[step - 1][state]
    return spans
