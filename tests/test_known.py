"""The output `known` against its formula in numpy, and a reader that keeps to it."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_model import STROKES, write_tiny_model

from yomite.errors import ModelFileError
from yomite.evaluation.rejection import apply_head
from yomite.ink.canvas import to_canvas
from yomite.known import add_evidence, add_known, open_evidence, write_known
from yomite.reading.characters import load

TEMPERATURE = 0.8
IMAGES = np.stack([to_canvas(strokes) for strokes in STROKES.values()])[:, None]
SCRIBBLE = [[(0, 0), (9, 1), (1, 3), (9, 4), (1, 7), (9, 8), (0, 9)]]


def compute_evidence(path: Path) -> np.ndarray:
    """The formula of docs/model-file.md, in float64."""
    session = onnxruntime.InferenceSession(str(path))
    logits, features = (
        np.asarray(value, np.float64) for value in session.run(["logits", "features"], {"images": IMAGES})
    )
    prominence = (logits.max(axis=1) - logits.mean(axis=1)) / logits.std(axis=1)
    powers = np.exp(logits / TEMPERATURE)
    shares = powers / powers.sum(axis=1, keepdims=True)
    certainty = (shares * np.log(shares)).sum(axis=1)
    strength = np.sqrt((features**2).mean(axis=(2, 3)))
    return np.column_stack([prominence, certainty, features.sum(axis=(2, 3)), strength])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny.onnx")


def build_head(num_evidence: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    shapes = {"weights": (num_evidence, 3), "biases": (3,), "out_weights": (3, 1), "out_bias": (1,)}
    return {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def test_evidence_is_by_the_formula(path: Path) -> None:
    evidence = open_evidence(path, TEMPERATURE)(IMAGES)
    np.testing.assert_allclose(evidence, compute_evidence(path), rtol=1e-4, atol=1e-5)


def test_the_file_computes_the_head_and_reads_as_before(path: Path) -> None:
    before = load(path)
    expected = compute_evidence(path).astype(np.float32)
    head = build_head(expected.shape[1])
    write_known(path, TEMPERATURE, head, 0.0)
    reader = load(path)
    np.testing.assert_allclose(reader.compute_known(IMAGES), apply_head(head, expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(reader.compute_logits(IMAGES), before.compute_logits(IMAGES))
    assert reader.compute_known(IMAGES[:1]).shape == (1,)
    heat = reader.explain(IMAGES[0, 0])
    assert heat.shape == (48, 48)


def test_what_is_below_the_threshold_is_rejected(path: Path) -> None:
    head = build_head(compute_evidence(path).shape[1])
    write_known(path, TEMPERATURE, head, 0.0)
    pictures = [*STROKES.values(), SCRIBBLE]
    known = load(path).compute_known(np.stack([to_canvas(picture) for picture in pictures])[:, None])
    threshold = float(np.median(known))
    write_known(path, TEMPERATURE, head, threshold)
    for prior in ("text", "uniform"):
        results = load(path).recognize_many(pictures, prior=prior)
        assert [result.is_rejected for result in results] == (known < threshold).tolist()
    assert any(known < threshold) and not all(known < threshold)


def test_a_second_fit_replaces_the_first(path: Path) -> None:
    head = build_head(compute_evidence(path).shape[1])
    once = add_known(onnx.load(str(path)), TEMPERATURE, head)
    assert add_known(once, TEMPERATURE, head) == once
    assert "known" not in {output.name for output in add_evidence(once, TEMPERATURE).graph.output}


def test_a_file_without_features_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "bare.onnx", has_features=False)
    with pytest.raises(ModelFileError, match="needs logits and features"):
        add_evidence(onnx.load(str(path)), 1.0)
    with pytest.raises(ModelFileError, match="no output 'known'"):
        load(path).compute_known(IMAGES)


def test_a_threshold_that_is_none_is_an_error(path: Path) -> None:
    head = build_head(compute_evidence(path).shape[1])
    write_known(path, TEMPERATURE, head, 0.0)
    model = onnx.load(str(path))
    for value in ("high", "NaN", None):
        kept = {entry.key: entry.value for entry in model.metadata_props if entry.key != "known_threshold"}
        onnx.helper.set_model_props(model, kept | ({} if value is None else {"known_threshold": value}))
        onnx.save(model, str(path))
        with pytest.raises(ModelFileError, match="known_threshold"):
            load(path)
