"""Scores while learning, counted by hand."""

import math

import pytest
import torch
from torch import nn

from yomite.charset import Charset, number_lookalikes
from yomite.streams.batch import Batch
from yomite.tasks import ValidationSet
from yomite.tasks.character import CharacterTask
from yomite.training.distributed import World
from yomite.training.validation import score


class Parrot(nn.Module):
    """Reads its answer from the picture: the first pixels are labels, the best first."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.num_classes = num_classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        ranks = torch.arange(images.shape[-1], 0, -1.0).expand(len(images), -1)
        return torch.zeros(len(images), self.num_classes).scatter(1, images[:, 0, 0].long(), ranks)


def test_counts_strict_lookalikes_top5_and_macro() -> None:
    charset = Charset("few", "へヘ口ロ一永字八")
    task = CharacterTask(charset)
    groups = torch.tensor(number_lookalikes(charset.characters))
    assert groups[0] == groups[1] and groups[2] == groups[3] and len(set(groups.tolist())) == 6
    # label, answers: right, look-alike, wrong but among five, wrong, right
    rows = [
        (0, [0, 1, 2, 3, 4, 5]),
        (0, [1, 2, 3, 4, 5, 6]),
        (4, [5, 4, 0, 1, 2, 3]),
        (5, [0, 1, 2, 3, 4, 5]),
        (6, [6, 0, 1, 2, 3, 4]),
    ]
    images = torch.tensor([answers for _, answers in rows], dtype=torch.uint8)[:, None, None]
    labels = torch.tensor([label for label, _ in rows])
    task.batch_size = 2
    alone = World(0, 1, torch.device("cpu"))
    scores = score(Parrot(8), ValidationSet("hand", Batch(images, labels)), task, alone)
    assert scores.keys() == {"samples", *task.scores}
    # The answers' logits are 6, 5, ... 1, two classes have 0: this less the logit of the right class.
    normalizer = math.log(2 + sum(math.exp(logit) for logit in range(1, 7)))
    assert scores == {
        "samples": 5,
        "loss": pytest.approx(normalizer - (6 + 0 + 5 + 1 + 6) / 5),
        "top1": pytest.approx(2 / 5),
        "top1_lookalikes": pytest.approx(3 / 5),
        "top5": pytest.approx(3 / 5),
        "macro": pytest.approx((1 + 0 + 0 + 1) / 4),
    }
