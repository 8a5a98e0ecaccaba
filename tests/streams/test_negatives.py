"""What is no character in the stream of characters: in its share, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')
pytest.importorskip("pydantic", reason='needs the extra: pip install "yomite[train]"')

from tiny_copybook import build_copybook
from tiny_stream import draw, make_stream

from yomite.config import DataConfig
from yomite.ink.negatives import SKETCHES
from yomite.streams import negatives
from yomite.streams.batch import NO_CHARACTER


@pytest.fixture
def sketches(monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.setattr(negatives, "read_copybook", lambda data_root: build_copybook())
    monkeypatch.setattr(negatives, "NUM_SKETCHES", 5)
    return negatives.read_negatives(Path(), 3)


def test_sketches_are_glyphs_of_each_kind_and_the_same_again(sketches: list) -> None:
    assert len(sketches) == 5 * len(SKETCHES)
    again = negatives.read_negatives(Path(), 3)
    for (points, offsets, components), same in zip(sketches, again, strict=True):
        np.testing.assert_array_equal(points, same[0])
        assert offsets[-1] == len(points) and len(offsets) == len(components) + 1
        assert points.min() > -0.01 and points.max() < 1.01


@pytest.mark.parametrize("shares", [(1.0, 0.0, 0.0, 0.0), (0.3, 0.2, 0.5, 0.0)])
def test_they_have_their_share_and_no_class(sketches: list, shares: tuple[float, ...]) -> None:
    others = {"shares": shares, "pictures": [(np.eye(20, dtype=np.uint8) * 255, 2)]}
    others["masks"] = [[np.full((64, 64), 200, np.uint8)] for _ in range(6)]
    stream = make_stream(**others, negatives=sketches, negative_share=0.25)
    images, labels = draw(stream, 0, np.arange(2000))
    assert (labels == NO_CHARACTER).mean() == pytest.approx(0.25, abs=0.03)
    counts = np.bincount(labels[labels != NO_CHARACTER], minlength=6) / len(labels)
    assert counts == pytest.approx(stream.class_shares, abs=0.03)
    assert stream.class_shares.sum() == pytest.approx(0.75)
    drawn = images[labels == NO_CHARACTER]
    assert (drawn.reshape(len(drawn), -1).max(1) > 128).all() and len(np.unique(drawn, axis=0)) > 450


def test_without_a_share_samples_are_as_ever(sketches: list) -> None:
    plain, with_none = (draw(make_stream(negatives=some), 0, np.arange(50)) for some in ((), sketches))
    np.testing.assert_array_equal(plain[0], with_none[0])


def test_traces_disturb_their_share_of_samples() -> None:
    plain, _ = draw(make_stream(traces_share=1e-9), 0, np.arange(400))
    images, _ = draw(make_stream(traces_share=0.5), 0, np.arange(400))
    assert 0.4 < (images != plain).any((1, 2)).mean() < 0.6
    # A character is still there: where its ink was, most of it is.
    assert (images[plain > 200] > 100).mean() > 0.85


def test_other_streams_refuse_them() -> None:
    with pytest.raises(ValueError, match="negatives is for the stream drawn; stream is papers"):
        DataConfig(stream="papers", negatives={"share": 0.1})
    with pytest.raises(ValueError, match="traces_share is for the stream drawn; stream is lines"):
        DataConfig(stream="lines", traces_share=0.1)
