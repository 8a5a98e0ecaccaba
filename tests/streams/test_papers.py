from pathlib import Path

import numpy as np
import pytest
import torch

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.config.sources import InkConfig
from yomite.errors import ConfigError, DataError
from yomite.ink.ink_view import VIEW_SIZE
from yomite.streams.papers import PaperStream, build_papers, read_targets
from yomite.tasks.ink import InkTask

CHARSET = Charset("few", ("一", "国", "あ", "永"))


@pytest.fixture(scope="module")
def stream(data_root: Path) -> PaperStream:
    return build_papers(DataConfig(ink=InkConfig(share=1.0)), CHARSET, data_root, 3, VIEW_SIZE)


def test_a_sample_is_the_same_whatever_the_batch(stream: PaperStream) -> None:
    batch, other = stream.draw(1, np.arange(12)), stream.draw(1, np.array([7, 3]))
    assert batch.images.shape == (12, 1, VIEW_SIZE, VIEW_SIZE) and batch.images.dtype == torch.uint8
    assert batch.targets.shape == (12, 2, VIEW_SIZE, VIEW_SIZE)
    assert torch.equal(other.images, batch.images[[7, 3]])
    assert torch.equal(other.targets, batch.targets[[7, 3]])
    assert not torch.equal(stream.draw(2, np.array([3])).images[0], batch.images[3])


def test_targets_say_which_ink_is_the_characters(stream: PaperStream) -> None:
    batch = stream.draw(0, np.arange(200))
    is_ink, weight = read_targets(batch)
    ours = (is_ink * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp(min=1.0)
    assert (ours > 0.97).float().mean() > 0.25  # bare paper
    assert (ours < 0.8).float().mean() > 0.15  # rulings
    assert (ours > 0.02).all()
    seen = batch.images[:, 0] > 60  # what is seen dark has a weight, and hardly anything else
    assert weight[seen].mean() > 0.6 and weight[batch.images[:, 0] == 0].mean() < 0.1


def test_who_knows_everything_has_the_best_scores(stream: PaperStream) -> None:
    batch = stream.draw(0, np.arange(32))
    is_ink, _ = read_targets(batch)

    class Answers(torch.nn.Module):
        def __init__(self, logits: torch.Tensor) -> None:
            super().__init__()
            self.logits = logits

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.logits

    task = InkTask(CHARSET)
    right = task.divide(task.count(Answers(20.0 * (is_ink - 0.5)), batch))
    keeps = task.divide(task.count(Answers(torch.ones_like(is_ink)), batch))
    erases = task.divide(task.count(Answers(-torch.ones_like(is_ink)), batch))
    assert right["f1"] > 0.95 and right["kept"] > 0.97 and right["erased"] > 0.9
    assert keeps["f1"] == keeps["erased"] == 0.0 and keeps["kept"] == 1.0
    assert erases["kept"] == 0.0 and erases["erased"] == 1.0 and erases["f1"] < right["f1"]
    assert right["loss"] < keeps["loss"]


def test_another_size_is_refused(data_root: Path) -> None:
    with pytest.raises(ConfigError, match="views of 96 px"):
        build_papers(DataConfig(ink=InkConfig(share=1.0)), CHARSET, data_root, 3, 48)


def test_papers_without_a_share_or_a_drawable_character_are_refused(data_root: Path) -> None:
    with pytest.raises(ValueError, match="every share is 0"):
        DataConfig(stream="papers", ink=InkConfig(share=0.0))
    with pytest.raises(DataError, match="no character of the charset can be drawn"):
        build_papers(DataConfig(ink=InkConfig(share=1.0)), Charset("none", ("☃",)), data_root, 3, VIEW_SIZE)
