"""Whatever comes from outside ends as an answer or as one clear line, never as a traceback."""

import datetime
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import yomite
from yomite.config.run import load_config
from yomite.data.readers.containers import Folder
from yomite.data.samples import Fault
from yomite.data.sources import open_source
from yomite.errors import ConfigError, DataError, ModelFileError, PictureError, YomiteError
from yomite.ink.canvas import to_canvas
from yomite.ink.strokes import MAX_STROKES, thin_strokes, to_strokes

HUGE = "9" * 5_000


def nest(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    ("strokes", "complaint"),
    [
        ([[(10**400, 1), (2, 3)]], "beyond 1e9"),
        ([[(1, -(10**400))]], "beyond 1e9"),
        ([[(1j, 2)]], "not a list"),
        ([np.zeros((5, 2), complex)], "not a list"),
        ([np.zeros((5, 2), "datetime64[s]")], "not a list"),
        ([np.zeros((5, 2), "timedelta64[s]")], "not a list"),
        ([[(datetime.datetime(2020, 1, 1), 1)]], "not a list"),
        ([[("1", "2"), ("3", "4")]], "not a list"),
        ([np.zeros((5, 2), "S3")], "not a list"),
        (nest(2_000), "not a list"),
        ([[(0, 0)]] * (MAX_STROKES + 1), f"more than {MAX_STROKES:,} strokes"),
    ],
)
def test_strokes_that_are_none(strokes: Any, complaint: str) -> None:
    with pytest.raises(PictureError, match=complaint) as caught:
        to_strokes(strokes)
    assert "\n" not in str(caught.value)


def test_long_strokes_are_drawn_quickly_and_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    along = np.linspace(0, 1, 100_000)
    spiral = np.stack([along * np.cos(20 * along), along * np.sin(20 * along)], axis=1)
    start = time.process_time()
    canvas = to_canvas([spiral])
    assert time.process_time() - start < 1.5  # 2.6 s before; 0.2 on an idle machine
    monkeypatch.setattr("yomite.ink.strokes._DRAWN_POINTS", 10**9)
    assert np.abs(canvas.astype(int) - to_canvas([spiral])).mean() < 3
    monkeypatch.undo()
    thin = thin_strokes(to_strokes([spiral[1:], [(0, 0)]]))
    assert len(thin[0]) <= 5_000 and np.array_equal(thin[0][[0, -1]], spiral[[1, -1]].astype(np.float32))
    assert len(thin[1]) == 1


@pytest.mark.parametrize(
    "path",
    ["x" * 300, "x" * 300 + "/ei.png", "/".join(["x"] * 5_000), "a\0b", b"\xff".decode("latin-1") * 300],
)
def test_path_that_cannot_be_one(path: str, tmp_path: Path) -> None:
    reader = yomite.load(num_threads=1)
    cross = [[(0, 1), (2, 1)], [(1, 0), (1, 2)]]
    results = reader.recognize_many([path, cross], errors="return")
    assert isinstance(results[0], PictureError) and len(str(results[0])) < 12_000
    assert isinstance(results[1], yomite.Recognition)
    with pytest.raises(ModelFileError):
        yomite.load(path)
    with pytest.raises(ModelFileError):
        yomite.load(path + ".onnx")
    with pytest.raises(ConfigError):
        load_config(path)
    with pytest.raises(DataError):
        list(open_source(path, tmp_path))


def test_arguments_that_are_no_numbers() -> None:
    reader = yomite.load(num_threads=1)
    for top in ("5", 1.5, 0, None):
        with pytest.raises(YomiteError, match="top="):
            reader.recognize([[(0, 0), (1, 1)]], top=top)  # type: ignore[arg-type]
    for num_threads in (10**6, "2", 1.5, 0):
        with pytest.raises(YomiteError, match="num_threads="):
            yomite.load(num_threads=num_threads)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "a: " + "{a: " * 5_000,
        "a: &a [*a]",
        "model: {arguments: &a {x: *a}}",
        "model: {arguments: {a: &a [1,1,1,1,1,1,1,1,1,1], "
        + ", ".join(f"{b}: &{b} [{','.join(['*' + a] * 10)}]" for a, b in pairwise("abcdefghi"))
        + "}}",
        "batch_size: 999999999999999999999",
        f"batch_size: {HUGE}",
        f"seed: 0x{HUGE}",
        "batch_size: 10000000",
        "name: 2020-99-99",
        "name: !!binary x",
        "seed: !!int abc",
        "seed: !!float x",
        "seed: !!bool x",
        "seed: !!timestamp x",
        "? [a]\n: b",
        "a: \0",
    ],
)  # fmt: skip
def test_yaml_that_is_no_run(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    begin = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert time.process_time() - begin < 1
    assert len(str(caught.value)) < 1_000
    path.write_text("name: run")
    if "\n" not in text:
        with pytest.raises(ConfigError) as caught:
            load_config(path, [f"model.arguments={text}" if text[:1] == "[" else text.replace(": ", "=", 1)])


@pytest.mark.parametrize(
    "line", [f'{{"path": {HUGE}}}', "[" * 100_000, '{"path": "' + "x" * 300 + '", "character": "永"}']
)
@pytest.mark.parametrize("name", ["labels.jsonl", "labels.json", "lines.jsonl"])
def test_json_that_is_no_list_of_samples(line: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(f"[{line}]" if name.endswith(".json") else line, encoding="utf-8")
    with pytest.raises(DataError):
        found = list(open_source(str(tmp_path if name == "lines.jsonl" else path), tmp_path))
        if all(isinstance(item, Fault) for item in found):
            raise DataError("nothing but faults")


def test_folders_within_folders_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (48, 48)).save(tmp_path / "永.png")
    monkeypatch.chdir(tmp_path)
    for _ in range(1_200):
        os.mkdir("d")
        os.chdir("d")
    try:
        found = list(Folder(tmp_path))
    finally:
        for _ in range(1_200):  # what pytest itself cannot remove
            os.chdir("..")
            os.rmdir("d")
    assert [isinstance(item, Fault) for item in found] == [True, False]
    assert "folders deep" in found[0].reason  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", [["recognize", "-"], ["read", "--line", "-"]])
def test_closed_standard_input_is_told(verb: list[str]) -> None:
    command = f'exec "{sys.executable}" -m yomite {" ".join(verb)} <&-'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
