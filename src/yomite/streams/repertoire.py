"""What characters are drawn from: strokes, fonts, scanned cells, one's own pictures, laid out for kernels.

`write_character` is the part that streams of characters share: what a writer makes of one of them, before
there is any paper.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np

from yomite.ink.fonts import bend_ink
from yomite.ink.hand import HABITS, draw_habits
from yomite.ink.pen import PEN_RANGES, TRAITS, draw_lines, draw_traits
from yomite.ink.writing import write_glyph
from yomite.streams.glyphs import FlatGlyph
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
