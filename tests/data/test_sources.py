"""Every format by itself, made here; the real sets where they are."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image

from yomite.charset import build_charset
from yomite.data.readers.labels import read_character_name
from yomite.data.sources import open_source, resolve_data_root
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas

TEGAKI = (
    "<character><utf8>{}</utf8><width>100</width><height>100</height><strokes><stroke>"
    '<point x="10" y="50"/><point x="90" y="50"/></stroke></strokes></character>'
)


def encode(page: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return file.getvalue()


PNG = encode(draw_page("ei", 40, 2))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data folder with a set of each format."""
    root = tmp_path / "data"
    (root / "dev").mkdir(parents=True)
    with zipfile.ZipFile(root / "dev" / "cells.zip", "w") as file:
        for page in ("p01", "p02", "p03"):
            file.writestr(f"U+3042/a_{page}_c01.png", PNG)
        file.writestr("U+3044/i_p02_c01.PNG", PNG)
        file.writestr("LICENSE", "free")
    with zipfile.ZipFile(root / "dev" / "named.zip", "w") as file:
        for name in ("あ_2_big.png", "永_10.png"):
            file.writestr(name, PNG)
    with zipfile.ZipFile(root / "dev" / "drawn.zip", "w") as file:
        file.writestr("19968.xml", TEGAKI.format("一"))
    collection = f"<character-collection>{TEGAKI.format('一')}{TEGAKI.format('ー')}</character-collection>"
    (root / "dev" / "lines.charcol").write_text(collection, encoding="utf-8")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    for name in ("あ", "U+6C38", "口"):
        (folder / name).mkdir(parents=True)
        (folder / name / "1.png").write_bytes(PNG)
    (folder / "あ" / "2.PNG").write_bytes(PNG)
    (folder / "あ" / "notes.txt").write_text("no picture", encoding="utf-8")
    (folder / "readme.png").write_bytes(PNG)
    return folder


@pytest.mark.parametrize(
    ("name", "characters", "writers"),
    [
        ("dev/cells", "あああい", ["p01", "p02", "p03", "p02"]),
        ("dev/cells:p02", "あい", ["p02", "p02"]),
        ("dev/cells:p03,p01", "ああ", ["p01", "p03"]),
        ("dev/named", "あ永", ["", ""]),
        ("dev/drawn", "一", [""]),
        ("dev/lines", "一ー", ["", ""]),
        ("dev/lines.charcol", "一ー", ["", ""]),
    ],
)
def test_samples_of_each_format(root: Path, name: str, characters: str, writers: list[str]) -> None:
    source = open_source(name, root)
    samples = list(source)
    assert source.name == name
    assert "".join(sample.character for sample in samples) == characters
    assert [sample.writer for sample in samples] == writers
    assert len({sample.name for sample in samples}) == len(samples) == len(source) == len(list(source))
    for sample in samples:
        assert to_canvas(sample.picture).max() == 255


def test_a_folder_of_ones_own(folder: Path) -> None:
    samples = list(open_source(str(folder)))
    assert sorted(sample.character for sample in samples) == sorted("ああ永口")
    assert all(np.array_equal(to_canvas(sample.picture), to_canvas(PNG)) for sample in samples)


def test_paths_need_no_data_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOMITE_DATA", "/nowhere")
    assert len(open_source(str(root / "dev" / "named.zip"))) == 2
    monkeypatch.chdir(root)
    assert len(open_source("dev/named.zip")) == 2


def test_data_folder_is_found_in_this_order(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(root))
    assert resolve_data_root() == root
    assert resolve_data_root(tmp_path) == tmp_path
    assert len(open_source("dev/named")) == 2
    monkeypatch.delenv("YOMITE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DataError, match="--data-root FOLDER or set YOMITE_DATA"):
        resolve_data_root()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("dev/none", "known here: dev/cells, dev/drawn, dev/lines, dev/named"),
        ("dev/cells:p09", "dev/cells:p09 holds no samples"),
    ],
)
def test_unknown_names_say_what_is_known(root: Path, name: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        list(open_source(name, root))


def test_damaged_and_empty_data_is_told(root: Path, tmp_path: Path) -> None:
    whole = (root / "dev" / "cells.zip").read_bytes()
    (root / "dev" / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(root / "dev" / "broken.zip", "w") as file:
        file.writestr("あ/1.png", PNG[: len(PNG) // 2])
    with zipfile.ZipFile(root / "dev" / "empty.zip", "w") as file:
        file.writestr("LICENSE", "free")
    (root / "dev" / "notes.doc").write_text("a", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for name, complaint in [
        ("dev/cut", "not a zip archive or is cut off"),
        ("dev/broken", r"あ/1.png: .* is damaged or cut off"),
        ("dev/empty", "holds no samples"),
        ("dev/notes.doc", "in no known format; give a folder"),
        (str(tmp_path / "empty"), "lay pictures out as"),
        ("dev/none", "no data 'dev/none'"),
    ]:
        with pytest.raises(DataError, match=complaint):
            list(open_source(name, root))


def test_names_of_folders() -> None:
    assert read_character_name("永") == "永"
    assert read_character_name("U+6C38") == read_character_name("u6c38") == "永"
    assert read_character_name("U+20B9F") == "𠮟"
    assert read_character_name("〆") == "〆"
    with pytest.raises(DataError, match="no code point"):
        read_character_name("U+FFFFFF")


OWN = """
from pathlib import Path
from yomite.data.samples import Sample, Source

def open_words():
    def read():
        for line in Path("words.txt").read_text(encoding="utf-8").split():
            yield Sample([[(0, 0), (9, 9)]], line, "me", line)
    return Source("words", read, lambda: [Path("words.txt")])

def open_nothing():
    return []
"""


def test_a_source_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("own_words.py").write_text(OWN, encoding="utf-8")
    Path("words.txt").write_text("永 字", encoding="utf-8")
    source = open_source("own_words:open_words")
    assert [sample.character for sample in source] == ["永", "字"] and source.name == "own_words:open_words"
    before = source.compute_fingerprint()
    assert before == open_source("own_words:open_words").compute_fingerprint()
    Path("own_words.py").write_text(OWN + "# other code", encoding="utf-8")
    assert source.compute_fingerprint() != before  # the cache goes stale with the code
    with pytest.raises(DataError, match="gave a list; it must give a yomite"):
        open_source("own_words:open_nothing")


@pytest.mark.parametrize(
    ("name", "num_samples", "num_characters"),
    [
        ("dev/touchscreen-100", 463, 100),
        ("dev/hiragana-sheets", 923, 71),
        ("dev/freehand-hiragana", 74, 74),
        ("dev/freehand-jis-kanji", 3123, 3123),
    ],
)
def test_sets_to_choose_with(name: str, num_samples: int, num_characters: int, data_root: Path) -> None:
    """The counts of the data sets' own page."""
    samples = list(open_source(name, data_root))
    characters = {sample.character for sample in samples}
    assert (len(samples), len(characters)) == (num_samples, num_characters)
    assert characters <= set(build_charset("full").characters)
    assert to_canvas(samples[0].picture).max() == 255


def test_pages_of_the_cells_are_writers(data_root: Path) -> None:
    samples = list(open_source("cells/hiragana-sheets:p07,p08", data_root))
    assert {sample.writer for sample in samples} == {"p07", "p08"} and len(samples) > 500
