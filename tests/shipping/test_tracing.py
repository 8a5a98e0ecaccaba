"""The ONNX file keeps its contract and agrees with the weights."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint, write_checkpoint
from yomite.models import build
from yomite.reading.characters import load
from yomite.shipping.draft import Draft, read_draft
from yomite.shipping.tracing import check_parity, trace_weights

CHARACTERS = tuple("永字八法あい口エロ、")
SIZE = 16


@pytest.fixture(scope="module")
def weights_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    arguments = {"widths": [8, 16], "depths": [1, 2], "embedding": 12, "pools": 2, "dropout": 0.5}
    model = build("residual", len(CHARACTERS), SIZE, **arguments)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.uniform_(0.5, 1.5)
    for _ in range(5):  # statistics of its own for each norm
        model.train()(torch.randint(0, 256, (32, 1, SIZE, SIZE), dtype=torch.uint8))
    described = {
        "name": "residual",
        "arguments": arguments,
        "num_classes": len(CHARACTERS),
        "input_size": SIZE,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    write_checkpoint(
        path, Checkpoint("weights", described, CHARACTERS, tensors, commit="abc"), storage="float16"
    )
    return path


@pytest.fixture(scope="module")
def onnx_path(weights_path: Path) -> Path:
    path = weights_path.with_name("small.onnx")
    draft = trace_weights(read_checkpoint(weights_path), "small")
    draft.describe({"license": "CC-BY-SA-4.0", "temperature": '{"text": 2, "uniform": 3}'}).write(path)
    return path


@pytest.fixture(scope="module")
def draft(onnx_path: Path) -> Draft:
    return read_draft(onnx_path)


def draw_canvases(num: int) -> np.ndarray:
    return np.random.default_rng(6).integers(0, 256, (num, SIZE, SIZE), dtype=np.uint8)


@pytest.mark.parametrize("num", [1, 7])
def test_agrees_with_the_weights(weights_path: Path, onnx_path: Path, num: int) -> None:
    images = draw_canvases(num)[:, None]
    session = onnxruntime.InferenceSession(str(onnx_path))
    logits, features, class_weights = session.run(["logits", "features", "class_weights"], {"images": images})
    model = load_model(read_checkpoint(weights_path))
    expected = model(torch.from_numpy(images)).detach().numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-4)  # the very same halves, summed in another order
    classifier = {name: tensor.detach().numpy() for name, tensor in model.classifier.named_parameters()}
    np.testing.assert_array_equal(class_weights, classifier["weight"])
    assert class_weights.dtype == logits.dtype == features.dtype == np.float32
    summed = features.sum((2, 3)) @ class_weights.T + classifier["bias"]
    np.testing.assert_allclose(summed, logits, atol=1e-4)


def test_parity_counts_what_differs(weights_path: Path, draft: Draft) -> None:
    parity = check_parity(draft, read_checkpoint(weights_path), draw_canvases(50), batch_size=16)
    assert (parity.num_images, parity.num_disagreements) == (50, 0)
    assert parity.max_difference < 1e-4
    other = read_checkpoint(weights_path)
    answers = load_model(other)(torch.from_numpy(draw_canvases(50)[:, None])).argmax(1)
    other.tensors["model.classifier.bias"][answers[0]] -= 1000.0
    parity = check_parity(draft, other, draw_canvases(50))
    assert parity.num_disagreements == (answers == answers[0]).sum()
    assert parity.max_difference == pytest.approx(1000, abs=0.1)


def test_the_file_describes_itself(onnx_path: Path) -> None:
    exported = onnx.load(onnx_path)
    metadata = {entry.key: entry.value for entry in exported.metadata_props}
    assert (
        metadata["format_version"] == "1" and metadata["task"] == "character" and metadata["name"] == "small"
    )
    assert tuple(json.loads(metadata["charset"])) == CHARACTERS
    assert json.loads(metadata["temperature"]) == {"text": 2, "uniform": 3}
    assert json.loads(metadata["lookalikes"]) == ["口ロ"]
    assert metadata["license"] == "CC-BY-SA-4.0" and metadata["training_commit"] == "abc"
    assert np.exp(json.loads(metadata["log_prior"])).sum() == pytest.approx(1, abs=1e-3)
    assert exported.opset_import[0].version == 17
    wide = [tensor for tensor in exported.graph.initializer if len(tensor.dims) > 1]
    assert wide and all(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in wide)


def test_the_recognizer_reads_it(onnx_path: Path) -> None:
    reader = load(onnx_path)
    picture = np.full((40, 40), 255, np.uint8)
    picture[10:30, 18:22] = 0
    assert reader.recognize(picture).text in CHARACTERS
