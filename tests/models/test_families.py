"""What holds for every family: shapes, gradients, learning, where it looked, twice the same, ONNX."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint, write_checkpoint
from yomite.errors import ConfigError
from yomite.models import ARCHITECTURES, build
from yomite.models.attention import AttentionModel
from yomite.models.character import CharacterModel
from yomite.models.cost import count_macs, count_parameters
from yomite.shipping.tracing import trace_weights

CHARACTER_FAMILIES = {name for name, family in ARCHITECTURES.items() if family.task == "character"}
SIZE, CLASSES = 24, 8
HEAD: dict[str, Any] = {"embedding": 12}
TINY_VIT = {"patch": 6, "width": 16, "depth": 2, "heads": 2}
# name of the case -> family, arguments, places of the features, places of the attention maps
SMALL: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "residual": ("residual", {"widths": [8, 16], "depths": [1, 1]}, 6, 6),
    "resnet": ("resnet", {"widths": [8, 16, 24], "depths": [1, 1, 1]}, 3, 3),
    "efficientnet": ("efficientnet", {"width_factor": 0.25, "depth_factor": 0.3}, 2, 2),
    "vit": ("vit", TINY_VIT, 4, 4),
    "vit, sine positions": ("vit", TINY_VIT | {"positions": "sine"}, 4, 4),
    "swin": ("swin", {"patch": 2, "width": 8, "depths": [2, 2], "heads": [2, 2], "window": 3}, 6, 12),
    "hybrid": ("hybrid", {"stem_widths": [8, 16], "width": 16, "depth": 2, "heads": 2}, 6, 6),
}
SIZES = {"efficientnet": 32}  # a multiple of 16


def build_small(case: str, **changes: Any) -> CharacterModel:
    family, arguments, _, _ = SMALL[case]
    torch.manual_seed(4)
    model = build(family, CLASSES, SIZES.get(case, SIZE), **HEAD | arguments | changes)
    assert isinstance(model, CharacterModel)
    return model


def draw_images(case: str, num: int, seed: int = 1) -> torch.Tensor:
    """Coarse ink, as characters are: 6 x 6 blobs enlarged."""
    size = SIZES.get(case, SIZE)
    generator = torch.Generator().manual_seed(seed)
    blobs = torch.rand((num, 1, 6, 6), generator=generator).gt(0.6).float()
    grain = torch.rand((num, 1, size, size), generator=generator)
    return (255 * functional.interpolate(blobs, size=size) * (0.7 + 0.3 * grain)).to(torch.uint8)


def settle(model: CharacterModel, case: str) -> CharacterModel:
    """Norms and biases other than those they are born with, statistics of their own."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    model.train()
    for seed in range(3):
        model(draw_images(case, 16, seed))
    return model.eval()


every_case = pytest.mark.parametrize("case", SMALL)


def test_every_family_is_tried_here() -> None:
    assert {family for family, *_ in SMALL.values()} == CHARACTER_FAMILIES


@every_case
def test_logits_features_and_places_fit(case: str) -> None:
    model, images = settle(build_small(case), case), draw_images(case, 5)
    logits = model(images)
    assert logits.shape == (5, CLASSES) and logits.dtype == torch.float32
    torch.testing.assert_close(logits[1:2], model(images[1:2]), atol=1e-5, rtol=1e-4)
    explained, features = model.explain(images)
    side = SMALL[case][2]
    assert features.shape == (5, 12, side, side)
    torch.testing.assert_close(explained, logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(model.features(images), features)
    summed = model.classifier(features.sum((2, 3)))
    torch.testing.assert_close(summed, logits, atol=1e-4, rtol=1e-4)


@every_case
def test_every_parameter_learns_something(case: str) -> None:
    model = settle(build_small(case), case).train()
    functional.cross_entropy(model(draw_images(case, 16)), torch.arange(16) % CLASSES).backward()
    idle = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert not idle


@every_case
def test_learns_32_samples_by_heart(case: str) -> None:
    model, images = build_small(case).train(), draw_images(case, 32)
    labels = torch.randint(0, CLASSES, (32,), generator=torch.Generator().manual_seed(3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(60):
        loss = functional.cross_entropy(model(images), labels)
        if loss.item() < 0.1:
            return
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pytest.fail(f"the loss is still {loss.item():.3f}")


@every_case
def test_attention_maps_are_of_the_places_and_between_0_and_1(case: str) -> None:
    model, images = settle(build_small(case), case), draw_images(case, 6)
    maps = model.attention_maps(images)
    side = SMALL[case][3]
    assert maps.shape == (6, side, side) and not maps.requires_grad
    assert maps.min() >= 0 and maps.amax((1, 2)).tolist() == pytest.approx([1] * 6)
    torch.testing.assert_close(maps, model.attention_maps(images, model(images).argmax(1)))
    assert not torch.allclose(maps, model.attention_maps(images, model(images).argmin(1)))


def draw_marks(num: int, size: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One of eight marks in one of sixteen places: images, labels, places."""
    generator, quarter = torch.Generator().manual_seed(seed), size // 4
    marks = torch.rand((CLASSES, quarter, quarter), generator=torch.Generator().manual_seed(0)) > 0.5
    labels = torch.randint(0, CLASSES, (num,), generator=generator)
    places = torch.randint(0, 16, (num,), generator=generator)
    images = torch.zeros((num, 1, size, size), dtype=torch.uint8)
    for image, label, place in zip(images, labels, places, strict=True):
        y, x = divmod(int(place), 4)
        image[0, quarter * y : quarter * (y + 1), quarter * x : quarter * (x + 1)] = 255 * marks[label]
    return images, labels, places


@pytest.mark.parametrize("case", ["residual", "vit", "swin", "hybrid"])  # the others have too few places
def test_attention_maps_find_the_mark_that_decides(case: str) -> None:
    model = build_small(case).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(120):
        images, labels, _ = draw_marks(64, SIZE, step)
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    images, _, places = draw_marks(100, SIZE, 999)
    seen = functional.adaptive_avg_pool2d(model.eval().attention_maps(images)[:, None], 4)
    assert (seen.flatten(1).argmax(1) == places).float().mean() > 0.7


@every_case
def test_the_same_seed_gives_the_same_model(case: str) -> None:
    first, second = build_small(case, dropout=0.2), build_small(case, dropout=0.2)
    images = draw_images(case, 4)
    outputs = []
    for model in (first, second):
        torch.manual_seed(6)
        outputs.append(model.train()(images))
    assert torch.equal(outputs[0], outputs[1])
    assert first.state_dict().keys() == second.state_dict().keys()


@every_case
def test_begins_undecided(case: str) -> None:
    """Logits of unit size, whatever the family: the loss begins near that of guessing."""
    logits = build_small(case).train()(draw_images(case, 64))
    assert 0.3 < logits.std() < 2


@pytest.mark.parametrize(
    ("case", "head"),
    [
        *((case, "linear") for case in SMALL),
        *(
            (case, head)
            for case in ("residual", "vit")
            for head in ("cosine", {"name": "low_rank", "rank": 6})
        ),
    ],
)
def test_the_exported_file_gives_the_same(case: str, head: Any, tmp_path: Path) -> None:
    family, arguments, _, _ = SMALL[case]
    model = settle(build_small(case, head=head), case)
    described = {
        "name": family,
        "arguments": HEAD | arguments | {"head": head},
        "num_classes": CLASSES,
        "input_size": model.input_size,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    characters = tuple("あいうえおかきく")
    path = tmp_path / "weights.safetensors"
    write_checkpoint(path, Checkpoint("weights", described, characters, tensors), storage="float16")
    weights = read_checkpoint(path)
    trace_weights(weights, "model").write(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    halved = load_model(weights)
    assert isinstance(halved, CharacterModel)
    for num in (1, 7):
        images = draw_images(case, num, seed=9)
        names = ["logits", "features", "class_weights"]
        logits, features, class_weights = session.run(names, {"images": images.numpy()})
        has_attention = isinstance(halved, AttentionModel)
        assert [output.name for output in session.get_outputs()] == names + ["attention"] * has_attention
        if has_attention:
            (attention,) = session.run(["attention"], {"images": images.numpy()})
            np.testing.assert_allclose(attention, halved.attend(images)[2].detach(), atol=1e-4)
            np.testing.assert_allclose(attention.sum((2, 3)), 1, atol=1e-5)
        expected, expected_features = (tensor.detach().numpy() for tensor in halved.explain(images))
        np.testing.assert_allclose(logits, expected, atol=1e-3)
        np.testing.assert_allclose(features, expected_features, atol=1e-3)
        np.testing.assert_allclose(class_weights, halved.classifier.class_weights().detach(), atol=1e-6)


@pytest.mark.parametrize(
    ("family", "parameters", "macs"),
    [
        ("residual", 1_115_668, 58.4e6),
        ("resnet", 2_994_260, 78.2e6),
        ("efficientnet", 1_425_398, 15.46e6),
        ("vit", 1_365_236, 82.2e6),
        ("swin", 1_482_992, 61.4e6),
        ("hybrid", 1_740_468, 74.1e6),
    ],
)
def test_the_cost_of_each_default_is_known(family: str, parameters: int, macs: float) -> None:
    """A change of these is a change of docs/models.md and of old checkpoints."""
    model = build(family, 500, 48)
    assert count_parameters(model) == parameters
    assert count_macs(model) == pytest.approx(macs, rel=1e-3)


@pytest.mark.parametrize(
    ("family", "arguments", "line"),
    [
        ("resnet", {"input_size": 40}, "input_size 40 does not fit resnet; it must be a multiple of 16"),
        ("resnet", {"depths": [2, 2]}, "give one for each of the 4 stages"),
        ("efficientnet", {"input_size": 20}, "a multiple of 16.*as model.input_size=16"),
        ("efficientnet", {"width_factor": 0}, "it takes 0.1 to 10"),
        ("vit", {"patch": 7}, "input_size 48 does not fit vit; it must be a multiple of 7"),
        ("vit", {"heads": 5}, "width=128; it must be a multiple of heads, 5"),
        ("vit", {"positions": "sines"}, "did you mean 'sine'"),
        ("vit", {"positions": "sine", "width": 6, "heads": 2}, "a multiple of 4"),
        ("vit", {"depth": 0}, "depth=0; it takes a whole number from 1"),
        ("vit", {"drop_path": 1}, "drop_path=1; it takes 0 <= drop_path < 1"),
        ("swin", {"window": 5}, "input_size 48 does not fit swin; patches of 4 px in windows of 5"),
        ("swin", {"input_size": 50}, "does not fit swin"),
        ("swin", {"heads": [2, 3]}, "must be a multiple of its heads, 3"),
        ("hybrid", {"input_size": 20}, "a multiple of 8"),
        ("hybrid", {"stem_widths": []}, "it takes whole numbers from 1"),
        ("vit", {"embedding": 300}, "it takes 1 to 256"),
    ],
)
def test_each_wrong_argument_has_one_line(family: str, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build(family, 10, **{"input_size": 48} | arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("name", "nearest"), [("Vit", "vit"), ("efficentnet", "efficientnet")])
def test_an_unknown_family_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean '{nearest}'.*built in: residual, resnet"):
        build(name, 10, 48)
