"""Image models of transformers (Hugging Face), by their model type: `transformers:vit`.

From configuration with random weights, one channel instead of three, and the head of every family here.
Nothing is downloaded.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError, MissingExtraError
from yomite.extensions import check_whole, list_choices
from yomite.models.character import CharacterModel
from yomite.models.from_torchvision import import_torchvision


def import_transformers() -> ModuleType:
    """Import transformers; a torchvision that does not fit torch would stop it, so that is mended first.

    Raises:
        MissingExtraError: If it is not installed.
    """
    if importlib.util.find_spec("transformers") is None:
        raise MissingExtraError("train model.name=transformers:...", "zoo")
    if importlib.util.find_spec("torchvision") is not None:
        import_torchvision()
    return importlib.import_module("transformers")


class TransformersBackbone(CharacterModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    Images are enlarged to `resize` px: 48 px -> 96 -> maps (N, K, 6, 6) for ViT with its patches of 16 px.
    Tokens that belong to no place (class, registers) are left out, and so is the pooling.
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
        """Build; transformers initializes the backbone.

        Args:
            num_classes: C, at least 2.
            input_size: S in px.
            backbone: A model type that classifies images, such as vit, swin, convnextv2.
            resize: Side in px that the backbone sees, at least input_size; by default twice input_size.
            settings: Of its configuration, as `{hidden_size: 128, num_hidden_layers: 6, patch_size: 12}`; the
                others are those of the published base model, which is large.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If the type or a setting is unknown or cannot be used.
            MissingExtraError: If transformers is not installed.
        """
        super().__init__(num_classes, input_size)
        import_transformers()
        self.resize = 2 * input_size if resize is None else resize
        check_whole("resize", self.resize, input_size, why="input_size or more")
        name = f"transformers:{backbone}"
        try:
            with torch.inference_mode(False), torch.enable_grad():  # whatever the caller is at
                self.backbone = _build(backbone, self.resize, dict(settings or {}))
                maps = self._freeze_unused()
        except ConfigError:
            raise
        except Exception as error:  # its models fail in every way there is
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ConfigError(
                f"model {name!r} with resize={self.resize}, settings={dict(settings or {})} gives no maps of "
                f"an image ({reason})"
            ) from error
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
        last = self.backbone(pixel_values=ink).last_hidden_state
        if last.ndim == 4:
            return last
        side = math.isqrt(last.shape[1])
        return last[:, last.shape[1] - side * side :].transpose(1, 2).unflatten(2, (side, side))

    def _freeze_unused(self) -> Tensor:
        """Compute the maps of a blank image; what they do not depend on (a pooler) is never trained."""
        maps = self.eval().maps(torch.zeros(1, 1, self.input_size, self.input_size))
        maps.sum().backward()
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(parameter.grad is not None)
            parameter.grad = None
        self.train()
        return maps.detach()


def open_settings(name: str, model_type: str, known: Iterable[str], settings: Iterable[str]) -> Any:
    """Return the configuration of the published base model of a type, once all settings are known to it.

    Args:
        name: What it is, for the message.
        model_type: Of transformers.
        known: The types that will do.
        settings: Names of settings.

    Raises:
        ConfigError: If the type or a setting is unknown.
    """
    from transformers import AutoConfig

    if model_type not in known:
        raise ConfigError(f"{name} is unknown{list_choices(model_type, sorted(known))}")
    plain = AutoConfig.for_model(model_type)
    for key in settings:
        if not hasattr(plain, key):
            raise ConfigError(f"{name} has no setting {key!r}{list_choices(key, sorted(plain.to_dict()))}")
    return plain


def _build(backbone: str, resize: int, settings: dict[str, Any]) -> nn.Module:
    """Build the model without classes, random weights."""
    from transformers import AutoConfig, AutoModel
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as KNOWN

    plain = open_settings(f"model 'transformers:{backbone}'", backbone, KNOWN, settings)
    given: dict[str, Any] = {"num_channels": 1, "image_size": resize}
    if isinstance(getattr(plain, "image_size", None), list | tuple):
        given["image_size"] = [resize, resize]
    given = {key: value for key, value in given.items() if hasattr(plain, key)} | settings
    config = AutoConfig.for_model(backbone, **given)
    model_class = AutoModel._model_mapping[type(config)]
    if "add_pooling_layer" in inspect.signature(model_class.__init__).parameters:
        return AutoModel.from_config(config, add_pooling_layer=False)
    return AutoModel.from_config(config)
