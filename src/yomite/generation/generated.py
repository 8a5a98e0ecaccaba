"""Generated ink to learn from: drawn once, read by the released reader, kept on the disk.

Which pictures there are follows from the generator's weights, the characters, the hands and the seed; a hash
of these names the file, so whoever asks for the same gets the same, and a run stays reproducible.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from yomite.charset import JAPANESE
from yomite.data.cache import find_cache_folder, open_cache
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.files import write_whole
from yomite.generation.generator import MIN_REFERENCES, Generator, load_generator
from yomite.ink.plain import draw_plain_glyphs
from yomite.models.generator import START
from yomite.reading.characters import load

NUM_REFERENCES = 8
"""Pictures that each style is the mean of, where the hand has as many."""

_VERSION = 1


@dataclass(frozen=True)
class Wish:
    """What is to be drawn.

    Attributes:
        weights: Of the generator.
        like: Sources of hands, such as cells/hiragana-sheets:p01; every picture is in the hand of one of
            their writers. None: some hand or other each time.
        per_character: Pictures of each character.
        steps, guidance, seed: As for `Generator.draw`.
    """

    weights: str
    like: tuple[str, ...] = ()
    per_character: int = 4
    steps: int = 20
    guidance: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class GeneratedInk:
    """What was drawn and read right.

    Attributes:
        images: Canvas images uint8 (N, S, S), ink bright on 0.
        characters: Of each.
        num_drawn: How many were drawn; those that were misread are not here.
    """

    images: np.ndarray
    characters: list[str]
    num_drawn: int


def open_generated(wish: Wish, characters: Iterable[str], data_root: Path) -> GeneratedInk:
    """Open generated ink, and draw it first if it is not there.

    Args:
        wish: What is to be drawn.
        characters: The wanted ones; those without a plain glyph are left out.
        data_root: The data folder.

    Raises:
        YomiteError: If the weights, a source of hands or KanjiVG are missing or do not fit, or nothing that
            was drawn is read right.
    """
    generator = load_generator(wish.weights)
    characters = list(dict.fromkeys(characters))
    facts = asdict(wish) | {
        "weights": generator.fingerprint,
        "characters": "".join(characters),
        "hands": [open_source(name, data_root).compute_fingerprint() for name in wish.like],
        "reader": hashlib.sha256(load().path.read_bytes()).hexdigest()[:16],
        "start": START,
        "version": _VERSION,
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    folder = find_cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"generated-{key}.npz"
    with FileLock(f"{path}.lock"):
        ink = _read(path)
        if ink is None:
            ink = _draw(generator, wish, characters, data_root)
            _write(path, ink, facts)
    print(
        f"generated ink: {len(ink.characters):,} of {ink.num_drawn:,} pictures are read right; "
        "the others are left out"
    )
    if not ink.characters:
        raise DataError(
            f"none of {ink.num_drawn:,} pictures that {wish.weights} draws is read right; train it for longer"
        )
    return ink


def check_pictures(images: np.ndarray, characters: Sequence[str]) -> np.ndarray:
    """Let the released reader read canvas images, uint8 (N, S, S): bool (N,), which are read right.

    Look-alikes count as right; a character that it does not know is not read right.
    """
    read = load(prior="uniform").recognize_many([255 - image for image in images], top=1, errors="return")
    return np.array(
        [
            getattr(result, "text", None) in JAPANESE.lookalikes_of(character)
            for result, character in zip(read, characters, strict=True)
        ],
        bool,
    )


def _draw(generator: Generator, wish: Wish, characters: list[str], data_root: Path) -> GeneratedInk:
    plain = draw_plain_glyphs(characters, data_root, generator.size)
    texts = [character for character in characters if character in plain] * wish.per_character
    print(f"drawing {len(texts):,} characters; the next run will find them drawn")
    styles = _choose_styles(generator, wish, len(texts), data_root) if wish.like else None
    glyphs = np.stack([plain[text] for text in texts]) if texts else np.zeros((0, 1, 1), np.uint8)
    images = generator.draw(glyphs, styles, steps=wish.steps, guidance=wish.guidance, seed=wish.seed)
    is_right = check_pictures(images, texts) if texts else np.zeros(0, bool)
    kept = [text for text, right in zip(texts, is_right, strict=True) if right]
    return GeneratedInk(images[is_right], kept, len(texts))


def _choose_styles(generator: Generator, wish: Wish, num: int, data_root: Path) -> Tensor:
    """Float (num, D): for each picture a writer, and some of his pictures."""
    hands: list[np.ndarray] = []
    for name in wish.like:
        cache = open_cache(open_source(name, data_root), size=generator.size)
        writers = np.array(cache.writers)
        hands += [cache.images[writers == writer] for writer in sorted(set(cache.writers))]
    hands = [hand for hand in hands if len(hand) >= MIN_REFERENCES]
    if not hands:
        raise DataError(
            f"{', '.join(wish.like)}: no writer has {MIN_REFERENCES} pictures; give a source of more "
            "by one hand"
        )
    styles = []
    for number in range(num):
        rng = np.random.default_rng((wish.seed, number, 1))
        hand = hands[int(rng.integers(len(hands)))]
        chosen = rng.choice(len(hand), min(NUM_REFERENCES, len(hand)), replace=False)
        styles.append(generator.find_style(hand[chosen]))
    return torch.stack(styles)


def _write(path: Path, ink: GeneratedInk, facts: dict[str, Any]) -> None:
    content = io.BytesIO()
    np.savez_compressed(
        content,
        images=ink.images,
        code_points=np.array([ord(character) for character in ink.characters], np.int32),
        num_drawn=np.array(ink.num_drawn),
        facts=np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), np.uint8),
    )
    write_whole(path, content.getvalue())


def _read(path: Path) -> GeneratedInk | None:
    """Return what lies there; None if nothing does, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            characters = [chr(code_point) for code_point in file["code_points"].tolist()]
            return GeneratedInk(file["images"], characters, int(file["num_drawn"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
