"""The page of a data set, and the sheet of its transforms."""

import re
import shutil
from pathlib import Path

import pytest
from drawn_set import read_as_drawn, write_set

pytest.importorskip("matplotlib", reason='needs the extra: pip install "yomite[data]"')

from yomite.data.findings import find_problems
from yomite.data.inspect import inspect_source
from yomite.data.sources import open_source
from yomite.reports.data_page import draw_charts, write_data_set, write_transforms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "own")


def test_the_page_is_whole_and_by_itself(folder: Path) -> None:
    pytest.importorskip("sklearn")
    (folder / "<b>&").mkdir()
    shutil.copy(folder / "永" / "2.png", folder / "川" / "copied.png")
    found = inspect_source(open_source(str(folder)), read_as_drawn)
    page = write_data_set(found, find_problems(found), lambda images: images.reshape(len(images), -1) / 255.0)
    assert not re.findall(r"(?:src|href)=['\"](?!data:|#)|<script|@import|url\((?!#)", page)
    for heading in ("Summary", "Counts and sizes", "As they came", "Contact sheet", "Mean pictures", "Map",
                    "The same picture more than once", "Hardest pairs"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in page, heading
    assert "Labels that the model doubts" not in page  # nothing of this kind was found
    assert page.count("<svg") == 5 and len(page) < 3_000_000
    assert set(draw_charts(found)) == {"scripts", "characters", "ink", "sizes"}


def test_the_sheet_of_transforms(folder: Path) -> None:
    page = write_transforms(open_source(str(folder)), num_samples=3)
    assert page.count("<img") == 3 * (1 + 2 * 7)
    assert page == write_transforms(open_source(str(folder)), num_samples=3)
