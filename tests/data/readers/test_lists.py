"""Lists of pictures (CSV, JSON) and Hugging Face data sets, with bad lines and bad rows among good ones."""

import io
import json
from pathlib import Path

import pytest
from drawings import draw_page
from PIL import Image

from yomite.data.sources import open_source
from yomite.errors import DataError


def encode() -> bytes:
    file = io.BytesIO()
    Image.fromarray(draw_page("ei", 40, 2)).save(file, "PNG")
    return file.getvalue()


PNG = encode()


def walk(path: Path | str) -> tuple[list[tuple[str, str, str]], str]:
    source = open_source(str(path))
    samples = [(sample.character, sample.writer, sample.part) for sample in source]
    return samples, "\n".join(map(str, source.faults))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "scans" / name).write_bytes(PNG)
    return tmp_path


def test_a_csv_in_its_folder(folder: Path) -> None:
    text = "path,character,writer,part\nscans/a.png,あ,anna,train\nscans/b.png,U+6C38,,test\n"
    (folder / "manifest.csv").write_text(text, encoding="utf-8-sig")  # as spreadsheets save it
    both = [("あ", "anna", "train"), ("永", "", "test")]
    assert walk(folder) == (both, "") == walk(folder / "manifest.csv")
    assert walk(f"{folder}:anna")[0] == both[:1] and walk(f"{folder}:test")[0] == both[1:]


def test_other_names_of_columns(folder: Path) -> None:
    rows = [{"file_name": "scans/a.png", "label": "あ"}, {"file": "scans/b.png", "text": "い", "split": "x"}]
    (folder / "own.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "own.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    expected = ([("あ", "", ""), ("い", "", "x")], "")
    assert walk(folder / "own.json") == expected == walk(folder / "own.jsonl")


def test_bad_lines_are_left_out_and_told(folder: Path) -> None:
    rows = [
        "path,character",
        "scans/a.png,あ",
        "scans/none.png,い",
        ",う",
        "scans/b.png,",
        "scans/b.png,ああ",
    ]
    text = "\n".join([*rows, "scans/b.png,永"])
    (folder / "own.csv").write_text(text, encoding="utf-8")
    samples, faults = walk(folder / "own.csv")
    assert [sample[0] for sample in samples] == ["あ", "永"]
    assert "line 3: " in faults and "none.png is not there" in faults and "line 4: has no path" in faults
    assert "line 5: has no character" in faults and "line 6: 'ああ' is not one character" in faults
    lines = [
        '{"path": "scans/a.png", "character": "あ"}',
        "no json",
        "[1]",
        '{"path": "a\\u0000b", "label": "い"}',
    ]
    (folder / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
    samples, faults = walk(folder / "own.jsonl")
    assert len(samples) == 1 and faults.count("\n") == 2
    assert "line 2: expected keys with values" in faults and "line 3: expected keys" in faults


def test_strokes_in_the_place_of_a_path(folder: Path) -> None:
    rows = [
        {"character": "十", "strokes": [[[0, 5], [9, 5]], [[5, 0], [5, 9]]], "writer": "anna"},
        {"character": "一", "strokes": [[[0, 5], [9, 5]]]},
        {"character": "一", "strokes": "zigzag"},
        {"character": "一", "strokes": []},
    ]
    path = folder / "drawn.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    samples = list(open_source(str(path)))
    assert [(one.character, one.writer, one.name) for one in samples] == [
        ("十", "anna", "line 1"),
        ("一", "", "line 2"),
    ]
    assert samples[0].picture == rows[0]["strokes"]
    faults = walk(path)[1]
    assert "line 3: strokes of type str; give [[[x, y], ...], ...]" in faults
    assert "line 4: has no path" in faults


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("own.csv", "path,character\nscans/a.png,あ\n".encode("cp932"), "byte 27: not UTF-8"),
        ("own.csv", b"", "holds no samples"),
        ("own.csv", b"path,character\n" + b'"' + b"x" * 200_000 + b'"\n', "not to be read as csv"),
        ("own.json", b"[", "not to be read as json"),
        ("own.json", b'{"path": "a"}', "holds a dict; expected a list"),
        ("own.json", b"[" * 100_000, "not to be read as json"),
    ],
)
def test_lists_that_are_none(folder: Path, name: str, content: bytes, complaint: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        walk(folder / name)


def write_hugging_face(folder: Path, rows: list[dict], features: dict) -> None:
    """What save_to_disk of `datasets` leaves, by its documentation: a stream of Arrow and two JSON files."""
    pa = pytest.importorskip("pyarrow")
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows)
    path = str(folder / "data-00000-of-00001.arrow")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}), encoding="utf-8")
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")


def image(content: bytes | None, path: str | None = None) -> dict:
    return {"bytes": content, "path": path}


FEATURES = {"image": {"_type": "Image"}, "label": {"names": ["あ", "U+6C38", "misc"], "_type": "ClassLabel"}}


def test_a_data_set_with_splits(tmp_path: Path) -> None:
    rows = [
        {"image": image(PNG), "label": 0},
        {"image": image(PNG), "label": 1},
        {"image": image(PNG), "label": 0},
    ]
    write_hugging_face(tmp_path / "set" / "train", rows, FEATURES)
    write_hugging_face(tmp_path / "set" / "test", rows[:1], FEATURES)
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}', encoding="utf-8")
    samples, faults = walk(tmp_path / "set")
    assert samples == [("あ", "", "train"), ("永", "", "train"), ("あ", "", "train"), ("あ", "", "test")]
    assert not faults and len(walk(f"{tmp_path / 'set'}:test")[0]) == 1
    assert walk(tmp_path / "set" / "train")[0] == [("あ", "", ""), ("永", "", ""), ("あ", "", "")]


def test_text_labels_writers_and_bad_rows(tmp_path: Path) -> None:
    features = {
        "picture": {"_type": "Image"},
        "character": {"dtype": "string", "_type": "Value"},
        "writer": {"dtype": "string", "_type": "Value"},
    }
    rows = [
        {"picture": image(PNG), "character": "い", "writer": "w1"},
        {"picture": image(PNG[:50]), "character": "う", "writer": "w2"},
        {"picture": image(PNG), "character": "うう", "writer": None},
        {"picture": image(None, str(tmp_path / "gone.png")), "character": "う", "writer": "w2"},
        {"picture": None, "character": "う", "writer": "w2"},
    ]
    write_hugging_face(tmp_path / "set", rows, features)
    samples, faults = walk(tmp_path / "set")
    assert samples == [("い", "w1", "")] and faults.count("\n") == 3
    assert "set[1]: " in faults and "gone.png is not there" in faults and "neither the bytes nor" in faults


def test_damaged_data_sets(tmp_path: Path) -> None:
    rows = [{"image": image(PNG), "label": n % 2} for n in range(20)]
    write_hugging_face(tmp_path / "set", rows, FEATURES)
    file = tmp_path / "set" / "data-00000-of-00001.arrow"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    samples, faults = walk(tmp_path / "set")
    assert 0 < len(samples) < 20 and "damaged or cut off" in faults
    write_hugging_face(tmp_path / "other", rows, {"text": {"_type": "Value"}})
    with pytest.raises(DataError, match="has the columns text; it needs an Image"):
        walk(tmp_path / "other")
    (tmp_path / "set" / "dataset_info.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="not a data set of save_to_disk"):
        walk(tmp_path / "set")
