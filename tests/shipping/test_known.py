"""The output `known` against its formula in numpy, a reader that keeps to it, and what its head learns."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tiny_model import STROKES, write_tiny_model

from yomite.errors import ModelFileError
from yomite.ink.canvas import to_canvas
from yomite.reading.characters import load
from yomite.shipping import known as known_module
from yomite.shipping.draft import Draft, read_draft
from yomite.shipping.known import apply_head, build_known, fit_head, open_evidence

TEMPERATURE = 0.8
NEVER = json.dumps({"text": 0, "uniform": 0})
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


def write_known(path: Path, head: dict[str, np.ndarray], threshold: float) -> Draft:
    """Add the head to a written file."""
    draft = replace(read_draft(path), known=build_known(TEMPERATURE, head))
    draft = draft.describe({"known_threshold": json.dumps(threshold), "rejection_threshold": NEVER})
    draft.write(path)
    return draft


def test_evidence_is_by_the_formula(path: Path) -> None:
    evidence = open_evidence(read_draft(path).network, TEMPERATURE)(IMAGES)
    np.testing.assert_allclose(evidence, compute_evidence(path), rtol=1e-4, atol=1e-5)


def test_the_file_computes_the_head_and_reads_as_before(path: Path) -> None:
    before = load(path)
    expected = compute_evidence(path).astype(np.float32)
    head = build_head(expected.shape[1])
    write_known(path, head, 0.0)
    reader = load(path)
    np.testing.assert_allclose(reader.compute_known(IMAGES), apply_head(head, expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(reader.compute_logits(IMAGES), before.compute_logits(IMAGES))
    assert reader.compute_known(IMAGES[:1]).shape == (1,)
    heat = reader.explain(IMAGES[0, 0])
    assert heat.shape == (48, 48)


def test_what_is_below_the_threshold_is_rejected(path: Path) -> None:
    head = build_head(compute_evidence(path).shape[1])
    draft = write_known(path, head, 0.0)
    pictures = [*STROKES.values(), SCRIBBLE]
    known = load(path).compute_known(np.stack([to_canvas(picture) for picture in pictures])[:, None])
    threshold = float(np.median(known))
    draft.describe({"known_threshold": json.dumps(threshold)}).write(path)
    for prior in ("text", "uniform"):
        results = load(path).recognize_many(pictures, prior=prior)
        assert [result.is_rejected for result in results] == (known < threshold).tolist()
    assert any(known < threshold) and not all(known < threshold)


def test_a_second_fit_replaces_the_first(path: Path) -> None:
    first, second = build_head(compute_evidence(path).shape[1]), build_head(compute_evidence(path).shape[1])
    second["out_bias"] += 1
    draft = read_draft(path)
    once = replace(draft, known=build_known(TEMPERATURE, second)).to_model()
    twice = replace(
        replace(draft, known=build_known(TEMPERATURE, first)), known=build_known(TEMPERATURE, second)
    )
    assert twice.to_model() == once
    names = [tensor.name for tensor in once.graph.initializer]
    assert len(set(names)) == len(names) and "known/weights" in names
    assert [output.name for output in once.graph.output] == ["logits", "features", "class_weights", "known"]
    assert "known" not in {output.name for output in draft.to_model().graph.output}  # it was not touched


def test_a_file_without_features_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "bare.onnx", has_features=False)
    with pytest.raises(ModelFileError, match="needs logits and features"):
        open_evidence(onnx.load(str(path)), 1.0)
    with pytest.raises(ModelFileError, match="no output 'known'"):
        load(path).compute_known(IMAGES)


def test_a_threshold_that_is_none_is_an_error(path: Path) -> None:
    head = build_head(compute_evidence(path).shape[1])
    write_known(path, head, 0.0)
    model = onnx.load(str(path))
    for value in ("high", "NaN", None):
        kept = {entry.key: entry.value for entry in model.metadata_props if entry.key != "known_threshold"}
        onnx.helper.set_model_props(model, kept | ({} if value is None else {"known_threshold": value}))
        onnx.save(model, str(path))
        with pytest.raises(ModelFileError, match="known_threshold"):
            load(path)


def test_a_ring_is_told_from_its_middle() -> None:
    """No line divides the two, and the scales differ by a thousand."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 12_000), rng.normal(3, 0.2, 12_000)
    scales = np.repeat([[1, 1000]], 8, axis=0).ravel()  # each number eight times: dropout hides some
    ring = np.tile(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), 8) * scales + 7
    middle = [np.tile(rng.normal(0, 0.5, (num, 2)), 8) * scales + 7 for num in (8000, 4000)]
    head = fit_head([ring.astype(np.float32)], [part.astype(np.float32) for part in middle])
    assert all(values.dtype == np.float32 for values in head.values())
    assert (apply_head(head, ring.astype(np.float32)) > 0).mean() > 0.97
    for part in middle:
        assert (apply_head(head, part.astype(np.float32)) < 0).mean() > 0.97


def test_every_kind_weighs_the_same() -> None:
    """The few of a kind stand where characters stand; by number alone they would be given up."""
    rng = np.random.default_rng(1)
    characters = rng.normal(0, 1, (2000, 1)).astype(np.float32)
    few, many = rng.normal(0, 1, (40, 1)).astype(np.float32), rng.normal(9, 1, (4000, 1)).astype(np.float32)
    known = apply_head(fit_head([characters], [few, many]), np.zeros((1, 1), np.float32))
    # Where both are as dense, the odds are those of their weights: 0.5 to 0.25.
    assert known[0] == pytest.approx(np.log(2), abs=0.25)


def test_the_odds_are_those_of_two_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of N(1, 1) against N(-1, 1) the log-odds are 2 x, whatever the scale and the middle."""
    monkeypatch.setattr(known_module, "DROPOUT", 0.0)
    monkeypatch.setattr(known_module, "WEIGHT_DECAY", 0.0)
    rng = np.random.default_rng(5)
    bells = [(1000 * rng.normal(middle, 1, (20_000, 1)) + 7).astype(np.float32) for middle in (1, -1)]
    x = np.linspace(-2, 2, 9)
    head = fit_head(*([bell] for bell in bells))
    known = apply_head(head, (1000 * x[:, None] + 7).astype(np.float32))
    np.testing.assert_allclose(known, 2 * x, atol=0.35)


def test_a_fit_is_drawn_from_its_seed_alone() -> None:
    rng = np.random.default_rng(6)
    sides = [[rng.normal(middle, 1, (300, 3)).astype(np.float32)] for middle in (0, 1)]
    before = torch.random.get_rng_state()
    first, again, other = (fit_head(*sides, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        assert not np.array_equal(values, other[name])
