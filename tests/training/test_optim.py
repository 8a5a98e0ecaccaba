"""Optimizer, schedule and moving average, against hand-written formulas."""

import itertools
import math

import pytest
import torch
from torch import nn

from yomite.config import EmaConfig, OptimizerConfig, ScheduleConfig
from yomite.errors import ModelFileError
from yomite.training.learner import (
    Learner,
    build_ema,
    build_optimizer,
    fill_optimizer,
    learning_rate_at,
    read_optimizer,
)


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


def read_rates(scheduler: torch.optim.lr_scheduler.LRScheduler, num: int) -> list[float]:
    """The rates that a scheduler of torch gives the steps 0 to num - 1."""
    rates = []
    for _ in range(num):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def test_schedules_are_those_of_torch() -> None:
    sgd = torch.optim.SGD(build_model().parameters(), lr=2.0)
    one_cycle = ScheduleConfig(
        name="one_cycle", warmup_steps=9, total_steps=40, initial_fraction=0.1, final_fraction=0.002
    )
    torchs = torch.optim.lr_scheduler.OneCycleLR(
        sgd, 2.0, total_steps=41, pct_start=10 / 41, div_factor=10, final_div_factor=50, cycle_momentum=False
    )
    assert [learning_rate_at(step, 2.0, one_cycle) for step in range(41)] == pytest.approx(
        read_rates(torchs, 41)
    )
    for group in sgd.param_groups:
        group["lr"] = group["initial_lr"] = 2.0
    step = ScheduleConfig(name="step", warmup_steps=0, total_steps=30, milestones=(4, 20), factor=0.3)
    falling = torch.optim.lr_scheduler.MultiStepLR(sgd, milestones=[4, 20], gamma=0.3)
    assert [learning_rate_at(s, 2.0, step) for s in range(30)] == pytest.approx(read_rates(falling, 30))


def test_constant_and_plateau_keep_the_peak_until_it_falls() -> None:
    constant = ScheduleConfig(name="constant", warmup_steps=2, total_steps=30)
    assert [learning_rate_at(step, 3.0, constant) for step in (0, 1, 2, 29)] == [1.5, 3.0, 3.0, 3.0]
    plateau = ScheduleConfig(name="plateau", warmup_steps=2, total_steps=30, factor=0.5, final_fraction=0.2)
    rates = [learning_rate_at(9, 3.0, plateau, num_falls) for num_falls in range(5)]
    assert rates == pytest.approx([3.0, 1.5, 0.75, 0.6, 0.6])


def test_sgd_with_nesterov_takes_the_steps_of_its_formula() -> None:
    """Sutskever et al. as torch writes it: v = m v + g; w -= rate (g + m v)."""
    model = build_model()
    config = OptimizerConfig(name="sgd", learning_rate=0.1, weight_decay=0.5, momentum=0.8)
    optimizer = build_optimizer(model, config)
    weight, velocity = model[3].weight.detach().clone(), torch.zeros_like(model[3].weight)  # type: ignore[index]
    for seed in range(3):
        take_step(model, optimizer, seed)
        gradient = model[3].weight.grad + 0.5 * weight  # type: ignore[index]
        velocity = 0.8 * velocity + gradient
        weight = weight - 0.1 * (gradient + 0.8 * velocity)
    torch.testing.assert_close(model[3].weight, weight)  # type: ignore[index]


@pytest.mark.parametrize("name", ["adamw", "sgd", "muon"])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_state_survives_as_flat_tensors(memory_format: torch.memory_format, name: str) -> None:
    config = OptimizerConfig(name=name, learning_rate=0.01)  # type: ignore[arg-type]
    model, copy = build_model().to(memory_format=memory_format), build_model().to(memory_format=memory_format)  # type: ignore[call-overload]
    optimizer, restored = build_optimizer(model, config), build_optimizer(copy, config)
    for seed in range(3):
        take_step(model, optimizer, seed)
    saved = {name: tensor.contiguous().clone() for name, tensor in read_optimizer(model, optimizer).items()}
    averaged = "exp_avg" if name == "adamw" else "momentum_buffer"
    assert saved[f"3.weight.{averaged}"].shape == (3, 16)
    copy.load_state_dict(model.state_dict())
    fill_optimizer(copy, restored, saved)
    for seed in range(3, 6):
        take_step(model, optimizer, seed)
        take_step(copy, restored, seed)
    for first, second in zip(model.parameters(), copy.parameters(), strict=True):
        assert torch.equal(first, second)


def test_the_state_of_another_network_is_refused() -> None:
    model = build_model()
    optimizer = build_optimizer(model, OptimizerConfig())
    with pytest.raises(ModelFileError, match=r"'9\.weight\.exp_avg' belongs to no parameter"):
        fill_optimizer(model, optimizer, {"9.weight.exp_avg": torch.zeros(3, 16)})


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


def test_a_part_of_rate_0_stays_as_it_is() -> None:
    learner = Learner(build_model(), objective=None)  # type: ignore[arg-type]
    learner.freeze({"0.": 0, "1.": 0, "3.": 0.5})
    learner.train()
    before = {name: tensor.clone() for name, tensor in learner.state_dict().items()}
    optimizer = build_optimizer(learner, OptimizerConfig(rates={"0.": 0, "1.": 0, "3.": 0.5}))
    take_step(learner.model, optimizer, seed=0)
    changed = {name for name, tensor in learner.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"model.3.weight", "model.3.bias"}
    assert learner.model[3].training and not learner.model[1].training  # type: ignore[index]
