"""Lines and pages as rows: the columns of each task, and that they say what the reader said."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import yomite
from yomite.bulk.reader import Choice, RowReader
from yomite.bulk.rows import SCHEMAS
from yomite.errors import PictureError
from yomite.reading.results import Candidate, Line, LineCharacter, Page

EXAMPLES = Path(__file__).parents[2] / "examples"


def read(task: Any, pictures: list[Any]) -> list[dict[str, Any]]:
    reader = RowReader(Choice(task))
    items = ((str(number), picture) for number, picture in enumerate(pictures))
    return pa.Table.from_batches(reader.read(items), SCHEMAS[task]).to_pylist()


def test_lines_say_what_the_reader_says(released_model: Path) -> None:
    path = str(EXAMPLES / "line.png")
    one, bad, same = read("line", [path, PictureError("not here"), Path(path).read_bytes()])
    line = yomite.load(num_threads=1).read_line(path)
    assert (one["text"], one["direction"], one["is_rejected"]) == (line.text, "horizontal", False)
    assert one["confidence"] == pytest.approx(line.confidence)
    assert one["exact_confidence"] == pytest.approx(line.exact_confidence)
    for row, character in zip(one["characters"], line.characters, strict=True):
        assert (row["text"], row["box"]) == (character.text, pytest.approx(character.box))
        assert [one["text"] for one in row["candidates"]] == [one.text for one in character.candidates]
    assert (bad["error"], bad["text"], bad["characters"]) == ("not here", None, None)
    assert same | {"key": "0"} == one


def build_page(texts: list[str], rejected: list[bool]) -> Page:
    lines = []
    for number, (text, is_rejected) in enumerate(zip(texts, rejected, strict=True)):
        top, bottom = 20.0 * number, 20.0 * number + 9
        characters = tuple(
            LineCharacter(one, (10.0 * place, top, 10.0 * place + 9, bottom), 0.5, (Candidate(one, 0.5),))
            for place, one in enumerate(text)
        )
        corners = ((0.0, top), (99.0, top), (99.0, bottom), (0.0, bottom))
        lines.append(Line(characters, 0.5, 0.25, "vertical", is_rejected, corners))
    return Page(tuple(lines), (640, 480), 90)


def test_pages_have_their_lines_with_boxes(released_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_page(self: yomite.Recognizer, picture: Any, **options: Any) -> Page:
        if picture == b"blank":
            raise PictureError("the picture is blank")
        return build_page(["日本", "語"], [False, True]) if picture == b"page" else build_page(["あ"], [True])

    monkeypatch.setattr(yomite.Recognizer, "read", read_page)
    monkeypatch.setattr(yomite.Recognizer, "_open_page_finder", lambda self: None)
    page, blank, rejected = read("page", [b"page", b"blank", b"noise"])
    assert (page["text"], page["width"], page["height"], page["turn"]) == ("日本", 640, 480, 90)
    assert (page["confidence"], page["is_rejected"], page["error"]) == (0.5, False, None)
    assert [line["text"] for line in page["lines"]] == ["日本", "語"]
    assert page["lines"][1]["polygon"][0] == [0.0, 20.0] and page["lines"][1]["is_rejected"]
    assert page["lines"][0]["characters"][1]["box"] == [10.0, 0.0, 19.0, 9.0]
    assert (blank["error"], blank["lines"], blank["confidence"]) == ("the picture is blank", None, None)
    assert (rejected["text"], rejected["confidence"], rejected["is_rejected"]) == ("", 0.0, True)
