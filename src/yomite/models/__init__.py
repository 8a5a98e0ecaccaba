"""Networks: images -> logits. They know no characters, files or configs.

Every model of the character task takes uint8 images (N, 1, S, S), ink bright on 0, normalizes them itself,
and has (C classes, h x w places):

- `task` and `input_size`;
- `forward(images)`: float logits (N, C);
- `features(images)`: float (N, D, h, w), whose sum over the places is the embedding;
- `explain(images)`: both, as in evaluation mode;
- `attention_maps(images, labels=None)`: float (N, h', w'), 0..1, where it looked;
- `classifier`: a head (heads.py) whose rows are the classes (fine-tuning maps them by character).

A new family is one file here, a CharacterModel that fills in `maps`, and one line in ARCHITECTURES. Nothing
here imports torch before a model is built, so that the list can be shown without it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from yomite.errors import ConfigError
from yomite.extensions import is_custom, load_callable, refuse_name

if TYPE_CHECKING:
    from torch import nn


class Architecture(NamedTuple):
    """Where a family is, as `module:class` of this folder, what it is in a few words, and for which task."""

    path: str
    summary: str
    task: str = "character"


ARCHITECTURES: dict[str, Architecture] = {
    "residual": Architecture("residual:ResidualNet", "the released network: residual, smoothly downsampled"),
    "resnet": Architecture("resnet:ResNet", "the classic residual network, with basic blocks"),
    "efficientnet": Architecture(
        "efficientnet:EfficientNet", "depthwise convolutions with channel attention"
    ),
    "vit": Architecture("vit:VisionTransformer", "patches as tokens, with learned or 2-D sine positions"),
    "swin": Architecture("swin:SwinTransformer", "attention in windows that shift from block to block"),
    "hybrid": Architecture("hybrid:Hybrid", "a convolutional stem, then a Transformer encoder"),
    "sliding": Architecture(
        "sliding:SlidingNet", "lines: the released network slid along the line (objective ctc)", "line"
    ),
    "crnn": Architecture(
        "crnn:CRNN", "lines: convolutions, then a bidirectional LSTM (objective ctc)", "line"
    ),
    "vit_ctc": Architecture(
        "vit_ctc:ViTCTC", "lines: a Vision Transformer read by columns (objective ctc)", "line"
    ),
    "encoder_decoder": Architecture(
        "encoder_decoder:EncoderDecoder", "lines: an encoder sees, a decoder writes (teacher_forcing)", "line"
    ),
    "transformers:VisionEncoderDecoder": Architecture(
        "vision_encoder_decoder:VisionEncoderDecoder",
        "lines: TrOCR of transformers, or a folder of its weights (teacher_forcing)",
        "line",
    ),
    "finder": Architecture("finder:LineFinder", "pages: finds their lines (objective finding)", "page"),
    "ink_finder": Architecture(
        "ink_finder:InkFinder", "paper: tells a character from what is printed (objective erasing)", "ink"
    ),
    "generator": Architecture(
        "generator:InkGenerator", "hands: draws ink, a U-Net of diffusers (objective denoising)", "hand"
    ),
}

# Backbones of other libraries, as `torchvision:resnet18`: random weights, the head of every family here.
LIBRARIES: dict[str, Architecture] = {
    "torchvision": Architecture(
        "from_torchvision:TorchvisionBackbone", "a classifier of torchvision, such as torchvision:resnet18"
    ),
    "transformers": Architecture(
        "from_transformers:TransformersBackbone", "an image model of transformers, such as transformers:vit"
    ),
}


def build(name: str, num_classes: int, input_size: int, **arguments: Any) -> nn.Module:
    """Build a freshly initialized model.

    Args:
        name: A key of ARCHITECTURES, `torchvision:<name>`, `transformers:<model type>`, or one's own
            `package.module:callable`.
        num_classes: C, the number of characters.
        input_size: S, the side of the canvas in px.
        arguments: What the family takes: see its class.

    Raises:
        ConfigError: If the name or an argument is unknown or out of range.
        MissingExtraError: If the library of a backbone is not installed.
    """
    given: dict[str, Any] = {"num_classes": num_classes, "input_size": input_size}
    library, _, backbone = name.partition(":")
    if library in LIBRARIES and name not in ARCHITECTURES:
        given["backbone"] = backbone
    family = find_family(name)
    allowed = [key for key in inspect.signature(family).parameters if key not in given]
    unknown = sorted(set(arguments) - set(allowed))
    if unknown:
        raise ConfigError(f"model {name!r} has no argument {unknown[0]!r}; it takes: {', '.join(allowed)}")
    return family(**given, **arguments)


def find_family(name: str) -> Callable[..., nn.Module]:
    """Return the class behind a name.

    Raises:
        ConfigError: If there is none.
    """
    library, colon, _ = name.partition(":")
    known = ARCHITECTURES.get(name) or (LIBRARIES.get(library) if colon else None)
    if known:
        return load_callable(f"{__name__}.{known.path}", "model.name")
    if is_custom(name):
        return load_callable(name, "model.name")
    raise refuse_name(name, [*ARCHITECTURES, *(f"{library}:<name>" for library in LIBRARIES)], "model.name")


def is_built_in(name: str) -> bool:
    """Whether building it runs no code but that of yomite and of its libraries."""
    return name in ARCHITECTURES or (":" in name and name.partition(":")[0] in LIBRARIES)
