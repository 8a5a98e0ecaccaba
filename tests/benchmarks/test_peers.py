"""benchmarks/peers.py on drawings of our own: what a peer lacks counts, what it has seen does not rank."""

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import onnx
import pytest
from conftest import PROJECT_ROOT, load_benchmark
from fake_pages import SAMPLES, read
from tiny_model import CHARACTERS, STROKES, write_tiny_model

from yomite.data.sources import Sample
from yomite.reading.results import Candidate, Recognition


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    return load_benchmark("peers")


def test_any_onnx_classifier_joins(peers: ModuleType, tmp_path: Path) -> None:
    model = onnx.load(str(write_tiny_model(tmp_path / "other.onnx")))
    del model.metadata_props[:], model.graph.output[1:]  # a classifier that knows nothing of yomite
    onnx.save(model, str(tmp_path / "other.onnx"))
    for name, text in (("l.json", json.dumps(CHARACTERS)), ("l.txt", "\n".join(CHARACTERS) + "\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        options = SimpleNamespace(
            onnx=tmp_path / "other.onnx",
            labels=tmp_path / name,
            dark_ink=False,
            levels=1.0,
            learned_from="us",
        )
        peer = peers.build_onnx(options)
        results = peer.read(list(STROKES.values()))
        assert [str(one) for one in results][:3] == ["一", "十", "口"]
        assert peer.characters == frozenset(CHARACTERS)


def test_tables_say_how_much_was_answered(peers: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    samples = [Sample(STROKES["十"], character, "", "") for character in "十十口一"]

    def read(pictures: list) -> list[Recognition]:
        return [Recognition((Candidate("十", 0.0),), 0.0, False) for _ in pictures]

    readers = [
        peers.Peer("narrow", read, frozenset("十"), "a book"),
        peers.Peer("wide", read, frozenset("十口一"), "nothing"),
        peers.Peer("cheat", read, frozenset("十口一"), "these", seen="freehand"),
        peers.Peer("strokes", read, frozenset("十口一"), "", needs_strokes=True),
    ]
    peers.compare(readers, samples, "dev/freehand-x")
    printed = capsys.readouterr().out
    rows = {
        cells[1]: cells for line in printed.splitlines() if len(cells := line.strip("|").split(" | ")) > 5
    }
    assert rows["narrow"][2].startswith("2 (50%)") and rows["narrow"][3].startswith("100.00")
    assert rows["narrow"][5].startswith("50.00") and rows["wide"][3].startswith("50.00")
    assert rows["cheat"][0].strip() == "seen" and rows["narrow"][0].strip() in "123"
    pictures = [Sample(peers.to_picture(STROKES["十"]), "十", "", "")]
    peers.compare(readers, pictures, "dev/pictures")
    assert "strokes | reads strokes only" in capsys.readouterr().out


def test_zinnia_is_asked_in_its_language(peers: ModuleType) -> None:
    import numpy as np

    strokes = [np.array([[0, 0.5], [1, 0.5]]), np.array([[0.25, 0]])]
    expected = "(character (width 1000)(height 1000)(strokes ((0 500)(1000 500))((250 0))))"
    assert peers._to_expression(strokes) == expected


def test_lines_are_compared_by_direction(capsys: pytest.CaptureFixture[str]) -> None:
    line_peers = load_benchmark("line_peers")
    samples = [Sample("a", "日本語", "", "", "horizontal"), Sample("b", "山", "", "", "vertical")]
    assert line_peers.are_lines(samples) and not line_peers.are_lines([Sample("a", "山", "", "")])
    text_by_picture = {"a": "日木語", "b": "山"}
    peer = line_peers.LinePeer("fake", lambda picture, direction: text_by_picture[picture])
    line_peers.compare_lines([peer], samples, "two")
    printed = capsys.readouterr().out
    assert "| reader | CER | without punctuation | horizontal | vertical | exact |" in printed
    cells = printed.splitlines()[-1].split(" | ")
    assert [cell[:5] for cell in cells[1:5]] == ["0.250", "0.250", "0.333", "0.000"] and cells[5] == "1"


def test_vertical_lines_are_turned_for_peers(tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    line_peers = load_benchmark("line_peers")
    pixels = np.zeros((40, 10, 3), np.uint8)
    pixels[:5, :, 0] = 255  # the beginning of the line is red
    Image.fromarray(pixels).save(tmp_path / "line.png")
    laid = line_peers._lay_down(tmp_path / "line.png", "vertical")
    assert laid.shape == (10, 40, 3) and (laid[:, :5, 2] == 255).all() and not laid[:, 5:].any()
    assert line_peers._lay_down(tmp_path / "line.png", "horizontal").shape == (40, 10, 3)


def test_pages_are_compared_by_direction(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(PROJECT_ROOT / "benchmarks")  # where the other process looks
    page_peers = load_benchmark("page_peers")
    assert page_peers.are_pages(SAMPLES) and not page_peers.are_pages([Sample("a", "山", "", "")])
    page_peers.compare_pages({"fake": build_fake, "none": build_nothing}, SAMPLES, "four")
    printed = capsys.readouterr().out
    assert "four, 4 pages, 2 of them whole" in printed and "none is not installed" in printed
    rows = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("| fake")]
    assert [row[1] for row in rows] == ["all", "horizontal pages", "vertical pages"]
    assert rows[0][2].startswith("28.6 %") and rows[0][5].startswith("127.3 %")
    assert rows[2][6].startswith("50.0 %") and float(rows[0][9]) > 1


def build_fake() -> tuple:
    return "fake", read


def build_nothing() -> tuple:
    raise ImportError("nothing")


def test_boxes_of_other_readers_become_lines() -> None:
    page_peers = load_benchmark("page_peers")
    header = "level page_num block_num par_num line_num word_num left top width height conf text"
    rows = [
        "1 1 0 0 0 0 0 0 99 99 -1 ",
        "4 1 1 1 1 0 10 20 50 8 -1 ",
        "5 1 1 1 1 1 10 20 20 8 90 今日",
        '5 1 1 1 1 2 40 20 20 8 90 は"',
        "4 1 2 1 1 0 80 0 9 70 -1 ",
        "5 1 2 1 1 1 80 0 9 70 90 雨",
        "4 1 3 1 1 0 80 0 9 70 -1 ",
        "5 1 3 1 1 1 80 0 9 70 90 ",
    ]
    table = "\n".join(row.replace(" ", "\t") for row in [header, *rows])
    page = page_peers.to_page(page_peers.split_tsv(table))
    assert page.text == '今日は"\n雨'
    assert [line.direction for line in page.lines] == ["horizontal", "vertical"]
    assert page.lines[0].polygon == ((10, 20), (60, 20), (60, 28), (10, 28))
