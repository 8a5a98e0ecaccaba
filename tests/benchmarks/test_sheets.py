"""Practice sheets are cut where their rulings are, however the page lies."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import sheets

PITCH, HEIGHT, LINE = 67, 65, 3


def bend(y: int, height: int) -> int:
    """The lower half lies 2 px lower, as on a page that was not fed evenly."""
    return y + 2 * (y > height // 2)


def draw_page(num_rows: int, *, margin: int, degrees: float = 0.0, seed: int = 0) -> np.ndarray:
    """Draw a table with a cross in each cell: its height tells the row, its width the column."""
    width, height = sheets.NUM_COLUMNS * PITCH + 2 * margin, num_rows * HEIGHT + 2 * margin
    page = Image.new("L", (width, height), 250)
    pencil = ImageDraw.Draw(page)
    for column in range(sheets.NUM_COLUMNS + 1):
        x = margin + column * PITCH
        pencil.line([(x, margin), (x, margin + num_rows * HEIGHT)], fill=60, width=LINE)
    for row in range(num_rows + 1):
        y = bend(margin + row * HEIGHT, height)
        pencil.line([(margin, y), (width - margin, y)], fill=60, width=LINE)
    for row in range(num_rows):
        for column in range(sheets.NUM_COLUMNS):
            x, y = margin + column * PITCH + PITCH // 2, bend(margin + row * HEIGHT, height) + HEIGHT // 2
            pencil.line([(x - 4 - column, y), (x + 4 + column, y)], fill=90, width=2)
            pencil.line([(x, y - 4 - row), (x, y + 4 + row)], fill=90, width=2)
    page = page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=250)
    noise = np.random.default_rng(seed).normal(0, 4, (height, width))
    return np.clip(np.asarray(page) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("num_rows", "margin", "degrees"), [(22, 4, 0.0), (22, 60, 0.15), (5, 10, -0.2), (22, 30, -0.15)]
)
def test_cells_are_what_stands_between_the_rulings(num_rows: int, margin: int, degrees: float) -> None:
    cells = dict(sheets.cut_table(draw_page(num_rows, margin=margin, degrees=degrees), num_rows))
    assert sorted(cells) == [(row, column) for row in range(num_rows) for column in range(1, 14)]
    for (row, column), cell in cells.items():
        assert PITCH - 16 <= cell.shape[1] <= PITCH - LINE, (row, column, cell.shape)
        assert HEIGHT - 16 <= cell.shape[0] <= HEIGHT - LINE, (row, column, cell.shape)
        ink = cell < 170
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert abs(columns[-1] - columns[0] - (8 + 2 * column)) <= 3, (row, column)
        assert abs(rows[-1] - rows[0] - (8 + 2 * row)) <= 3, (row, column)


@pytest.mark.parametrize("seed", range(4))
def test_of_a_longer_table_the_upper_rows_are_taken(seed: int) -> None:
    cells = dict(sheets.cut_table(draw_page(22, margin=20, seed=seed), 5))
    inked = [np.flatnonzero((cells[row, 7] < 170).any(axis=1)) for row in range(5)]
    heights = [int(rows[-1] - rows[0]) for rows in inked]
    assert np.abs(np.subtract(heights, [8, 10, 12, 14, 16])).max() <= 3


def test_sets_are_cut_and_told_by_their_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sheets, "LISTS", tmp_path)
    pages = zip(sheets.PAGES, (range(1, 3), range(9, 10), range(10, 11)), strict=True)
    monkeypatch.setattr(sheets, "PAGES", dict(pages))
    for number, sheet in enumerate(sheets.SHEETS):
        (tmp_path / "from" / sheet).mkdir(parents=True)
        for page in (1, 2, 9, 10):
            picture = draw_page(len(sheets.SHEETS[sheet]), margin=10, seed=31 * number + page)
            end = "-crop" if page % 2 else ""
            Image.fromarray(picture).save(tmp_path / "from" / sheet / f"file-page{page}{end}.jpg", quality=95)
    sheets.cut_sheets(tmp_path / "from", tmp_path / "data")
    sheets.write_looks(tmp_path / "data")
    assert sheets.check(tmp_path / "data")
    assert "test/hiragana-sheets.zip: 923 cells, 923 look as listed" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "data" / "cells" / "hiragana-sheets.zip") as archive:
        assert len(archive.namelist()) == 71 * (13 + 11)
        assert "U+3042/a-ni_p01_c01.png" in archive.namelist()
    (tmp_path / "data" / "dev" / "hiragana-sheets.zip").unlink()
    assert not sheets.check(tmp_path / "data")
    sheets.cut_sheets(tmp_path / "from", tmp_path / "data")
    assert "test/hiragana-sheets.zip: not written, is there already" in capsys.readouterr().out


def test_a_damaged_page_leaves_no_half_of_a_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "from" / "a-ni").mkdir(parents=True)
    damaged = tmp_path / "from" / "a-ni" / "file-page1.jpg"
    damaged.write_bytes(b"no picture")
    with pytest.raises(SystemExit, match=r"file-page1\.jpg cannot be read as a picture"):
        sheets.cut_sheets(tmp_path / "from", tmp_path / "data")
    assert not list((tmp_path / "data").rglob("*.zip"))
    damaged.unlink()
    Image.fromarray(draw_page(22, margin=10)).convert("RGB").save(damaged.with_name("file-page9.jpg"))
    sheets.cut_sheets(tmp_path / "from", tmp_path / "data")
    assert [path.parent.name for path in (tmp_path / "data").rglob("*.zip")] == ["dev"]
    assert "test/hiragana-sheets.zip: not written, none of its pages is there" in capsys.readouterr().out


def test_without_sheets_cut_says_what_to_give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for arguments in ([], ["--from", str(tmp_path)]):
        monkeypatch.setattr(sys, "argv", ["sheets.py", "cut", "--data-root", str(tmp_path), *arguments])
        with pytest.raises(SystemExit) as stopped:
            sheets.main()
        assert stopped.value.code == 2
