"""Model files that break their contract are one clear line, and none of them makes a number that is none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_model import CHARACTERS, STROKES, build_metadata, write_tiny_model

import yomite
from yomite.charset import LOOKALIKE_GROUPS


@pytest.fixture(scope="module")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


BAD_FIELDS = {
    "no version": ({"format_version": None}, "no yomite model"),
    "unknown version": ({"format_version": "7"}, "model format '7', this yomite reads '1'"),
    "another task": ({"task": "line"}, "task 'line'"),
    "no charset": ({"charset": None}, "'charset' is missing"),
    "charset is no list": ({"charset": '"一十"'}, "'charset' is not valid"),
    "a character twice": ({"charset": '["一", "一"]'}, "'charset' is not valid"),
    "charset is too long": (
        {"charset": '["a", "b", "c"]', "log_prior": "[0, 0, 0]"},
        "3 characters, but logits",
    ),
    "prior is too short": ({"log_prior": "[-1.0, -2.0]"}, "7 characters, but a log_prior of shape"),
    "prior is not finite": ({"log_prior": "[NaN, 0, 0, 0, 0, 0, 0]"}, "'log_prior' is not valid"),
    "a temperature of 0": ({"temperature": '{"text": 0, "uniform": 1}'}, "'temperature' is not valid"),
    "a prior without temperature": ({"temperature": '{"text": 1}'}, "'temperature' is not valid"),
    "broken JSON": ({"rejection_threshold": "{"}, "'rejection_threshold' is not valid"),
    "weight is no number": ({"prior_weight": "[]"}, "'prior_weight' is not valid"),
    "weight is NaN": ({"prior_weight": "NaN"}, "'prior_weight' is not valid"),
    "weight is below 0": ({"prior_weight": "-0.5"}, "'prior_weight' is not valid"),
    "weight takes the prior beyond all bounds": ({"prior_weight": "3e38"}, "'prior_weight' is not valid"),
    "weight is beyond all bounds": ({"prior_weight": "1" * 400}, "'prior_weight' is not valid"),
    "a temperature that is 0 as a float32": (
        {"temperature": '{"text": 1e-60, "uniform": 1}'},
        "'temperature' is not valid",
    ),
    "a temperature beyond a float32": (
        {"temperature": '{"text": 1e60, "uniform": 1}'},
        "'temperature' is not valid",
    ),
    "a temperature that is NaN": (
        {"temperature": '{"text": NaN, "uniform": 1}'},
        "'temperature' is not valid",
    ),
    "a threshold that is infinite": (
        {"rejection_threshold": '{"text": Infinity, "uniform": 1}'},
        "'rejection_threshold' is not valid",
    ),
    "stroke counts of other characters": ({"stroke_counts": "[[1], [2]]"}, "'stroke_counts' is not valid"),
    "stroke counts of nothing": ({"stroke_counts": json.dumps([[]] * 7)}, "'stroke_counts' is not valid"),
    "a count of 0": ({"stroke_counts": json.dumps([[1]] * 6 + [[0]])}, "'stroke_counts' is not valid"),
    "a count that is no number": ({"stroke_counts": json.dumps([["1"]] * 7)}, "'stroke_counts' is not valid"),
    "deep JSON": ({"charset": "[" * 100_000}, "'charset' is not valid"),
    "half a surrogate pair": (
        {"charset": json.dumps([*CHARACTERS[:6], "\ud800"])},
        "'charset' is not valid",
    ),
    "a canvas of the future": ({"canvas_version": "5"}, "'canvas_version' is not valid"),
    "a canvas that is no number": ({"canvas_version": '"2"'}, "'canvas_version' is not valid"),
    "look-alikes are no list": ({"lookalikes": '"口ロ"'}, "'lookalikes' is not valid"),
    "look-alikes are no texts": ({"lookalikes": "[[1, 2]]"}, "'lookalikes' is not valid"),
    "a look-alike in two groups": ({"lookalikes": '["口ロ", "ロ一"]'}, "'lookalikes' is not valid"),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_bad_metadata_is_one_clear_line(name: str, tmp_path: Path) -> None:
    changes, message = BAD_FIELDS[name]
    path = write_tiny_model(tmp_path / "m.onnx", **changes)
    with pytest.raises(yomite.ModelFileError) as caught:
        yomite.load(path)
    assert message in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_damaged_files_are_one_clear_line(tmp_path: Path, tiny_path: Path) -> None:
    whole = tiny_path.read_bytes()
    files = {"cut.onnx": whole[: len(whole) // 2], "text.onnx": b"hello", "empty.onnx": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(yomite.ModelFileError, match=r"no ONNX file, or a damaged one|no yomite model"):
            yomite.load(tmp_path / name)
    for name, message in (
        (tmp_path / "none.onnx", "no such file"),
        (tmp_path, "no such file"),
        ("yomite-charakter", "no model named 'yomite-charakter'; released:"),
        ("weights.safetensors", "type: yomite export weights.safetensors"),
    ):
        with pytest.raises(yomite.ModelFileError, match=message):
            yomite.load(name)


def test_fewer_classes_than_characters(tmp_path: Path) -> None:
    with pytest.raises(yomite.ModelFileError, match=r"7 characters, but logits of shape \(1, 5\)"):
        yomite.load(write_tiny_model(tmp_path / "m.onnx", num_classes=5))


def write_graph(path: Path, nodes: list[onnx.NodeProto], size: int | str = 48, **constants: Any) -> Path:
    """A model of the contract whose logits (and nothing else) are made by `nodes`."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ("N", 1, size, size))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, build_metadata())
    onnx.save(model, str(path))
    return path


SUM_INK = [
    helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
    helper.make_node("ReduceMean", ["pixels"], ["ink"], axes=[1, 2, 3], keepdims=0),
    helper.make_node("Unsqueeze", ["ink", "axis"], ["column"]),
]
CONSTANTS = {"axis": np.array([1], np.int64), "weights": np.ones((1, 7), np.float32)}


@pytest.mark.parametrize("size", [4, 20_000, 10**9])
def test_an_input_of_no_canvas_is_refused_before_it_is_run(size: int, tmp_path: Path) -> None:
    nodes = [*SUM_INK, helper.make_node("MatMul", ["column", "weights"], ["logits"])]
    assert yomite.load(write_graph(tmp_path / "m.onnx", nodes, **CONSTANTS)).recognize(STROKES["十"])
    path = write_graph(tmp_path / "m.onnx", nodes, size, **CONSTANTS)
    with pytest.raises(
        yomite.ModelFileError, match=f"an input of {size} x {size} px; this yomite reads 8 to"
    ):
        yomite.load(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("not a number", "its weights are damaged (logits are not finite)"),
        ("infinite", "its weights are damaged (logits are not finite)"),
        ("one row for all", "7 characters, but logits of shape (1, 7)"),
    ],
)
def test_what_shows_on_a_picture_alone_is_an_error(kind: str, message: str, tmp_path: Path) -> None:
    """A blank canvas gives sound logits, so that the file can be opened."""
    if kind == "one row for all":
        last = [helper.make_node("ReduceMax", ["products"], ["logits"], axes=[0])]
    else:  # the root of a number below 0, or one divided by 0, as soon as there is ink
        last = [
            helper.make_node("Clip", ["products", "", "edge"], ["clipped"]),
            helper.make_node("Sub", ["edge", "products" if kind == "not a number" else "clipped"], ["room"]),
            helper.make_node("Sqrt", ["room"], ["root"]),
            helper.make_node("Reciprocal", ["root"], ["logits"]),
        ]
    nodes = [*SUM_INK, helper.make_node("MatMul", ["column", "weights"], ["products"]), *last]
    constants = CONSTANTS if kind == "one row for all" else CONSTANTS | {"edge": np.float32(0.01)}
    reader = yomite.load(write_graph(tmp_path / "m.onnx", nodes, **constants))
    with pytest.raises(yomite.ModelFileError) as caught:
        reader.recognize_many([STROKES["十"]] * 3, errors="return")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_logits_that_leave_a_float32_are_an_error(tmp_path: Path) -> None:
    path = write_graph(
        tmp_path / "m.onnx",
        [*SUM_INK, helper.make_node("MatMul", ["column", "weights"], ["products"]),
         helper.make_node("Sub", ["lowest", "products"], ["logits"])],
        **CONSTANTS, lowest=np.float32(-3.4e38),
    )  # fmt: skip
    model = onnx.load(path)
    helper.set_model_props(model, build_metadata(prior_weight="1e37"))
    onnx.save(model, str(path))
    reader = yomite.load(path)
    assert 0 < reader.recognize(STROKES["十"], prior="uniform").confidence <= 1
    with pytest.raises(yomite.ModelFileError, match="its logits are out of range"):
        reader.recognize(STROKES["十"])


def test_bytes_that_are_no_text_are_one_clear_line(tiny_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(tiny_path.read_bytes().replace(b"CC-BY-SA-4.0", b"\xff\xfe-BY-SA-4.0"[:12]))
    with pytest.raises(yomite.ModelFileError, match="its metadata is damaged") as caught:
        yomite.load(path)
    assert "\n" not in str(caught.value)


def test_the_file_says_what_looks_alike(tmp_path: Path) -> None:
    """With the pair 一 and 十 instead of 口 and ロ, and without any."""
    of_itself = yomite.load(write_tiny_model(tmp_path / "m.onnx"))
    assert "口ロ囗" in of_itself.lookalike_groups  # an older file: those of the benchmark
    for groups in ([], ["一十永"]):
        reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", lookalikes=json.dumps(groups)))
        assert reader.lookalike_groups == tuple(groups)
        for character in CHARACTERS:
            result = reader.recognize(STROKES[character])
            alike = "一十" if groups and result.text in "一十" else result.text
            shares = [one.probability for one in result.candidates if one.text in alike]
            assert result.confidence == pytest.approx(sum(shares), abs=1e-6)


def test_the_page_lists_what_older_files_have() -> None:
    page = (Path(__file__).parents[2] / "docs" / "model-file.md").read_text(encoding="utf-8")
    listed = page.split("leaving out what `charset` lacks:\n")[1].strip("\n").split("\n\n")[0]
    assert tuple(listed.split()) == LOOKALIKE_GROUPS


def test_a_known_of_another_shape_is_one_clear_line(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.onnx", known_threshold="0")
    model = onnx.load(path)
    model.graph.node.append(helper.make_node("ReduceMax", ["logits"], ["known"], axes=[1], keepdims=1))
    model.graph.output.append(helper.make_tensor_value_info("known", TensorProto.FLOAT, ("N", 1)))
    onnx.save(model, str(path))
    with pytest.raises(yomite.ModelFileError, match=r"known.* has shape \(1, 1\)"):
        yomite.load(path)


@pytest.mark.parametrize(
    ("fields", "version"), [({}, 1), ({"canvas_version": "1"}, 1), ({"canvas_version": "2"}, 2)]
)
def test_a_model_sees_the_canvas_of_its_version(fields: dict, version: int, tmp_path: Path) -> None:
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", **fields))
    page = np.full((140, 140), 255, np.uint8)
    page[40:100, 68:73] = page[68:73, 40:100] = 0
    bare = reader.recognize(page)
    page[[8, 132]] = 120
    ruled = reader.recognize(page)
    assert reader.canvas_version == version
    assert (ruled.to_dict() == bare.to_dict()) == (version == 2)


def test_device_that_cannot_be_used_is_one_line(tiny_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(yomite.YomiteError, match='device=\'gpu\': type "cpu" or "cuda"'):
        yomite.load(tiny_path, device="gpu")  # type: ignore[arg-type]
    available = ["CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: available)
    with pytest.raises(yomite.YomiteError, match="pip install onnxruntime-gpu"):
        yomite.load(tiny_path, device="cuda")
    # The package for GPUs on a machine without one: ONNX Runtime goes on with the processor, or fails.
    available.append("CUDAExecutionProvider")
    real = onnxruntime.InferenceSession
    asked: list[Any] = []

    def open_on_processor(model: Any, options: Any, providers: list[str], **others: Any) -> Any:
        asked.append(providers)
        return real(model, options, providers=["CPUExecutionProvider"], **others)

    def fail(*arguments: Any, **others: Any) -> Any:
        raise RuntimeError("CUDA failure 100: no CUDA-capable device is detected")

    for session in (open_on_processor, fail):
        monkeypatch.setattr("onnxruntime.InferenceSession", session)
        with pytest.raises(yomite.YomiteError, match="finds no GPU") as told:
            yomite.load(tiny_path, device="cuda")
        assert not isinstance(told.value, yomite.ModelFileError)
    assert asked == [["CUDAExecutionProvider"]]
