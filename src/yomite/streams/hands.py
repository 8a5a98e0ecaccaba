"""The stream of hands: a character, its plain glyph, and other characters that the same hand wrote.

A hand is a writer of rule-made habits with one pen, a font that is bent in one way, or a page of scanned
cells that is bent a little. Everything is clean ink on the canvas: no paper, no light, no scraps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from yomite.charset import Charset
from yomite.charset.prior import SENTENCES, weigh_classes
from yomite.config import DataConfig
from yomite.data.cache import CachedSamples, open_cache
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.canvas import MARGIN, measure_ink, place_ink
from yomite.ink.fonts import bend_ink, find_fonts, read_font
from yomite.ink.forms import build_forms
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.pen import PEN_NAMES, PEN_RANGES, TRAITS, draw_lines, draw_traits
from yomite.ink.plain import draw_plain_glyphs
from yomite.ink.writing import flatten_glyph, seed_stream, write_glyph
from yomite.streams.batch import Batch
from yomite.streams.drawn import stack_pens
from yomite.streams.glyphs import FlatGlyph, read_flat_glyphs

_WAVE = list(HABITS).index("wave")
_MAX_TRIES = 4


class Writer(NamedTuple):
    """One hand that can write some characters again and again.

    Attributes:
        labels: Of the characters of the group, the first of which is the target, int64 (K + 1,).
        write: A label -> float32 (h, w), 0..1, the ink.
    """

    labels: np.ndarray
    write: Callable[[int], np.ndarray]


class HandStream:
    """Groups of characters by one hand; see `yomite.streams.Stream`."""

    def __init__(
        self,
        charset: Charset,
        *,
        plain: dict[str, np.ndarray],
        glyphs: Sequence[Sequence[FlatGlyph]],
        fonts: Sequence[dict[int, np.ndarray]],
        pages: Sequence[CachedSamples],
        shares: tuple[float, float, float],
        class_weights: np.ndarray,
        references: int,
        haste: float,
        num_samples: int,
        seed: int,
        size: int,
        pens: Sequence[str] = PEN_NAMES,
    ) -> None:
        """Find what each hand can write.

        Args:
            charset: The classes.
            plain: By character, uint8 (size, size); other characters are left out.
            glyphs: For each class, its flattened glyphs.
            fonts: Of each font, by label, uint8 (MASK_SIZE, MASK_SIZE).
            pages: Cells of one writer each, in the form "gray".
            shares: Of strokes, fonts and pages, with sum 1.
            class_weights: Float64 (C,), any scale: how often each class is drawn from strokes and fonts.
            references: K, pictures beside the target.
            haste: Share of running hand, 0..1.
            num_samples: In an epoch.
            seed: Of the whole stream.
            size: Side of the canvas.
            pens: Names of `PEN_NAMES`, at least one.

        Raises:
            DataError: If a hand writes fewer than K + 1 characters.
        """
        self.num_samples = num_samples
        self._seed, self._size, self._references, self._haste = seed, size, references, haste
        self._steps, self._pen_steps = np.cumsum(shares), stack_pens(pens)
        self._plain = {charset.label(character): image for character, image in plain.items()}
        self._glyphs = {label: drawn for label, drawn in enumerate(glyphs) if drawn and label in self._plain}
        self._fonts = [
            {label: mask for label, mask in font.items() if label in self._plain} for font in fonts
        ]
        self._pages = pages
        self._places: list[dict[int, list[int]]] = [{} for _ in pages]
        for page, places in zip(pages, self._places, strict=True):
            for place, character in enumerate(page.characters):
                if character in charset and charset.label(character) in self._plain:
                    places.setdefault(charset.label(character), []).append(place)
        self._choices = [
            [_weigh(self._glyphs, class_weights)] if shares[0] else [],
            [_weigh(font, class_weights) for font in self._fonts],
            [_weigh(places, np.ones(len(charset))) for places in self._places],
        ]
        few = [len(labels) for kind in self._choices for labels, _ in kind if len(labels) <= references]
        if few:
            raise DataError(
                f"a hand of the stream writes {few[0]} characters of the charset; with {references} "
                f"references it takes at least {references + 1}"
            )

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw groups: images uint8 (N, 1, S, S) and labels int64 (N,).

        The metadata has `plain`, uint8 (N, 1, S, S), and `references`, uint8 (N, K, S, S).
        """
        images = np.zeros((len(indices), self._references + 1, self._size, self._size), np.uint8)
        labels = []
        for group, index in zip(images, np.asarray(indices).tolist(), strict=True):
            rng = np.random.default_rng((self._seed, epoch, index))
            seed_stream(int(rng.integers(2**32)))
            writer = self._choose_writer(rng)
            for image, label in zip(group, writer.labels.tolist(), strict=True):
                image[:] = self._write(writer, label)
            labels.append(int(writer.labels[0]))
        plain = np.stack([self._plain[label] for label in labels])
        return Batch(
            torch.from_numpy(np.ascontiguousarray(images[:, :1])),
            torch.tensor(labels),
            metadata={
                "plain": torch.from_numpy(plain)[:, None],
                "references": torch.from_numpy(np.ascontiguousarray(images[:, 1:])),
            },
        )

    def _write(self, writer: Writer, label: int) -> np.ndarray:
        for _ in range(_MAX_TRIES):
            ink = writer.write(label)
            if ink.max(initial=0.0) > 0.2:
                return place_ink(ink, self._size, MARGIN)
        return self._plain[label]  # a dot that was bent away

    def _choose_writer(self, rng: np.random.Generator) -> Writer:
        kind = int(np.searchsorted(self._steps, rng.random(), side="right"))
        number = int(rng.integers(len(self._choices[kind])))
        among, chances = self._choices[kind][number]
        labels = rng.choice(among, self._references + 1, replace=False, p=chances)
        # Most people write calmly, some hurry, a few run.
        haste = 0.15 * rng.random()
        if rng.random() < self._haste:
            haste = 0.15 + 0.95 * rng.random()
        habits = draw_habits(rng.normal(size=len(HABITS)), haste, 0.5 + 0.8 * rng.random())
        if kind == 0:
            pen = PEN_RANGES[int(np.searchsorted(self._pen_steps, rng.random(), side="right"))]
            traits = draw_traits(rng.random(len(TRAITS)), pen)

            def write(label: int) -> np.ndarray:
                glyphs = self._glyphs[label]
                glyph = glyphs[int(rng.integers(len(glyphs)))]
                return draw_lines(*write_glyph(*glyph, habits), traits, 80.0, 2.0)

        elif kind == 1:
            font = self._fonts[number]
            edge, steep = 0.25 + 0.4 * rng.random(), 2.5 + 3.0 * rng.random()
            habits[_WAVE] = 0.005 + 0.02 * rng.random()

            def write(label: int) -> np.ndarray:
                return bend_ink(font[label], habits, 80.0, edge, steep)

        else:
            page, places = self._pages[number], self._places[number]
            # Its writer has a slant of his own: only a part of other habits bends it.
            habits *= 0.5
            habits[_WAVE] = 0.005 + 0.01 * rng.random()

            def write(label: int) -> np.ndarray:
                place = places[label][int(rng.integers(len(places[label])))]
                ink, _ = measure_ink(np.asarray(page[place].picture))
                return bend_ink((255.0 * ink).astype(np.uint8), habits, 90.0, 0.0, 1.0)

        return Writer(labels, write)


def _weigh(by_label: dict, class_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels int64 (L,), and the chance of each, float64 (L,)."""
    labels = np.array(sorted(by_label), np.int64)
    weights = class_weights[labels]
    return labels, weights / weights.sum()


def build_hands(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> HandStream:
    """Read the hands that a run learns from: `ink`, `fonts` and `cells` of its data section.

    Raises:
        DataError: If a source is missing, or a hand writes too few characters of the charset.
    """
    plain = draw_plain_glyphs(charset, data_root, size)
    shares = np.array([config.ink.share, config.fonts.share, config.cells.share])
    glyphs: list[list[FlatGlyph]] = [[] for _ in charset]
    if config.ink.share > 0:
        for character, flat in read_flat_glyphs(data_root / KANJIVG_FILE):
            if character in charset:
                glyphs[charset.label(character)].append(flat)
        for glyph in build_forms():
            if glyph.character in charset:
                glyphs[charset.label(glyph.character)].append(flatten_glyph(glyph))
    fonts: list[dict[int, np.ndarray]] = []
    if config.fonts.share > 0:
        for path in find_fonts(config.fonts.files, data_root):
            fonts.append({charset.label(character): mask for character, mask in read_font(path, charset)})
    pages: list[CachedSamples] = []
    if config.cells.share > 0:
        for page in config.cells.pages:
            source = open_source(f"cells/hiragana-sheets:{page}", data_root)
            pages.append(open_cache(source, form="gray"))
    weights = np.ones(len(charset))
    if config.frequency_power > 0:
        weights = weigh_classes(data_root / SENTENCES, charset, config.frequency_power)
    return HandStream(
        charset,
        plain=plain,
        glyphs=glyphs,
        fonts=fonts,
        pages=pages,
        shares=tuple(shares / shares.sum()),
        class_weights=weights,
        references=config.hands.references,
        haste=config.ink.haste,
        num_samples=config.samples_per_epoch,
        seed=seed,
        size=size,
        pens=config.pens,
    )
