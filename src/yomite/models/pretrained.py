"""The parts of VisionEncoderDecoder of transformers: their configurations, and a folder of their weights."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from yomite.errors import ConfigError
from yomite.models.from_transformers import open_settings

MODEL_TYPE = "vision-encoder-decoder"
ENCODER = {
    "model_type": "vit",
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "intermediate_size": 768,
    "patch_size": 8,
    "initializer_range": 0.07,  # 1 / sqrt(192); with the 0.02 of large models no small one learns to look
}
DECODER = {
    "model_type": "trocr",
    "d_model": 192,
    "decoder_layers": 3,
    "decoder_attention_heads": 6,
    "decoder_ffn_dim": 768,
    "init_std": 0.07,
}
FITTED = ("image_size", "num_channels", "max_position_embeddings")
"""Settings that follow from the line unless they are given, so they are always told."""

NO_SETTINGS = {
    "architectures",
    "dtype",
    "transformers_version",
    "vocab_size",
    "is_decoder",
    "add_cross_attention",
}
"""Keys of a configuration that say nothing of the network, or that follow from the rest."""


def open_part(
    part: str,
    settings: Mapping[str, Any],
    small: Mapping[str, Any],
    known: Iterable[str],
    ours: Mapping[str, Any],
) -> Any:
    """Return the configuration of the encoder or the decoder.

    Args:
        part: Which of them, for messages.
        settings: As they were given.
        small: Instead of the published base model's; only of its own model_type.
        known: The types that will do.
        ours: What follows from the line, where a type has it, unless it is given.

    Raises:
        ConfigError: If a setting is unknown or cannot be used.
    """
    from transformers import AutoConfig

    model_type = settings.get("model_type", small["model_type"])
    plain = open_settings(f"model argument {part}: {model_type!r}", model_type, known, settings)
    given = {key: value for key, value in ours.items() if hasattr(plain, key)}
    if model_type == small["model_type"]:
        given |= small
    given |= settings
    try:
        return AutoConfig.for_model(**given | {"model_type": model_type})
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"model argument {part}={dict(settings)} cannot be used ({reason})") from error


def describe_part(config: Any, small: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that give this configuration again."""
    from transformers import AutoConfig

    plain = AutoConfig.for_model(config.model_type).to_dict()
    kept = {key: value for key, value in config.to_dict().items() if key in plain}
    changed = {key: value for key, value in kept.items() if key in small or value != plain[key]}
    changed |= {key: getattr(config, key) for key in FITTED if hasattr(config, key)}
    return {"model_type": config.model_type} | {k: v for k, v in changed.items() if k not in NO_SETTINGS}


def read_config(folder: str) -> Any:
    """Return the configuration that a folder of pretrained weights holds.

    Raises:
        ConfigError: If it is not there, has no safetensors, or holds another type of model.
    """
    from transformers import AutoConfig

    path, due = Path(folder), "give a local folder with config.json and model.safetensors"
    if not path.is_dir():
        raise ConfigError(f"model argument pretrained: there is no folder {folder}; {due}")
    if not (path / "config.json").is_file():
        raise ConfigError(f"model argument pretrained: {folder} has no config.json; {due}")
    if not list(path.glob("*.safetensors")):
        raise ConfigError(
            f"model argument pretrained: {folder} has no model.safetensors, and no pickle is opened; "
            "save it with save_pretrained of transformers"
        )
    try:
        described = json.loads((path / "config.json").read_text(encoding="utf-8"))
        model_type = described.get("model_type")
        if model_type == MODEL_TYPE:
            return AutoConfig.from_pretrained(path, local_files_only=True)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"model argument pretrained: {folder}/config.json is damaged ({reason})") from error
    raise ConfigError(
        f"model argument pretrained: {folder} holds a model of type {model_type!r}; it must be {MODEL_TYPE!r}"
    )


def build_network(config: Any) -> Any:
    """Build a VisionEncoderDecoderModel with random weights, whose decoder can tell where it looked."""
    from transformers import VisionEncoderDecoderModel

    model: Any = VisionEncoderDecoderModel(config)
    model.decoder.set_attn_implementation("eager")  # the fast ones do not tell where they looked
    for module in model.decoder.modules():
        if isinstance(
            table := vars(module).get("weights"), Tensor
        ):  # sinusoidal positions stay behind on the CPU
            del module.weights
            module.register_buffer("weights", table, persistent=False)
    return model


def load_pretrained(folder: str, config: Any, old_size: int) -> nn.Module:
    """Read pretrained weights; only what has a row for each token may differ from the configuration.

    The module that transformers fills is not used itself: its sinusoidal positions have no values.
    """
    from transformers import VisionEncoderDecoderModel

    loaded: Any = VisionEncoderDecoderModel.from_pretrained(
        folder,
        config=config,
        local_files_only=True,
        use_safetensors=True,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        dtype=torch.float32,
    )
    model, info = loaded
    missing = sorted(name for name in info["missing_keys"] if "pooler" not in name)
    missing += sorted(name for name, came, _ in info["mismatched_keys"] if came[0] != old_size)
    if missing:
        raise ConfigError(f"model argument pretrained: {folder} lacks tensor {missing[0]!r}; get it again")
    return model


@contextlib.contextmanager
def keep_quiet() -> Iterator[None]:
    """Keep transformers from printing what it initializes; errors come as exceptions."""
    from transformers.utils import logging

    level, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bar:
            logging.enable_progress_bar()
