"""Batches: cut, joined, trimmed and moved as a whole."""

import numpy as np
import pytest
import torch

from yomite.streams.batch import Batch, join_batches, pad_lines, to_batch


def draw_lines(*lengths: int, height: int = 4) -> Batch:
    """Lines whose pixels and labels count from 1; so no padding looks like a line."""
    images = [np.arange(1, height * 3 * n + 1, dtype=np.uint8).reshape(height, 3 * n) for n in lengths]
    texts = ["x" * n for n in lengths]
    return pad_lines(
        images,
        [list(range(1, n + 1)) for n in lengths],
        texts=texts,
        is_vertical=torch.tensor(lengths) > 2,
        of="a",
    )


def test_lines_are_padded_on_the_right_with_paper() -> None:
    batch = draw_lines(1, 3)
    assert batch.images.shape == (2, 1, 4, 9) and batch.images.dtype == torch.uint8
    assert batch.images[0, 0, :, :3].flatten().tolist() == list(range(1, 13))
    assert not batch.images[0, 0, :, 3:].any() and batch.images[1].all()
    assert batch.widths is not None and batch.widths.tolist() == [3, 9]
    assert batch.target_lengths is not None and batch.target_lengths.tolist() == [1, 3]
    assert batch.targets[1].tolist() == [1, 2, 3] and batch.targets[0, 0] == 1
    empty = pad_lines([np.zeros((4, 2), np.uint8)], [[]])
    assert empty.targets.shape == (1, 0) and empty.count_labels().tolist() == [0]


def assert_equal(one: Batch, other: Batch) -> None:
    for name in ("images", "targets", "widths", "target_lengths"):
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None and second is None) or torch.equal(first, second), name
    assert one.metadata.keys() == other.metadata.keys()
    for key, value in one.metadata.items():
        assert np.array_equal(value, other.metadata[key]), key


def test_joined_batches_are_what_one_would_have_been() -> None:
    whole = draw_lines(1, 4, 2, 3)
    assert_equal(join_batches([draw_lines(1, 4), draw_lines(2, 3)]), whole)
    assert_equal(join_batches([draw_lines(1), draw_lines(4), draw_lines(2, 3)]), whole)


def test_a_part_that_is_trimmed_is_what_it_would_have_been_alone() -> None:
    whole = draw_lines(1, 4, 2, 3)
    assert_equal(whole[::2].trim(), draw_lines(1, 2))
    assert_equal(whole[torch.tensor([3, 0])].trim(), draw_lines(3, 1))
    assert whole[:1].images.shape[-1] == 12


def test_lines_without_sizes_are_used_whole() -> None:
    one, other = (Batch(torch.ones(2, 1, 4, 6, dtype=torch.uint8), torch.ones(2, 3).long()) for _ in range(2))
    joined = join_batches([one, other])
    assert (
        joined.widths is None and joined.target_lengths is None and joined.count_labels().tolist() == [3] * 4
    )
    joined = join_batches([one, draw_lines(1)])
    assert joined.widths is not None and joined.widths.tolist() == [6, 6, 3]
    assert joined.target_lengths is not None and joined.target_lengths.tolist() == [3, 3, 1]


def test_characters_stay_plain() -> None:
    batch = to_batch((np.ones((3, 4, 4), np.uint8), np.arange(3)))
    assert batch.images.shape == (3, 1, 4, 4) and batch.targets.tolist() == [0, 1, 2]
    joined = join_batches([batch, batch])
    assert len(joined) == 6 and joined.widths is None and joined.target_lengths is None
    assert to_batch(batch) is batch


def test_a_batch_moves_whole() -> None:
    batch = Batch(
        torch.zeros(2, 1, 4, 4),
        torch.zeros(2),
        widths=torch.ones(2),
        metadata={"writer": "p01", "is_vertical": torch.ones(2, dtype=torch.bool)},
    )
    moved = batch.to(torch.device("meta"))
    assert moved.images.device.type == moved.targets.device.type == "meta"
    assert moved.widths is not None and moved.widths.device.type == "meta"
    assert moved.target_lengths is None and moved.metadata["writer"] == "p01"
    assert moved.metadata["is_vertical"].device.type == "meta"
    assert batch.metadata["is_vertical"].device.type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="pinned memory needs a GPU")
def test_a_pinned_batch_is_pinned_whole() -> None:
    pinned = draw_lines(1, 2).pin_memory()
    assert pinned.images.is_pinned() and pinned.metadata["is_vertical"].is_pinned()
    assert pinned.metadata["texts"] == ["x", "xx"]
