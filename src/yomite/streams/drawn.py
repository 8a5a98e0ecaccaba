"""The stream that training learns from: strokes, fonts, scanned cells and one's own pictures.

Each sample is a pure function of (seed, epoch, index): the kernel seeds the random stream from these three
and then takes every choice from it. The path from ink to square is the one that reading takes: `measure_ink`
and `place_ink` of `yomite.ink.canvas`, compiled here from the same source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.charset.prior import SENTENCES, weigh_classes
from yomite.config import DataConfig
from yomite.data.cache import read_pictures
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.fonts import MASK_SIZE, find_fonts, read_font
from yomite.ink.forms import build_forms
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.pen import PEN_NAMES
from yomite.ink.writing import flatten_glyph
from yomite.streams.batch import NO_CHARACTER, Batch, to_batch
from yomite.streams.drawn_kernel import draw_samples
from yomite.streams.generated import read_generated
from yomite.streams.glyphs import FlatGlyph, read_flat_glyphs
from yomite.streams.negatives import read_negatives
from yomite.streams.repertoire import Repertoire, Sources

PEN_SHARES = {"touch": 0.36, "ballpoint": 0.20, "pencil": 0.20, "felt": 0.15, "brush": 0.09}
"""How often each pen is taken; relative, where data.pens names some of them."""


class DrawnStream:
    """Samples from several sources in given shares; see `build_drawn`.

    Attributes:
        num_samples: samples in an epoch.
        class_weights: float64 (C,), how often each class is drawn from strokes and fonts.
        class_shares: float64 (C,), the share of all samples for each class.
    """

    def __init__(
        self,
        *,
        glyphs: list[list[FlatGlyph]],
        masks: list[list[np.ndarray]],
        pictures: list[tuple[np.ndarray, int]],
        shares: tuple[float, float, float, float],
        class_weights: np.ndarray,
        haste: float,
        num_samples: int,
        seed: int,
        size: int,
        pens: Sequence[str] = PEN_NAMES,
        generated: list[tuple[np.ndarray, int]] | None = None,
        negatives: Sequence[FlatGlyph] = (),
        negative_share: float = 0.0,
        traces_share: float = 0.0,
    ) -> None:
        """Lay the sources out flat.

        Args:
            glyphs: for each class, its flattened glyphs (see `flatten_glyph`).
            masks: for each class, its font glyphs, uint8 (MASK_SIZE, MASK_SIZE).
            pictures: real pictures, uint8 (H, W) with ink bright on 0, and their labels.
            shares: of strokes, fonts, real and generated pictures, with sum 1.
            class_weights: float64 (C,), any scale; classes without strokes and fonts are left out.
            haste: share of running hand, 0..1.
            num_samples: in an epoch.
            seed: of the whole stream.
            size: side of the canvas.
            pens: names of `PEN_NAMES`, at least one; each is taken as often as `PEN_SHARES` says.
            generated: pictures that a generator drew, as `pictures`.
            negatives: flattened sketches of no character, written as glyphs are.
            negative_share: of all samples, 0..1.
            traces_share: of samples that printed lines were erased from, 0..1.
        """
        self.num_samples = num_samples
        self._seed, self._size, self._haste = seed, size, haste
        self._traces_share = traces_share
        drawable = np.array([bool(strokes or fonts) for strokes, fonts in zip(glyphs, masks, strict=True)])
        self.class_weights = np.where(drawable, class_weights, 0.0)
        total = self.class_weights.sum()
        self.class_weights = self.class_weights / total if total else self.class_weights
        self._pen_steps = stack_pens(pens)
        self.class_shares = (shares[0] + shares[1]) * self.class_weights
        generated = generated or []
        for share, group in zip(shares[2:], (pictures, generated), strict=True):
            counts = np.bincount([label for _, label in group], minlength=len(class_weights))
            self.class_shares += share * counts / max(counts.sum(), 1)
        weights = self.class_weights
        if negative_share:  # they are one class more, without font glyphs
            self.class_shares *= 1.0 - negative_share
            shares = tuple(share * (1.0 - negative_share) for share in shares)  # type: ignore[assignment]
            weights = np.append(weights * (shares[0] + shares[1]), negative_share)
            shares = (shares[0] + negative_share, *shares[1:])
            glyphs, masks = [*glyphs, list(negatives)], [*masks, []]
        self._repertoire = lay_out(
            Sources(
                glyphs=glyphs,
                masks=masks,
                pictures=pictures,
                generated=generated,
                shares=shares,
                class_weights=weights,
            )
        )

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw canvases uint8 (N, 1, S, S), ink bright on 0, and their labels int64 (N,), or NO_CHARACTER."""
        images = np.zeros((len(indices), self._size, self._size), np.uint8)
        labels = np.zeros(len(indices), np.int64)
        seeds = self._draw_seeds(epoch, indices)
        draw_samples(
            seeds,
            images,
            labels,
            self._repertoire,
            self._pen_steps,
            self._haste,
            self._traces_share,
        )
        labels[labels == len(self.class_weights)] = NO_CHARACTER
        return to_batch((images, labels))

    def _draw_seeds(self, epoch: int, indices: np.ndarray) -> np.ndarray:
        """Return what each sample's random stream begins with, int64 (N,)."""
        return np.array(
            [
                np.random.SeedSequence((self._seed, epoch, int(index))).generate_state(1)[0]
                for index in np.asarray(indices)
            ],
            dtype=np.int64,
        )


def build_drawn(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> DrawnStream:
    """Read the sources that a run learns from.

    Args:
        config: the run's data section.
        charset: the classes; a class that no source can draw is left out (and told of).
        data_root: the data folder.
        seed: of the stream.
        size: side of the canvas.

    Raises:
        DataError: a source is missing, or none of the classes can be drawn.
    """
    sources = read_sources(config, charset, data_root, seed, size)
    if missing := find_missing(sources, charset):
        print(f"no strokes and no font glyph for {len(missing)} characters: {' '.join(missing[:20])}")
    negatives, rest = config.negatives.share, config.ink.share + config.fonts.share + config.cells.share
    rest += config.folder.share + config.generated.share
    return DrawnStream(
        **sources,
        negatives=read_negatives(data_root, seed) if negatives else [],
        negative_share=negatives / (negatives + rest),
        traces_share=config.traces_share,
        haste=config.ink.haste,
        num_samples=config.samples_per_epoch,
        seed=seed,
        size=size,
        pens=config.pens,
    )


def read_sources(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> Sources:
    """Read the sources that a run learns from.

    Args:
        config: The run's data section.
        charset: The classes.
        data_root: The data folder.
        seed: Of the deal of folds.
        size: Side of the canvas.

    Raises:
        DataError: If a source is missing.
    """
    real_share = config.cells.share + config.folder.share
    shares = np.array([config.ink.share, config.fonts.share, real_share, config.generated.share])
    glyphs: list[list[FlatGlyph]] = [[] for _ in charset]
    masks: list[list[np.ndarray]] = [[] for _ in charset]
    if config.ink.share > 0:
        for character, flat in read_flat_glyphs(data_root / KANJIVG_FILE):
            if character in charset:
                glyphs[charset.label(character)].append(flat)
        for glyph in build_forms():
            if glyph.character in charset:
                drawn = glyphs[charset.label(glyph.character)]
                drawn += [*drawn[:1], flatten_glyph(glyph)]  # the school form stays as frequent as the others
    if config.fonts.share > 0:
        for path in find_fonts(config.fonts.files, data_root):
            for character, mask in read_font(path, charset):
                masks[charset.label(character)].append(mask)
    if config.folder.share > 0 and config.folder.path is None:
        raise DataError("data.folder.share is above 0 but data.folder.path is not set; give the folder")
    pictures = []
    for name in config.real_sources:
        pictures += read_pictures(open_source(name, data_root), charset, size, config.fold, seed)
    generated = read_generated(config.generated, charset, data_root) if config.generated.share > 0 else []
    weights = np.ones(len(charset))
    if config.frequency_power > 0 and shares[:2].sum() > 0:  # real pictures come as they are
        weights = weigh_classes(data_root / SENTENCES, charset, config.frequency_power)
    return Sources(
        glyphs=glyphs,
        masks=masks,
        pictures=pictures,
        generated=generated,
        shares=tuple(shares / shares.sum()),
        class_weights=weights,
    )


def find_missing(sources: Sources, charset: Charset) -> list[str]:
    """Return the characters that neither strokes nor fonts can draw; none where pictures are all there is.

    Raises:
        DataError: If they can draw none.
    """
    if sum(sources["shares"][:2]) == 0:
        return []
    can_draw = [
        bool(glyphs or masks) for glyphs, masks in zip(sources["glyphs"], sources["masks"], strict=True)
    ]
    missing = [character for character, is_drawn in zip(charset, can_draw, strict=True) if not is_drawn]
    if len(missing) == len(charset):
        raise DataError(
            "no character of the charset can be drawn from strokes or fonts; check data.ink and data.fonts"
        )
    return missing


def lay_out(sources: Sources) -> Repertoire:
    """Lay sources out flat; the weights of classes as they are."""
    glyphs, masks = sources["glyphs"], sources["masks"]
    pictures = [*sources["pictures"], *sources["generated"]]
    flat = [glyph for group in glyphs for glyph in group]
    flat_masks = [mask for group in masks for mask in group]
    return Repertoire(
        shares=np.cumsum(sources["shares"]),
        class_steps=np.cumsum(sources["class_weights"]),
        points=np.concatenate([glyph[0] for glyph in flat] or [np.zeros((0, 2), np.float32)]),
        offsets=np.concatenate([glyph[1] for glyph in flat] or [np.zeros(1, np.int32)]),
        components=np.concatenate([glyph[2] for glyph in flat] or [np.zeros(0, np.int32)]),
        glyph_points=np.cumsum([0, *(len(glyph[0]) for glyph in flat)]),
        glyph_strokes=np.cumsum([0, *(len(glyph[2]) for glyph in flat)]),
        class_glyphs=np.cumsum([0, *map(len, glyphs)]),
        masks=np.stack(flat_masks) if flat_masks else np.zeros((0, MASK_SIZE, MASK_SIZE), np.uint8),
        class_masks=np.cumsum([0, *map(len, masks)]),
        pixels=np.concatenate([ink.ravel() for ink, _ in pictures] or [np.zeros(0, np.uint8)]),
        picture_pixels=np.cumsum([0, *(ink.size for ink, _ in pictures)]),
        picture_shapes=np.array([ink.shape for ink, _ in pictures] or np.zeros((0, 2)), np.int64),
        picture_labels=np.array([label for _, label in pictures], np.int64),
        num_real=len(sources["pictures"]),
    )


def stack_pens(names: Iterable[str]) -> np.ndarray:
    """Float64 (pens,), up to 1: where the share of each of `PEN_NAMES` ends; those not named get none."""
    chosen = set(names)
    steps = np.cumsum([PEN_SHARES[name] if name in chosen else 0.0 for name in PEN_NAMES])
    return steps / steps[-1]
