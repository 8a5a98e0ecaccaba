"""A part of the learned prior comes off the bias of kanji, and nothing else moves."""

import gzip

import numpy as np
import pytest

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

import torch

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, write_checkpoint
from yomite.errors import ModelFileError
from yomite.shipping.adjustment import adjust_weights, average_weights, measure_learned_prior

CHARSET = Charset("four", "の子孑〆")


def write_texts(folder):
    path = folder / "text" / "sentences.txt.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(("子" * 99 + "孑" + "の" * 300).encode()))


def test_frequent_kanji_lose_what_rare_ones_gain(tmp_path):
    write_texts(tmp_path)
    learned = measure_learned_prior(CHARSET, 0.5, tmp_path)
    assert learned[0] == 0.0  # の is no kanji
    assert learned[1] > 0.0 > learned[2] and abs(learned.sum()) < 1e-9
    assert measure_learned_prior(CHARSET, 1.0, tmp_path)[1] == pytest.approx(2 * learned[1], rel=1e-3)
    assert not measure_learned_prior(CHARSET, 0.0, tmp_path).any()


def test_only_the_bias_changes(tmp_path):
    write_texts(tmp_path)
    tensors = {"model.classifier.weight": torch.randn(4, 3), "model.classifier.bias": torch.randn(4)}
    model = {"name": "residual", "arguments": {}, "num_classes": 4, "input_size": 48}
    before = Checkpoint(
        "weights", model, CHARSET.characters, tensors, {"data": {"frequency_power": 0.5}}, {"step": 1}
    )
    after = adjust_weights(before, 0.5, tmp_path)
    assert torch.equal(after.tensors["model.classifier.weight"], tensors["model.classifier.weight"])
    change = (after.tensors["model.classifier.bias"] - tensors["model.classifier.bias"]).numpy()
    np.testing.assert_allclose(change, -0.5 * measure_learned_prior(CHARSET, 0.5, tmp_path), atol=1e-6)


def test_a_share_of_the_older_weights_is_kept(tmp_path):
    model = {"name": "residual", "arguments": {}, "num_classes": 4, "input_size": 48}
    values = {"new": 1.0, "old": 3.0}
    for name, value in values.items():
        tensors = {"model.bias": torch.full((4,), value), "model.count": torch.tensor(int(value))}
        checkpoint = Checkpoint("weights", model, CHARSET.characters, tensors, {}, {"step": 1})
        write_checkpoint(tmp_path / f"{name}.safetensors", checkpoint)
    paths = [tmp_path / f"{name}.safetensors" for name in values]
    after = average_weights(paths[0], paths[1], 0.25).tensors
    assert after["model.bias"].tolist() == [1.5] * 4 and after["model.count"] == 1

    other = Checkpoint("weights", model, ("a", "b", "c", "d"), tensors, {}, {"step": 1})
    write_checkpoint(paths[1], other)
    with pytest.raises(ModelFileError, match="is of another network or charset than"):
        average_weights(paths[0], paths[1], 0.25)
