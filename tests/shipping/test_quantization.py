"""8-bit convolutions: the same file in all but its speed, and answers that hardly change."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

import torch

from yomite.checkpoint import Checkpoint
from yomite.models import build
from yomite.reading.model_file import open_model_file
from yomite.shipping.quantization import quantize
from yomite.shipping.tracing import trace_weights

CHARACTERS = tuple(map(chr, range(0x4E00, 0x4E00 + 300)))
SIZE = 32


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Uint8 (96, 1, S, S): strokes of a few random lines, not noise."""
    rng = np.random.default_rng(0)
    canvases = np.zeros((96, 1, SIZE, SIZE), np.uint8)
    for canvas in canvases[:, 0]:
        for _ in range(4):
            row, column, length = rng.integers(2, 20), rng.integers(2, 20), rng.integers(5, 12)
            canvas[row : row + 2, column : column + length] = 255
            canvas[column : column + length, row : row + 2] = 200
    return canvases


@pytest.fixture(scope="module", params=["residual", "efficientnet"])
def paths(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, images: np.ndarray
) -> tuple[Path, Path]:
    """A float file, and the same after `quantize`."""
    folder = tmp_path_factory.mktemp("int8")
    torch.manual_seed(0)
    model = build(request.param, len(CHARACTERS), SIZE)
    for _ in range(20):  # statistics of its own for each norm
        model.train()(torch.from_numpy(images))
    described = {"name": request.param, "arguments": {}, "num_classes": len(CHARACTERS), "input_size": SIZE}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    draft = trace_weights(Checkpoint("weights", described, CHARACTERS, tensors), "mine")
    draft.write(folder / "float.onnx")
    quantize(draft, images[:48]).write(folder / "int8.onnx")
    return folder / "float.onnx", folder / "int8.onnx"


def test_the_answers_hardly_change(paths: tuple[Path, Path], images: np.ndarray) -> None:
    exact, rounded = (open_model_file(path, num_threads=1) for path in paths)
    for output, allowed in (("logits", 0.15), ("features", 0.15), ("class_weights", 1e-3)):
        (expected,), (came,) = exact.compute(images, output), rounded.compute(images, output)
        assert came.shape == expected.shape
        assert np.abs(came - expected).mean() < allowed * expected.std(), output
        assert output == "class_weights" or not np.array_equal(came, expected)  # it was quantized


def test_what_the_file_says_of_itself_stays(paths: tuple[Path, Path]) -> None:
    before, after = ({e.key: e.value for e in onnx.load(str(path)).metadata_props} for path in paths)
    assert after == before and json.loads(after["charset"]) == list(CHARACTERS) and after["name"] == "mine"
    inputs = [onnxruntime.InferenceSession(str(path)).get_inputs() for path in paths]
    assert [(one.name, one.type, one.shape) for one in inputs[0]] == [
        (one.name, one.type, one.shape) for one in inputs[1]
    ]


def test_kernels_are_bytes(paths: tuple[Path, Path]) -> None:
    after = onnx.load(str(paths[1]))
    kinds = {
        tensor.data_type
        for tensor in after.graph.initializer
        if len(tensor.dims) == 4 and tensor.dims[-1] == 3
    }
    assert kinds == {onnx.TensorProto.INT8}
    assert paths[1].stat().st_size < paths[0].stat().st_size
    assert not list(paths[1].parent.glob(".*partial"))
