from pathlib import Path

import pytest
import torch
from torch import nn

from yomite.charset import Charset
from yomite.config import ObjectiveConfig
from yomite.errors import ConfigError
from yomite.models import build
from yomite.streams.batch import Batch
from yomite.training.objectives import build_objective
from yomite.training.objectives.erasing import Erasing

CHARSET = Charset("few", ("一", "国"))


class Keeps(nn.Module):
    """Holds dark pixels for ink, and others for paper."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.where(images[:, 0] > 50, 8.0, -8.0)


def make_batch() -> Batch:
    """Three pictures: dark ink and faint paper; the same told the other way round; nothing at all."""
    images = torch.zeros(3, 1, 16, 16, dtype=torch.uint8)
    images[:2, :, 4:8], images[:2, :, 12:14] = 100, 30
    targets = torch.zeros(3, 2, 16, 16, dtype=torch.uint8)
    targets[0, 0, 4:8], targets[1, 0, 12:14] = 255, 255
    targets[:2, 1, 4:8], targets[:2, 1, 12:14] = 255, 255
    return Batch(images, targets)


def measure(batch: Batch) -> tuple[float, dict[str, float]]:
    loss, counts = Erasing()(Keeps(), batch, torch.Generator())
    return loss.item(), {name: float(count) for name, count in counts.items()}


def test_the_loss_is_the_mean_over_pictures_that_do_not_know_each_other() -> None:
    batch = make_batch()
    losses = [measure(batch[row : row + 1])[0] for row in range(3)]
    assert losses[0] < 0.01 and losses[1] > 5.0 and losses[2] == 0.0
    assert measure(batch)[0] == pytest.approx(sum(losses) / 3)


def test_counts_say_how_much_is_told_right() -> None:
    assert measure(make_batch())[1] == {"samples": 3.0, "right": 1.0}  # all of one, nothing of the others


def test_it_is_the_objective_of_ink_finders() -> None:
    finder = build("ink_finder", 2, 32)
    root = Path()
    assert isinstance(build_objective(ObjectiveConfig(name="erasing"), finder, CHARSET, root), Erasing)
    with pytest.raises(ConfigError, match=r"set objective\.name=erasing"):
        build_objective(ObjectiveConfig(), finder, CHARSET, root)
