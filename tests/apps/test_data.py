"""The verbs of data sets as a user types them."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image
from typer.testing import CliRunner

from yomite.apps.cli import app
from yomite.data.transforms import transform_picture

pytest.importorskip("sklearn")

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two characters by four writers, as a list."""
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "own"
    folder.mkdir()
    lines = ["path,character,writer"]
    for character, name in (("永", "ei"), ("山", "yama")):
        for writer in range(4):
            page = np.pad(draw_page(name, 70, 3), 10, constant_values=255)
            bent = transform_picture(page, np.random.default_rng((writer, ord(character))), ["elastic"], 1.5)
            Image.fromarray(bent).save(folder / f"{name}{writer}.png")
            lines.append(f"{name}{writer}.png,{character},w{writer}")
    (folder / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def run(*arguments: str, exit_code: int = 0, answer: str = "") -> str:
    result = RUNNER.invoke(app, ["data", *arguments], input=answer)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_list(folder: Path) -> None:
    text = run("list")
    assert "  kanjivg " in text and "(not there yet)" in text
    assert "ask for it at http://etlcdb.db.aist.go.jp/" in run("list", "ETL9G")
    assert "'mnist' is not in the catalog" in run("list", "mnist", exit_code=2)


def test_check(folder: Path) -> None:
    text = run("check", "own", "--no-read")
    assert text.startswith("own: 8 samples of 2 characters (kanji 8), 4 writers")
    assert "suspect labels: not asked" in text and "fewer than 5 samples: 2: 山 永" in text
    (folder / "ei0.png").write_bytes(b"")
    facts = json.loads(run("check", "own", "--no-read", "--json"))
    assert facts["num_samples"] == 7 and facts["num_unreadable"] == 1 and facts["characters"]["山"] == 4
    assert "ei0.png" in run("check", "own", "--no-read", "--strict", exit_code=2)
    assert "no data 'gone'" in run("check", "gone", "--data-root", str(folder), exit_code=2)


def test_the_released_model_is_asked(folder: Path, released_model: Path) -> None:
    text = (folder / "manifest.csv").read_text(encoding="utf-8").replace("ei3.png,永", "ei3.png,山")
    (folder / "manifest.csv").write_text(text, encoding="utf-8")
    assert "suspect labels: 1\n    ei3.png: as 山, read as 永" in run("check", "own")


def test_show(folder: Path) -> None:
    assert run("show", "own", "--no-read", "--charts", "charts").strip() == "reports/own.html"
    assert "<h2>Contact sheet</h2>" in Path("reports/own.html").read_text(encoding="utf-8")
    names = ["own-characters.svg", "own-ink.svg", "own-scripts.svg", "own-sizes.svg"]
    assert sorted(path.name for path in Path("charts").iterdir()) == names
    assert run("show", "own", "--transforms", "--out", "t.html").strip() == "t.html"
    assert Path("t.html").read_text(encoding="utf-8").count("<img") == 8 * 15


def test_split(folder: Path) -> None:
    text = run("split", "own", "--shares", "50,50", "--out", "own.split")
    assert "train: 4 samples, 2 characters, 2 writers" in text and "pairs across parts: 0" in text
    assert run("check", "own.split:train", "--no-read").startswith("own.split:train: 4 samples")
    folds = run("split", "own", "--folds", "4", "--seed", "3", "--out", "folds.split")
    assert "fold4: 2 samples, 2 characters, 1 writers" in folds
    assert "a split ends in .split; type x.split" in run("split", "own", "--out", "x.csv", exit_code=2)
    for shares in ("100", "1,0", "a,b", "1,2,3,4"):
        line = run("split", "own", "--shares", shares, "--out", "x.split", exit_code=2)
        assert "give two or three numbers above 0" in line


def test_fetch_by_hand(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pooch")
    assert "cannot be fetched: ask for it at" in run("fetch", "etl1", exit_code=2)
    with zipfile.ZipFile("drawings.zip", "w") as archive:
        archive.write(folder / "ei1.png", "永_1.png")
    arguments = ("fetch", "touchscreen", "--from", "drawings.zip")
    assert "the license was not accepted" in run(*arguments, exit_code=2, answer="n\n")
    assert not (tmp_path / "data").exists()
    text = run(*arguments, answer="y\n")
    assert "license: CC BY 4.0" in text and "recorded now" in text
    assert "next: yomite data check dev/touchscreen-100" in text
    assert "as downloaded first" in run(*arguments, "--accept-license")
