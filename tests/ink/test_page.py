"""Composed pages: pure, lines where the ink is, turned with the picture."""

import pickle

import numpy as np
import pytest

from yomite.ink.glyph_book import GlyphBook, build_glyph_book
from yomite.ink.page import ComposedPage, PageComposer, PageLine, turn_page
from yomite.ink.page_plan import Slot, plan_page
from yomite.ink.page_writing import PageWriter

TEXTS = ("今日は良い天気", "買い物の日", "3,000円", "明日の予定", "12月25日")


@pytest.fixture(scope="module")
def book(data_root) -> GlyphBook:
    return build_glyph_book(dict.fromkeys("".join(TEXTS) + "日本あいうえお" + "0123456789"), data_root)


@pytest.fixture(scope="module")
def composer(book) -> PageComposer:
    return PageComposer(book, draw_text, seed=3)


def draw_text(rng: np.random.Generator) -> str:
    return TEXTS[int(rng.integers(len(TEXTS)))]


def test_a_page_is_a_function_of_seed_epoch_and_index(composer) -> None:
    forwards = [composer.compose(0, index, width=320, height=256) for index in range(6)]
    copy = pickle.loads(pickle.dumps(composer))
    for index in reversed(range(6)):
        again = copy.compose(0, index, width=320, height=256)
        assert np.array_equal(again.picture, forwards[index].picture) and again.turn == forwards[index].turn
        for one, other in zip(again.lines, forwards[index].lines, strict=True):
            assert one.text == other.text and np.array_equal(one.course, other.course)
    assert not np.array_equal(composer.compose(1, 0, width=320, height=256).picture, forwards[0].picture)


def test_all_kinds_of_pages_come(composer) -> None:
    pages = [composer.compose(0, index, width=256, height=256) for index in range(60)]
    assert {page.turn for page in pages} == {0, 90, 180, 270}
    assert {line.direction for page in pages for line in page.lines} == {"horizontal", "vertical"}
    assert any(not page.lines for page in pages) and any(len(page.lines) > 5 for page in pages)
    for page in pages:
        assert page.picture.dtype == np.uint8 and page.picture.shape == (256, 256)
        assert all(line.text and " " not in line.text for line in page.lines)


def test_ink_lies_within_the_outlines(book) -> None:
    """Written on a flat sheet, nearly all points of a line are between its edges and its ends."""
    rng = np.random.default_rng(5)
    for is_vertical in (False, True):
        writer = PageWriter(book, draw_text, lambda points: points, rng)
        slot = Slot(100.0, 120.0, 300.0, 24.0, 0.05, is_vertical)
        (placed,) = writer.write(slot)
        along, across = (1, 0) if is_vertical else (0, 1)
        points = placed.line.strokes.points
        begin, end = placed.course[0, along], placed.course[-1, along]
        low, high = sorted(
            (placed.edges[..., across].min(axis=1).min(), placed.edges[..., across].max(axis=1).max())
        )
        is_inside = (points[:, along] > begin - 3) & (points[:, along] < end + 3)
        is_inside &= (points[:, across] > low - 3) & (points[:, across] < high + 3)
        assert is_inside.mean() > 0.97
        assert abs(placed.course[0, along] - (120.0 if is_vertical else 100.0)) < 24.0


def test_outlines_run_clockwise_from_the_upper_left(book) -> None:
    rng = np.random.default_rng(6)
    for is_vertical in (False, True):
        writer = PageWriter(book, draw_text, lambda points: points, rng)
        (placed,) = writer.write(Slot(100.0, 120.0, 300.0, 24.0, 0.0, is_vertical))
        direction = "vertical" if is_vertical else "horizontal"
        polygon = PageLine(placed.text, direction, placed.course, placed.edges).polygon
        x, y = polygon.T
        area = 0.5 * float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
        assert area > 0.0  # clockwise where y runs down
        assert x[0] + y[0] <= (x + y).min() + 3.0
        assert len(polygon) == 2 * len(placed.course)


def test_lines_turn_with_the_picture() -> None:
    picture = np.zeros((40, 60), np.uint8)
    picture[10, 20] = 255
    course = np.array([[20.5, 10.5], [40.5, 10.5]])
    line = PageLine("一", "horizontal", course, np.stack([course, course + 3.0]))
    for quarters in range(4):
        page = turn_page(picture, [line], quarters)
        assert isinstance(page, ComposedPage) and page.turn == 90 * quarters
        x, y = np.floor(page.lines[0].course[0]).astype(int)
        assert page.picture[y, x] == 255
        assert np.array_equal(np.rot90(page.picture, -quarters), picture)  # clockwise again


def test_furigana_are_written_and_are_no_lines(book) -> None:
    writer = PageWriter(book, draw_text, lambda points: points, np.random.default_rng(7))
    placed = writer.write(Slot(100.0, 120.0, 300.0, 30.0, 0.0, True, has_ruby=True))
    line, *ruby = placed
    assert line.is_text and ruby and not any(one.is_text for one in ruby)
    assert all(one.course[:, 0].min() > line.course[:, 0].max() for one in ruby)  # right of the column
    assert all(one.unit < 0.5 * line.unit for one in ruby)


def test_plans_stay_on_the_paper() -> None:
    for seed in range(40):
        plan = plan_page(640, 480, np.random.default_rng(seed))
        left, top, right, bottom = plan.paper
        for slot in plan.slots:
            assert left <= slot.x <= right + plan.em and top <= slot.y <= bottom + plan.em
            assert slot.length > 0 and slot.em > 5
