"""Stored samples: each once an epoch, in an order of its own, whoever asks."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.data.sources import open_source
from yomite.data.transforms import TRANSFORMS
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas
from yomite.streams.stored import StoredStream, build_stored


def draw(stream: StoredStream, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Canvases (N, S, S) and labels as arrays."""
    batch = stream.draw(epoch, indices)
    return batch.images[:, 0].numpy(), batch.targets.numpy()


CHARSET = Charset("three", tuple("一十口"))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two folders of drawn squares, 13 samples of the charset and 2 of another character."""
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for folder, counts in (("a", {"一": 3, "口": 5, "永": 2}), ("b", {"十": 4, "口": 1})):
        for character, number in counts.items():
            home = tmp_path / folder / character
            home.mkdir(parents=True)
            for n in range(number):
                picture = np.full((40, 40), 255, np.uint8)
                left, top = rng.integers(2, 18, 2)
                picture[top : top + rng.integers(3, 20), left : left + rng.integers(3, 20)] = 0
                Image.fromarray(picture).save(home / f"{n}.png")
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def build(folders: list[str], tmp_path: Path, seed: int = 5) -> StoredStream:
    return build_stored(DataConfig(stream="stored", sources=tuple(folders)), CHARSET, tmp_path, seed, 32)


def test_an_epoch_is_every_sample_once_as_its_canvas(folders: list[str], tmp_path: Path) -> None:
    stream = build(folders, tmp_path)
    assert stream.num_samples == 13
    np.testing.assert_allclose(stream.class_shares, np.array([3, 4, 6]) / 13)
    images, labels = draw(stream, 2, np.arange(13))
    expected = sorted(
        (CHARSET.label(sample.character), to_canvas(sample.picture, 32).tobytes())
        for folder in folders
        for sample in open_source(folder)
        if sample.character in CHARSET
    )
    assert sorted(zip(labels.tolist(), [i.tobytes() for i in images], strict=True)) == expected


def test_the_order_depends_on_seed_and_epoch_alone(folders: list[str], tmp_path: Path) -> None:
    stream = build(folders, tmp_path)
    whole = draw(stream, 0, np.arange(13))[0]
    assert not np.array_equal(whole, draw(stream, 1, np.arange(13))[0])
    assert not np.array_equal(whole, draw(build(folders, tmp_path, seed=6), 0, np.arange(13))[0])
    other = pickle.loads(pickle.dumps(stream))
    np.testing.assert_array_equal(draw(other, 0, np.array([7, 2]))[0], whole[[7, 2]])


def test_sources_without_a_character_of_the_charset_are_refused(folders: list[str], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sample is of a character in charset 'other'"):
        config = DataConfig(stream="stored", sources=tuple(folders))
        build_stored(config, Charset("other", ("々",)), tmp_path, 0, 32)


def build_transformed(folders: list[str], tmp_path: Path, seed: int = 5, **changes: Any) -> StoredStream:
    settings = {"stream": "stored", "sources": tuple(folders), "transforms": ("affine", "noise")}
    return build_stored(DataConfig.model_validate(settings | changes), CHARSET, tmp_path, seed, 32)


def test_transforms_are_new_each_epoch_and_the_same_for_whoever_asks(
    folders: list[str], tmp_path: Path
) -> None:
    plain, stream = build(folders, tmp_path), build_transformed(folders, tmp_path)
    everything = np.arange(13)
    images, labels = draw(stream, 0, everything)
    assert np.array_equal(labels, draw(plain, 0, everything)[1])
    assert images.dtype == np.uint8 and images.shape == (13, 32, 32)
    changed = np.abs(images.astype(int) - draw(plain, 0, everything)[0]).mean(axis=(1, 2))
    assert (changed > 0).mean() > 0.8
    other = pickle.loads(pickle.dumps(stream))
    assert np.array_equal(draw(other, 0, np.array([4, 2]))[0], images[[4, 2]])
    by_name = [{i.tobytes() for i in draw(stream, epoch, everything)[0]} for epoch in (0, 1)]
    assert len(by_name[0] & by_name[1]) < 4


def test_strength_is_how_far_a_transform_goes(folders: list[str], tmp_path: Path) -> None:
    plain = draw(build(folders, tmp_path), 0, np.arange(13))[0].astype(int)
    changes = [
        np.abs(
            draw(
                build_transformed(folders, tmp_path, transforms=("elastic",), transform_strength=strength),
                0,
                np.arange(13),
            )[0]
            - plain
        ).mean()
        for strength in (0.1, 1.0, 2.0)
    ]
    assert changes[0] < changes[1] < changes[2]


def test_what_a_transform_leaves_blank_is_given_as_it_is(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TRANSFORMS, "erase", lambda picture, rng, strength: np.full_like(picture, 255))
    stream = build_transformed(folders, tmp_path, transforms=("erase",))
    assert np.array_equal(
        draw(stream, 0, np.arange(13))[0], draw(build(folders, tmp_path), 0, np.arange(13))[0]
    )


def test_wrong_transforms_are_one_line(folders: list[str], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="transform 'elastics' is unknown; there are affine, elastic"):
        build_transformed(folders, tmp_path, transforms=("elastics",))
    with pytest.raises(ValueError, match="transforms are for stream stored; stream is drawn"):
        DataConfig(transforms=("affine",))
