"""The pool that the texts of lines are drawn from: sentences, generated fragments, rare characters."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from yomite.errors import DataError
from yomite.texts.fragments import write_fragment

OLD_SENTENCES = "text/sentences.txt.gz"
MODERN_SENTENCES = "text/modern-sentences.tsv.gz"
JUDGED_LINES = "dev/lines/lines.jsonl"
"""Where the data folder keeps real lines to choose models with; none of their texts is ever learned."""

MAX_CHARACTERS = 40
HELD_BACK_PARTS = 50
"""One part in so many of the sentences is held back for validation."""

_SHARES = np.cumsum([0.44, 0.16, 0.32, 0.05, 0.03])
"""Modern sentences, old sentences, fragments, rare characters set into sentences, random strings."""

FRAGMENTS_A_SENTENCE = 0.375
"""Fragments that a language model counts beside sentences, which hold few dates, prices, names and lists."""

_SAME_MARKS = str.maketrans(
    "()!?:;“”’‘％＋＝－−～，．／＆＃＊＠＜＞＿｢｣･､｡￥µ０１２３４５６７８９",
    "（）！？：；\"\"''%+=--〜,./&#*@<>_「」・、。¥μ0123456789",
) | {0xFEE0 + code_point: code_point for code_point in range(0x41, 0x7B) if chr(code_point).isalpha()}


def unify_marks(text: str) -> str:
    """Return a text with one code point for each mark that is written alike.

    Handwriting knows no width: （ and ( are one class, of the form that the charset `full` has; all digits,
    letters and the other signs are half-width.
    """
    return text.translate(_SAME_MARKS)


class _Judged:
    """The texts of lines that models are judged on."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(map(_strip, texts))
        self._parts = tuple(text for text in self._texts if len(text) >= 5)

    def has(self, text: str) -> bool:
        """Whether a text is one of them, or holds one of at least five characters."""
        bare = _strip(text)
        return bare in self._texts or any(part in bare for part in self._parts)


class TextPool:
    """Draws the texts of lines; picklable."""

    def __init__(
        self, modern: Sequence[str], old: Sequence[str], characters: Iterable[str], judged: Iterable[str] = ()
    ) -> None:
        """Keep sentences and characters.

        Args:
            modern, old: Sentences; marks are unified here.
            characters: What can be written; texts are cut where they have something else.
            judged: Texts that are never drawn, nor a text that holds one of at least five characters.
        """
        self._characters = frozenset(characters)
        self._ordered = sorted(self._characters)
        self._rare = [c for c in self._ordered if "一" <= c <= "鿿"]
        self._katakana = [c for c in self._ordered if "ァ" <= c <= "ー"]
        self._hiragana = [c for c in self._ordered if "ぁ" <= c <= "ゖ"]
        self._judged = _Judged(judged)
        self._modern, self._old = list(modern), list(old)

    def __call__(self, rng: np.random.Generator) -> str:
        """Draw a text of 1 to 40 characters; white space in it is a wide gap."""
        while True:
            text = self._trim(self._draw(rng), rng)
            if _strip(text) and not self._judged.has(text):
                return text

    def _draw(self, rng: np.random.Generator) -> str:
        which = int(np.searchsorted(_SHARES, rng.random(), side="right"))
        if which == 2 or not (self._modern or self._old):
            text = unify_marks(write_fragment(rng))
            if rng.random() < 0.12:
                text += unify_marks(" " * (rng.random() < 0.5) + write_fragment(rng))
            return text
        if which >= 4:
            pool = (self._rare, self._katakana, self._hiragana, self._ordered)[int(rng.integers(4))]
            count = int(rng.integers(1, 13))
            return "".join(pool[int(place)] for place in rng.integers(len(pool), size=count)) if pool else ""
        sentences = self._old if (which == 1 and self._old) or not self._modern else self._modern
        text = unify_marks(sentences[int(rng.integers(len(sentences)))])
        if which == 3 and self._rare and text:
            place = int(rng.integers(len(text)))
            text = text[:place] + self._rare[int(rng.integers(len(self._rare)))] + text[place + 1 :]
        elif rng.random() < 0.08:  # what stands in a sentence today
            place = int(rng.integers(len(text) + 1))
            text = text[:place] + unify_marks(write_fragment(rng)) + text[place:]
        return text

    def _trim(self, text: str, rng: np.random.Generator) -> str:
        """Cut a text as a line would, at what cannot be written and anywhere else."""
        pieces, piece = [], ""
        for character in text:
            if character in self._characters or character.isspace():
                piece += character
            else:
                pieces.append(piece)
                piece = ""
        pieces.append(piece)
        text = max(pieces, key=len).strip()
        longest = 1 + int(MAX_CHARACTERS * rng.beta(1.5, 2.2))
        if len(text) <= longest:
            return text
        kind = rng.random()
        first = (
            0
            if kind < 0.35
            else len(text) - longest
            if kind < 0.55
            else int(rng.integers(len(text) - longest + 1))
        )
        return text[first : first + longest].strip()


def read_counted_texts(data_root: Path) -> list[str]:
    """Read what a language model is counted in: sentences, and fragments, which are the same each time.

    Marks that are written alike have one code point, fragments no white space. Sentences that are held back
    are not among them, nor is any text that holds one of the judged lines. Empty without sentences.
    """
    modern, old, judged_texts = read_parts(data_root, validation=False)
    sentences, judged = [*modern, *old], _Judged(judged_texts)
    rng = np.random.default_rng(0)
    fragments = [_strip(write_fragment(rng)) for _ in range(int(FRAGMENTS_A_SENTENCE * len(sentences)))]
    return [text for text in map(unify_marks, (*sentences, *fragments)) if not judged.has(text)]


def build_text_pool(data_root: Path, characters: Iterable[str], *, validation: bool = False) -> TextPool:
    """Read the sentences of the data folder; what is not there is left out.

    Args:
        data_root: The data folder.
        characters: What can be written.
        validation: Take the sentences that are held back, and none of the others.

    Raises:
        DataError: A file is there and cannot be read.
    """
    modern, old, judged = read_parts(data_root, validation=validation)
    return TextPool(modern, old, characters, judged)


def read_parts(data_root: Path, *, validation: bool) -> tuple[list[str], list[str], list[str]]:
    """Read modern and old sentences, only those held back or only the others, and the judged lines' texts."""
    modern = [line.partition("\t")[2] for line in _read_lines(data_root / MODERN_SENTENCES)]
    old = _read_lines(data_root / OLD_SENTENCES)
    judged_file = data_root / JUDGED_LINES
    judged = []
    if judged_file.is_file():
        judged = [json.loads(line)["text"] for line in judged_file.read_text(encoding="utf-8").splitlines()]
    return (
        [text for text in modern if text and is_held_back(text) == validation],
        [text for text in old if text and is_held_back(text) == validation],
        [unify_marks(text) for text in judged],
    )


def is_held_back(text: str) -> bool:
    """Whether a sentence belongs to validation; its hash decides."""
    digest = hashlib.blake2b(_strip(text).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_BACK_PARTS == 0


def _strip(text: str) -> str:
    return "".join(text.split())


def _read_lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read().splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); fetch it again") from None
