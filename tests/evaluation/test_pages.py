"""The report on a reader of pages, from pages whose figures are counted by hand."""

import json

import numpy as np
import pytest
from fake_pages import COLUMNS, ROWS, SAMPLES, draw_box, find_line, read, write_page

from yomite.data.samples import Sample
from yomite.errors import DataError
from yomite.evaluation.judged_pages import judge_page, match_lines
from yomite.evaluation.pages import PageReport, evaluate_pages
from yomite.reading.results import Page


@pytest.fixture(scope="module")
def report() -> PageReport:
    return evaluate_pages(read, SAMPLES, data="four", model="fake")


def test_lines_that_were_found(report: PageReport) -> None:
    every = report.lines["all"]
    assert every.recall.num_samples == 7 and every.recall.value == pytest.approx(2 / 7)
    assert every.covered.value == pytest.approx(5 / 7)  # the merged ones, and the one in two pieces
    assert every.directions.value == 1 / 2  # the column was called horizontal
    assert every.num_split == 1 and report.num_merged == 1
    assert every.characters and every.characters.rate == pytest.approx(1 / 5)  # は as わ
    assert report.num_unread == 1
    assert (report.num_rejected, report.num_rejected_written) == (2, 1)


def test_directions_are_told_apart(report: PageReport) -> None:
    assert list(report.lines)[1:] == [
        "horizontal pages", "vertical pages", "horizontal lines", "vertical lines",
    ]  # fmt: skip
    assert report.lines["horizontal pages"].recall.value == pytest.approx(1 / 5)
    assert report.lines["vertical lines"].recall.value == 1 / 2
    assert report.lines["vertical lines"].directions.value == 0
    assert report.whole["vertical pages"].end_to_end.rate == 4 / 4


def test_a_mixed_page_gives_its_lines_to_both_directions() -> None:
    sample = write_page(0, ("題", ROWS[2]), ("春は", COLUMNS[0]), ("夏は", COLUMNS[1]))
    page = Page((find_line("題", ROWS[2]),), (100, 120))
    mixed = evaluate_pages(lambda _: page, [sample], data="one", model="fake")
    assert "horizontal pages" not in mixed.lines and "horizontal pages" not in mixed.whole
    assert mixed.lines["horizontal lines"].recall.value == 1
    assert (
        mixed.lines["vertical lines"].recall.value == 0 and mixed.lines["vertical lines"].characters is None
    )
    assert mixed.whole["vertical pages"].end_to_end.rate == pytest.approx(4 / 5)


def test_whole_pages_count_what_is_too_much(report: PageReport) -> None:
    whole = report.whole["all"]
    assert whole.num_pages == 2 and whole.precision.value == pytest.approx(2 / 6)
    errors = whole.end_to_end
    assert (errors.num_units, errors.num_substituted) == (11, 1)
    assert errors.num_deleted == 2 + 2 + 2  # 晴れ, 山川, 春は
    assert errors.num_inserted == 4 + 1 + 2  # 晴れ山川, x, 春 and は
    in_order = whole.in_order
    assert in_order.num_substituted + in_order.num_deleted + in_order.num_inserted == 2 + 2
    assert report.whole["horizontal pages"].in_order.rate == pytest.approx(2 / 7)  # わ, and x


def test_intervals_are_over_pages(report: PageReport) -> None:
    whole = report.whole["all"]  # 10 of 7 on one page, 4 of 4 on the other: only three means can be drawn
    assert (whole.end_to_end.low, whole.end_to_end.high) == (pytest.approx(1.0), pytest.approx(10 / 7))
    one = report.lines["vertical pages"].recall
    assert one.low == one.value == one.high  # a single page


def test_best_pairs_match_first_and_one_to_one() -> None:
    row = draw_box(0, 0, 100, 10)
    wide, near = draw_box(0, 0, 100, 18), draw_box(0, 0, 100, 11)
    assert match_lines([row], [wide, near]) == ((1,), (pytest.approx(10 / 11),))
    lower = draw_box(0, 8, 100, 18)
    matches, ious = match_lines([row, lower], [wide])
    assert matches == (0, -1) and ious == (pytest.approx(10 / 18), 0)
    assert match_lines([row], [draw_box(0, 5.1, 100, 15.1)]) == ((-1,), (0,))  # 4.9 / 15.1
    assert match_lines([row], [draw_box(0, 0, 50, 10)])[0] == (0,)  # exactly a half
    assert match_lines([row], []) == ((-1,), (0,)) and match_lines([], [row]) == ((), ())


def test_a_line_without_a_place_matches_nothing() -> None:
    judged = judge_page(SAMPLES[0], Page((find_line("今日は", ()),), (100, 120)))
    assert judged.matches == (-1, -1, -1) and judged.extra == (0,)
    assert judged.is_covered == (False,) * 3 and judged.num_pieces == (0,) * 3


def test_pieces_and_merged_lines_are_counted() -> None:
    assert judge_page(SAMPLES[0], read(0)).num_merged == (1, 2, 0)
    assert judge_page(SAMPLES[1], read(1)).num_pieces == (2, 1)
    assert judge_page(SAMPLES[3], None).num_pieces == (0,)


def test_a_report_prints_and_is_plain_data(report: PageReport) -> None:
    printed = report.format()
    assert "127.3 % (100.0 to 142.9)" in printed and "36.4 %" in printed  # 14 and 4 of 11
    assert "28.6 %" in printed and "pages not read 1" in printed
    plain = json.loads(json.dumps(report.to_full_json(), allow_nan=False))
    assert plain["whole"]["all"]["end_to_end"]["rate"] == pytest.approx(14 / 11, abs=1e-4)
    first, _, third, fourth = plain["pages"]
    assert first["lines"][0] == {
        "written": "今日 は", "read": "今日わ", "found": 0, "iou": 1.0, "is_covered": True, "num_pieces": 1,
        "num_edits": 1,
    }  # fmt: skip
    assert first["lines"][1]["read"] is None and first["lines"][1]["num_edits"] == 2
    assert [one["is_matched"] for one in first["found"]] == [True, False, False]
    assert third["found"] == [] and not fourth["is_read"] and np.isfinite(plain["median_ms"])


def test_nothing_found_is_a_report_too() -> None:
    empty = evaluate_pages(lambda _: Page((), (100, 120)), SAMPLES, data="four", model="blind")
    assert empty.whole["all"].end_to_end.rate == 1 and empty.whole["all"].in_order.rate == 1
    assert json.loads(json.dumps(empty.to_json(), allow_nan=False))["whole"]["all"]["precision"] is None
    assert "-" in empty.format()


def test_what_is_no_page_is_refused() -> None:
    for samples in ([], [*SAMPLES, Sample(0, "山", "", "")]):
        with pytest.raises(DataError, match="dev/pages"):
            evaluate_pages(read, samples, data="none", model="fake")
