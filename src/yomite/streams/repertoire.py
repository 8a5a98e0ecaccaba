"""What characters are drawn from: strokes, fonts, scanned cells, one's own pictures, laid out for kernels.

`write_character` is the part that streams of characters share: what a writer makes of one of them, before
there is any paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np

from yomite.charset import Charset
from yomite.charset.prior import SENTENCES, weigh_classes
from yomite.config import DataConfig, GeneratedConfig
from yomite.data.cache import read_pictures
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.fonts import MASK_SIZE, bend_ink, find_fonts, read_font
from yomite.ink.forms import build_forms
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.ink.pen import PEN_RANGES, TRAITS, draw_lines, draw_traits
from yomite.ink.writing import flatten_glyph, write_glyph
from yomite.streams.glyphs import FlatGlyph, read_flat_glyphs
from yomite.streams.kernels import compile_kernel

_NUM_HABITS, _NUM_TRAITS, _WAVE = len(HABITS), len(TRAITS), list(HABITS).index("wave")


class Sources(TypedDict):
    """What there is of each class; the arguments of `lay_out`.

    Attributes:
        glyphs: For each class, its flattened glyphs (see `flatten_glyph`).
        masks: For each class, its font glyphs, uint8 (MASK_SIZE, MASK_SIZE).
        pictures: Real pictures, uint8 (H, W) with ink bright on 0, and their labels.
        generated: Pictures that a generator drew, as `pictures`.
        shares: Of strokes, fonts, real and generated pictures, with sum 1.
        class_weights: Float64 (C,), any scale: how often each class is drawn from strokes and fonts.
    """

    glyphs: list[list[FlatGlyph]]
    masks: list[list[np.ndarray]]
    pictures: list[tuple[np.ndarray, int]]
    generated: list[tuple[np.ndarray, int]]
    shares: tuple[float, float, float, float]
    class_weights: np.ndarray


class Repertoire(NamedTuple):
    """Sources laid out flat, and how often each is taken: arrays that compiled code and other processes take.

    Attributes:
        shares: Float64 (4,), up to 1: where the share of strokes, fonts, real and generated pictures ends.
        class_steps: Float64 (C,): where the share of each class of strokes and fonts ends.
        points, offsets, components: Of all glyphs, one after the other.
        glyph_points, glyph_strokes: Int64 (glyphs + 1,), where each glyph's points and strokes begin.
        class_glyphs: Int64 (C + 1,), where each class's glyphs begin.
        masks: Uint8 (masks, MASK_SIZE, MASK_SIZE).
        class_masks: Int64 (C + 1,), where each class's masks begin.
        pixels: Uint8, of all pictures, one after the other; those that a generator drew are last.
        picture_pixels: Int64 (pictures + 1,), where each picture's pixels begin.
        picture_shapes: Int64 (pictures, 2), height and width.
        picture_labels: Int64 (pictures,).
        num_real: How many pictures are real.
    """

    shares: np.ndarray
    class_steps: np.ndarray
    points: np.ndarray
    offsets: np.ndarray
    components: np.ndarray
    glyph_points: np.ndarray
    glyph_strokes: np.ndarray
    class_glyphs: np.ndarray
    masks: np.ndarray
    class_masks: np.ndarray
    pixels: np.ndarray
    picture_pixels: np.ndarray
    picture_shapes: np.ndarray
    picture_labels: np.ndarray
    num_real: int


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


@compile_kernel
def draw_writer(pen_steps, haste_share):
    """Draw a pen and a hand: traits float64 (len(TRAITS),), habits float64 (len(HABITS),).

    `pen_steps` as `stack_pens` gives them; `haste_share` is how many run or hurry, 0..1.
    """
    pen = PEN_RANGES[np.searchsorted(pen_steps, np.random.random(), side="right")]
    traits = draw_traits(np.random.random(_NUM_TRAITS), pen)
    # Most people write calmly, some hurry, a few run.
    haste = 0.15 * np.random.random()
    if np.random.random() < haste_share:
        haste = 0.15 + 0.95 * np.random.random()
    habits = draw_habits(np.random.normal(0.0, 1.0, _NUM_HABITS), haste, 0.5 + 0.8 * np.random.random())
    return traits, habits


@compile_kernel
def write_character(repertoire, which, traits, habits, length_px, pad_px, picture_px, more_px):
    """Choose a character and write it: coverage float32 (H, W), and its label.

    `which`, 0..1, chooses the source by its share. Strokes and fonts are `length_px` on the longer side, and
    strokes have `pad_px` around them; pictures are `picture_px` and up to `more_px` more. `habits` change.
    """
    if which < repertoire.shares[1]:
        steps = repertoire.class_steps
        label = np.searchsorted(steps, np.random.random() * steps[-1], side="right")
        first_glyph, first_mask = repertoire.class_glyphs[label], repertoire.class_masks[label]
        num_glyphs = repertoire.class_glyphs[label + 1] - first_glyph
        num_masks = repertoire.class_masks[label + 1] - first_mask
        if num_glyphs > 0 and (which < repertoire.shares[0] or num_masks == 0):
            glyph = first_glyph + np.random.randint(num_glyphs)
            first_stroke, last_stroke = repertoire.glyph_strokes[glyph], repertoire.glyph_strokes[glyph + 1]
            written, starts, pressure = write_glyph(
                repertoire.points[repertoire.glyph_points[glyph] : repertoire.glyph_points[glyph + 1]],
                # Each glyph has one offset more than it has strokes.
                repertoire.offsets[first_stroke + glyph : last_stroke + glyph + 1],
                repertoire.components[first_stroke:last_stroke],
                habits,
            )
            return draw_lines(written, starts, pressure, traits, length_px, pad_px), label
        mask = repertoire.masks[first_mask + np.random.randint(num_masks)]
        edge, steep = 0.25 + 0.4 * np.random.random(), 2.5 + 3.0 * np.random.random()
        habits[_WAVE] = 0.005 + 0.02 * np.random.random()
        return bend_ink(mask, habits, length_px, edge, steep), label
    num_real, num_pictures = repertoire.num_real, len(repertoire.picture_labels)
    first, last = 0, num_real
    if which >= repertoire.shares[2] and num_real < num_pictures:
        first, last = num_real, num_pictures
    chosen = np.random.randint(first, last)
    height, width = repertoire.picture_shapes[chosen]
    pixels = repertoire.pixels[repertoire.picture_pixels[chosen] : repertoire.picture_pixels[chosen + 1]]
    # The picture has its own paper, pen and slant: only a part of the writer's habits bends it.
    habits *= 0.6
    habits[_WAVE] = 0.005 + 0.03 * np.random.random()
    ink = pixels.reshape(height, width)
    picture_px = picture_px + more_px * np.random.random()
    return bend_ink(ink, habits, picture_px, 0.0, 1.0), repertoire.picture_labels[chosen]


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


def read_generated(
    config: GeneratedConfig, charset: Charset, data_root: Path
) -> list[tuple[np.ndarray, int]]:
    """Pictures that a generator drew and that are read right, as `read_pictures` gives real ones.

    Raises:
        YomiteError: If no generator is named, or it does not do.
    """
    from yomite.generation.generated import Wish, open_generated

    if config.weights is None:
        raise DataError(
            "data.generated.share is above 0 but data.generated.weights is not set; give the weights of a "
            "generator, as `yomite train configs/diffusion.yaml` writes them"
        )
    wish = Wish(**config.model_dump(exclude={"share"}))
    ink = open_generated(wish, charset, data_root)
    return [
        (image, charset.label(character)) for image, character in zip(ink.images, ink.characters, strict=True)
    ]
