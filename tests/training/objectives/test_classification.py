"""Cross-entropy and its additions, against sums written out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.streams.batch import NO_CHARACTER, Batch
from yomite.training.objectives import Classification, balance_classes, keep_embedding
from yomite.training.objectives.margin import add_margin
from yomite.training.objectives.mixup import mix

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5], [0.3, 0.2, 0.1], [-1.0, 4.0, 0.0]])
TARGETS = torch.tensor([0, 2, 1, 1])


def apply(objective: Classification, batch: Batch, model: nn.Module | None = None) -> tuple[Tensor, dict]:
    return objective(model or nn.Identity(), batch, torch.Generator().manual_seed(3))


def test_label_smoothing_spreads_the_target() -> None:
    loss, counts = apply(Classification(label_smoothing=0.3), Batch(LOGITS[:2], TARGETS[:2]))
    target = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    torch.testing.assert_close(loss, -(target * LOGITS[:2].log_softmax(1)).sum(1).mean())
    assert counts["top1"] == 1 and counts["samples"] == 2


def test_full_balance_is_the_mean_over_classes() -> None:
    """The shares are those of the samples, so the weighted mean is the plain mean of the classes' means."""
    weights = balance_classes(np.bincount(TARGETS), 1.0)
    loss, _ = apply(Classification(class_weights=weights), Batch(LOGITS, TARGETS))
    each = functional.cross_entropy(LOGITS, TARGETS, reduction="none")
    torch.testing.assert_close(loss, torch.stack([each[c == TARGETS].mean() for c in range(3)]).mean())


def test_balance_to_a_power_keeps_the_mean_weight_and_skips_classes_without_samples() -> None:
    shares = np.array([0.6, 0.3, 0.1, 0.0])
    weights = balance_classes(shares * 7, 0.5).numpy()
    assert weights[2] / weights[0] == pytest.approx(math.sqrt(6)) and weights[3] == 0
    assert (shares * weights).sum() == pytest.approx(1)
    np.testing.assert_allclose(balance_classes(shares[:3], 0.0), 1, rtol=1e-6)


def test_of_what_is_no_character_every_class_is_to_be_as_likely() -> None:
    """Half of the cross-entropy with the uniform target, whatever the classes weigh and the smoothing is."""
    objective = Classification(label_smoothing=0.1, class_weights=torch.tensor([5.0, 1.0, 2.0]))
    targets = torch.tensor([0, NO_CHARACTER])
    loss, counts = apply(objective, Batch(LOGITS[:2], targets))
    known, _ = apply(objective, Batch(LOGITS[:1], targets[:1]))
    none = -0.5 * LOGITS[1].log_softmax(0).mean()
    torch.testing.assert_close(loss, (known + none) / 2)
    assert counts["top1"] == 1 and counts["samples"] == 2
    alike = torch.zeros((1, 3), requires_grad=True)
    apply(objective, Batch(alike, targets[1:]))[0].backward()
    torch.testing.assert_close(alike.grad, torch.zeros(1, 3))


def test_micro_batches_have_the_gradient_of_the_whole() -> None:
    objective = Classification(label_smoothing=0.1, class_weights=balance_classes(np.bincount(TARGETS), 0.7))
    gradients = []
    for parts in ([slice(0, 4)], [slice(0, 2), slice(2, 4)]):
        logits = LOGITS.clone().requires_grad_()
        losses = [apply(objective, Batch(logits[part], TARGETS[part]))[0] for part in parts]
        (sum(losses) / len(parts)).backward()  # type: ignore[union-attr]
        gradients.append(logits.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("margin", [0.1, 0.5, 1.2])
def test_margin_turns_the_right_class_by_an_angle(margin: float) -> None:
    cosines = torch.linspace(-0.2, 0.99, 9).repeat(3, 1).T.contiguous()
    targets = torch.arange(9) % 3
    moved = add_margin(16 * cosines, targets, 16.0, margin)
    for row, target in enumerate(targets.tolist()):
        for column in range(3):
            angle = math.acos(cosines[row, column]) + (margin if column == target else 0)
            assert moved[row, column].item() == pytest.approx(16 * math.cos(angle), abs=1e-4)


def test_margin_falls_on_beyond_half_a_turn_and_has_a_slope_everywhere() -> None:
    cosines = torch.linspace(-1, 1, 401).requires_grad_()
    logits = torch.stack([cosines, torch.zeros(401)], dim=1)
    moved = add_margin(logits, torch.zeros(401, dtype=torch.long), 1.0, 0.5)[:, 0]
    moved.sum().backward()
    assert (moved.diff() > 0).all() and cosines.grad is not None and cosines.grad.isfinite().all()


class CosineModel(nn.Module):
    """The images are the embedding already."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(4, 3, bias=False)
        self.classifier.scale = torch.tensor(8.0)  # type: ignore[assignment]

    def forward(self, images: Tensor) -> Tensor:
        unit = functional.normalize(self.classifier.weight)
        self.classifier(images)
        return 8.0 * functional.normalize(images) @ unit.T


def test_a_margin_makes_the_loss_larger_and_counts_the_same() -> None:
    torch.manual_seed(0)
    model, batch = CosineModel(), Batch(torch.randn(4, 4), TARGETS)
    plain, counts = apply(Classification(), batch, model)
    harder, same = apply(Classification(margin=0.3), batch, model)
    assert harder > plain and counts == same
    torch.testing.assert_close(plain, functional.cross_entropy(model(batch.images), TARGETS))


def test_mixtures_lie_between_their_images_and_stay_uint8() -> None:
    images = torch.randint(0, 256, (6, 1, 5, 5), dtype=torch.uint8)
    shares = []
    for seed in range(40):
        mixed, share, order = mix(images, 1.0, torch.Generator().manual_seed(seed))
        assert mixed.dtype == torch.uint8 and sorted(order.tolist()) == list(range(6))
        expected = share * images.double() + (1 - share) * images[order].double()
        assert (mixed.double() - expected).abs().max() <= 0.501
        shares.append(share)
    assert min(shares) >= 0.5 and np.mean(shares) == pytest.approx(0.75, abs=0.07)  # alpha 1: uniform, folded
    first, again = (mix(images, 1.0, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(first[0], again[0]) and first[1] == again[1]


def test_mixup_is_right_in_part_about_both() -> None:
    images = torch.randint(0, 256, (4, 1, 1, 3), dtype=torch.uint8)
    model = nn.Sequential(nn.Flatten(), _ToFloat())
    loss, counts = apply(Classification(mixup=0.4), Batch(images, TARGETS), model)
    mixed, share, order = mix(images, 0.4, torch.Generator().manual_seed(3))
    logits = mixed.flatten(1).float() / 255
    first, second = (functional.cross_entropy(logits, t) for t in (TARGETS, TARGETS[order]))
    torch.testing.assert_close(loss, share * first + (1 - share) * second)
    assert counts["top1"] == (logits.argmax(1) == TARGETS).sum()


class _ToFloat(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float() / 255


def test_the_embedding_is_what_the_classifier_gets_and_hooks_are_gone_afterwards() -> None:
    torch.manual_seed(0)
    model, images = CosineModel(), torch.randn(2, 4)
    with keep_embedding(model) as embedding:
        model(images)
    assert torch.equal(embedding[0], images)
    assert not model.classifier._forward_pre_hooks
