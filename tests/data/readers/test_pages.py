"""Pages of a list of lines: one sample a page, and what is not whole or not there is told."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from yomite.data.readers.pages import PageSample
from yomite.data.sources import open_source
from yomite.errors import DataError

QUAD = [[1, 2], [30, 2], [30, 9], [1, 9]]


def write_list(folder: Path, entries: list[dict]) -> Path:
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((40, 40), 255, np.uint8)).save(folder / "pages" / name)
    rows = [json.dumps({"path": "crop.png", "text": "山", "quad": QUAD} | entry) for entry in entries]
    (folder / "lines.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_lines_of_a_page_make_one_sample(tmp_path: Path) -> None:
    root = tmp_path / "data"
    whole = {"page": "pages/a.png", "page_is_whole": True, "writer": "w"}
    entries = [
        {**whole, "text": "題", "direction": "h"},
        {"text": "on no page", "quad": None},
        {**whole, "text": "春は", "direction": "v"},
        {"page": "pages/b.png", "writer": "x"},
        {**whole, "text": "夏は", "direction": "v"},
    ]
    write_list(root / "dev" / "lines", entries)
    source = open_source("dev/pages", root)
    assert source.kind == "pages" and open_source("dev/lines", root).kind == "lines"
    first, second = source
    assert isinstance(first, PageSample) and isinstance(second, PageSample)
    assert (first.name, first.writer, first.part) == ("pages/a.png", "w", "vertical")
    assert [line.text for line in first.lines] == ["題", "春は", "夏は"] and first.is_whole
    assert first.lines[0].polygon == ((1, 2), (30, 2), (30, 9), (1, 9))
    assert first.character == "題\n春は\n夏は"
    assert not second.is_whole and second.lines[0].direction == "horizontal"
    assert [sample.name for sample in open_source("dev/pages:x", root)] == ["pages/b.png"]


def test_pages_of_ones_own_need_no_crops(tmp_path: Path) -> None:
    folder = write_list(tmp_path / "mine", [{"page": "pages/a.png"}])
    (sample,) = open_source(str(folder / "pages"))
    assert sample.picture == folder / "pages" / "a.png"


@pytest.mark.parametrize(
    "fault",
    [
        {"text": " "},
        {"quad": [[1, 2], [3, 4]]},
        {"quad": [[1, 2], [3, 4], [5, float("nan")]]},
        {"quad": 3},
        {"quad": None},
        {"direction": "x"},
    ],
)
def test_a_page_with_a_fault_is_not_whole(tmp_path: Path, fault: dict) -> None:
    whole = {"page": "pages/a.png", "page_is_whole": True}
    source = open_source(str(write_list(tmp_path, [whole, {**whole, **fault}]) / "pages"))
    (sample,) = source
    assert isinstance(sample, PageSample)
    assert len(sample.lines) == 1 and not sample.is_whole and source.num_faults == 1
    assert "line 2" in str(source.faults[0])
    with pytest.raises(DataError, match="no samples"):
        list(open_source(str(write_list(tmp_path, [{**whole, **fault}]) / "pages")))


def test_a_page_without_its_picture_is_a_fault(tmp_path: Path) -> None:
    source = open_source(
        str(write_list(tmp_path, [{"page": "pages/a.png"}, {"page": "pages/c.png"}]) / "pages")
    )
    assert len(list(source)) == 1 and "c.png is not there" in str(source.faults[0])
    with pytest.raises(DataError, match="no samples"):
        list(open_source(str(write_list(tmp_path, [{}]) / "pages")))


def test_the_development_pages(data_root: Path) -> None:
    samples = [sample for sample in open_source("dev/pages", data_root) if isinstance(sample, PageSample)]
    assert len(samples) == 9 and sum(sample.is_whole for sample in samples) == 5
    assert sum(len(sample.lines) for sample in samples) == 75
    assert {sample.part for sample in samples} == {"horizontal", "vertical"}
