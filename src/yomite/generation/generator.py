"""A trained generator: plain glyphs and a style -> pictures, the same for the same seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from yomite.checkpoint import load_model, read_checkpoint
from yomite.errors import ConfigError, DataError, ModelFileError, PictureError, YomiteError
from yomite.ink.canvas import to_canvas
from yomite.models.generator import START, InkGenerator

BATCH_SIZE = 64
"""Pictures that are drawn at once: what more of them gain in speed is little, and memory stays small."""

MIN_REFERENCES = 2
"""Of one picture, what is the hand and what is the character cannot be told apart."""

MAX_REFERENCES = 64
MAX_STEPS = 1_000

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class Generator:
    """Draws characters; made by `load_generator`.

    Attributes:
        size: Side S of the canvas images that it draws, in px.
        fingerprint: A hash of its weights.
    """

    def __init__(self, model: InkGenerator, fingerprint: str) -> None:
        self._model = model
        self.size, self.fingerprint = int(model.input_size), fingerprint

    @torch.no_grad()
    def find_style(self, references: np.ndarray) -> Tensor:
        """Find the style of a hand: canvas images of its characters, uint8 (K, S, S) -> float (D,)."""
        return self._model.embed_style(torch.from_numpy(np.ascontiguousarray(references))[None])[0]

    def draw(
        self,
        plain: np.ndarray,
        styles: Tensor | None = None,
        *,
        steps: int = 20,
        guidance: float = 1.0,
        start: float = START,
        seed: int = 0,
        first: int = 0,
    ) -> np.ndarray:
        """Draw glyphs.

        Args:
            plain: Plain glyphs, uint8 (N, S, S), as `yomite.ink.plain` draws them.
            styles: Float (D,) for all of them or (N, D), of `find_style`; None: some hand or other each time.
            steps: From noise to ink; fewer are faster and coarser.
            guidance: 1 is the style as learned, more exaggerates it.
            start: How much of the plain glyph there is at the beginning, 0 to 1.
            seed: The same seed gives the same pictures.
            first: Number of the first picture: picture n of a seed does not depend on what else is drawn.

        Returns:
            Uint8 (N, S, S), ink bright on 0.

        Raises:
            ConfigError: If steps or guidance are out of range.
            YomiteError: If there is too little memory.
        """
        if not 1 <= steps <= MAX_STEPS:
            raise ConfigError(f"steps {steps}; give 1 to {MAX_STEPS}")
        if not 0.0 <= guidance <= 20.0:
            raise ConfigError(f"guidance {guidance:g}; give 0 to 20, 1 for the style as learned")
        drawn = []
        for begin in range(0, len(plain), BATCH_SIZE):
            some = torch.from_numpy(np.ascontiguousarray(plain[begin : begin + BATCH_SIZE]))[:, None]
            noise = torch.stack([self._draw_noise(seed, first + begin + place) for place in range(len(some))])
            style = styles
            if styles is not None:
                style = (
                    styles.expand(len(some), -1) if styles.ndim == 1 else styles[begin : begin + len(some)]
                )
            try:
                images = self._model.draw(some, style, noise, steps=steps, guidance=guidance, start=start)
            except (MemoryError, RuntimeError) as error:
                if isinstance(error, RuntimeError) and "memory" not in str(error):
                    raise
                raise YomiteError(
                    f"too little memory to draw {len(some)} characters at once; close other programs, or "
                    "give fewer characters"
                ) from error
            drawn.append(images[:, 0].numpy())
        return np.concatenate(drawn) if drawn else np.zeros((0, self.size, self.size), np.uint8)

    def _draw_noise(self, seed: int, number: int) -> Tensor:
        rng = np.random.default_rng((seed, number))
        return torch.from_numpy(rng.standard_normal((1, self.size, self.size), np.float32))


def load_generator(path: str | os.PathLike[str]) -> Generator:
    """Load weights or a checkpoint that `yomite train configs/diffusion.yaml` wrote.

    Raises:
        ModelFileError: If the file is missing, damaged, or of another kind of model.
        MissingExtraError: If diffusers is not installed.
    """
    checkpoint = read_checkpoint(Path(path))
    if checkpoint.model["name"] != "generator":
        raise ModelFileError(
            f"{path} holds a model {checkpoint.model['name']!r}, which draws nothing; give weights of a "
            "generator, as `yomite train configs/diffusion.yaml` writes them"
        )
    model = load_model(checkpoint)
    assert isinstance(model, InkGenerator)
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.numpy().tobytes())
    return Generator(model, digest.hexdigest()[:16])


def read_hand(folder: str | os.PathLike[str], size: int) -> np.ndarray:
    """Read the pictures of a folder and of those within it, which show characters by one hand.

    Args:
        folder: Its files may have any names.
        size: Side of the canvas.

    Returns:
        Uint8 (K, size, size), at most MAX_REFERENCES of them, spread evenly.

    Raises:
        DataError: If there are too few pictures, or one cannot be read.
    """
    if not os.path.isdir(folder):
        raise DataError(f"style folder {folder} is not there; give a folder of pictures by one hand")
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in _SUFFIXES)
    if len(paths) < MIN_REFERENCES:
        count = f"{len(paths)} picture" if len(paths) == 1 else "no picture"
        raise DataError(
            f"style folder {folder} holds {count}; give {MIN_REFERENCES} or more, a character of the same "
            f"hand on each ({', '.join(_SUFFIXES)})"
        )
    spread = np.linspace(0, len(paths) - 1, min(len(paths), MAX_REFERENCES)).round().astype(int)
    images = []
    for path in (paths[place] for place in spread.tolist()):
        try:
            images.append(to_canvas(path, size))
        except PictureError as error:
            raise DataError(f"style folder {folder}: {path.name}: {error}") from error
    return np.stack(images)


def stack_plain(plain: Mapping[str, np.ndarray], characters: Sequence[str]) -> np.ndarray:
    """Lay plain glyphs out in the order of characters, uint8 (N, S, S).

    Raises:
        DataError: If one of them has no glyph.
    """
    missing = [character for character in dict.fromkeys(characters) if character not in plain]
    if missing:
        named = " ".join(f"{character!r} (U+{ord(character):04X})" for character in missing[:5])
        raise DataError(
            f"no plain glyph of {named}: KanjiVG does not draw it; give a kana, a kanji, a letter or a digit"
        )
    return np.stack([plain[character] for character in characters])
