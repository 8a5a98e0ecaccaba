"""Backbones of torchvision, both kinds of its installation, and our families beside its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from yomite.errors import ConfigError, MissingExtraError
from yomite.models import build
from yomite.models.character import CharacterModel
from yomite.models.cost import count_parameters
from yomite.models.efficientnet import STAGES, EfficientNet
from yomite.models.from_torchvision import import_torchvision
from yomite.models.resnet import ResNet
from yomite.models.swin import PatchMerging, SwinTransformer

SIZE = 32


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    import_torchvision()


def draw_images(num: int, size: int = SIZE) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (num, 1, size, size), dtype=torch.uint8, generator=generator)


def build_backbone(name: str, **arguments: Any) -> CharacterModel:
    torch.manual_seed(2)
    model = build(f"torchvision:{name}", 5, SIZE, embedding=8, **arguments)
    assert isinstance(model, CharacterModel)
    return model


@pytest.mark.parametrize(
    "name",
    ["resnet18", "mobilenet_v3_small", "mnasnet0_5", "regnet_y_400mf", "shufflenet_v2_x0_5", "squeezenet1_1"],
)
def test_a_backbone_is_a_family_as_all_others(name: str) -> None:
    model, images = build_backbone(name), draw_images(3)
    model.train()(images).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    model.eval()
    logits, features = model.explain(images)
    assert logits.shape == (3, 5) and features.shape[:2] == (3, 8)
    torch.testing.assert_close(model(images), logits, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(model.classifier(features.sum((2, 3))), logits, atol=1e-3, rtol=1e-3)
    maps = model.attention_maps(images)
    assert maps.shape == (3, *features.shape[2:]) and maps.min() >= 0 and maps.max() <= 1


def test_only_the_first_convolution_and_the_classes_differ_from_torchvision() -> None:
    from torchvision.models import resnet18

    whole = sum(parameter.numel() for parameter in resnet18().parameters())
    model = build_backbone("resnet18")
    head = count_parameters(model) - sum(parameter.numel() for parameter in model.backbone.parameters())  # type: ignore
    assert count_parameters(model) - head == whole - 2 * 64 * 49 - (512 * 1000 + 1000)
    smaller = build_backbone("resnet18", resize=SIZE).eval()
    assert smaller.features(draw_images(1)).shape[2:] == (1, 1)
    assert model.eval().features(draw_images(1)).shape[2:] == (2, 2)


@pytest.mark.parametrize(("kind", "side"), [("vit", 4), ("swin", 4)])
def test_tokens_become_places(kind: str, side: int) -> None:
    from torchvision.models import SwinTransformer as Swin
    from torchvision.models import VisionTransformer

    from yomite.models.from_torchvision import _cut

    if kind == "vit":
        network = VisionTransformer(SIZE, 8, 1, 2, 16, 32).eval()
    else:
        network = Swin([4, 4], 16, [1, 1], [2, 2], [4, 4]).eval()
    width = 16 if kind == "vit" else 32
    images = torch.rand(2, 3, SIZE, SIZE)
    maps = _cut(network, kind)(images)
    assert maps.shape == (2, width, side, side)
    # The left half of the picture changes the left half of the patches before any block mixes them.
    changed = images.clone()
    changed[..., :8] += 1
    difference = (_cut(network, kind)(changed) - maps).abs().sum((0, 1, 2))
    assert difference[0] == difference.max()


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("resnet19", {}, "'torchvision:resnet19' is unknown; did you mean 'resnet18'"),
        ("", {}, "there are [0-9]+, such as alexnet"),
        ("googlenet", {}, "no feature maps that yomite knows"),
        ("resnet18", {"settings": {"depth": 3}}, "settings {'depth': 3}: "),
        ("resnet18", {"resize": 16}, "resize=16; it takes a whole number from 32"),
        ("alexnet", {"resize": 32}, "cannot take 32 px .*; give model.arguments.resize, as 224"),
        ("resnet18", {"size": 3}, "no argument 'size'; it takes: resize, settings, embedding"),
    ],
)
@pytest.mark.filterwarnings("ignore:The default weight initialization")  # torchvision's, of googlenet
def test_each_wrong_name_or_argument_has_one_line(name: str, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build_backbone(name, **arguments)
    assert "\n" not in str(raised.value)


def test_a_backbone_exports(tmp_path: Path) -> None:
    from yomite.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
    from yomite.shipping.tracing import check_parity, trace_weights

    model = build_backbone("shufflenet_v2_x0_5")
    described = {
        "name": "torchvision:shufflenet_v2_x0_5",
        "arguments": {"embedding": 8},
        "num_classes": 5,
        "input_size": SIZE,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "weights.safetensors"
    write_checkpoint(path, Checkpoint("weights", described, tuple("あいうえお"), tensors), storage="float16")
    weights = read_checkpoint(path)
    draft = trace_weights(weights, "model")
    parity = check_parity(draft, weights, draw_images(9).numpy(), batch_size=4)
    assert parity.num_disagreements == 0 and parity.max_difference < 1e-3
    assert [output.name for output in draft.network.graph.output] == ["logits", "features", "class_weights"]


# A package that imports as torchvision does: shapes for operators that its compiled part may have brought.
FAKE = """
import torch
{compiled}
from torchvision import part

@torch.library.register_fake("torchvision::nms")
def nms(dets, scores, iou_threshold): ...

@torch.library.register_fake("torchvision::qnms")
def qnms(dets, scores, iou_threshold): ...
"""
COMPILED = """
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from yomite.models import from_torchvision
torchvision = from_torchvision.import_torchvision()
assert torchvision is from_torchvision.import_torchvision() is sys.modules["torchvision"]
assert torchvision.part is sys.modules["torchvision.part"]
print("declared", len(from_torchvision._declared))
"""


@pytest.mark.parametrize(
    ("compiled", "printed"),
    [("", "declared 1"), (COMPILED, "declared 0")],
    ids=["built for another torch", "built for this torch"],
)
def test_both_kinds_of_installation(compiled: str, printed: str, tmp_path: Path) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(FAKE.format(compiled=compiled), encoding="utf-8")
    (tmp_path / "torchvision" / "part.py").write_text("", encoding="utf-8")
    program = PROGRAM.format(folder=str(tmp_path))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert result.stdout.strip() == printed, result.stderr


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install .*\[zoo\]"'):
        import_torchvision()


def test_another_fault_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("of its own")

    monkeypatch.setattr("importlib.import_module", fail)
    with pytest.raises(RuntimeError, match="of its own"):
        import_torchvision()


def copy_by_order(source: nn.Module, target: nn.Module) -> None:
    """Both list the same tensors in the same order, under other names."""
    values, own = list(source.state_dict().values()), target.state_dict()
    assert [value.shape for value in values] == [value.shape for value in own.values()]
    target.load_state_dict(dict(zip(own, values, strict=True)))


def stir(network: nn.Module) -> nn.Module:
    """Every number other than at birth, norms included."""
    torch.manual_seed(3)
    with torch.no_grad():
        for tensor in [*network.parameters(), *network.buffers()]:
            if tensor.is_floating_point():
                tensor.add_(0.1 * torch.rand_like(tensor))
    return network.eval()


def test_resnet_computes_what_torchvision_computes() -> None:
    from torchvision.models.resnet import BasicBlock
    from torchvision.models.resnet import ResNet as Theirs

    theirs = stir(Theirs(BasicBlock, [1, 2, 1, 1]))
    ours = ResNet(5, 32, widths=[64, 128, 256, 512], depths=[1, 2, 1, 1]).eval()
    for index, stage in enumerate(ours.stages):
        copy_by_order(getattr(theirs, f"layer{index + 1}"), stage)
    x = torch.rand(2, 64, 16, 16)
    expected = theirs.layer4(theirs.layer3(theirs.layer2(theirs.layer1(x))))  # type: ignore[operator]
    torch.testing.assert_close(ours.stages(x), expected)


def test_efficientnet_computes_what_torchvision_computes() -> None:
    from torchvision.models.efficientnet import EfficientNet as Theirs
    from torchvision.models.efficientnet import MBConvConfig

    stages, width = [], 32
    for expansion, stage_width, depth, kernel, stride in STAGES:
        stages.append(MBConvConfig(expansion, kernel, stride, width, stage_width, depth))
        width = stage_width
    theirs = Theirs(stages, dropout=0.0, last_channel=1280)
    theirs.features[0][0] = nn.Conv2d(1, 32, 3, 2, 1, bias=False)  # type: ignore[index,operator]
    stir(theirs)
    ours = EfficientNet(5, 32, width_factor=1.0).eval()
    body = nn.Sequential(ours.stem, ours.blocks, ours.last)
    copy_by_order(theirs.features, body)
    ink = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(ours.maps(ink), theirs.features(ink), atol=1e-4, rtol=1e-3)


def test_swin_computes_what_torchvision_computes() -> None:
    from torchvision.models.swin_transformer import SwinTransformer as Theirs

    theirs = Theirs([4, 4], 16, [2, 4], [2, 4], [3, 3], stochastic_depth_prob=0.0)
    theirs.features[0][0] = nn.Conv2d(1, 16, 4, 4)  # type: ignore[index,operator]
    stir(theirs)
    ours = SwinTransformer(
        5, 48, patch=4, width=16, depths=[2, 4], heads=[2, 4], window=3, embedding=8
    ).eval()
    copied = {"patches": theirs.features[0][0], "norm": theirs.features[0][2], "last_norm": theirs.norm}  # type: ignore
    for name, module in copied.items():
        getattr(ours, name).load_state_dict(module.state_dict())
    for index, stage in enumerate(ours.stages):
        modules = list(stage)  # type: ignore[call-overload]
        if index:
            merging = modules.pop(0)
            assert isinstance(merging, PatchMerging)
            state = theirs.features[2].state_dict()
            # Theirs lines up the four parts column by column, ours row by row.
            for key in ("norm.weight", "norm.bias", "reduction.weight"):
                state[key] = state[key].unflatten(-1, (2, 2, 16)).transpose(-3, -2).flatten(-3)
            merging.load_state_dict({k.replace("reduction", "reduce"): v for k, v in state.items()})
        for block, other in zip(modules, theirs.features[1 + 2 * index], strict=True):  # type: ignore
            renamed = {
                "attn.relative_position_bias_table": "offset_bias",
                "attn.qkv": "attention.queries_keys_values",
                "attn.proj": "attention.out",
                "mlp.3": "mlp.2",
            }
            state = {k: v for k, v in other.state_dict().items() if not k.endswith("position_index")}
            for old, new in renamed.items():
                state = {k.replace(old, new): v for k, v in state.items()}
            block.load_state_dict(state)
    ink = torch.rand(2, 1, 48, 48)
    expected = theirs.permute(theirs.norm(theirs.features(ink)))
    torch.testing.assert_close(ours.maps(ink), expected, atol=1e-4, rtol=1e-4)
