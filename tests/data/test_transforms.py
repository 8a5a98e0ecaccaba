"""Transforms: pure, gentle, and each does what its name says."""

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image

from yomite.data.transforms import TRANSFORMS, transform_picture
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas

PAGE = draw_page("ei", 96, 5)


def apply(name: str, seed: int = 0, strength: float = 1.0, page: np.ndarray = PAGE) -> np.ndarray:
    return TRANSFORMS[name](page, np.random.default_rng(seed), strength)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_pure_and_of_the_same_form(name: str) -> None:
    before = PAGE.copy()
    first, again, other = apply(name), apply(name), apply(name, seed=1)
    assert first.shape == PAGE.shape and first.dtype == np.uint8
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert np.array_equal(PAGE, before)
    tall = apply(name, page=draw_page("ei", 96, 5)[:, 20:70])
    assert tall.shape == (96, 50)


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name != "erase"])
def test_no_strength_changes_nothing(name: str) -> None:
    assert np.abs(apply(name, strength=0.0).astype(int) - PAGE).max() <= 1


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_character_stays_itself(name: str) -> None:
    """Canvases before and after are far more alike than those of two characters."""
    own, other = to_canvas(PAGE).astype(float), to_canvas(draw_page("hon", 96, 5)).astype(float)
    alike = [np.corrcoef(own.ravel(), to_canvas(apply(name, seed)).ravel())[0, 1] for seed in range(8)]
    assert np.mean(alike) > 0.55 > np.corrcoef(own.ravel(), other.ravel())[0, 1]


def measure_ink(page: np.ndarray) -> float:
    return float((255.0 - page).sum())


def test_affine_against_pillow() -> None:
    """The same matrix through Pillow's own resampling, for a picture that does not reach its rim."""
    rng = np.random.default_rng(5)
    angle, slant, aspect = rng.normal(0.0, 1.0, 3).clip(-2, 2) * (0.1, 0.12, 0.12)
    matrix = (
        np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        @ np.array([[1.0, slant], [0.0, 1.0]])
        @ np.diag([np.exp(aspect / 2), np.exp(-aspect / 2)])
    )
    middle = np.array([48.0, 48.0])
    shift = middle - matrix @ middle
    data = (*matrix[0], shift[0], *matrix[1], shift[1])
    expected = Image.fromarray(PAGE).transform(
        (96, 96), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=255
    )
    assert np.abs(apply("affine", seed=5).astype(int) - np.asarray(expected)).max() <= 3


def test_thickness_goes_both_ways() -> None:
    ink = [measure_ink(apply("thickness", seed)) / measure_ink(PAGE) for seed in range(20)]
    assert min(ink) < 0.8 and max(ink) > 1.25
    hair = draw_page("ei", 96, 1)
    for seed in range(20):  # thin strokes are not wiped out, nor is a small character on a large sheet
        assert measure_ink(apply("thickness", seed, page=hair)) > 0.45 * measure_ink(hair)
        sheet = np.pad(PAGE, 200, constant_values=255)
        assert 0.5 < measure_ink(apply("thickness", seed, page=sheet)) / measure_ink(PAGE) < 2.5


def test_elastic_keeps_the_ink_and_moves_it() -> None:
    for seed in range(5):
        bent = apply("elastic", seed)
        assert 0.75 < measure_ink(bent) / measure_ink(PAGE) < 1.3
        assert np.abs(bent.astype(int) - PAGE).max() > 100


def test_blur_lowers_edges_and_noise_raises_them() -> None:
    def roughness(page: np.ndarray) -> float:
        return float(np.abs(np.diff(page.astype(float))).mean())

    assert np.mean([roughness(apply("blur", seed)) for seed in range(9)]) < roughness(PAGE)
    assert np.mean([roughness(apply("noise", seed)) for seed in range(9)]) > roughness(PAGE)


def test_paper_darkens_and_pales() -> None:
    for seed in range(9):
        lit = apply("paper", seed)
        assert np.median(lit) < 255 and int(np.median(lit)) - int(lit[PAGE < 40].mean()) > 40


def test_erasing_only_takes_away() -> None:
    for seed in range(9):
        erased = apply("erase", seed)
        assert (erased >= PAGE).all() and 0 <= (erased != PAGE).mean() < 0.13
    dark = 255 - PAGE
    assert (apply("erase", page=dark) <= dark).all()  # bare paper is what the rim shows
    blank = np.full((40, 40), 240, np.uint8)
    assert np.array_equal(apply("erase", page=blank), blank)


def test_several_in_their_order() -> None:
    rng = np.random.default_rng(3)
    expected = TRANSFORMS["noise"](TRANSFORMS["affine"](PAGE, rng, 1.0), rng, 1.0)
    assert np.array_equal(transform_picture(PAGE, np.random.default_rng(3), ["noise", "affine"]), expected)
    assert np.array_equal(transform_picture(PAGE, rng, []), PAGE)
    with pytest.raises(DataError, match="transform 'shake' is unknown; there are affine, elastic"):
        transform_picture(PAGE, rng, ["shake"])
