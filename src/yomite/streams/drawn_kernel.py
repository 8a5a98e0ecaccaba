"""The kernel of the stream drawn: from a repertoire to canvases."""

from __future__ import annotations

import numpy as np

from yomite.ink import canvas, ink_view
from yomite.ink.canvas import MARGIN
from yomite.ink.pen import TRAIT_NAMES, lay_on_paper
from yomite.ink.traces import leave_traces
from yomite.streams.kernels import compile_kernel
from yomite.streams.repertoire import draw_writer, write_character

_MAX_TRIES = 4
_GRAIN, _CONTRAST, _PAPER, _NOISE, _LIGHT, _SCRAPS = (
    TRAIT_NAMES.index(name) for name in ("grain", "contrast", "paper", "noise", "light", "scraps")
)

_find_box = compile_kernel(canvas.find_box)
_measure_ink = compile_kernel(canvas.measure_ink)
_resample = compile_kernel(ink_view.resample)
_place_ink = compile_kernel(canvas.place_ink, find_box=_find_box, resample=_resample)


@compile_kernel
def draw_samples(seeds, images, labels, repertoire, pen_steps, haste_share, traces_share):
    """Draw the sample of each seed, int64 (N,), into images, uint8 (N, S, S), and labels, int64 (N,).

    `pen_steps` as `stack_pens` gives them; the shares are of samples, 0..1.
    """
    size = images.shape[1]
    for n in range(len(seeds)):
        np.random.seed(seeds[n])
        for _ in range(_MAX_TRIES):
            which = np.random.random()
            traits, habits = draw_writer(pen_steps, haste_share)
            length_px = 44.0 + 60.0 * np.random.random()
            pad_px = 12.0 * np.random.random() ** 2
            coverage, label = write_character(
                repertoire, which, traits, habits, length_px, pad_px, 60.0, 56.0
            )
            if which >= repertoire.shares[1] and np.random.random() < 0.5:
                traits[_GRAIN] = traits[_NOISE] = traits[_LIGHT] = traits[_SCRAPS] = 0.0
                traits[_CONTRAST], traits[_PAPER] = 200.0, 250.0
            if traces_share > 0.0 and np.random.random() < traces_share:
                leave_traces(coverage)
            ink, has_ink = _measure_ink(lay_on_paper(coverage, traits))
            if has_ink:
                images[n] = _place_ink(ink, size, MARGIN)
                labels[n] = label
                break
