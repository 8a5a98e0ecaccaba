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
from bisect import bisect_left
from pathlib import Path

import numpy as np

from yomite.errors import ModelFileError

FORMAT_VERSION = 1
STEP = 0.08
"""Natural logarithms are stored as whole numbers of these steps."""

MAX_ORDER = 16
MAX_BYTES = 400_000_000
"""What its arrays may unpack to."""

_MAX_KNOWN = 300_000


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
        self._numbers = [np.ascontiguousarray(level[0]).data for level in levels]
        self._costs = [np.ascontiguousarray(level[1]).data for level in levels]
        self._backoffs = [np.ascontiguousarray(level[2]).data for level in levels]
        self._firsts = [np.ascontiguousarray(level[3]).data for level in levels]
        self._floor = -STEP * float(levels[0][1].max())
        self._places: dict[str, int] = {}
        self._known: dict[tuple[str, str], float] = {}

    def score(self, context: str, character: str) -> float:
        """Return the natural logarithm of P(character | context); only the end of the context counts."""
        context = context[1 - self.order :] if self.order > 1 else ""
        key = (context, character)
        known = self._known.get(key)
        if known is None:
            if len(self._known) > _MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = self._score(context, character)
        return known

    def score_text(self, text: str) -> float:
        """Return the natural logarithm of the probability of a text, its length taken as given."""
        return math.fsum(self.score(text[:index], character) for index, character in enumerate(text))

    def _score(self, context: str, character: str) -> float:
        if character not in self._number_by_character:
            return self._floor
        place = self._find(context + character)
        if place >= 0:
            return -STEP * self._costs[len(context)][place]
        shorter = self.score(context[1:], character)
        before = self._find(context)
        return shorter + (STEP * self._backoffs[len(context) - 1][before] if before >= 0 else 0.0)

    def _find(self, gram: str) -> int:
        """Return the place of an n-gram among those of its length, or -1."""
        place = self._places.get(gram)
        if place is None:
            if len(self._places) > _MAX_KNOWN:
                self._places.clear()
            place = self._places[gram] = self._search(gram)
        return place

    def _search(self, gram: str) -> int:
        number = self._number_by_character.get(gram[-1])
        if number is None or len(gram) == 1:
            return -1 if number is None else number
        parent = self._find(gram[:-1])
        if parent < 0:
            return -1
        level = len(gram) - 1
        low, high = self._firsts[level - 1][parent], self._firsts[level - 1][parent + 1]
        numbers = self._numbers[level]
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
