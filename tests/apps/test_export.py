"""`yomite export` on a small model: what it writes, what it says, how it fails."""

import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from tiny_model import CHARACTERS, STROKES
from typer.testing import CliRunner

from yomite.apps.cli import app
from yomite.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from yomite.ink.canvas import to_canvas
from yomite.models import build
from yomite.reading.characters import load

torch = pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

SIZE = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with a moving average, samples, and a data folder with texts."""
    folder = tmp_path_factory.mktemp("export")
    torch.manual_seed(2)
    arguments = {"widths": [8, 16], "depths": [1, 1], "embedding": 12}
    model = build("residual", len(CHARACTERS), SIZE, **arguments)
    for _ in range(3):  # statistics of its own for each norm
        model.train()(torch.randint(0, 256, (32, 1, SIZE, SIZE), dtype=torch.uint8))
    described = {"name": "residual", "arguments": arguments, "num_classes": len(CHARACTERS)}
    tensors = {f"ema.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"model.{name}": torch.zeros_like(tensor) for name, tensor in model.state_dict().items()}
    checkpoint = Checkpoint("checkpoint", described | {"input_size": SIZE}, CHARACTERS, tensors, commit="abc")
    write_checkpoint(folder / "run.safetensors", checkpoint)
    for character in CHARACTERS:
        (folder / "own" / character).mkdir(parents=True)
        Image.fromarray(255 - to_canvas(STROKES[character])).save(folder / "own" / character / "1.png")
    (folder / "data" / "text").mkdir(parents=True)
    (folder / "data" / "text" / "sentences.txt.gz").write_bytes(gzip.compress("人口一一一".encode()))
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def read_metadata(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_calibrated_export(folder: Path, tmp_path: Path) -> None:
    out, weights = tmp_path / "small.onnx", tmp_path / "small.safetensors"
    code, printed, _ = run(
        folder / "run.safetensors", "--out", out, "--weights", weights, "--name", "mine",
        "--calibrate", folder / "own", "--data-root", folder / "data",
    )  # fmt: skip
    assert code == 0
    metadata = read_metadata(out)
    assert metadata["name"] == "mine" and metadata["training_commit"] == "abc"
    prior = np.exp(json.loads(metadata["log_prior"]))
    assert prior.sum() == pytest.approx(1, abs=1e-3)
    assert dict(zip(CHARACTERS, prior, strict=True))["一"] > dict(zip(CHARACTERS, prior, strict=True))["人"]
    for field in ("temperature", "rejection_threshold"):
        assert json.loads(metadata[field]).keys() == {"text", "uniform"}
    reader = load(out)
    assert reader.recognize(folder / "own" / "十" / "1.png", prior="uniform").text in CHARACTERS
    lines = printed.splitlines()
    assert sum(re.match(r" ?\d\.\d\d\*", line) is not None for line in lines) == 1  # the chosen weight
    assert f"scored {folder / 'own'}: 7 samples" in lines
    assert any("told by low confidence alone" in line for line in lines)  # no KanjiVG to draw with
    assert any("7 canvases: 0 other answers" in line for line in lines)

    # The weights are the moving average, rounded to the very numbers in the ONNX file.
    written, original = read_checkpoint(weights), read_checkpoint(folder / "run.safetensors")
    assert written.kind == "weights" and not written.section("ema")
    for name, tensor in original.section("ema").items():
        expected = tensor.half().float() if tensor.ndim > 1 else tensor
        assert torch.equal(written.section("model")[name], expected), name
    classifier = written.section("model")["classifier.weight"].numpy()
    (stored,) = load(out)._model.compute(np.zeros((1, 1, SIZE, SIZE), np.uint8), "class_weights")
    np.testing.assert_array_equal(stored, classifier)


def test_a_given_weight_is_kept(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "small.onnx"
    code, printed, _ = run(
        folder / "run.safetensors", "--out", out, "--prior-weight", "0.35", "--data-root", folder / "data"
    )
    assert code == 0 and "not calibrated; prior weight 0.35" in printed
    metadata = read_metadata(out)
    assert json.loads(metadata["prior_weight"]) == 0.35
    assert json.loads(metadata["temperature"]) == {"text": 1, "uniform": 1}


def test_without_texts_there_is_no_prior(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    out = tmp_path / "small.onnx"
    code, printed, _ = run(folder / "run.safetensors", "--out", out)
    assert code == 0 and "no prior: " in printed and "sentences.txt.gz is not there" in printed
    assert json.loads(read_metadata(out)["prior_weight"]) == 0
    assert len(set(json.loads(read_metadata(out)["log_prior"]))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prior-weight", "0.3"], "no prior to weigh"),
        (["--calibrate", "dev/none"], "dev/none"),
        (["--data-root", "absent"], "absent"),
    ],
)
def test_mistakes_get_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    code, _, error = run(folder / "run.safetensors", "--out", tmp_path / "a.onnx", *arguments)
    assert code == 2 and message in error and len(error.splitlines()) == 1


def test_int8_is_calibrated_as_it_reads(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "fast.onnx"
    code, printed, _ = run(
        folder / "run.safetensors", "--out", out, "--int8",
        "--calibrate", folder / "own", "--data-root", folder / "data",
    )  # fmt: skip
    assert code == 0 and re.search(r"7 canvases: \d other answers, logits differ by 0\.\d+", printed)
    kinds = {node.op_type for node in onnx.load(out).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert load(out).recognize(folder / "own" / "十" / "1.png").text in CHARACTERS


def test_samples_that_the_model_cannot_answer_are_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "own", tmp_path / "own")
    (tmp_path / "own" / "永").mkdir()
    shutil.copy(folder / "own" / "十" / "1.png", tmp_path / "own" / "永")
    code, printed, _ = run(
        folder / "run.safetensors", "--out", tmp_path / "a.onnx",
        "--calibrate", tmp_path / "own", "--data-root", folder / "data",
    )  # fmt: skip
    told = "1 of 8 samples left out: the model does not know their characters"
    assert code == 0 and f"{tmp_path / 'own'}: {told}" in printed.splitlines()


def test_int8_needs_real_writing(folder: Path, tmp_path: Path) -> None:
    code, _, said = run(folder / "run.safetensors", "--out", tmp_path / "fast.onnx", "--int8")
    assert code == 2 and "--int8 takes the ranges of numbers from real writing; give --calibrate SET" in said


def test_attention_is_written_unless_it_is_left_out(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(2)
    arguments = {"patch": 4, "width": 8, "depth": 2, "heads": 2, "embedding": 12}
    model = build("vit", len(CHARACTERS), SIZE, **arguments)
    described = {"name": "vit", "arguments": arguments, "num_classes": len(CHARACTERS), "input_size": SIZE}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    weights = tmp_path / "vit.safetensors"
    write_checkpoint(weights, Checkpoint("weights", described, CHARACTERS, tensors))
    outputs, logits = [], []
    for options in ((), ("--no-attention",)):
        code, _, _ = run(weights, "--out", tmp_path / "vit.onnx", *options)
        assert code == 0
        reader = load(tmp_path / "vit.onnx")
        outputs.append(reader._model.outputs)
        logits.append(reader.compute_logits(to_canvas(STROKES["十"], SIZE)[None, None]))
    assert outputs[0] - outputs[1] == {"attention"} and outputs[1] == {"logits", "features", "class_weights"}
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-5)
    code, _, said = run(folder / "run.safetensors", "--out", tmp_path / "small.onnx", "--no-attention")
    assert (
        code == 2 and "no output 'attention' to leave out; there are logits, features, class_weights" in said
    )
