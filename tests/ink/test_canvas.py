"""Whatever the picture is like, the square is the same; whatever is no picture is told in one line."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import DRAWINGS, crop_ink, draw_ink, draw_page
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from yomite.errors import PictureError
from yomite.ink.canvas import (
    MARGIN,
    WORK_SIZE,
    draw_strokes,
    find_box,
    measure_ink,
    place_ink,
    shrink_gray,
    to_canvas,
)
from yomite.ink.pictures import MAX_PIXELS, read_gray
from yomite.ink.strokes import to_strokes

NAMES = sorted(DRAWINGS)
SOME = ["ei", "a-hiragana", "hi", "neko"]


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of two squares, in gray levels."""
    return float(np.abs(one.astype(float) - other).mean())


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two squares."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


# --- what a square is -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [48, 32, 65])
def test_ink_is_bright_centered_and_in_proportion(name: str, size: int) -> None:
    canvas = to_canvas(draw_page(name), size)
    assert canvas.shape == (size, size) and canvas.dtype == np.uint8 and canvas.max() == 255
    rows, columns = (np.flatnonzero((canvas > 100).any(axis=axis)) for axis in (1, 0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    for first, last in ((rows[0], rows[-1]), (columns[0], columns[-1])):
        assert abs(first + last - (size - 1)) <= 2
    assert max(height, width) == pytest.approx(size * (1 - 2 * MARGIN), abs=2.5)
    page = crop_ink(draw_page(name))
    assert height / width == pytest.approx(page.shape[0] / page.shape[1], abs=0.1)


def test_square_of_a_large_box_is_the_mean_of_its_pixels() -> None:
    """48 px of 0.88 hold 42.24 px of ink; a box of 4 x 42.24 px makes 4 px a target pixel."""
    ink = np.random.default_rng(0).random((169, 169)).astype(np.float32)
    canvas = place_ink(ink, 48, MARGIN).astype(float)
    step = 169 / (48 * (1 - 2 * MARGIN))
    fine = np.kron(ink, np.ones((10, 10)))  # each source pixel as 10 x 10
    for row, column in [(24, 24), (10, 30), (40, 5)]:
        edges = [169 / 2 + (index - 24) * step for index in (row, row + 1, column, column + 1)]
        top, bottom, left, right = (round(10 * edge) for edge in edges)
        mean = fine[top:bottom, left:right].mean()
        assert canvas[row, column] == pytest.approx(min(255.0, 255 * mean * _gain(ink)), abs=4)


def _gain(ink: np.ndarray) -> float:
    """How much the brightness of thin ink is raised: the brightness-weighted mean level becomes 0.8."""
    small = np.asarray(Image.fromarray(ink).resize((42, 42), Image.Resampling.BOX))
    return min(max(0.8 / ((small**2).sum() / small.sum()), 1.0), 4.0)


def test_box_leaves_specks_aside() -> None:
    ink = np.zeros((60, 80), np.float32)
    ink[20:40, 30:50] = 1.0
    ink[2, 70] = 1.0
    assert find_box(ink) == (20, 40, 30, 50)


# --- the same character in other pictures -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_white_on_black_gives_the_same_square(name: str) -> None:
    page = draw_page(name)
    assert difference(to_canvas(page), to_canvas(255 - page)) < 0.5


@settings(max_examples=30)
@given(st.sampled_from(SOME), *[st.integers(0, 40)] * 4)
def test_place_on_the_page_does_not_matter(name: str, top: int, bottom: int, left: int, right: int) -> None:
    page = draw_page(name, 80, 4)
    moved = np.pad(page, ((top, bottom), (left, right)), constant_values=255)
    # Paper decides together with ink where the threshold lies, so that gray edges may change a little.
    assert likeness(to_canvas(page), to_canvas(moved)) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_size_of_the_picture_does_not_matter(name: str) -> None:
    middle = to_canvas(draw_page(name, 120, 6))
    assert likeness(middle, to_canvas(draw_page(name, 40, 2))) > 0.85
    for side_px in (80, 300, 1000):
        assert likeness(middle, to_canvas(draw_page(name, side_px, side_px / 20))) > 0.93


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pen_px", [1.2, 3, 10])
def test_thin_and_thick_lines_lie_where_the_line_lies(name: str, pen_px: float) -> None:
    canvas = to_canvas(draw_page(name, 120, pen_px))
    line = to_canvas(draw_page(name, 120, 4)) > 128
    assert canvas[line].mean() > 2.5 * canvas[~line].mean()
    assert canvas.max() == 255


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_inverted", [False, True])
def test_ink_may_touch_the_rim(name: str, is_inverted: bool) -> None:
    page = draw_page(name)
    cropped = crop_ink(page)
    assert likeness(to_canvas(page), to_canvas(255 - cropped if is_inverted else cropped)) > 0.95


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slopes", [(60, 0), (0, 90), (-70, -50)])
def test_uneven_light_is_leveled(name: str, slopes: tuple[float, float]) -> None:
    page = draw_page(name)
    down, across = np.mgrid[:120, :120] / 119 - 0.5
    light = 0.8 * (205 + slopes[0] * down + slopes[1] * across)
    photo = np.clip(page / 255 * light, 0, 255).astype(np.uint8)
    assert likeness(to_canvas(page), to_canvas(photo)) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_noise_of_the_paper_is_left_aside(name: str) -> None:
    page = draw_page(name)
    noise = np.random.default_rng(0).normal(0, 10, page.shape)
    noisy = np.clip(50 + 0.7 * page + noise, 0, 255).astype(np.uint8)
    assert likeness(to_canvas(page), to_canvas(noisy)) > 0.95


@pytest.mark.parametrize("name", SOME)
def test_small_character_on_a_huge_sheet(name: str) -> None:
    page = draw_page(name, 200, 9)
    sheet = np.full((3000, 4000), 255, np.uint8)
    sheet[2600:2800, 100:300] = page
    assert likeness(to_canvas(page), to_canvas(sheet)) > 0.95


def test_thick_felt_is_not_taken_for_uneven_light() -> None:
    for name in NAMES:
        page = draw_page(name, 120, 16)
        inside = draw_ink(name, 120, 8) == 255
        assert measure_ink(page)[0][inside].min() > 0.9


# --- the same pixels in other containers ------------------------------------------------------------------


@pytest.mark.parametrize("name", SOME)
def test_every_dtype_gives_the_same_square(name: str) -> None:
    page = draw_page(name)
    expected = to_canvas(page)
    for array in (
        page[..., None],
        np.repeat(page[..., None], 3, axis=2),
        page.astype(np.int64),
        page.astype(np.float64),
        page.astype(np.float32) / 255,
        page.astype(np.uint16) * 257,
        np.asfortranarray(page),
        page[:, ::-1][:, ::-1],
    ):
        assert np.array_equal(to_canvas(array), expected), array.dtype
    assert np.array_equal(to_canvas(page > 127), to_canvas(np.where(page > 127, 255, 0).astype(np.uint8)))


@pytest.mark.parametrize("color", [(0, 0, 0), (180, 20, 20), (255, 255, 255)])
def test_ink_on_transparency(color: tuple[int, int, int]) -> None:
    """White ink would vanish on white: it is laid on black."""
    picture = Image.new("RGBA", (120, 120), (*color, 0))
    picture.putalpha(Image.fromarray(draw_ink("ei")))
    expected = to_canvas(draw_page("ei"))
    for same in (
        picture,
        np.asarray(picture),
        encode(picture, "PNG"),
        encode(picture, "WEBP", lossless=True),
    ):
        assert difference(to_canvas(same), expected) < 3
    gray = Image.merge("LA", [Image.new("L", (120, 120), color[0]), picture.getchannel("A")])
    assert difference(to_canvas(gray), expected) < 3


def test_an_array_of_pairs_may_be_strokes_and_is_refused() -> None:
    with pytest.raises(PictureError, match=r"shape \(20, 30, 2\); pass strokes as a list"):
        to_canvas(np.zeros((20, 30, 2)))


def test_palette_with_and_without_transparency() -> None:
    page = np.where(draw_page("ei") > 127, 1, 0).astype(np.uint8)
    expected = to_canvas(page * np.uint8(255))
    picture = Image.fromarray(page, "L").convert("P")
    picture.putdata(page.ravel().tolist())
    picture.putpalette([0, 0, 0, 255, 255, 255])
    assert np.array_equal(to_canvas(picture), expected)
    assert np.array_equal(to_canvas(encode(picture, "GIF")), expected)
    picture.putpalette([0, 0, 0, 0, 0, 0])  # both black; the paper is what is transparent
    assert np.array_equal(to_canvas(encode(picture, "PNG", transparency=1)), expected)


def test_16_bit_and_other_modes() -> None:
    page = draw_page("ei")
    expected = to_canvas(page)
    deep = Image.fromarray(page.astype(np.uint16) * 257)
    assert np.array_equal(to_canvas(deep), expected)
    assert np.array_equal(to_canvas(encode(deep, "PNG")), expected)
    assert np.array_equal(to_canvas(encode(deep, "TIFF")), expected)
    gray = Image.fromarray(page)
    for mode in ("RGB", "RGBA", "LA", "CMYK", "HSV", "I", "F"):
        middle = gray if mode in ("LA", "I", "F") else gray.convert("RGB")
        assert np.array_equal(to_canvas(middle.convert(mode)), expected), mode
    assert difference(to_canvas(gray.convert("1", dither=Image.Dither.NONE)), expected) < 6


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 1), (8, 3)])
def test_photograph_stands_upright_as_its_exif_says(orientation: int, turns: int) -> None:
    """Orientation 6: the camera was held so that the picture is to be turned clockwise by 90 degrees."""
    page = draw_page("ei")
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = encode(Image.fromarray(np.rot90(page, turns)), "JPEG", exif=exif, quality=95)
    assert difference(to_canvas(photo), to_canvas(page)) < 6
    assert difference(to_canvas(Image.open(io.BytesIO(photo))), to_canvas(page)) < 6


def test_path_bytes_image_and_array_agree(tmp_path: Path) -> None:
    path = tmp_path / "永.png"
    Image.fromarray(draw_page("ei")).save(path)
    content = path.read_bytes()
    for picture in (path, str(path), content, bytearray(content), Image.open(path)):
        assert np.array_equal(read_gray(picture), draw_page("ei"))


# --- strokes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_strokes_give_the_square_of_their_picture(name: str) -> None:
    strokes = to_canvas(DRAWINGS[name])
    assert likeness(strokes, to_canvas(draw_page(name, 240, 12))) > 0.85


@given(st.sampled_from(SOME), st.floats(1e-3, 1e5), st.floats(-1000, 1000), st.floats(-1000, 1000))
@settings(max_examples=20)
def test_unit_and_place_of_strokes_do_not_matter(name: str, scale: float, right: float, down: float) -> None:
    moved = [[((x + right) * scale, (y + down) * scale) for x, y in stroke] for stroke in DRAWINGS[name]]
    assert difference(to_canvas(moved), to_canvas(DRAWINGS[name])) < 4


@pytest.mark.parametrize("point", [(0, 0), (5.5, -3), (1e9, 1e9)])
def test_single_point_is_a_round_dot(point: tuple[float, float]) -> None:
    dot = to_canvas([[point]])
    down, across = np.mgrid[:48, :48] - 23.5
    radius = np.hypot(down, across)
    assert dot[radius < 15].min() > 230 and dot[radius > 24].max() < 10
    assert np.array_equal(dot, to_canvas([[point, point], [point]]))


TINY = st.lists(
    st.lists(st.tuples(*[st.floats(-1e9, 1e9)] * 2), min_size=1, max_size=5), min_size=1, max_size=4
)


@given(TINY)
@example([[(0.0, 0.0), (1e-45, 0.0)]])
@example([[(0.0, 0.0), (1e-38, 1e-38)]])
@settings(max_examples=40)
def test_any_finite_strokes_leave_ink(strokes: list[list[tuple[float, float]]]) -> None:
    canvas = to_canvas(strokes)
    assert canvas.shape == (48, 48) and canvas.max() > 100
    ink = draw_strokes(to_strokes(strokes))
    assert ink.shape == (WORK_SIZE, WORK_SIZE) and ink.min() >= 0 and ink.max() == 1


# --- any array --------------------------------------------------------------------------------------------

SHAPES = st.tuples(st.integers(4, 40), st.integers(4, 40))
CHANNELS = st.sampled_from([(), (1,), (3,), (4,)])
ARRAYS = st.one_of(
    st.tuples(SHAPES, CHANNELS).flatmap(lambda two: arrays(np.uint8, two[0] + two[1])),
    SHAPES.flatmap(lambda shape: arrays(np.uint16, shape)),
    SHAPES.flatmap(lambda shape: arrays(np.bool_, shape)),
    SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(0, 1, width=32))),
)


@given(ARRAYS)
@settings(max_examples=150)
def test_any_array_gives_a_square_or_is_blank(array: np.ndarray) -> None:
    before = array.copy()
    try:
        canvas = to_canvas(array)
    except PictureError as error:
        assert "blank" in str(error)
    else:
        assert canvas.shape == (48, 48) and canvas.dtype == np.uint8 and canvas.max() > 0
    assert np.array_equal(before, array)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF"])
)
@settings(max_examples=80)
def test_any_bytes_are_a_picture_or_an_error(content: bytes, start: bytes) -> None:
    with pytest.raises(PictureError):
        to_canvas(start + content)


@pytest.mark.parametrize("shape", [(4, 4), (4, 100), (100, 4), (5, 17)])
def test_picture_of_4_px_on_its_short_side_is_read(shape: tuple[int, int]) -> None:
    page = np.full(shape, 255, np.uint8)
    page[1:3, 1:-1] = 0
    assert to_canvas(page).max() > 100


def test_shrinking_keeps_the_mean() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 640)).astype(np.uint8)
    small = shrink_gray(noise)
    assert small.shape == (100, 160)
    # 4 x 4 source pixels a target pixel; rounded once a direction.
    assert np.abs(small - noise.reshape(100, 4, 160, 4).mean(axis=(1, 3))).max() <= 1
    assert shrink_gray(noise[:160, :160]).shape == (160, 160)


# --- what is no picture -----------------------------------------------------------------------------------

PNG = encode(Image.fromarray(draw_page("ei")), "PNG")


@pytest.mark.parametrize(
    ("picture", "complaint"),
    [
        (np.full((50, 50), 255, np.uint8), "blank"),
        (np.full((50, 50), 7, np.uint8), "blank"),
        (np.zeros((50, 50, 4), np.uint8), "blank"),
        (np.zeros((1, 1), np.uint8), "1 x 1 pixels; at least 4"),
        (np.zeros((3, 500), np.uint8), "500 x 3 pixels; at least 4"),
        (np.zeros((0, 0), np.uint8), "at least 4"),
        (Image.new("RGB", (1, 1)), "1 x 1 pixels; at least 4"),
        (np.full((9, 9), math.nan), "NaN or infinite"),
        (np.full((9, 9), math.inf), "NaN or infinite"),
        (np.full((9, 9), -1), "negative"),
        (np.full((9, 9), 70_000), "up to 70000"),
        (np.zeros((9, 9, 2), np.uint8), "shape (9, 9, 2)"),
        (np.zeros(9, np.uint8), "shape (9,)"),
        (np.zeros((9, 9), complex), "dtype complex128"),
        (np.full((9, 9), "a"), "dtype <U1"),
        (np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (20_000, 20_000), (0, 0)), f"{MAX_PIXELS:,}"),
        ([], "empty"),
        ([[(math.nan, 1)]], "NaN"),
        (b"", "is not a picture"),
        (b"yomite", "is not a picture"),
        (PNG[: len(PNG) // 2], "damaged or cut off"),
        (PNG[:20], "damaged or cut off"),
        (None, "NoneType"),
        (7, "int"),
        ("nothing-here.png", "nothing-here.png is not there"),
        (Path(__file__).parent, "is a folder"),
        (Path(__file__), "is not a picture"),
        ("\0", "is not there"),
        (encode(Image.new("1", (15_000, 15_000)), "PNG"), f"larger than {MAX_PIXELS:,} pixels"),
    ],
)
def test_what_is_no_picture_is_told_in_one_line(picture: Any, complaint: str) -> None:
    with pytest.raises(PictureError) as caught:
        to_canvas(picture)
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


def test_broken_pil_image_is_told_too() -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        to_canvas(Image.open(io.BytesIO(PNG[: len(PNG) // 2])))
    gray = Image.fromarray(draw_page("ei"))
    with pytest.raises(PictureError, match="cannot be read"):
        to_canvas(Image.merge("LAB", [gray, gray, gray]))


def test_blank_paper_with_scanner_noise_is_blank() -> None:
    paper = np.random.default_rng(0).normal(240, 1.5, (100, 100)).astype(np.uint8)
    with pytest.raises(PictureError, match="blank"):
        to_canvas(paper)
