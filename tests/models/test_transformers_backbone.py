"""Image models of transformers: from configuration, as families like all others."""

from pathlib import Path
from typing import Any

import pytest
import torch

from yomite.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from yomite.errors import ConfigError, MissingExtraError
from yomite.models import build
from yomite.models.character import CharacterModel
from yomite.models.from_transformers import import_transformers
from yomite.shipping.tracing import check_parity, trace_weights

SIZE = 24
VIT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
SMALL: dict[str, dict[str, Any]] = {
    "vit": VIT | {"patch_size": 12},
    "deit": VIT | {"patch_size": 12},
    "swin": {"window_size": 3, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2]},
    "convnextv2": {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 8, 16, 16]},
}
PLACES = {"vit": 4, "deit": 4, "swin": 6, "convnextv2": 1}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    import_transformers()


def build_backbone(name: str, **arguments: Any) -> CharacterModel:
    torch.manual_seed(2)
    arguments = {"settings": SMALL.get(name, {})} | arguments
    model = build(f"transformers:{name}", 5, SIZE, embedding=8, **arguments)
    assert isinstance(model, CharacterModel)
    return model


def draw_images(num: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (num, 1, SIZE, SIZE), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("name", SMALL)
def test_a_backbone_is_a_family_as_all_others(name: str) -> None:
    model, images = build_backbone(name), draw_images(3)
    model.train()(images).sum().backward()
    for parameter_name, parameter in model.named_parameters():
        assert (parameter.grad is not None) is parameter.requires_grad, parameter_name
    model.eval()
    logits, features = model.explain(images)
    assert logits.shape == (3, 5) and features.shape == (3, 8, PLACES[name], PLACES[name])
    torch.testing.assert_close(model(images), logits, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(model.classifier(features.sum((2, 3))), logits, atol=1e-3, rtol=1e-3)
    maps = model.attention_maps(images)
    assert maps.shape == (3, *features.shape[2:]) and maps.min() >= 0 and maps.max() <= 1


@pytest.mark.parametrize("name", ["vit", "convnextv2"])
def test_a_backbone_exports(name: str, tmp_path: Path) -> None:
    model = build_backbone(name)
    arguments = {"embedding": 8, "settings": SMALL[name]}
    described = {"name": f"transformers:{name}", "arguments": arguments, "num_classes": 5, "input_size": SIZE}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "weights.safetensors"
    write_checkpoint(path, Checkpoint("weights", described, tuple("あいうえお"), tensors), storage="float16")
    weights = read_checkpoint(path)
    draft = trace_weights(weights, "model")
    parity = check_parity(draft, weights, draw_images(9).numpy(), batch_size=4)
    assert parity.num_disagreements == 0 and parity.max_difference < 1e-3


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("vitt", {}, "'transformers:vitt' is unknown; did you mean 'vit'"),
        ("vit", {"settings": {"hiden_size": 16}}, "no setting 'hiden_size'; did you mean 'hidden_size'"),
        ("vit", {"settings": {"hidden_size": "many"}}, "gives no maps of an image"),
        ("vit", {"settings": VIT | {"patch_size": 99}}, "resize=48, .* gives no maps of an image"),
        ("vit", {"resize": 8}, "resize=8; it takes a whole number from 24"),
    ],
)
def test_each_wrong_name_or_setting_has_one_line(name: str, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build_backbone(name, **arguments)
    assert "\n" not in str(raised.value)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install .*\[zoo\]"'):
        import_transformers()
