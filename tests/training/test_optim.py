"""Optimizer, schedule and moving average, against hand-written formulas."""

import itertools
import math

import pytest
import torch
from torch import nn

from yomite.config import EmaConfig, OptimizerConfig, ScheduleConfig
from yomite.data.batches import Batch
from yomite.training.losses import classification
from yomite.training.optim import build_ema, build_optimizer, fill_optimizer, learning_rate_at, read_optimizer


def build_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))


def take_step(model: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
    model.zero_grad()
    model(torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(seed))).square().mean().backward()
    optimizer.step()


def test_norms_and_biases_do_not_decay() -> None:
    model = build_model()
    decayed, kept = build_optimizer(model, OptimizerConfig(weight_decay=0.1)).param_groups
    assert decayed["weight_decay"] == 0.1 and kept["weight_decay"] == 0
    assert {id(p) for p in decayed["params"]} == {id(model[0].weight), id(model[3].weight)}  # type: ignore[index]
    assert len(decayed["params"]) + len(kept["params"]) == len(list(model.parameters()))


def test_schedule_warms_up_and_falls_along_a_cosine() -> None:
    schedule = ScheduleConfig(warmup_steps=10, total_steps=110, final_fraction=0.1)
    rates = [learning_rate_at(step, 2.0, schedule) for step in range(111)]
    assert rates[0] == pytest.approx(0.2) and rates[9] == rates[10] == 2.0
    assert rates[60] == pytest.approx(1.1)  # half way down
    assert rates[110] == pytest.approx(0.2)
    assert rates[35] == pytest.approx(0.2 + 1.8 * (1 + math.sqrt(0.5)) / 2)
    assert all(before > after for before, after in itertools.pairwise(rates[10:]))


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_state_survives_as_flat_tensors(memory_format: torch.memory_format) -> None:
    config = OptimizerConfig(learning_rate=0.01)
    model, copy = build_model().to(memory_format=memory_format), build_model().to(memory_format=memory_format)  # type: ignore[call-overload]
    optimizer, restored = build_optimizer(model, config), build_optimizer(copy, config)
    for seed in range(3):
        take_step(model, optimizer, seed)
    saved = {name: tensor.contiguous().clone() for name, tensor in read_optimizer(model, optimizer).items()}
    assert saved["3.weight.exp_avg"].shape == (3, 16) and saved["0.bias.step"] == 3
    copy.load_state_dict(model.state_dict())
    fill_optimizer(copy, restored, saved)
    for seed in range(3, 6):
        take_step(model, optimizer, seed)
        take_step(copy, restored, seed)
    for first, second in zip(model.parameters(), copy.parameters(), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("warmup", [True, False])
def test_the_average_follows_its_formula_with_the_norms_statistics(warmup: bool) -> None:
    model = build_model()
    ema = build_ema(model, EmaConfig(decay=0.4, warmup=warmup))
    expected: dict[str, torch.Tensor] = {}
    for t in range(8):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape))
        model.train()(torch.randn(8, 1, 4, 4))
        ema.update_parameters(model)
        decay = 0.0 if t == 0 else min(0.4, (1 + t) / (10 + t)) if warmup else 0.4
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                expected[name] = decay * expected.get(name, torch.zeros(())) + (1 - decay) * tensor
            else:
                expected[name] = tensor.clone()
    for name, tensor in ema.module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])


def test_label_smoothing_spreads_the_target() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]])
    model = nn.Identity()
    batch = Batch(logits, torch.tensor([0, 2]))
    loss, counts = classification(0.3)(model, batch, torch.Generator())
    target = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    torch.testing.assert_close(loss, -(target * logits.log_softmax(1)).sum(1).mean())
    assert counts["top1"] == 1 and counts["samples"] == 2
