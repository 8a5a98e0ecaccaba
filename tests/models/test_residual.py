"""The recognizer's network: shapes, the linear head, and the line for each wrong argument."""

import pytest
import torch
from torch import nn

from yomite.errors import ConfigError
from yomite.models import build
from yomite.models.residual import ResidualBlock, ResidualNet


def build_small(**changes: object) -> ResidualNet:
    arguments = {"widths": [8, 16], "depths": [1, 2], "embedding": 12, "pools": 2} | changes
    model = build("residual", 10, 16, **arguments)
    assert isinstance(model, ResidualNet)
    return model


def draw_images(num: int, size: int) -> torch.Tensor:
    return torch.randint(
        0, 256, (num, 1, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def settle(model: nn.Module, size: int) -> nn.Module:
    """Gives norms statistics and gains other than those they begin with."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.uniform_(-1, 1, generator=generator)
    model.train()
    for _ in range(3):
        model(draw_images(16, size))
    return model.eval()


@pytest.mark.parametrize(("size", "widths", "depths"), [(48, [8, 16, 24], [1, 1, 2]), (64, [8], [1])])
def test_gives_logits_for_any_number_of_images(size: int, widths: list[int], depths: list[int]) -> None:
    model = build("residual", 10, size, widths=widths, depths=depths, embedding=8).eval()
    assert model.task == "character" and model.input_size == size
    images = draw_images(3, size)
    logits = model(images)
    assert logits.shape == (3, 10) and logits.dtype == torch.float32
    torch.testing.assert_close(logits[1:2], model(images[1:2]))


def test_the_released_shape_goes_from_48_to_6() -> None:
    model = build("residual", 10, 48)
    assert model.place_weight.shape == (2, 160, 6, 6)
    activations = []
    model.blocks.register_forward_hook(lambda *arguments: activations.append(arguments[2].shape))
    model.eval()(draw_images(1, 48))
    assert activations == [(1, 160, 6, 6)]


def test_features_sum_to_the_logits_of_the_plain_forward_pass() -> None:
    model = settle(build_small(), 16)
    images = draw_images(5, 16)
    expected = model(images)
    logits, features = model.explain(images)
    assert features.shape == (5, 12, 4, 4)
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
    by_place = torch.einsum("cd,ndyx->ncyx", model.classifier.weight, features)
    torch.testing.assert_close(by_place.sum((2, 3)) + model.classifier.bias, expected, atol=1e-4, rtol=1e-4)


def test_a_blank_border_goes_on_as_blank_paper() -> None:
    """Zero padding equals background: blank paper gives the stem one value everywhere, rim or not."""
    model = build_small()
    stem = model.stem.eval()(torch.zeros(1, 1, 16, 16))
    assert torch.equal(stem, stem[:, :, :1, :1].expand_as(stem))


def test_a_block_begins_as_its_shortcut() -> None:
    block = build_small().blocks[2]
    assert isinstance(block, ResidualBlock)
    x = torch.rand(2, 16, 4, 4)
    assert torch.equal(block.eval()(x), x)


def test_begins_undecided() -> None:
    """At the start the loss is near that of guessing, so that warm-up can be short."""
    torch.manual_seed(0)
    model = build("residual", 1000, 48)
    labels = torch.randint(0, 1000, (64,), generator=torch.Generator().manual_seed(3))
    loss = nn.functional.cross_entropy(model.train()(draw_images(64, 48)), labels)
    assert loss.item() == pytest.approx(torch.tensor(1000.0).log().item(), abs=1.5)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"widths": [8, 0]}, "widths="),
        ({"widths": 8}, "widths="),
        ({"depths": [1.5, 1]}, "depths="),
        ({"depths": [1]}, "differ in length"),
        ({"widths": [8] * 5, "depths": [1] * 5}, "must be a multiple of 32"),
        ({"embedding": 33}, "it takes 1 to 32"),
        ({"pools": 0}, "pools=0"),
        ({"dropout": 1}, "dropout=1"),
        ({"width": [8]}, "no argument 'width'; it takes: widths, depths"),
    ],
)
def test_each_wrong_argument_has_one_line(arguments: dict[str, object], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        build_small(**arguments)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown; built in: residual, resnet"):
        build("vgg", 10, 48)
    with pytest.raises(ConfigError, match="at least 2 classes"):
        build("residual", 1, 48)
