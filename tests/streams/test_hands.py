"""The stream of hands: pure, and the pictures of a group by one hand."""

import pickle

import numpy as np
import pytest
import torch
from tiny_hand import SIZE, build_stream

from yomite.errors import DataError


def test_groups_are_pure_functions_of_seed_epoch_and_index() -> None:
    stream = build_stream()
    whole = stream.draw(2, np.arange(12))
    assert whole.images.shape == (12, 1, SIZE, SIZE) and whole.images.dtype == torch.uint8
    assert whole.metadata["plain"].shape == (12, 1, SIZE, SIZE)
    assert whole.metadata["references"].shape == (12, 2, SIZE, SIZE)
    assert (whole.images.amax(dim=(1, 2, 3)) > 60).all()
    again = pickle.loads(pickle.dumps(build_stream())).draw(2, np.array([7, 3]))
    for one, other in (
        (whole.images, again.images),
        (whole.targets, again.targets),
        (whole.metadata["references"], again.metadata["references"]),
    ):
        assert torch.equal(one[[7, 3]], other)
    assert not torch.equal(whole.images, stream.draw(3, np.arange(12)).images)
    assert not torch.equal(whole.images, build_stream(seed=1).draw(2, np.arange(12)).images)


def test_the_plain_glyph_is_that_of_the_target_and_references_are_other_characters() -> None:
    batch = build_stream().draw(0, np.arange(40))
    plain_by_label = dict(zip(batch.targets.tolist(), batch.metadata["plain"][:, 0], strict=True))
    assert len(plain_by_label) == 3
    for label, plain in zip(batch.targets.tolist(), batch.metadata["plain"][:, 0], strict=True):
        assert torch.equal(plain, plain_by_label[label])


def test_a_group_is_by_one_hand() -> None:
    """How much ink there is differs between pens, and hardly within a group."""
    batch = build_stream(shares=(1.0, 0.0, 0.0)).draw(0, np.arange(300))
    level = (batch.metadata["plain"].float().mean(dim=(1, 2, 3)) + 1.0).log()
    target = (batch.images.float().mean(dim=(1, 2, 3)) + 1.0).log() - level
    reference = (batch.metadata["references"].float().mean(dim=(1, 2, 3)) + 1.0).log()
    assert torch.corrcoef(torch.stack([target, reference]))[0, 1] > 0.6


def test_a_hand_of_too_few_characters_is_told() -> None:
    with pytest.raises(DataError, match="takes at least 4"):
        build_stream_of(references=3)


def build_stream_of(references: int) -> None:
    import tiny_hand

    class More(tiny_hand.HandStream):
        def __init__(self, *arguments, **named) -> None:
            super().__init__(*arguments, **(named | {"references": references}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_hand, "HandStream", More)
        tiny_hand.build_stream()
