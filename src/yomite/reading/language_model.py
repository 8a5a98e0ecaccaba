"""A character n-gram: how likely a character is after those before it.

It is stored as a plain npz without pickles: `characters` (one string; a character's place is its number) and,
for each order n from 1, the n-grams as a trie in flat arrays. The children of an n-gram lie together, sorted
by number, so a look-up is one binary search for each character of the context. docs/lines.md describes the
format. A line model's file has it inside; `yomite.shipping.language_model` counts texts of one's own.
"""

from __future__ import annotations

import io
import math
import os
from array import array
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple

import numpy as np

from yomite.errors import ModelFileError

FORMAT_VERSION = 1
STEP = 0.08
"""Natural logarithms are stored as whole numbers of these steps."""

MAX_ORDER = 16
MAX_BYTES = 400_000_000
"""What its arrays may unpack to."""

_MAX_CONTEXTS = 50_000
"""What it remembers before it begins anew."""


class _Context(NamedTuple):
    """The n-grams that continue a context, and what is known of it.

    Attributes:
        numbers, costs: Of all n-grams of that order.
        low, high: Where among them those lie that continue this context; others go on with `shorter`.
        backoff: What is added then, a natural logarithm.
        shorter: The context without its first character; None where there is no context.
        scores: Natural logarithm by number of the character.
    """

    numbers: array[int]
    costs: bytes
    low: int
    high: int
    backoff: float
    shorter: _Context | None
    scores: dict[int, float]


class LanguageModel:
    """An n-gram of characters with back-off (Katz form: Chen and Goodman, TR-10-98, 1998).

    Attributes:
        characters: The characters that it knows; any other has the probability of the rarest.
        order: The length of its longest n-grams.
    """

    def __init__(self, characters: str, levels: list[tuple[np.ndarray, ...]]) -> None:
        """Lay the trie out for look-ups.

        Args:
            characters: Each once.
            levels: For each order, numbers uint16 (M,), log-probabilities uint8 (M,) in steps below 0,
                back-offs int8 (M,) in steps, and first uint32 (M + 1,), where the children of each n-gram
                begin in the next order (all 0 in the last).
        """
        self.characters, self.order = characters, len(levels)
        self._number_by_character = {character: number for number, character in enumerate(characters)}
        # Single numbers come quicker out of arrays and bytes than out of numpy.
        self._numbers = [array("H", level[0].tobytes()) for level in levels]
        self._costs = [level[1].tobytes() for level in levels]
        self._backoffs = [array("b", level[2].tobytes()) for level in levels]
        self._firsts = [array("I", level[3].tobytes()) for level in levels]
        self._floor = -STEP * max(self._costs[0])
        self.forget()

    def score(self, context: str, character: str) -> float:
        """Return the natural logarithm of P(character | context), at most 0.

        Only the end of the context counts.
        """
        if len(context) >= self.order:
            context = context[len(context) - self.order + 1 :]
        number = self._number_by_character.get(character)
        if number is None:
            return self._floor
        known = self._contexts.get(context) or self._open_context(context)
        score = known.scores.get(number)
        return self._score(known, number) if score is None else score

    def score_text(self, text: str) -> float:
        """Return the natural logarithm of the probability of a text, its length taken as given."""
        return math.fsum(self.score(text[:index], character) for index, character in enumerate(text))

    def forget(self) -> None:
        """Empty what it remembers of its look-ups; answers stay the same."""
        self._places: dict[str, int] = {}
        whole = _Context(self._numbers[0], self._costs[0], 0, len(self.characters), 0.0, None, {})
        self._contexts: dict[str, _Context] = {"": whole}

    def _score(self, context: _Context, number: int) -> float:
        shorter = context.shorter
        if shorter is None:
            score = -STEP * context.costs[number]
        elif (place := _search(context.numbers, number, context.low, context.high)) >= 0:
            score = -STEP * context.costs[place]
        else:
            known = shorter.scores.get(number)
            score = self._score(shorter, number) if known is None else known
            score = min(score + context.backoff, 0.0)  # rounded, the sum may be a little more than certain
        context.scores[number] = score
        return score

    def _open_context(self, context: str) -> _Context:
        if len(self._contexts) > _MAX_CONTEXTS:
            self.forget()
        shorter = self._contexts.get(context[1:]) or self._open_context(context[1:])
        place, level = self._find(context), len(context) - 1
        opened = shorter
        if place >= 0:
            low, high = self._firsts[level][place], self._firsts[level][place + 1]
            backoff = STEP * self._backoffs[level][place]
            if low < high:
                below = self._numbers[level + 1], self._costs[level + 1]
                opened = _Context(*below, low, high, backoff, shorter, {})
            elif backoff:
                opened = _Context(*shorter[:2], 0, 0, backoff, shorter, {})
        self._contexts[context] = opened
        return opened

    def _find(self, gram: str) -> int:
        """Return the place of an n-gram among those of its length, or -1."""
        place = self._places.get(gram)
        if place is None:
            number, level = self._number_by_character.get(gram[-1], -1), len(gram) - 1
            place = number
            if level and number >= 0 and (place := self._find(gram[:-1])) >= 0:
                first = self._firsts[level - 1]
                place = _search(self._numbers[level], number, first[place], first[place + 1])
            self._places[gram] = place
        return place


def _search(numbers: array[int], number: int, low: int, high: int) -> int:
    """Return the place of a number among those from low to high, which are sorted, or -1."""
    place = bisect_left(numbers, number, low, high)
    return place if place < high and numbers[place] == number else -1


def read_language_model(
    source: str | os.PathLike[str] | bytes, where: str = "the language model"
) -> LanguageModel:
    """Read a language model.

    Args:
        source: Its path, or its content.
        where: What stands for its content in messages.

    Raises:
        ModelFileError: It is missing, damaged, or of another version.
    """
    where = where if isinstance(source, bytes) else os.fspath(source)
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        arrays = np.load(io.BytesIO(content), allow_pickle=False)
        if sum(info.file_size for info in arrays.zip.infolist()) > MAX_BYTES:
            raise ValueError
        version = int(arrays["format_version"])
        if version != FORMAT_VERSION:
            raise ModelFileError(
                f"{where}: a language model of version {version}; "
                f"this yomite reads {FORMAT_VERSION}; upgrade yomite"
            )
        characters = str(arrays["characters"])
        if not 1 <= (order := int(arrays["order"])) <= MAX_ORDER:
            raise ValueError
        levels = [_read_level(arrays, n) for n in range(1, order + 1)]
        _check_trie(characters, levels)
    except OSError as error:
        raise ModelFileError(
            f"{where}: {error.strerror or error}; give a language model's file (.npz)"
        ) from None
    except ModelFileError:
        raise
    except Exception:  # zipfile, zlib and numpy have errors of any kind for bytes that are wrong
        raise ModelFileError(
            f"{where}: no language model, or a damaged one; fetch or export it again"
        ) from None
    return LanguageModel(characters, levels)


def _read_level(arrays: np.lib.npyio.NpzFile, n: int) -> tuple[np.ndarray, ...]:
    kinds = {"numbers": np.uint16, "costs": np.uint8, "backoffs": np.int8, "counts": np.uint16}
    level = {name: arrays[f"{name}_{n}"] for name in kinds}
    if any(array.ndim != 1 or array.dtype != kinds[name] for name, array in level.items()):
        raise ValueError
    # How many children each n-gram has is smaller on disk than where they begin.
    first = np.concatenate([[0], np.cumsum(level["counts"], dtype=np.int64)])
    if first[-1] >= 2**32:
        raise ValueError
    return level["numbers"], level["costs"], level["backoffs"], first.astype(np.uint32)


def _check_trie(characters: str, levels: list[tuple[np.ndarray, ...]]) -> None:
    """Raise ValueError unless every range of children lies inside the next order."""
    if len(set(characters)) != len(characters) or not characters or len(levels[0][0]) != len(characters):
        raise ValueError
    sizes = [len(level[0]) for level in levels] + [0]
    for size, below, (numbers, costs, backoffs, first) in zip(sizes, sizes[1:], levels, strict=False):
        if not len(numbers) == len(costs) == len(backoffs) == len(first) - 1 == size or first[-1] != below:
            raise ValueError
        if size and int(numbers.max()) >= len(characters):
            raise ValueError
