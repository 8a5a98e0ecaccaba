"""8 bits: the same file in all but its speed, and answers that hardly change."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

import torch

from yomite.checkpoint import Checkpoint
from yomite.ink.line import ComposedLine
from yomite.models import build
from yomite.reading.ink_file import open_ink_file
from yomite.reading.line_file import open_line_file
from yomite.reading.model_file import open_model_file
from yomite.shipping.draft import Draft
from yomite.shipping.line_ranges import GROUP, draw_batches
from yomite.shipping.quantization import quantize, quantize_ink, quantize_lines
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


@pytest.fixture(scope="module")
def drafts() -> tuple[Draft, Draft]:
    """A line model that tells directions apart, and the same after `quantize_lines`."""
    torch.manual_seed(0)
    arguments = {
        "widths": [16, 64],
        "depths": [1, 1],
        "embedding": 64,
        "context": 32,
        "blocks": 1,
        "reach": 5,
    }
    model = build("sliding", len(CHARACTERS), SIZE, **arguments)
    for _ in range(10):
        model.train()(torch.from_numpy(draw_strips(0)))
    described = {
        "name": "sliding",
        "arguments": arguments,
        "num_classes": len(CHARACTERS),
        "input_size": SIZE,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    draft = trace_weights(Checkpoint("weights", described, CHARACTERS, tensors), "lines")
    batches = [{"images": draw_strips(seed), "images_vertical": draw_strips(seed + 9)} for seed in range(4)]
    return draft, quantize_lines(draft, batches)


def draw_strips(seed: int) -> np.ndarray:
    """Uint8 (8, 1, SIZE, 4 SIZE): bars."""
    rng = np.random.default_rng(seed)
    strips = np.zeros((8, 1, SIZE, 4 * SIZE), np.uint8)
    for strip in strips[:, 0]:
        for row, column, length in rng.integers((2, 2, 4), (SIZE - 16, 3 * SIZE, 14), (12, 3)):
            strip[row : row + 2, column : column + length] = 255
            strip[row : row + length, column : column + 2] = 200
    return strips


@pytest.mark.parametrize("output", ["log_probabilities", "log_probabilities_vertical"])
def test_lines_are_read_nearly_alike(drafts: tuple[Draft, Draft], output: str) -> None:
    inputs = {"images": draw_strips(50), "images_vertical": draw_strips(51)[:3]}
    exact, rounded = (
        np.asarray(
            onnxruntime.InferenceSession(draft.to_model().SerializeToString()).run([output], inputs)[0]
        )
        for draft in drafts
    )
    assert exact.shape == rounded.shape and rounded.dtype == np.float32
    np.testing.assert_allclose(np.exp(rounded).sum(axis=2), 1.0, atol=1e-4)
    assert 0 < np.abs(exact - rounded).mean() < 0.1 * exact.std()


def test_bytes_of_lines_leave_room_for_sums_of_16_bits(drafts: tuple[Draft, Draft]) -> None:
    """Without VNNI a processor adds two products, each of 0..255 and a weight, in 16 bits.

    Bytes that become floats again when the file is opened may have any value.
    """
    tables = [
        numpy_helper.to_array(table)
        for table in drafts[1].network.graph.initializer
        if table.data_type == onnx.TensorProto.INT8 and table.dims and not table.name.endswith("_bytes")
    ]
    weights = [table for table in tables if table.ndim > 1]
    assert all(2 * 255 * int(np.abs(table.astype(int)).max()) < 2**15 for table in weights)
    assert sum(table.shape == (64, len(CHARACTERS) + 1) for table in weights) == 1  # for both directions
    assert sum(table.shape[1:] == (64, 3, 3) for table in weights) == 1


def test_a_quantized_line_file_is_smaller_and_says_the_same(
    drafts: tuple[Draft, Draft], tmp_path: Path
) -> None:
    for draft, name in zip(drafts, ("float", "int8"), strict=True):
        draft.write(tmp_path / f"{name}.onnx")
    whole, small = (open_line_file(tmp_path / f"{name}.onnx", 1) for name in ("float", "int8"))
    assert (tmp_path / "int8.onnx").stat().st_size < (tmp_path / "float.onnx").stat().st_size
    assert whole.characters == small.characters and small.tells_directions and small.step_px == whole.step_px


def test_batches_are_lines_of_one_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yomite.shipping.line_ranges.build_line_composer", lambda *_, **__: FakeComposer())
    batches = draw_batches(tuple("0123456789"), Path("data"), 40, tells_directions=True)
    assert len(batches) > 20 and all(set(batch) == {"images", "images_vertical"} for batch in batches)
    for images in (one for batch in batches for one in batch.values()):
        assert images.dtype == np.uint8 and images.shape[:3] == (GROUP, 1, 40)
    assert all(
        set(batch) == {"images"}
        for batch in draw_batches(tuple("0123456789"), Path("data"), 40, tells_directions=False)
    )


class FakeComposer:
    """Three lines of ten run down; each is a comb as long as its number says."""

    def foresee(self, epoch: int, index: int) -> tuple[float, bool]:
        return 2.0 + index % 7, index % 10 < 3

    def compose(self, epoch: int, index: int) -> ComposedLine:
        length, is_vertical = self.foresee(epoch, index)
        picture = np.full((40, int(length * 40)), 255, np.uint8)
        picture[12:28, 8:-8:6] = 0
        picture = np.ascontiguousarray(picture.T if is_vertical else picture)
        direction = "vertical" if is_vertical else "horizontal"
        return ComposedLine(picture, f"{index}", direction, np.zeros((1, 4), np.float32))


def test_an_ink_finder_sees_nearly_alike(images: np.ndarray, tmp_path: Path) -> None:
    size = 96
    views = np.zeros((len(images), 1, size, size), np.uint8)
    views[:, :, : 2 * SIZE, : 2 * SIZE] = images.repeat(2, axis=2).repeat(2, axis=3) // 2
    torch.manual_seed(0)
    model = build("ink_finder", 1, size)
    torch.nn.init.normal_(model.head.weight, std=0.3)  # type: ignore[union-attr, arg-type]
    for _ in range(5):
        model.train()(torch.from_numpy(views))
    described = {"name": "ink_finder", "arguments": {}, "num_classes": 1, "input_size": size}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    draft = trace_weights(Checkpoint("weights", described, ("一",), tensors), "ink")
    draft.write(tmp_path / "float.onnx")
    quantize_ink(draft, views[:48]).write(tmp_path / "int8.onnx")
    files = [open_ink_file(tmp_path / name) for name in ("float.onnx", "int8.onnx")]
    exact, rounded = (np.stack([file(view) for view in views[:, 0]]) for file in files)
    assert exact.std() > 0.1 and not np.array_equal(exact, rounded)
    assert np.abs(exact - rounded).mean() < 0.1 * exact.std()
    assert (tmp_path / "int8.onnx").stat().st_size < 0.6 * (tmp_path / "float.onnx").stat().st_size
