"""One self-describing safetensors file: weights, model, charset, config, progress. Nothing is ever unpickled.

Tensors are `model.<name>`, and in a training checkpoint also `objective.<name>`, `ema.<name>` and
`optimizer.<parameter>.<state>`. The metadata are strings: format_version, kind ("weights" or "checkpoint"),
model, charset, config, progress (JSON), commit, checksum. A file of format version 2 has tensors of int8,
each with `scales.<its name>`, float32 (R,), that its rows (along the first axis) are multiplied with.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from yomite.errors import ConfigError, ModelFileError
from yomite.extensions import is_custom
from yomite.files import write_whole
from yomite.models import build, is_built_in

FORMAT_VERSION, BYTES_VERSION = "1", "2"
MAX_INPUT_SIZE = 4096
"""px; a larger one in a damaged file would take all memory."""

Storage = Literal["float32", "float16", "int8"]
_MIN_BYTES = 10_000
"""Tensors of so many numbers are stored as int8; smaller ones as float16."""

_SCALES = "scales."


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Attributes:
        kind: "weights" (to use and to fine-tune from) or "checkpoint" (to resume from).
        model: Name, arguments, num_classes and input_size, as yomite.models.build takes them.
        characters: The charset in label order.
        tensors: Named tensors, floats in float32.
        config: The run's configuration as plain data.
        progress: Step, epoch, samples, seed, and scores.
        commit: The commit of the code that wrote it, "" if unknown.
    """

    kind: str
    model: dict[str, Any]
    characters: tuple[str, ...]
    tensors: dict[str, Tensor]
    config: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
    commit: str = ""

    def section(self, name: str) -> dict[str, Tensor]:
        """Return the tensors called `<name>.…`, without that prefix."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)
        }


def write_checkpoint(path: str | Path, checkpoint: Checkpoint, *, storage: Storage = "float32") -> None:
    """Write a checkpoint whole: the path holds the old or the new file, never a part.

    Args:
        path: The file to write.
        checkpoint: What it holds.
        storage: Of matrices and kernels; vectors (norms, biases) stay float32. int8 is for the large ones,
            each row with a scale of its own; the others are float16 then.
    """
    path = Path(path)
    tensors = {}
    for name, tensor in checkpoint.tensors.items():
        # Tied ones are written twice, hence a copy.
        tensor = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        if storage == "float32" or not tensor.is_floating_point() or tensor.ndim < 2:
            tensors[name] = tensor
        elif storage == "float16" or tensor.numel() < _MIN_BYTES:
            tensors[name] = tensor.half()
        else:
            rows = tensor.float().flatten(1)
            scales = rows.abs().amax(dim=1).clamp_min(1e-30) / 127
            tensors[name] = (rows / scales[:, None]).round().to(torch.int8).view(tensor.shape)
            tensors[_SCALES + name] = scales
    metadata = {
        "format_version": BYTES_VERSION if storage == "int8" else FORMAT_VERSION,
        "kind": checkpoint.kind,
        "model": json.dumps(checkpoint.model),
        "charset": json.dumps(checkpoint.characters, ensure_ascii=False),
        "config": json.dumps(checkpoint.config, ensure_ascii=False),
        "progress": json.dumps(checkpoint.progress, ensure_ascii=False),
        "commit": checkpoint.commit,
        "checksum": _sum_up(tensors),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, save(tensors, metadata))


def _sum_up(tensors: dict[str, Tensor]) -> str:
    """Compute a checksum over names and bytes: a file of the right length may still hold wrong ones."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a file that write_checkpoint wrote; float16 and int8 come back as float32.

    Raises:
        ModelFileError: If it is missing, damaged, not of yomite, or of another version.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise ModelFileError(
            f"model file {path} is not there; give a .safetensors file that `yomite train` wrote"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFileError(
            f"model file {path} is damaged or no safetensors file ({error}); get it again"
        ) from error
    if "checksum" in metadata and metadata["checksum"] != _sum_up(tensors):
        raise ModelFileError(f"model file {path} is damaged (its checksum is wrong); get it again")
    version = metadata.get("format_version")
    if version not in (FORMAT_VERSION, BYTES_VERSION):
        found = f"format version {version!r}" if version else "no format version (not written by yomite)"
        raise ModelFileError(
            f"model file {path} has {found}; this yomite reads versions {FORMAT_VERSION} and {BYTES_VERSION}"
        )
    try:
        model, characters = json.loads(metadata["model"]), tuple(json.loads(metadata["charset"]))
        config, progress = json.loads(metadata["config"]), json.loads(metadata["progress"])
        kind, num_classes = metadata["kind"], model["num_classes"]
        _check_description(model)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"model file {path} has damaged metadata ({error}); get it again") from error
    if num_classes != len(characters):
        raise ModelFileError(
            f"model file {path}: {num_classes} classes but {len(characters)} characters; get it again"
        )
    try:
        tensors = {
            name: _to_float(tensor, tensors.get(_SCALES + name))
            for name, tensor in tensors.items()
            if not name.startswith(_SCALES)
        }
    except RuntimeError as error:
        raise ModelFileError(f"model file {path} has damaged scales ({error}); get it again") from error
    return Checkpoint(kind, model, characters, tensors, config, progress, metadata.get("commit", ""))


def _to_float(tensor: Tensor, scales: Tensor | None) -> Tensor:
    if scales is not None:
        return (tensor.flatten(1) * scales[:, None]).view(tensor.shape)
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def _check_description(model: dict[str, Any]) -> None:
    """Refuse what no build of a model could take."""
    if not isinstance(model["name"], str) or not isinstance(model["arguments"], dict):
        raise TypeError("model: a name and arguments are due")
    size = model["input_size"]
    if not isinstance(size, int) or not 1 <= size <= MAX_INPUT_SIZE:
        raise ValueError(f"model: input_size {size}, from 1 to {MAX_INPUT_SIZE}")


def load_model(
    checkpoint: Checkpoint, *, section: str | None = None, allow_custom: bool = False
) -> nn.Module:
    """Build the model that a file describes and fill it, in evaluation mode.

    Args:
        checkpoint: From read_checkpoint.
        section: "model" or "ema"; by default the moving average where the file has one.
        allow_custom: Runs the code of a model that is not built in, `package.module:callable`. Only for files
            whose maker is trusted.

    Raises:
        ModelFileError: If the model is unknown here or the tensors do not fit it.
    """
    name = str(checkpoint.model.get("name"))
    if is_custom(name) and not is_built_in(name) and not allow_custom:
        raise ModelFileError(
            f"the file's model is code of its own ({name}), which loading would run; "
            "if you trust it, type --allow-custom (in Python: allow_custom=True)"
        )
    section = section or ("ema" if checkpoint.section("ema") else "model")
    try:
        model = build(
            checkpoint.model["name"],
            checkpoint.model["num_classes"],
            checkpoint.model["input_size"],
            **checkpoint.model["arguments"],
        )
    except (ConfigError, KeyError, TypeError, ValueError, RuntimeError, MemoryError) as error:
        (why, *_) = str(error).splitlines() or ["too little memory"]
        raise ModelFileError(
            f"the file's model cannot be built ({why}); use the yomite that wrote it"
        ) from error
    fill_model(model, checkpoint.section(section))
    return model.eval()


def extract_weights(checkpoint: Checkpoint) -> Checkpoint:
    """Return the part to use and to fine-tune from: the moving average where there is one, no optimizer."""
    section = checkpoint.section("ema") or checkpoint.section("model")
    return replace(
        checkpoint, kind="weights", tensors={f"model.{name}": tensor for name, tensor in section.items()}
    )


def fill_model(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy tensors into a model, each of its parameters and buffers exactly once.

    Raises:
        ModelFileError: If one is missing, left over or of another shape.
    """
    own = model.state_dict()
    for name in sorted(own.keys() | tensors.keys()):
        came = tuple(tensors[name].shape) if name in tensors else "nothing"
        wanted = tuple(own[name].shape) if name in own else "nothing"
        if came != wanted:
            raise ModelFileError(
                f"tensor {name!r}: the file has {came}, the model {wanted}; the model is another one"
            )
    model.load_state_dict(tensors)
