"""Muon against torch's own for matrices, and against the singular value decomposition."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from yomite.config import OptimizerConfig
from yomite.models import build
from yomite.training.learner import build_optimizer
from yomite.training.muon import find_orthogonal, orthogonalize


class Net(nn.Module):
    """A first layer, two inner ones and a classifier, without biases."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(6, 8, bias=False)
        self.wide = nn.Linear(8, 20, bias=False)
        self.narrow = nn.Linear(20, 5, bias=False)
        self.classifier = nn.Linear(5, 3, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in (self.first, self.wide, self.narrow):
            x = functional.gelu(layer(x))
        return self.classifier(x)


@pytest.mark.parametrize("shape", [(4, 4), (16, 200), (200, 16)])
def test_singular_values_come_near_one_and_vectors_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    step = orthogonalize(matrix)
    values = u.T @ step @ v.T
    assert ((values.diagonal() > 0.6) & (values.diagonal() < 1.3)).all()
    assert (values - torch.diag(values.diagonal())).abs().max() < 1e-3


def test_steps_are_those_of_torch_for_matrices_and_of_adamw_for_the_rest() -> None:
    ours, theirs = Net(), Net()
    config = OptimizerConfig(name="muon", learning_rate=0.01, weight_decay=0.1, betas=(0.9, 0.99))
    inner = [theirs.wide.weight, theirs.narrow.weight]
    outer = [theirs.first.weight, theirs.classifier.weight]
    optimizers = [
        torch.optim.Muon(inner, lr=0.01, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=0.01, weight_decay=0.1, betas=(0.9, 0.99)),
    ]
    optimizer = build_optimizer(ours, config)
    for seed in range(4):
        x = torch.randn(16, 6, generator=torch.Generator().manual_seed(seed))
        for net in (ours, theirs):
            net.zero_grad()
            net(x).square().mean().backward()
        optimizer.step()
        for other in optimizers:
            other.step()
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter, theirs.get_parameter(name), rtol=0, atol=2e-3)  # torch has bf16
        assert (parameter - Net().get_parameter(name)).abs().mean() > 4e-3


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_a_kernel_is_one_matrix(memory_format: torch.memory_format) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 6, 3), nn.Conv2d(6, 4, 3)).to(memory_format=memory_format)  # type: ignore[call-overload]
    before = net[1].weight.detach().clone()
    optimizer = build_optimizer(net, OptimizerConfig(name="muon", learning_rate=0.01, weight_decay=0))
    net(torch.randn(2, 1, 8, 8)).square().mean().backward()
    gradient = net[1].weight.grad.detach().clone()  # type: ignore[union-attr]
    optimizer.step()
    rows = ((before - net[1].weight) / 0.01).detach().permute(0, 2, 3, 1).flatten(1) / (0.2 * 54**0.5)
    torch.testing.assert_close(
        rows, orthogonalize(gradient.permute(0, 2, 3, 1).flatten(1)), rtol=0, atol=1e-3
    )


def test_pixels_depthwise_kernels_and_classes_are_left_to_adamw() -> None:
    for name in ("residual", "efficientnet", "vit"):
        model = build(name, 50, 48)
        names = {name for name, p in model.named_parameters() if any(p is q for q in find_orthogonal(model))}
        assert names and not any("classifier" in name or "place_weight" in name for name in names)
        first = next(name for name, p in model.named_parameters() if p.ndim == 4 or "patch" in name)
        assert first not in names
        assert all(model.get_parameter(name).shape[1] > 1 for name in names)
