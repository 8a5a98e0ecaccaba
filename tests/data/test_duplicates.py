"""Pictures that are there twice: hidden among others here, and found again; brute force as the reference."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from drawings import DRAWINGS, draw_page
from PIL import Image

from yomite.data import duplicates
from yomite.data.duplicates import find_equal, find_near
from yomite.ink.canvas import to_canvas


def save_as_jpeg(page: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(page).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "jpeg": save_as_jpeg,
    "smaller": lambda page: np.asarray(Image.fromarray(page).resize((80, 80), Image.Resampling.BICUBIC)),
    "shifted": lambda page: np.pad(page, ((3, 9), (7, 1)), constant_values=255),
    "darker": lambda page: (page * 0.7).astype(np.uint8),
    "inverted": lambda page: 255 - page,
}


def draw_all(pen_px: float = 5.0) -> list[np.ndarray]:
    return [draw_page(name, 120, pen_px) for name in DRAWINGS if name != "ichi"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found(change: str) -> None:
    pages = draw_all()
    images = np.stack([to_canvas(page) for page in [*pages, CHANGES[change](pages[2])]])
    assert [pair[:2] for pair in find_near(images)] == [(2, len(pages))]


def test_other_drawings_are_none() -> None:
    images = np.stack([to_canvas(page) for page in draw_all()])
    assert find_near(images) == [] and find_equal(images) == []


def test_bare_strokes_are_left_aside() -> None:
    lines = [np.full((60, 200), 255, np.uint8) for _ in range(3)]
    for number, line in enumerate(lines):
        line[28 : 33 + number % 2, 10:-10] = 0
    assert find_near(np.stack([to_canvas(line) for line in lines])) == []


def test_against_brute_force() -> None:
    """Random smooth pictures in families: every pair measured, one by one."""
    rng = np.random.default_rng(0)
    families = rng.normal(0, 1, (12, 6, 6))
    images = []
    for member in range(90):
        coarse = families[member % 12] + rng.normal(0, 0.12, (6, 6))
        smooth = Image.fromarray((coarse * 40 + 120).clip(0, 255).astype(np.uint8)).resize((48, 48))
        images.append(np.asarray(smooth))
    stack = np.stack(images)
    vectors = np.stack([duplicates._describe(image[None])[0] for image in stack]).astype(np.float64)
    expected = {
        (a, b)
        for a in range(90)
        for b in range(a + 1, 90)
        if vectors[a] @ vectors[b] >= duplicates.MIN_CORRELATION
    }
    assert {pair[:2] for pair in find_near(stack)} == expected and len(expected) > 20


def test_equal_pictures_in_groups() -> None:
    images = np.random.default_rng(0).integers(0, 255, (6, 4, 4)).astype(np.uint8)[[0, 1, 0, 2, 1, 0]]
    assert find_equal(images) == [[0, 2, 5], [1, 4]]
    assert find_near(images[:1]) == []
