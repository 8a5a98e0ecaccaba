"""CTC against the sum over every alignment, written out."""

import itertools
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from yomite.charset import build_charset
from yomite.config import ObjectiveConfig
from yomite.errors import ConfigError
from yomite.models.line import LineModel
from yomite.streams.batch import Batch
from yomite.training.objectives import build_objective
from yomite.training.objectives.ctc import CTC, _sample_classes, read_best_path

NUM_CLASSES = 3
BLANK = NUM_CLASSES
STRIDE = 4


class TinyLineModel(nn.Module):
    """uint8 (N, 1, H, W) -> logits (N, W / 4, C + 1): each step sees four columns."""

    task = "line"

    def __init__(self, height: int = 8) -> None:
        super().__init__()
        self.columns = nn.Conv2d(1, 16, (height, STRIDE), stride=STRIDE)
        self.classifier = nn.Linear(16, NUM_CLASSES + 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.columns(images.float() / 255).relu().squeeze(2).transpose(1, 2))


def collapse(path: tuple[int, ...]) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label != BLANK]


def sum_over_alignments(log_probs: Tensor, target: list[int]) -> float:
    """-log of the summed probability of every path that reads as the target."""
    total = 0.0
    for path in itertools.product(range(NUM_CLASSES + 1), repeat=len(log_probs)):
        if collapse(path) == target:
            total += math.exp(sum(log_probs[step, label].item() for step, label in enumerate(path)))
    return -math.log(total) if total else math.inf


def line_batch(seed: int = 0) -> Batch:
    torch.manual_seed(seed)
    images = torch.randint(0, 256, (4, 1, 8, 20), dtype=torch.uint8)
    targets = torch.tensor([[0, 1, 2], [1, 1, 0], [2, 0, 0], [0, 0, 0]])
    return Batch(
        images, targets, widths=torch.tensor([20, 20, 13, 8]), target_lengths=torch.tensor([3, 3, 1, 2])
    )


def test_loss_is_the_brute_force_sum() -> None:
    batch, model = line_batch(), TinyLineModel()
    loss, counts = CTC()(model, batch, torch.Generator())
    log_probs = model(batch.images).double().log_softmax(2)
    expected = []
    for n, (steps, length) in enumerate([(5, 3), (5, 3), (4, 1), (2, 2)]):  # 13 px reach into the fourth step
        nll = sum_over_alignments(log_probs[n, :steps], batch.targets[n, :length].tolist())
        expected.append(0.0 if math.isinf(nll) else nll / length)
    assert expected[3] == 0.0 and counts["impossible"] == 1  # two equal characters do not fit into two steps
    assert loss.item() == pytest.approx(sum(expected) / 4, rel=1e-5)
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_without_widths_and_lengths_all_is_used() -> None:
    batch, model = line_batch(1), TinyLineModel()
    loss, _ = CTC()(model, Batch(batch.images[:2], batch.targets[:2]), torch.Generator())
    log_probs = model(batch.images[:2]).double().log_softmax(2)
    nll = [sum_over_alignments(log_probs[n], batch.targets[n].tolist()) / 3 for n in range(2)]
    assert loss.item() == pytest.approx(sum(nll) / 2, rel=1e-5)


def test_best_path_reads_as_collapsing_does() -> None:
    torch.manual_seed(2)
    log_probs = torch.randn(50, 7, NUM_CLASSES + 1).log_softmax(2)
    used = torch.randint(1, 8, (50,))
    labels, lengths = read_best_path(log_probs, used)
    for n in range(50):
        expected = collapse(tuple(log_probs[n, : used[n]].argmax(1).tolist()))
        assert labels[n, : lengths[n]].tolist() == expected
        assert (labels[n, lengths[n] :] == BLANK).all()


def test_a_tiny_model_learns_to_read_lines() -> None:
    """Characters are 8 px wide with a pattern of their own: the loss must find their places by itself."""
    torch.manual_seed(0)
    patterns = torch.randint(0, 256, (NUM_CLASSES, 8, 8), dtype=torch.uint8)
    model, objective = TinyLineModel(), CTC()
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(150):
        targets = torch.randint(0, NUM_CLASSES, (16, 4))
        images = torch.cat([patterns[targets[:, i]][:, None] for i in range(4)], dim=3)
        loss, counts = objective(model, Batch(images, targets), torch.Generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1 and counts["exact"] == counts["samples"] == 16


class ManyClasses(LineModel):
    """A line model of 40 classes."""

    def __init__(self) -> None:
        super().__init__(num_classes=40, input_size=8, stride=STRIDE)
        self.columns = nn.Conv2d(1, 16, (8, STRIDE), stride=STRIDE)
        self.add_classifier(16, 0.0)

    def steps(self, ink: Tensor, is_vertical: bool = False) -> Tensor:
        return self.columns(ink).relu().squeeze(2).transpose(1, 2)


def draw_many_classes() -> Batch:
    torch.manual_seed(3)
    images = torch.randint(0, 256, (6, 1, 8, 40), dtype=torch.uint8)
    targets = torch.randint(0, 40, (6, 3))
    return Batch(images, targets, metadata={"is_vertical": torch.tensor([False, True] * 3)})


def test_a_sample_of_all_classes_is_the_whole() -> None:
    torch.manual_seed(4)
    model, batch = ManyClasses(), draw_many_classes()
    whole, _ = CTC()(model, batch, torch.Generator())
    sampled, _ = CTC(sampled_classes=40)(model, batch, torch.Generator())
    assert sampled.item() == pytest.approx(whole.item(), rel=1e-5)


def test_sampled_gradients_are_those_of_the_whole_in_the_mean() -> None:
    torch.manual_seed(5)
    model, batch, rng = ManyClasses(), draw_many_classes(), torch.Generator().manual_seed(6)
    CTC()(model, batch, rng)[0].backward()
    whole = model.columns.weight.grad.clone()
    model.zero_grad()
    for _ in range(100):
        (CTC(sampled_classes=12)(model, batch, rng)[0] / 100).backward()
    found = model.columns.weight.grad
    assert (found - whole).norm() < 0.1 * whole.norm()


@pytest.mark.parametrize("wrong", [-1, "500", 2.0, True, None])
def test_a_wrong_number_of_classes_is_one_line(wrong: object) -> None:
    config = ObjectiveConfig(name="ctc", arguments={"sampled_classes": wrong})
    with pytest.raises(ConfigError, match=r"^objective\.arguments\.sampled_classes .* from 0; .*$"):
        build_objective(config, ManyClasses(), build_charset("kana"), Path())


def test_a_model_that_always_gives_all_classes_cannot_sample_them() -> None:
    charset = build_charset("kana")
    config = ObjectiveConfig(name="ctc", arguments={"sampled_classes": 3})
    assert isinstance(build_objective(config, ManyClasses(), charset, Path()), CTC)
    with pytest.raises(ConfigError, match=r"^objective.* TinyLineModel is no .*; set it to 0$"):
        build_objective(config, TinyLineModel(), charset, Path())


def test_sampled_classes_hold_the_targets_and_weigh_as_many_as_there_are() -> None:
    targets = torch.tensor([[7, 3, 7], [39, 0, 3]])
    classes, weights, places = _sample_classes(targets, 40, 5, torch.Generator())
    assert classes[places].tolist() == targets.tolist()
    assert len(set(classes.tolist())) == len(classes) == 4 + 5 + 1
    assert classes[-1] == 40 and weights[-1] == 1
    assert weights.sum().item() == pytest.approx(41)
