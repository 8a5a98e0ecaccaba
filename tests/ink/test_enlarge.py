import io

import numpy as np
import pytest
from PIL import Image

from yomite.ink.canvas import find_box, to_canvas
from yomite.ink.enlarge import PAD_PX, SMALL_PX, TIMES, enlarge_ink, weigh_pixels


def keep_all(view: np.ndarray) -> np.ndarray:
    """An ink finder to which all is ink."""
    return np.ones(view.shape, np.float32)


def draw_strokes_of_a_letter(side: int) -> np.ndarray:
    """Draw two slanted strokes and a flat one, dark on white."""
    down, across = (np.mgrid[:side, :side] + 0.5) / side
    is_ink = (abs(across - 0.3 - 0.2 * down) < 0.01) | (abs(across - 0.8 + 0.3 * down) < 0.01)
    is_ink |= abs(down - 0.45) < 0.01
    is_ink &= (abs(down - 0.5) < 0.3) & (abs(across - 0.5) < 0.3)
    return np.where(is_ink, 0, 255).astype(np.uint8)


def test_the_noise_of_jpeg_goes() -> None:
    small = Image.fromarray(draw_strokes_of_a_letter(240)).resize((60, 60), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=25)
    away = {}
    for version in (3, 4):
        clean, noisy = (
            to_canvas(picture, version=version, finder=keep_all).astype(int)
            for picture in (small, file.getvalue())
        )
        away[version] = np.abs(clean - noisy).mean()
    assert away[4] < 0.6 * away[3], away


def test_faint_specks_do_not_widen_the_box() -> None:
    ink = np.zeros((40, 40), np.float32)
    ink[15:25, 18:20] = 1.0
    clean = enlarge_ink(ink, find_box(ink))
    specked = ink.copy()
    specked[::4, ::4] = np.maximum(specked[::4, ::4], np.float32(0.25))
    enlarged = enlarge_ink(specked, find_box(specked))
    sides = [np.subtract(find_box(one)[1::2], find_box(one)[::2]) for one in (clean, enlarged)]
    assert np.abs(sides[0] - sides[1]).max() <= 1
    assert np.abs(sides[0] - TIMES * np.array([10, 2])).max() <= 2


def test_ink_of_the_square_s_size_stays_as_it_is() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[3 : 3 + SMALL_PX, 30] = 1.0
    assert enlarge_ink(ink, find_box(ink)) is ink
    assert enlarge_ink(ink[:-15], find_box(ink[:-15])) is not ink


def test_ink_so_faint_that_none_would_be_left_stays() -> None:
    ink = np.full((20, 20), 0.2, np.float32)
    assert enlarge_ink(ink, find_box(ink)) is ink


@pytest.mark.parametrize("shape", [(4, 4), (1, 30), (47, 3)])
def test_ink_at_the_rim_stays_in_the_picture(shape: tuple[int, int]) -> None:
    ink = np.ones(shape, np.float32)
    enlarged = enlarge_ink(ink, (0, shape[0], 0, shape[1]))
    assert enlarged.shape == (TIMES * shape[0], TIMES * shape[1]) and enlarged.min() == 1.0


def test_only_the_box_is_enlarged() -> None:
    ink = np.zeros((100, 160), np.float32)
    ink[40:50, 70:90] = 1.0
    enlarged = enlarge_ink(ink, find_box(ink))
    assert enlarged.shape == (TIMES * (10 + 2 * PAD_PX), TIMES * (20 + 2 * PAD_PX))
    assert enlarged.dtype == np.float32 and enlarged.min() == 0.0 and enlarged.max() == 1.0


def test_every_enlarged_pixel_is_a_mean() -> None:
    weights = weigh_pixels(7)
    assert weights.shape == (7 * TIMES, 7) and weights.dtype == np.float32
    assert np.allclose(weights.sum(axis=1), 1.0) and weights.min() >= 0.0
    assert (weights.argmax(axis=1) == np.arange(7 * TIMES) // TIMES).all()
