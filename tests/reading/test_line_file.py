"""A line model's file with numbers that nobody meant: one clear line, or a text all the same."""

import io
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from tiny_line_model import CHARACTERS, HEIGHT, write_tiny_line_model

from yomite.errors import ModelFileError
from yomite.ink.line_canvas import to_line_canvas
from yomite.reading.language_model import read_language_model
from yomite.reading.lines import LineReader
from yomite.reading.results import Line
from yomite.shipping.language_model import build_language_model

PAGE = np.full((40, 200), 255, np.uint8)
PAGE[10:30, 20:180:9] = 0


def read(path: Path) -> Line:
    reader = LineReader(path)
    return reader.read(reader.prepare(PAGE, "horizontal"))


def write_with_weights(path: Path, *values: float, last: str = "LogSoftmax") -> Path:
    model = onnx.load(write_tiny_line_model(path))
    (weights,) = (tensor for tensor in model.graph.initializer if tensor.name == "weights")
    numbers = np.frombuffer(weights.raw_data, np.float32).copy()
    numbers[: len(values)] = values
    weights.raw_data = numbers.tobytes()
    for node in model.graph.node:
        if node.op_type == "LogSoftmax" != last:
            node.op_type = last
            del node.attribute[:]
    onnx.save(model, str(path))
    return path


def test_the_tiny_model_reads(tmp_path: Path) -> None:
    line = read(write_tiny_line_model(tmp_path / "m.onnx"))
    assert line.text and set(line.text) <= set(CHARACTERS) and 0 < line.confidence <= 1


@pytest.mark.parametrize(
    ("fields", "version"),
    [({"canvas_version": None}, 1), ({"canvas_version": "2"}, 2), ({"canvas_version": "3"}, 3)],
)
def test_a_model_sees_the_strip_that_it_was_trained_with(tmp_path: Path, fields: dict, version: int) -> None:
    reader = LineReader(write_tiny_line_model(tmp_path / "m.onnx", **fields))
    squared = PAGE.copy()
    squared[:, 5::11] = squared[3::11] = 90
    (strip,) = reader.prepare(squared, "horizontal")
    assert reader.file.canvas_version == version
    assert np.array_equal(strip.image, to_line_canvas(squared, height=HEIGHT, version=version))
    others = [to_line_canvas(squared, height=HEIGHT, version=other) for other in (2, 3)]
    assert others[0].shape != others[1].shape or not np.array_equal(others[0], others[1])


@pytest.mark.parametrize("version", ["4", "0", "true", '"2"', "2.5"])
def test_a_strip_of_the_future_is_refused(tmp_path: Path, version: str) -> None:
    path = write_tiny_line_model(tmp_path / "m.onnx", canvas_version=version)
    with pytest.raises(ModelFileError, match="'canvas_version' is not valid"):
        read(path)


@pytest.mark.parametrize(
    "weights", [[1e38, 0], [-1e38, 0], [10.5, 0], [-0.1, 0], [0.3, 1e4], [0.3], ["a", 0]]
)
def test_weights_of_the_language_model_have_bounds(tmp_path: Path, weights: list) -> None:
    path = write_tiny_line_model(tmp_path / "m.onnx", language_weights=json.dumps(weights))
    with pytest.raises(ModelFileError, match="'language_weights' is not valid"):
        read(path)


@pytest.mark.parametrize("weights", [[10, 50], [10, -50], [0, 50], [0, -50]])
def test_weights_at_their_bounds_give_a_line(tmp_path: Path, weights: list) -> None:
    path = write_tiny_line_model(tmp_path / "m.onnx", language_weights=json.dumps(weights))
    assert 0 <= read(path).confidence <= 1


@pytest.mark.parametrize(
    ("values", "last"),
    [((1e38,), "Identity"), ((), "Identity"), ((), "Softmax"), ((), "Floor"), ((np.nan,), "Neg")],
)
def test_outputs_that_are_no_log_probabilities(tmp_path: Path, values: tuple[float, ...], last: str) -> None:
    path = write_with_weights(tmp_path / "m.onnx", *values, last=last)
    with pytest.raises(ModelFileError, match="its weights are damaged"):
        read(path)


def change(**arrays: object) -> bytes:
    """The language model with other arrays."""
    whole = dict(np.load(io.BytesIO(build_language_model(["口十三", "口口十"] * 9, CHARACTERS, order=3))))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **(whole | arrays))  # type: ignore[arg-type]
    return buffer.getvalue()


def test_a_language_model_that_is_not_changed_is_read() -> None:
    assert read_language_model(change()).order == 3


@pytest.mark.parametrize(
    "content",
    [
        change(order=10**9),
        change(order=0),
        change(characters=""),
        change(characters="", numbers_1=np.zeros(0, np.uint16), costs_1=np.zeros(0, np.uint8), order=1,
               backoffs_1=np.zeros(0, np.int8), counts_1=np.zeros(0, np.uint16)),
        change(counts_1=np.full(3, 65535, np.uint16)),
        change(numbers_2=np.zeros((3, 3), np.uint16)),
        np.lib.format.MAGIC_PREFIX,
        b"\x93NUMPY\x01\x00\x10\x00{'shape':(9,),}\n",
    ],
    ids=["order", "no order", "no characters", "empty", "counts", "shape", "magic", "array"],
)  # fmt: skip
def test_a_damaged_language_model_is_one_line(content: bytes) -> None:
    with pytest.raises(ModelFileError, match="no language model, or a damaged one"):
        read_language_model(content)


def test_a_language_model_does_not_unpack_to_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = change(filler=np.zeros(100_000, np.uint8))
    assert len(content) < 10_000 and read_language_model(content)
    monkeypatch.setattr("yomite.reading.language_model.MAX_BYTES", 100_000)
    with pytest.raises(ModelFileError, match="no language model, or a damaged one"):
        read_language_model(content)


def test_every_broken_byte_of_a_language_model_is_one_line_or_a_model() -> None:
    whole, rng = change(), np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 400).tolist():
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        try:
            read_language_model(bytes(broken)).score_text("口口十三")
        except ModelFileError as error:
            assert "\n" not in str(error)
