"""Composed lines: pure, boxes where the ink is, forms of vertical lines."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from yomite.charset import LINE_SIGNS, Charset
from yomite.errors import DataError, YomiteError
from yomite.ink.glyph_book import (
    GlyphBook,
    build_glyph_book,
    choose_sources,
    load_glyph_book,
    save_glyph_book,
)
from yomite.ink.hand import build_hand
from yomite.ink.line import ComposedLine, LineComposer
from yomite.ink.line_layout import PAIR_FIRST, PAIR_SECOND, STRUCK, TURNED, lay_out
from yomite.ink.line_plan import plan_line
from yomite.ink.line_style import draw_style
from yomite.ink.picture_glyphs import CELL_SHEETS
from yomite.ink.writing import seed_stream

TEXTS = ("今日は良い天気", "SDKを使う。", "3,000円（税込）", "「ゃっ」ー", "5〜10g", "12月25日", "あ")


@pytest.fixture(scope="module")
def book(data_root) -> GlyphBook:
    characters = dict.fromkeys("".join(TEXTS) + LINE_SIGNS + "0123456789ABCabcgy、。ー・一")
    return build_glyph_book(characters, data_root)


@pytest.fixture(scope="module")
def composer(book) -> LineComposer:
    return LineComposer(book, draw_text, seed=3)


def draw_text(rng: np.random.Generator) -> str:
    return TEXTS[int(rng.integers(len(TEXTS)))]


def compose(composer: LineComposer, count: int) -> list[ComposedLine]:
    return [composer.compose(0, index) for index in range(count)]


def test_every_sign_can_be_written(book) -> None:
    assert not [sign for sign in LINE_SIGNS if sign not in book]


def test_a_line_is_a_function_of_seed_epoch_and_index(composer) -> None:
    forwards = compose(composer, 12)
    copy = pickle.loads(pickle.dumps(composer))
    for index in reversed(range(12)):
        again = copy.compose(0, index)
        assert again.text == forwards[index].text and again.direction == forwards[index].direction
        assert np.array_equal(again.picture, forwards[index].picture)
        assert np.array_equal(again.boxes, forwards[index].boxes)
    other = composer.compose(1, 0)
    assert other.picture.shape != forwards[0].picture.shape or (other.picture != forwards[0].picture).any()


def test_validation_has_other_hands(book) -> None:
    seen = LineComposer(book, draw_text, seed=3).compose(0, 0)
    held_back = LineComposer(book, draw_text, seed=3, validation=True).compose(0, 0)
    assert seen.picture.shape != held_back.picture.shape or (seen.picture != held_back.picture).any()


def test_lines_are_crops_with_a_box_for_each_character(composer) -> None:
    for line in compose(composer, 60):
        rows, columns = line.picture.shape
        assert line.picture.dtype == np.uint8 and rows >= 8 and columns >= 8
        assert line.text in {"".join(text.split()) for text in TEXTS}
        assert line.boxes.shape == (len(line.text), 4)
        assert (line.boxes >= 0).all()
        assert (line.boxes[:, [0, 2]] <= columns).all() and (line.boxes[:, [1, 3]] <= rows).all()
        assert (line.boxes[:, 2] > line.boxes[:, 0]).all() and (line.boxes[:, 3] > line.boxes[:, 1]).all()


def test_boxes_stand_in_reading_order(composer) -> None:
    for seed in range(20):
        for direction, axis in (("horizontal", 0), ("vertical", 1)):
            line = composer.compose_text("今日は良い天気", direction, seed=seed)
            middles = line.boxes[:, axis] + line.boxes[:, axis + 2]
            assert (np.diff(middles) > 0).mean() >= 0.8
            assert middles[-1] > middles[0]


def test_a_text_that_cannot_be_written_is_refused(composer) -> None:
    with pytest.raises(YomiteError, match="can be written"):
        composer.compose_text("魑魅")
    with pytest.raises(YomiteError, match="horizontal or vertical"):
        composer.compose_text("今日", "sideways")


def write(book: GlyphBook, text: str, is_vertical: bool):
    plan = plan_line(text, book, is_vertical, 0.0, np.random.default_rng(0))
    seed_stream(0)
    style = draw_style(0.0, is_vertical)
    habits = build_hand("print").habits
    written = (plan.labels, plan.gaps, plan.marks, habits, style, is_vertical)
    return plan, lay_out(book, book.sources[0], *written)


def extent(box: np.ndarray) -> np.ndarray:
    return box[2:] - box[:2]


def test_bars_and_brackets_lie_in_vertical_lines(book) -> None:
    wide, high = extent(write(book, "あー", False)[1].boxes[1])
    assert wide > 2 * high
    wide, high = extent(write(book, "あー", True)[1].boxes[1])
    assert high > 2 * wide
    wide, high = extent(write(book, "（あ", True)[1].boxes[0])
    assert wide > high


def test_stops_move_to_the_right_in_vertical_lines(book) -> None:
    for text in ("天、", "天。"):
        _, strokes = write(book, text, True)
        assert strokes.boxes[1, 0] > strokes.boxes[0, [0, 2]].mean()
        _, strokes = write(book, text, False)
        assert strokes.boxes[1, 1] > strokes.boxes[0, [1, 3]].mean()


def test_two_digits_stand_side_by_side_or_lie_in_vertical_lines(book) -> None:
    seen = set()
    for seed in range(40):
        plan = plan_line("12月", book, True, 0.0, np.random.default_rng(seed))
        seen.add(tuple(plan.marks[:2] & (PAIR_FIRST | PAIR_SECOND | TURNED)))
        assert plan.marks[2] == 0
    assert seen >= {(PAIR_FIRST, PAIR_SECOND), (TURNED, TURNED)}


def test_what_is_struck_out_is_not_in_the_text(book) -> None:
    plan = plan_line("今日は良い天気", book, False, 1.0, np.random.default_rng(0))
    struck = (plan.marks & STRUCK) > 0
    assert struck.any()
    kept = [c for c, is_struck in zip(plan.characters, struck, strict=True) if not is_struck]
    assert "".join(kept) == "今日は良い天気"


def test_a_book_is_the_same_after_it_was_saved(book, tmp_path) -> None:
    save_glyph_book(book, tmp_path / "folder" / "book.npz")
    again = load_glyph_book(tmp_path / "folder" / "book.npz")
    first, second = (LineComposer(one, draw_text, seed=1).compose(0, 4) for one in (book, again))
    assert first.text == second.text and np.array_equal(first.picture, second.picture)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="no glyph book"):
        load_glyph_book(tmp_path / "broken.npz")


def test_pictures_of_fonts_and_cells_are_drawn_where_their_boxes_are(data_root) -> None:
    characters = "あいうえおかきくけこ一二三（）ー"
    fonts, cells = sorted((data_root / "fonts").glob("Yomogi*")), data_root / CELL_SHEETS
    book = build_glyph_book(characters, data_root, fonts=fonts, cells=cells)
    assert {source.name for source in book.sources} >= {"strokes", "Yomogi-Regular.ttf", "cells 1"}
    for number, source in enumerate(book.sources[1:3]):
        only = replace(book, sources=(book.sources[0]._replace(share=0.0), source))
        for direction in ("horizontal", "vertical"):
            composer = LineComposer(only, draw_text, seed=number)
            line = composer.compose_text("あいう（か）ー", direction, seed=1)
            assert line.text == "あいう（か）ー" and line.picture.std() > 3


def test_validation_has_the_page_that_is_held_back(data_root) -> None:
    book = build_glyph_book("あ", data_root, cells=data_root / CELL_SHEETS)
    held_back = choose_sources(book, validation=True)
    assert [source.name for source in held_back.sources] == ["strokes", "cells 8"]
    seen = choose_sources(book, validation=False)
    assert [source.name for source in seen.sources] == ["strokes", *(f"cells {page}" for page in range(1, 8))]


def test_one_character_book(data_root) -> None:
    book = build_glyph_book(Charset("one", ("永",)).characters, data_root)
    line = LineComposer(book, lambda rng: "永", seed=0).compose(0, 0)
    assert line.text == "永" and line.boxes.shape == (1, 4)
