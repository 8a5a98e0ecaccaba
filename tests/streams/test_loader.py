"""The stream of batches: a pure function of the position."""

import itertools

import numpy as np
import pytest
import tiny_lines
import torch

from yomite.streams.batch import Batch
from yomite.streams.loader import StepSampler, StreamDataset, build_loader


class CountingStream:
    """An image holds its epoch, its label is its index."""

    num_samples = 10

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full((len(indices), 4, 4), epoch, np.uint8), indices.astype(np.int64)


def read_positions(batches: list[Batch]) -> list[tuple[int, int]]:
    return [
        (int(i[0, 0, 0]), int(t))
        for batch in batches
        for i, t in zip(batch.images, batch.targets, strict=True)
    ]


@pytest.mark.parametrize("workers", [0, 2])
def test_every_sample_once_an_epoch_in_whole_batches(workers: int) -> None:
    batches = list(build_loader(CountingStream(), 4, start_step=0, total_steps=5, workers=workers))
    assert [len(batch) for batch in batches] == [4] * 5
    assert batches[0].images.shape == (4, 1, 4, 4) and batches[0].images.dtype == torch.uint8
    assert batches[0].targets.dtype == torch.int64
    assert read_positions(batches) == [(epoch, index) for epoch in range(2) for index in range(10)]


@pytest.mark.parametrize("start", [1, 2, 3])
def test_starts_at_any_step(start: int) -> None:
    whole = read_positions(list(build_loader(CountingStream(), 4, start_step=0, total_steps=7)))
    rest = read_positions(list(build_loader(CountingStream(), 4, start_step=start, total_steps=7, workers=1)))
    assert rest == whole[start * 4 :]


def test_a_loader_leaves_the_global_random_stream_alone() -> None:
    """Dropout draws from it, so a loader that did would make a resumed run another one."""
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(build_loader(CountingStream(), 4, start_step=0, total_steps=3, workers=1))
    assert torch.equal(torch.rand(1), expected)


def test_one_item_is_a_batch_of_one() -> None:
    assert read_positions([StreamDataset(CountingStream())[3, 7]]) == [(3, 7)]


def test_a_batch_may_be_longer_than_an_epoch() -> None:
    (positions,) = StepSampler(num_samples=3, batch_size=8, start_step=0, total_steps=1)
    assert positions == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1)]


@pytest.mark.parametrize(("num_processes", "accumulate"), [(1, 4), (2, 2), (4, 1)])
def test_processes_and_micro_batches_share_a_step(num_processes: int, accumulate: int) -> None:
    whole = list(StepSampler(10, 8, 3, 6))
    shares = [
        list(StepSampler(10, 8, 3, 6, rank=rank, num_processes=num_processes, accumulate=accumulate))
        for rank in range(num_processes)
    ]
    assert all(len(micro_batch) == 2 for share in shares for micro_batch in share)
    for step, batch in enumerate(whole):
        micro_batches = [
            micro_batch
            for share in shares
            for micro_batch in share[step * accumulate : (step + 1) * accumulate]
        ]
        assert [position for micro_batch in micro_batches for position in micro_batch] == batch


def test_a_stream_may_have_no_end() -> None:
    endless = StepSampler(10, 8, 3, None)
    assert list(itertools.islice(endless, 3)) == list(StepSampler(10, 8, 3, 6))


@pytest.mark.parametrize("workers", [0, 1])
def test_lines_of_two_epochs_are_one_batch(workers: int) -> None:
    """Each line is the one that its stream draws alone, whatever the width that it is padded to."""
    stream = tiny_lines.LineStream()
    batches = list(build_loader(stream, 16, start_step=0, total_steps=5, workers=workers))
    position = 0
    for batch in batches:
        assert batch.widths is not None and batch.target_lengths is not None
        assert len(batch) == len(batch.widths) == len(batch.metadata["is_vertical"]) == 16
        for row in range(16):
            epoch, index = divmod(position, stream.num_samples)
            alone = stream.draw(epoch, np.array([index]))
            width, length = batch.widths[row], batch.target_lengths[row]
            assert torch.equal(batch.images[row, :, :, :width], alone.images[0])
            assert not batch.images[row, :, :, width:].any()
            assert torch.equal(batch.targets[row, :length], alone.targets[0])
            assert batch.metadata["is_vertical"][row] == (length > 2)
            position += 1
