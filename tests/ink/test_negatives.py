"""What is drawn is ink or dirty paper, the same from the same seed, and of two kinds that do not mix."""

from typing import Any

import numpy as np
import pytest
from tiny_copybook import build_copybook

from yomite.errors import PictureError
from yomite.evaluation.outlines import OBJECTS, SHAPES
from yomite.evaluation.outsiders import OUTSIDERS, WORDS, draw_outsiders, measure_rejected, sketch_pair
from yomite.ink.canvas import to_canvas
from yomite.ink.negatives import DIRTY_PAPER, NEGATIVES, _overlap, draw_negatives, sketch_mirrored
from yomite.ink.sketches import fit_square
from yomite.reading.results import Candidate, Recognition

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

COPYBOOK = build_copybook()
DRAW = dict.fromkeys(NEGATIVES, draw_negatives) | dict.fromkeys(OUTSIDERS, draw_outsiders)


def flatten(picture: Any) -> np.ndarray:
    return np.concatenate([np.asarray(part, np.float64).ravel() for part in picture])


@pytest.mark.parametrize("kind", DRAW)
def test_each_kind_is_ink_and_varies(kind: str) -> None:
    pictures = DRAW[kind](kind, 12, COPYBOOK)
    for first, again in zip(pictures, DRAW[kind](kind, 12, COPYBOOK), strict=True):
        np.testing.assert_array_equal(flatten(first), flatten(again))
    canvases = []
    for picture in pictures:
        try:
            canvases.append(to_canvas(picture).tobytes())
        except PictureError as error:
            assert "blank" in str(error)
    assert len(set(canvases)) == len(canvases)
    assert kind == DIRTY_PAPER or len(canvases) >= 11  # a faint pencil may leave a picture blank


def test_what_is_learned_is_not_what_is_scored() -> None:
    assert not set(NEGATIVES) & set(OUTSIDERS)
    assert min(map(len, WORDS)) >= 2 and len(set(WORDS)) == len(WORDS) >= 100


@pytest.mark.parametrize(("name", "outline"), [*SHAPES.items(), *OBJECTS.items()])
def test_outlines_are_drawings(name: str, outline: Any) -> None:
    strokes = outline()
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)
    canvas = to_canvas([stroke.tolist() for stroke in strokes])
    assert canvas.max() == 255 and 0.03 < (canvas > 100).mean() < 0.6


def test_a_mirrored_kanji_is_another() -> None:
    rng = np.random.default_rng(0)
    flipped = sketch_mirrored(rng, COPYBOOK)
    originals = [list(COPYBOOK.glyphs[character].strokes) for character in COPYBOOK.kanji]
    assert all(_overlap(strokes, flipped) < 1 for strokes in originals)
    assert _overlap(originals[0], originals[0]) == 1


def test_two_characters_lie_apart() -> None:
    for seed in range(20):
        strokes = sketch_pair(np.random.default_rng(seed), COPYBOOK)
        extent = np.ptp(np.concatenate(strokes), axis=0)
        assert len(strokes) == 10 and max(extent) > 1.4


def test_any_strokes_fill_the_square() -> None:
    for strokes in ([np.array([[5.0, 7.0]])], [np.array([[-900.0, 3.0], [100.0, 4.0]]), np.array([[0, 0]])]):
        points = np.concatenate(fit_square(strokes))
        assert points.dtype == np.float32 and points.min() >= 0 and points.max() <= 1
        np.testing.assert_allclose(0.5 * (points.min(axis=0) + points.max(axis=0)), 0.5, atol=1e-6)


def test_what_is_turned_down_is_counted() -> None:
    taken, rejected = (Recognition((Candidate("一", 0.5),), 0.5, flag) for flag in (False, True))
    answers = [taken, rejected, PictureError("blank"), taken]
    shares = measure_rejected(lambda pictures: answers[: len(pictures)], COPYBOOK, num=4)
    assert shares == dict.fromkeys(OUTSIDERS, 0.5)
