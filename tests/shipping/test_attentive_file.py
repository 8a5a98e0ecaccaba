"""From a run of a small Transformer to what its file shows of where it looked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_run import CHARACTERS, SIZE, FakeStream, configure_run

import yomite
from yomite.checkpoint import Checkpoint, load_model, read_checkpoint
from yomite.ink.canvas import to_canvas
from yomite.models.attention import AttentionModel
from yomite.reading.heat import build_heat
from yomite.shipping.export import export_model
from yomite.shipping.quantization import quantize
from yomite.shipping.tracing import trace_weights
from yomite.training.loop import train

FAMILIES: dict[str, dict[str, Any]] = {
    "vit": {"patch": 4, "width": 16, "depth": 2, "heads": 2, "embedding": 16},
    "hybrid": {"stem_widths": [8, 16], "width": 16, "depth": 2, "heads": 2, "embedding": 16},
    "swin": {"patch": 2, "width": 8, "depths": [2, 2], "heads": [2, 2], "window": 2, "embedding": 16},
}


@pytest.fixture(scope="module", params=FAMILIES)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Some seconds of learning."""
    folder = tmp_path_factory.mktemp("run")
    model = {"name": request.param, "input_size": SIZE, "arguments": FAMILIES[request.param]}
    schedule = {"warmup_steps": 5, "total_steps": 40}
    return read_checkpoint(train(configure_run(folder, model=model, schedule=schedule), data_root=folder))


def test_a_run_shows_where_it_looked(weights: Checkpoint, tmp_path: Path) -> None:
    out, half = tmp_path / "m.onnx", tmp_path / "half.safetensors"
    export_model(weights, out, name="m", weights_path=half, show=lambda _: None)
    reader, model = yomite.load(out), load_model(read_checkpoint(half))
    assert reader.has_attention and isinstance(model, AttentionModel)
    images, labels = FakeStream().draw(99, np.arange(40))
    right = reader.compute_logits(images[:, None]).argmax(1) == labels
    assert right.mean() > 0.5  # it has learned something, so that there is something to look for
    for image, label in zip(images[right][:5], labels[right][:5], strict=True):
        picture = 255 - np.kron(image, np.ones((4, 4), np.uint8))
        canvas = torch.from_numpy(to_canvas(picture, SIZE, reader.canvas_version)[None, None])
        for character in (CHARACTERS[label], CHARACTERS[label - 1]):
            wanted = torch.tensor([CHARACTERS.index(character)])
            places = model.attention_maps(canvas, wanted)[0].numpy()
            heat = reader.explain(picture, character, kind="attention")
            np.testing.assert_allclose(heat, build_heat(places, SIZE), atol=2e-3)
        assert not np.allclose(heat, reader.explain(picture, character), atol=0.01)


def test_eight_bits_keep_the_output(weights: Checkpoint) -> None:
    draft = trace_weights(weights, "m")
    images = FakeStream().draw(99, np.arange(40))[0][:, None]
    files = [one.open()._model for one in (draft, quantize(draft, images))]
    expected, came = (file.compute(images, "attention")[0] for file in files)
    np.testing.assert_allclose(came.sum((2, 3)), 1, atol=1e-5)
    assert 0 < np.abs(came - expected).max() < 0.1
