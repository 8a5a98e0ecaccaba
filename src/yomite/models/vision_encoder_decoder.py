"""VisionEncoderDecoder of transformers (Hugging Face), the network of TrOCR: a ViT sees, a decoder writes.

TrOCR: Li et al., arXiv:2109.10282. From configuration, or from a local folder of pretrained weights. Nothing
is downloaded, and no pickle is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_whole
from yomite.models.character import scale_ink, to_unit
from yomite.models.decoding import check_length, map_attention
from yomite.models.from_transformers import import_transformers
from yomite.models.pretrained import (
    DECODER,
    ENCODER,
    build_network,
    describe_part,
    keep_quiet,
    load_pretrained,
    open_part,
    read_config,
)

NAME = "transformers:VisionEncoderDecoder"
EMS = 16
"""How many times as wide as high a picture of the encoder is, unless it is configured."""

MOST_OTHERS = 8
"""Tokens of no place (class, registers) that an encoder may have before those of the places."""


class VisionEncoderDecoder(nn.Module):
    """uint8 images (N, 1, H, W) and targets int64 (N, L) -> logits (N, L + 1, C + 1), the end last.

    An encoder of transformers has pictures of one size, `image_size`: a strip is scaled to their height and
    begins on the left, paper fills the rest, and a line that is too long is squeezed. With one channel the
    encoder sees ink bright on 0; with three what published weights have seen, dark on white, from -1 to 1.

    One token, the last class, begins and ends a line; another pads and is never written. Trained and decoded
    as `encoder_decoder` is.
    """

    task = "line"
    objective = "teacher_forcing"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        encoder: Mapping[str, Any] | None = None,
        decoder: Mapping[str, Any] | None = None,
        pretrained: str | None = None,
        max_length: int = 64,
    ) -> None:
        """Build; transformers initializes what is not pretrained.

        Args:
            num_classes: C, at least 2.
            input_size: H in px.
            encoder: Settings of its configuration, as `{hidden_size: 128, patch_size: [16, 8]}`; with another
                `model_type` than vit the others are those of the published base model, which is large.
            decoder: The same, of a `model_type` that can attend to pictures; by default trocr.
            pretrained: Instead, a folder with config.json and model.safetensors. Where its vocabulary has
                another size, its embedding of tokens and its output layer begin fresh.
            max_length: Characters of the longest line.

        Raises:
            ConfigError: If an argument or a setting cannot be used, or the folder holds no such model.
            MissingExtraError: If transformers is not installed.
        """
        super().__init__()
        if num_classes < 2:
            raise ConfigError(f"a model needs at least 2 classes, got {num_classes}; choose a larger charset")
        check_whole("max_length", max_length)
        check_whole("input_size", input_size)
        if pretrained is not None and (encoder or decoder):
            raise ConfigError(
                "model arguments encoder and decoder are those of the pretrained folder; leave them out"
            )
        import_transformers()
        self.num_classes, self.input_size, self.max_length = num_classes, input_size, max_length
        config = (
            self._configure(encoder or {}, decoder or {}) if pretrained is None else read_config(pretrained)
        )
        shared = config.decoder
        shared.vocab_size, old_size = num_classes + 2, shared.vocab_size
        if shared.pad_token_id is None or not 0 <= shared.pad_token_id < shared.vocab_size:
            shared.pad_token_id = num_classes + 1
        self.padding: int = shared.pad_token_id
        self.built_from = {
            "encoder": describe_part(config.encoder, ENCODER),
            "decoder": describe_part(shared, DECODER),
            "max_length": max_length,
        }
        """Arguments that give the same network without the folder; a file of weights keeps these."""
        positions = getattr(shared, "max_position_embeddings", None)
        if isinstance(positions, int) and positions <= max_length:
            raise ConfigError(
                f"model argument max_length={max_length}; this decoder has {positions} positions, "
                f"one of them for the beginning, so give {positions - 1} at most"
            )
        try:
            with torch.inference_mode(False), torch.enable_grad(), keep_quiet():  # whatever the caller is at
                self.model = build_network(config)
                if pretrained is not None:
                    self.model.load_state_dict(load_pretrained(pretrained, config, old_size).state_dict())
                self.height, self.width = _pair(config.encoder.image_size)
                self.grid = self._freeze_unused()
        except ConfigError:
            raise
        except Exception as error:  # its models fail in every way there is
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            given = {"encoder": encoder, "decoder": decoder, "pretrained": pretrained}
            shown = ", ".join(f"{key}={value}" for key, value in given.items() if value)
            raise ConfigError(
                f"model {NAME!r} with {shown or 'its defaults'} reads no line ({reason})"
            ) from error

    def _configure(self, encoder: Mapping[str, Any], decoder: Mapping[str, Any]) -> Any:
        """Return the configuration of a model with random weights."""
        from transformers import VisionEncoderDecoderConfig
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as DECODERS
        from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as SEE

        seen = {"image_size": [self.input_size, EMS * self.input_size], "num_channels": 1}
        written = {"max_position_embeddings": self.max_length + 1}
        return VisionEncoderDecoderConfig.from_encoder_decoder_configs(
            open_part("encoder", encoder, ENCODER, SEE, seen),
            open_part("decoder", decoder, DECODER, DECODERS, written),
        )

    @property
    def end(self) -> int:
        """The class that ends a line, after the characters."""
        return self.num_classes

    @property
    def longest(self) -> int:
        """The px of a strip that the encoder sees without squeezing it."""
        return max(1, self.width * self.input_size // self.height)

    def encode(self, images: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Uint8 images (N, 1, H, W) -> memory (N, T, K), the places last, and how many (h, w) they are."""
        pixels = self._fit(images)
        if (channels := self.model.encoder.config.num_channels) > 1:
            pixels = (1 - 2 * pixels).expand(-1, channels, -1, -1)
        else:
            pixels = scale_ink(255 * pixels)
        memory = self.model.encoder(pixel_values=pixels).last_hidden_state
        project = getattr(self.model, "enc_to_dec_proj", None)
        return (memory if project is None else project(memory)), self.grid

    def _fit(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, H, W) -> float ink 0..1 (N, 1, h, w) of the encoder's size."""
        room = functional.pad(images, (0, max(0, self.longest - images.shape[3])))[..., : self.longest]
        fitted = room.float() / 255
        for line, width in enumerate(_measure(images)):
            if width > self.longest:
                whole = images[line : line + 1, ..., :width].float() / 255
                size = (self.input_size, self.longest)
                fitted[line : line + 1] = functional.interpolate(whole, size, mode="bilinear", antialias=True)
        if fitted.shape[2:] == (self.height, self.width):
            return fitted
        return functional.interpolate(fitted, (self.height, self.width), mode="bilinear", antialias=True)

    def decode(self, memory: Tensor, written: Tensor, attentions: list[Tensor] | None = None) -> Tensor:
        """Memory (N, T, K) and labels int64 (N, L) written so far -> logits (N, L + 1, C + 1).

        Args:
            memory: From encode.
            written: Labels.
            attentions: Takes the mean of the heads' attention to the places of each block, (N, L + 1, h * w).

        Raises:
            ConfigError: If more is written than max_length.
        """
        check_length(written, self.max_length)
        labels = functional.pad(written, (1, 0), value=self.end)
        out = self.model.decoder(
            input_ids=labels + (labels >= self.padding),  # the padding keeps its number
            encoder_hidden_states=memory,
            use_cache=False,
            output_attentions=attentions is not None,
        )
        if attentions is not None:
            places = self.grid[0] * self.grid[1]
            attentions += [attention.mean(1)[..., -places:] for attention in out.cross_attentions]
        return torch.cat([out.logits[..., : self.padding], out.logits[..., self.padding + 1 :]], dim=2)

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        """Logits (N, L + 1, C + 1) of what follows each beginning of the targets, int64 (N, L)."""
        return self.decode(self.encode(images)[0], targets)

    @torch.no_grad()
    def attention_maps(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Where it read the line that it writes: uint8 images (N, 1, H, W) -> float (N, h, w), 0..1.

        The decoder's attention to the places, the mean of its blocks and heads, summed over the characters.

        Args:
            images: The lines.
            labels: Int64 (N,), one character for each line: only its steps count; None: all of them.
        """
        return to_unit(self._spread(map_attention(self, images, labels), images))

    def _spread(self, maps: Tensor, images: Tensor) -> Tensor:
        """Undo `_fit` in maps: float (N, h, w) of the encoder's picture -> (N, h, w') of the whole strips."""
        columns = maps.shape[2]
        wide = max(columns, -(-columns * images.shape[3] // self.longest))
        spread = functional.pad(maps, (0, wide - columns))
        for line, width in enumerate(_measure(images)):
            if width > self.longest:
                size = (maps.shape[1], -(-columns * width // self.longest))
                line_map = functional.interpolate(maps[line : line + 1, None], size, mode="bilinear")[0, 0]
                spread[line, :, : size[1]] = line_map
        return spread[..., : -(-columns * images.shape[3] // self.longest)]

    def _freeze_unused(self) -> tuple[int, int]:
        """Read a blank line; what its logits do not depend on (a pooler) is never trained.

        Returns:
            How many places (h, w) the encoder's tokens are.
        """
        self.grid = (1, 1)
        blank = torch.zeros((1, 1, self.input_size, 1), dtype=torch.uint8)
        memory = self.eval().encode(blank)[0]
        grid = _find_grid(memory, self.height, self.width, self.model.encoder.config)
        attentions: list[Tensor] = []
        self.decode(memory, torch.zeros((1, 1), dtype=torch.long), attentions).sum().backward()
        if not attentions:
            raise ConfigError(f"model {NAME!r}: this decoder does not attend to the picture; choose another")
        for parameter in self.parameters():
            parameter.requires_grad_(parameter.grad is not None)
            parameter.grad = None
        self.train()
        return grid


def _find_grid(memory: Tensor, height: int, width: int, config: Any) -> tuple[int, int]:
    """Return how many places (h, w) the last of the tokens (N, T, K) stand for."""
    tokens = memory.shape[1] if memory.ndim == 3 else 0
    rows, columns = _pair(getattr(config, "patch_size", 1))
    for halvings in range(6):  # as swin merges patches
        grid = height // (rows << halvings), width // (columns << halvings)
        if 0 <= tokens - grid[0] * grid[1] <= MOST_OTHERS and min(grid) > 0:
            return grid
    raise ConfigError(
        f"model {NAME!r}: the tokens of an encoder of type {config.model_type!r} are no patches; choose vit"
    )


def _measure(images: Tensor) -> list[int]:
    """Return the px of each image up to the end of its ink, uint8 (N, 1, H, W)."""
    has_ink = (images != 0).any(2)[:, 0]
    last = torch.arange(1, images.shape[3] + 1, device=images.device)
    return (has_ink * last).amax(1).tolist()


def _pair(size: Any) -> tuple[int, int]:
    """Height and width of a size, which may be one number."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
