"""Reading pages, with a page model that finds rows of ink and the released line model."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tiny_page import build_page_model, draw_note

import yomite
from yomite.errors import ModelFileError, PictureError, YomiteError
from yomite.reading.found_lines import FoundLine
from yomite.reading.page_file import open_page_file
from yomite.reading.page_finder import PageFinder
from yomite.reading.results import Line, Page

ROWS = (("hi", "hon", "go"), ("yama", "kawa"))
TEXT = "日本語\n山川"


@pytest.fixture(scope="module")
def page_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "tiny-page.onnx"
    path.write_bytes(build_page_model())
    return path


@pytest.fixture(scope="module")
def reader(page_model: Path) -> yomite.Recognizer:
    return yomite.load(page=page_model)


@pytest.fixture(scope="module")
def page(reader: yomite.Recognizer) -> Page:
    return reader.read(draw_note(ROWS))


def test_a_page_is_read_line_by_line(page: Page) -> None:
    assert page.text == str(page) == TEXT
    assert page.size == (240, 120) and page.turn == 0
    assert [line.direction for line in page.lines] == ["horizontal", "horizontal"]


def test_places_are_px_of_the_page(page: Page) -> None:
    for number, line in enumerate(page.lines):
        left, top = np.min(line.polygon, axis=0)
        right, bottom = np.max(line.polygon, axis=0)
        assert 4 < left < 30 and abs(0.5 * (top + bottom) - (36 + 48 * number)) < 5
        for place, character in enumerate(line.characters):
            x0, y0, x1, y1 = character.box
            assert abs(0.5 * (x0 + x1) - (36 + 28 * place)) < 6, character
            assert top - 6 < y0 < y1 < bottom + 6 and right > x0


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_page_is_read_upright_and_keeps_its_own_px(turn: int, page: Page) -> None:
    """The picture is turned counterclockwise; how well its lines read says how to turn it back."""

    class Finder:
        rows, columns = PageFinder(build_page_model()), PageFinder(build_page_model(runs_down=True))

        def find(self, gray: np.ndarray) -> list[FoundLine]:
            return (self.rows if gray.shape[1] > gray.shape[0] else self.columns).find(gray)

    given = np.ascontiguousarray(np.rot90(draw_note(ROWS), turn))
    reader = yomite.load()
    reader._page_finder = Finder()  # type: ignore[assignment]
    turned = reader.read(given)
    assert turned.text == TEXT and turned.turn == 90 * turn
    assert turned.size == given.shape[::-1]
    for line, upright in zip(turned.lines, page.lines, strict=True):
        for one, other in zip(line.characters, upright.characters, strict=True):
            x, y = 0.5 * (other.box[0] + other.box[2]), 0.5 * (other.box[1] + other.box[3])
            for width in (240, 120, 240)[:turn]:  # counterclockwise, as the picture
                x, y = y, width - x
            assert one.box[0] - 3 < x < one.box[2] + 3 and one.box[1] - 3 < y < one.box[3] + 3


def test_all_kinds_of_pictures_are_read(reader: yomite.Recognizer, tmp_path: Path) -> None:
    note = draw_note(ROWS)
    Image.fromarray(note).save(tmp_path / "note.png")
    for picture in (tmp_path / "note.png", Image.fromarray(note), (tmp_path / "note.png").read_bytes()):
        assert reader.read(picture).text == TEXT


def test_a_blank_page_has_no_lines(reader: yomite.Recognizer) -> None:
    calls: list[tuple[int, int]] = []
    blank = reader.read(np.full((300, 400), 255, np.uint8), progress=lambda *seen: calls.append(seen))
    assert blank.lines == () and blank.text == "" and calls == []


def test_a_picture_that_shows_no_page_gives_no_text(reader: yomite.Recognizer) -> None:
    """Grass: strokes all over, which the model takes for lines."""
    rng = np.random.default_rng(1)
    grass = Image.new("L", (900, 700), 255)
    pencil = ImageDraw.Draw(grass)
    for x, y, lean, height in rng.random((900, 4)).tolist():
        ends = (900 * x, 700 * y, 900 * x + 24 * lean - 12, 700 * y - 30 * height)
        pencil.line(ends, fill=int(200 * lean), width=2)
    page = reader.read(grass)
    assert page.text == "" and page.lines and all(line.is_rejected for line in page.lines)


def test_progress_counts_lines_and_may_end_the_reading(reader: yomite.Recognizer) -> None:
    calls: list[tuple[int, int]] = []
    reader.read(draw_note(ROWS), progress=lambda *seen: calls.append(seen))
    assert calls == [(1, 2), (2, 2)]

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        reader.read(draw_note(ROWS), progress=stop)


def test_many_pages_come_one_by_one_and_bad_ones_stop_nothing(reader: yomite.Recognizer) -> None:
    asked: list[int] = []

    def give():
        for number in range(3):
            asked.append(number)
            yield draw_note(ROWS) if number != 1 else b"no picture"

    pages = reader.read_many(give(), errors="return")
    assert asked == []  # nothing is read ahead
    first = next(pages)
    assert first.text == TEXT and asked == [0]
    error, last = pages
    assert isinstance(error, PictureError) and last.text == TEXT
    with pytest.raises(PictureError, match="picture 1: "):
        list(reader.read_many([draw_note(ROWS), b"no picture"]))


def test_a_page_as_data_has_its_lines_with_their_outlines(page: Page) -> None:
    data = json.loads(page.to_json())
    assert data == page.to_dict()
    assert data["text"] == TEXT and data["size"] == [240, 120] and data["turn"] == 0
    assert [len(line["polygon"]) for line in data["lines"]] == [4, 4]
    assert data["lines"][0]["characters"][0]["text"] == "日"


def test_rejected_lines_are_not_in_the_text() -> None:
    line = Line((), 0.0, 0.0, "horizontal", True, ((0, 0), (9, 0), (9, 9), (0, 9)))
    assert Page((line,), (9, 9)).text == ""


def test_a_line_alone_has_no_outline(reader: yomite.Recognizer) -> None:
    line = reader.read_line(draw_note(ROWS[:1])[:, :130])
    assert line.polygon == () and "polygon" not in line.to_dict()


def test_slips_cost_one_clear_line(reader: yomite.Recognizer, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"read_many\(\[\.\.\.\]\)"):
        reader.read(["a.png", "b.png"])  # type: ignore[arg-type]
    with pytest.raises(YomiteError, match=r"read\(\.\.\.\)"):
        reader.read_many("a.png")  # type: ignore[arg-type]
    with pytest.raises(YomiteError, match='"raise" or "return"'):
        reader.read_many([], errors="no")  # type: ignore[call-overload]
    with pytest.raises(PictureError, match="is not there"):
        reader.read(tmp_path / "none.png")
    with pytest.raises(ModelFileError, match="no such file"):
        yomite.load(page=tmp_path / "none.onnx").read(draw_note(ROWS))


def test_a_reader_travels_to_other_processes(reader: yomite.Recognizer) -> None:
    assert pickle.loads(pickle.dumps(reader)).read(draw_note(ROWS)).text == TEXT


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"task": "line"}, "a model for the task 'line'"),
        ({"canvas_version": "2"}, "canvas version 2"),
        ({"canvas_version": "no"}, "is not valid"),
        ({"canvas_version": None}, "is missing"),
        ({"format_version": "9"}, "model format '9'"),
    ],
)
def test_other_files_are_refused(changes: dict[str, str | None], why: str) -> None:
    with pytest.raises(ModelFileError, match=why):
        open_page_file(build_page_model(**changes), 1)  # type: ignore[arg-type]


def test_files_that_give_other_maps_are_refused() -> None:
    from yomite.shipping.draft import Draft, build_part

    fields = {"format_version": "1", "task": "page", "canvas_version": "1"}
    for body in (
        "gray = Cast <to = 1> (images) maps = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (gray)",
        "gray = Cast <to = 1> (images) "
        "one = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (gray) "
        "zero = Constant <value = float {0.0}> () none = Mul (one, zero) bad = Div (none, zero) "
        "maps = Concat <axis = 1> (bad, bad, bad)",
    ):
        text = f"page (uint8[N, 1, H, W] images) => (float[N, K, h, w] maps) {{ {body} }}"
        with pytest.raises(ModelFileError, match=r"maps of shape|not finite"):
            open_page_file(Draft(build_part(text), fields).to_model().SerializeToString(), 1)
