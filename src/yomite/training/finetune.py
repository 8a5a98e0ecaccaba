"""Fine-tuning: released weights -> the start of a run with another character set."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, extract_weights
from yomite.errors import ModelFileError


def find_weights(name_or_path: str) -> Path:
    """Return the path of a released model's weights by its name (yomite-character), or the path itself."""
    released = Path(str(resources.files("yomite"))) / "released" / f"{name_or_path}.safetensors"
    return released if released.is_file() else Path(name_or_path)


def fill_from_weights(model: nn.Module, charset: Charset, weights: Checkpoint) -> int:
    """Copy weights into a fresh model; rows of `classifier` go by character, new characters keep their
    fresh rows. For another input size the weights of the places are resampled; all others see pixels alike.

    Returns:
        How many of the charset's characters the weights know.

    Raises:
        ModelFileError: If the two models differ in more than their classes.
    """
    tensors, own = extract_weights(weights).section("model"), model.state_dict()
    by_class_names = [name for name in ("classifier.weight", "classifier.bias") if name in own]
    if "place_weight" in own and "place_weight" in tensors:
        tensors["place_weight"] = _resample_places(tensors["place_weight"], own["place_weight"])
    fresh = tuple(getattr(model, "fresh", ()))
    for name in own.keys() - tensors.keys() if fresh else ():
        if name.startswith(fresh):
            tensors[name] = own[name]
    for name in sorted(own.keys() | tensors.keys()):
        came = tuple(tensors[name].shape) if name in tensors else None
        wanted = tuple(own[name].shape) if name in own else None
        by_class = name in by_class_names and came and wanted and came[1:] == wanted[1:]
        if came != wanted and not by_class:
            raise ModelFileError(
                f"init_from: tensor {name!r} is {came} in the file and {wanted} in the model; "
                f"copy the file's model section into the config: {weights.model}"
            )
    label_by_character = {character: label for label, character in enumerate(weights.characters)}
    known = [label for label, character in enumerate(charset.characters) if character in label_by_character]
    source = torch.tensor(
        [label_by_character[charset.characters[label]] for label in known], dtype=torch.long
    )
    for name in by_class_names:
        rows = own[name].clone()
        rows[known] = tensors[name][source]
        # The blank or the end of a line comes after the characters; a character model has none.
        others = tensors[name][len(weights.characters) :]
        if len(rows) == len(charset) + len(others):
            rows[len(charset) :] = others
        tensors[name] = rows
    model.load_state_dict(tensors)
    return len(known)


def _resample_places(came: Tensor, wanted: Tensor) -> Tensor:
    """(M, K, h, w) -> the height and width of `wanted`, the sum over the places kept: as many pixels of ink
    lie under each weight as were there before."""
    if came.shape == wanted.shape or came.shape[:2] != wanted.shape[:2]:
        return came
    places = functional.interpolate(came, wanted.shape[2:], mode="bilinear", align_corners=False)
    return places * (came[0, 0].numel() / wanted[0, 0].numel())
