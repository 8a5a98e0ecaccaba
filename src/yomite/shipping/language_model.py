"""Count the character n-grams of texts, smooth and prune them, and write the file that reading opens.

Interpolated Kneser-Ney with three discounts (Chen and Goodman, An empirical study of smoothing techniques for
language modeling, TR-10-98, 1998), then every n-gram of order 3 and up that does little is dropped (Stolcke,
Entropy-based pruning of backoff language models, arXiv:cs/0006025, without the context's own probability in
closed form) and the back-offs are computed anew, so that each context still sums to 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from yomite.errors import DataError
from yomite.reading.language_model import FORMAT_VERSION, STEP


@dataclass
class _Level:
    """The n-grams of one order, sorted by (parent, number).

    Attributes:
        parents: Int64 (M,), the place of the n-gram without its last character; 0 for single characters.
        numbers: Int64 (M,), the last character.
        suffixes: Int64 (M,), the place of the n-gram without its first character.
        counts: Float64 (M,), how often it stands in the texts.
        log_probs: Float64 (M,).
        backoffs: Float64 (M,), natural logarithm.
    """

    parents: np.ndarray
    numbers: np.ndarray
    suffixes: np.ndarray
    counts: np.ndarray
    log_probs: np.ndarray
    backoffs: np.ndarray


def build_language_model(
    texts: Iterable[str], characters: str, *, order: int = 5, threshold: float = 1e-7, min_count: int = 2
) -> bytes:
    """Count texts and return the bytes of a language model's file.

    Args:
        texts: Each a line or a sentence; no n-gram spans two of them, nor a character that is not listed.
        characters: What the model knows; those that the texts lack get the probability of the rarest.
        order: Length of the longest n-grams, 2 to 8.
        threshold: N-grams of order 3 and up that change the expected log-probability of a character by less
            than this are dropped; a larger threshold makes a smaller file.
        min_count: Rarer n-grams of order 3 and up are dropped first.

    Raises:
        DataError: The texts hold none of the characters.
    """
    stream, boundary = _number_texts(texts, characters)
    levels = _count(stream, boundary, len(characters), order)
    _smooth(levels, len(characters))
    kept = _prune(levels, threshold, min_count)
    return _pack(_compact(levels, kept), characters)


def _number_texts(texts: Iterable[str], characters: str) -> tuple[np.ndarray, int]:
    """Return all texts as one stream of numbers, int64 (P,), divided by the number of no character."""
    boundary = len(characters)
    number_by_character = {character: number for number, character in enumerate(characters)}
    stream = [boundary]
    for text in texts:
        stream.extend(number_by_character.get(character, boundary) for character in text)
        stream.append(boundary)
    numbers = np.array(stream, np.int64)
    if not (numbers < boundary).any():
        raise DataError("the texts hold none of the characters that the language model shall know")
    return numbers, boundary


def _count(stream: np.ndarray, boundary: int, num_characters: int, order: int) -> list[_Level]:
    # places[p] is the place of the n-gram that ends at p, or -1 where a boundary lies inside.
    places = np.where(stream < boundary, stream, -1)
    counts = np.bincount(stream[stream < boundary], minlength=num_characters).astype(np.float64)
    zeros, nothing = np.zeros(num_characters, np.int64), np.zeros(num_characters)
    levels = [_Level(zeros, np.arange(num_characters), zeros, counts, nothing.copy(), nothing.copy())]
    for _ in range(1, order):
        before = np.concatenate([[-1], places[:-1]])
        is_gram = (before >= 0) & (stream < boundary)
        keys = before[is_gram] * num_characters + stream[is_gram]
        unique, first, inverse, number = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        parents, numbers = np.divmod(unique, num_characters)
        suffixes = places[is_gram][first]
        empty = np.zeros(len(unique))
        levels.append(_Level(parents, numbers, suffixes, number.astype(np.float64), empty, empty.copy()))
        places = np.full(len(stream), -1, np.int64)
        places[is_gram] = inverse
    return levels


def _smooth(levels: list[_Level], num_characters: int) -> None:
    for n, level in enumerate(levels):
        counts = level.counts
        if n + 1 < len(levels):  # below the highest order, in how many contexts a gram stands, not how often
            counts = np.bincount(levels[n + 1].suffixes, minlength=len(counts)).astype(np.float64)
            counts = np.where(
                counts > 0, counts, np.minimum(level.counts, 1.0)
            )  # seen at the begin of a text only
        if n == 0:
            total = counts.sum()
            discount = 0.5
            left = discount * (counts > 0).sum() / total
            probs = np.maximum(counts - discount, 0.0) / total + left / num_characters
            level.log_probs = np.log(probs)
            continue
        discounts = _estimate_discounts(counts)
        taken = discounts[np.minimum(counts, 3).astype(np.int64)]
        size = len(levels[n - 1].counts)
        totals = np.bincount(level.parents, weights=counts, minlength=size)
        left = np.bincount(level.parents, weights=taken, minlength=size) / np.maximum(totals, 1e-12)
        lower = np.exp(levels[n - 1].log_probs[level.suffixes])
        probs = np.maximum(counts - taken, 0.0) / totals[level.parents] + left[level.parents] * lower
        level.log_probs = np.log(probs)


def _estimate_discounts(counts: np.ndarray) -> np.ndarray:
    """Return float64 (4,): what is taken off a count of 0, 1, 2, and 3 or more."""
    n1, n2, n3, n4 = (max(float((counts == k).sum()), 1.0) for k in (1, 2, 3, 4))
    ratio = n1 / (n1 + 2 * n2)
    return np.clip(
        [0.0, 1 - 2 * ratio * n2 / n1, 2 - 3 * ratio * n3 / n2, 3 - 4 * ratio * n4 / n3], 0.0, [0, 1, 2, 3]
    )


def _prune(levels: list[_Level], threshold: float, min_count: int) -> list[np.ndarray]:
    """Return which n-grams of each order stay, bool (M,) each; whoever has children stays."""
    total = levels[0].counts.sum()
    kept = [np.ones(len(level.numbers), bool) for level in levels]
    for n in range(len(levels) - 1, 1, -1):
        level = levels[n]
        # What the expected log-probability loses when the next lower order answers instead.
        gain = level.counts / total * np.abs(level.log_probs - levels[n - 1].log_probs[level.suffixes])
        kept[n] = (level.counts >= min_count) & (gain >= threshold)
        if n + 1 < len(levels):
            kept[n][levels[n + 1].parents[kept[n + 1]]] = True
    return kept


def _compact(levels: list[_Level], kept: list[np.ndarray]) -> list[_Level]:
    """Return the trie of what stays, its back-offs computed anew."""
    new_places = [np.cumsum(keep) - 1 for keep in kept]
    small: list[_Level] = []
    for n, (level, keep) in enumerate(zip(levels, kept, strict=True)):
        parents = new_places[n - 1][level.parents[keep]] if n else level.parents[keep]
        # A suffix that was dropped counts as its own suffix, and so on; for its probability only.
        lower = levels[n - 1].log_probs[level.suffixes[keep]] if n else np.zeros(keep.sum())
        entry = _Level(
            parents,
            level.numbers[keep],
            lower,
            level.counts[keep],
            level.log_probs[keep],
            level.backoffs[keep],
        )
        small.append(entry)
    for n in range(1, len(small)):
        level, above = small[n], small[n - 1]
        size = len(above.numbers)
        used = np.bincount(level.parents, weights=np.exp(level.log_probs), minlength=size)
        used_lower = np.bincount(level.parents, weights=np.exp(level.suffixes), minlength=size)
        has_children = np.bincount(level.parents, minlength=size) > 0
        backoff = np.log(np.maximum(1 - used, 1e-6)) - np.log(np.maximum(1 - used_lower, 1e-6))
        above.backoffs = np.where(has_children, backoff, 0.0)
    return small


def _pack(levels: list[_Level], characters: str) -> bytes:
    arrays: dict[str, np.ndarray] = {
        "format_version": np.array(FORMAT_VERSION), "order": np.array(len(levels)),
        "characters": np.array(characters),
    }  # fmt: skip
    for n, level in enumerate(levels, start=1):
        size = len(level.numbers)
        children = np.bincount(levels[n].parents, minlength=size) if n < len(levels) else np.zeros(size)
        arrays[f"numbers_{n}"] = level.numbers.astype(np.uint16)
        arrays[f"costs_{n}"] = np.clip(np.rint(-level.log_probs / STEP), 0, 255).astype(np.uint8)
        arrays[f"backoffs_{n}"] = np.clip(np.rint(level.backoffs / STEP), -127, 127).astype(np.int8)
        arrays[f"counts_{n}"] = children.astype(np.uint16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
