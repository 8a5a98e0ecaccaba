"""Backbones of torchvision, by the name that torchvision gives them: `torchvision:resnet18`.

From configuration with random weights, one channel instead of three, and the head of every family here.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError, MissingExtraError
from yomite.extensions import check_whole, list_choices
from yomite.models.character import CharacterModel

# What torchvision registers shapes for when it is imported, whether or not its compiled part could be loaded.
_MISSING_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # operators live as long as their library


def import_torchvision() -> ModuleType:
    """Import torchvision, also where its compiled part does not fit torch.

    A torchvision built for CUDA beside a torch for the CPU (or the reverse) fails with "operator
    torchvision::nms does not exist", and takes every package along that looks for it. Its networks and
    transforms need none of those operators: declaring their names is enough. Where the two fit, nothing is
    declared.

    Raises:
        MissingExtraError: If it is not installed.
    """
    if importlib.util.find_spec("torchvision") is None:
        raise MissingExtraError("train model.name=torchvision:...", "zoo")
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::" not in str(error) or _declared:
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # halves of the failed import
    library = torch.library.Library("torchvision", "FRAGMENT")
    _declared.append(library)
    for operator in _MISSING_OPERATORS:
        library.define(operator)
    return importlib.import_module("torchvision")


class TorchvisionBackbone(CharacterModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    Images are enlarged to `resize` px, since these networks divide the side by 32 or so: 48 px -> 96 -> maps
    (N, K, 3, 3). Its own pooling and classes are cut off.
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        backbone: str,
        resize: int | None = None,
        settings: Mapping[str, Any] | None = None,
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
        head: str | Mapping[str, Any] = "linear",
    ) -> None:
        """Build; torchvision initializes the backbone.

        Args:
            num_classes: C, at least 2.
            input_size: S in px.
            backbone: A name of torchvision.models that classifies.
            resize: Side in px that the backbone sees, at least input_size; by default twice input_size.
            settings: What torchvision's builder takes, as `{dropout: 0.1}`.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If the name is unknown, has no feature maps, or an argument is out of range.
            MissingExtraError: If torchvision is not installed.
        """
        super().__init__(num_classes, input_size)
        import_torchvision()
        self.resize = 2 * input_size if resize is None else resize
        check_whole("resize", self.resize, input_size, why="input_size or more")
        given = dict(settings or {})
        if backbone.startswith("vit_"):
            given = {"image_size": self.resize} | given
        name = f"torchvision:{backbone}"
        self.backbone = _take_gray(_cut(_build(backbone, given), name))
        maps = _try(self, name)
        self.add_head(
            maps.shape[1], maps.shape[2], embedding=embedding, pools=pools, dropout=dropout, head=head
        )
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, K, h, w)."""
        if self.resize != self.input_size:
            ink = functional.interpolate(
                ink, size=(self.resize, self.resize), mode="bilinear", align_corners=False
            )
        return self.backbone(ink)


def _build(backbone: str, settings: dict[str, Any]) -> nn.Module:
    """Build the whole network of torchvision, random weights."""
    from torchvision import models

    known = models.list_models(module=models)
    if backbone not in known:
        raise ConfigError(f"model.name 'torchvision:{backbone}' is unknown{list_choices(backbone, known)}")
    try:
        return models.get_model(backbone, weights=None, **settings)
    except (TypeError, ValueError, AssertionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"model 'torchvision:{backbone}' with settings {settings}: {reason}") from error


class _Tokens(nn.Module):
    """A ViT of torchvision without its class: float (N, 1, S, S) -> maps (N, K, h, w)."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.conv_proj, self.encoder = network.conv_proj, network.encoder
        self.class_token = network.class_token

    def forward(self, x: Tensor) -> Tensor:
        patches = self.conv_proj(x)
        tokens = patches.flatten(2).transpose(1, 2)
        tokens = self.encoder(torch.cat([self.class_token.expand(len(x), -1, -1), tokens], dim=1))
        return tokens[:, 1:].transpose(1, 2).reshape(patches.shape)


def _cut(network: Any, name: str) -> nn.Module:
    """Everything before the pooling over places."""
    if hasattr(network, "conv_proj"):  # vit
        return _Tokens(network)
    if hasattr(network, "permute"):  # swin: places first, channels last
        return nn.Sequential(network.features, network.norm, network.permute)
    if hasattr(network, "features"):  # vgg, densenet, mobilenet, efficientnet, convnext, squeezenet, alexnet
        return network.features
    if hasattr(network, "trunk_output"):  # regnet
        return nn.Sequential(network.stem, network.trunk_output)
    if hasattr(network, "layers"):  # mnasnet
        return network.layers
    if hasattr(network, "blocks"):  # maxvit
        return nn.Sequential(network.stem, *network.blocks)
    if hasattr(network, "layer4"):  # resnet, resnext, wide_resnet
        stem = (network.conv1, network.bn1, network.relu, network.maxpool)
        return nn.Sequential(*stem, network.layer1, network.layer2, network.layer3, network.layer4)
    if hasattr(network, "stage4"):  # shufflenet
        return nn.Sequential(
            network.conv1, network.maxpool, network.stage2, network.stage3, network.stage4, network.conv5
        )
    raise ConfigError(
        f"model {name!r} has no feature maps that yomite knows; take one such as torchvision:resnet18"
    )


def _take_gray(backbone: nn.Module) -> nn.Module:
    """Let the first convolution take one channel: its three kernels are summed, as for gray thrice."""
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d):
            module.weight = nn.Parameter(module.weight.detach().sum(1, keepdim=True))
            module.in_channels = 1
            return backbone
    raise AssertionError("a vision network without a convolution")


@torch.no_grad()
def _try(model: TorchvisionBackbone, name: str) -> Tensor:
    """Compute the maps of one blank image; a size that the backbone cannot take fails here."""
    size = model.input_size
    try:
        maps = model.eval().maps(torch.zeros(1, 1, size, size))
    except (RuntimeError, ValueError, AssertionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"model {name!r} cannot take {model.resize} px ({reason}); give model.arguments.resize, as 224, "
            "what it was made for"
        ) from error
    model.train()
    return maps
