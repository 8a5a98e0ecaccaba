"""Stored samples through torchvision's transforms: bent, reproducible, and refused in one line."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from yomite.charset import Charset
from yomite.config import parse_config
from yomite.errors import ConfigError
from yomite.streams import build_stream
from yomite.training.vision_transforms import TransformedStream

CHARSET = Charset("two", tuple("一口"))


def draw(stream: TransformedStream, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Canvases (N, S, S) and labels as arrays."""
    batch = stream.draw(epoch, indices)
    return batch.images[:, 0].numpy(), batch.targets.numpy()


BEND = {"name": "RandomAffine", "degrees": 20, "translate": [0.1, 0.1]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    for character in CHARSET.characters:
        (tmp_path / "a" / character).mkdir(parents=True)
        for n in range(4):
            picture = np.full((40, 40), 255, np.uint8)
            picture[4 + n : 30, 6 : 20 + n] = 0
            Image.fromarray(picture).save(tmp_path / "a" / character / f"{n}.png")
    return str(tmp_path / "a")


def build(folder: str, transforms: list[Any]) -> TransformedStream:
    arguments = {"sources": [folder], "transforms": transforms}
    name = "yomite.training.vision_transforms:transform_stored"
    config = parse_config({"data": {"stream": name, "arguments": arguments}, "model": {"input_size": 32}})
    stream = build_stream(config, CHARSET, Path(folder))
    assert isinstance(stream, TransformedStream)
    return stream


def test_a_sample_is_bent_and_a_pure_function_of_its_place(folder: str) -> None:
    stream, plain = build(folder, [BEND]), build(folder, [])
    assert stream.num_samples == 8 and stream.class_shares.tolist() == [0.5, 0.5]
    indices = np.arange(8)
    images, labels = draw(stream, 0, indices)
    assert images.dtype == np.uint8 and images.shape == (8, 32, 32)
    still, same_labels = draw(plain, 0, indices)
    assert np.array_equal(labels, same_labels)
    assert all((image != canvas).any() for image, canvas in zip(images, still, strict=True))
    assert images.sum() > 0.7 * still.sum()  # bent, not lost; the paper stays 0
    torch.manual_seed(99)
    expected = torch.rand(1)
    torch.manual_seed(99)
    again, _ = draw(pickle.loads(pickle.dumps(stream)), 0, indices[5:3:-1])
    assert torch.equal(torch.rand(1), expected)  # dropout's stream is left alone
    assert np.array_equal(again, images[5:3:-1])
    later, _ = draw(stream, 1, indices)
    assert not np.array_equal(np.sort(later, axis=0), np.sort(images, axis=0))


@pytest.mark.parametrize(
    ("transforms", "line"),
    [
        ([{"name": "RandomAfine", "degrees": 3}], "did you mean 'RandomAffine'"),
        (["RandomAffine"], "'RandomAffine'; "),
        ([{"name": "RandomAffine"}], "missing 1 required positional argument: 'degrees'"),
        ([{"name": "RandomAffine", "degrees": -3}], "degrees"),
    ],
)
def test_a_wrong_transform_has_one_line(folder: str, transforms: list[Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build(folder, transforms)
    assert "\n" not in str(raised.value)


def test_what_changes_the_canvas_is_refused(folder: str) -> None:
    stream = build(folder, [{"name": "Resize", "size": 20}])
    with pytest.raises(
        ConfigError, match=r"give torch.uint8 \(1, 20, 20\) for a canvas of uint8 \(1, 32, 32\)"
    ):
        stream.draw(0, np.arange(2))
