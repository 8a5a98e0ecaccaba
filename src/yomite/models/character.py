"""What the families of the character task share: from maps over places to logits.

A family is a CharacterModel that fills in `maps`. Every channel of its last maps is weighted at each place
and summed over the places (a learned weight instead of the mean, after the global depthwise convolution of
MobileFaceNets, arXiv:1804.07573), then mapped to the embedding and to the classes. In evaluation mode all of
it is linear in the maps, so a logit is exactly a sum over places: it shows where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_share, check_whole
from yomite.models.heads import build_head

# Ink is sparse: the root mean square of images / 255 is about 0.3. No mean is taken off, so the background
# stays 0 and the zero padding of the convolutions goes on as blank paper.
INK_SCALE = 1 / 0.3


def scale_ink(images: Tensor) -> Tensor:
    """Uint8 (N, 1, S, S) -> float ink of about unit size, 0 where paper is."""
    return images.float() * (INK_SCALE / 255)


class CharacterModel(nn.Module):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    A family calls `add_head` last in its `__init__`, then initializes itself and calls `initialize_head`.
    """

    task = "character"
    objective = "classification"

    def __init__(self, num_classes: int, input_size: int) -> None:
        """Raise ConfigError for fewer than two classes."""
        super().__init__()
        if num_classes < 2:
            raise ConfigError(f"a model needs at least 2 classes, got {num_classes}; choose a larger charset")
        self.num_classes, self.input_size = num_classes, input_size

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S), 0 where paper is -> maps (N, K, h, w): what a family is."""
        raise NotImplementedError

    def add_head(
        self,
        width: int,
        side: int,
        *,
        embedding: int,
        pools: int,
        dropout: float,
        head: str | Mapping[str, Any],
    ) -> None:
        """Add what follows the maps.

        Args:
            width: K, channels of the maps.
            side: H = w of the maps.
            embedding: D, the size of the vector before the classes, at most pools * K.
            pools: M, how many weights each channel has at each place: its sums see so many different layouts.
            dropout: Share of the embedding dropped while learning, 0 <= dropout < 1.
            head: A name of yomite.models.heads.HEADS, or a mapping of its name and settings.

        Raises:
            ConfigError: If an argument is out of range.
        """
        check_whole("pools", pools)
        check_whole("embedding", embedding, 1, pools * width, "pools * last width")
        check_share("dropout", dropout)
        self.place_weight = nn.Parameter(torch.empty(pools, width, side, side))
        self.embed = nn.Linear(pools * width, embedding, bias=False)
        self.embed_norm = nn.BatchNorm1d(embedding)
        self.dropout = nn.Dropout(dropout)
        self.classifier = build_head(head, embedding, self.num_classes)

    def initialize_head(self) -> None:
        """Half the energy of a place weight is the mean over the places, half tells the places apart."""
        num_places = self.place_weight[0, 0].numel()
        nn.init.normal_(self.place_weight, mean=1.0, std=1.0)
        with torch.no_grad():
            self.place_weight /= (2 * num_places) ** 0.5
        nn.init.kaiming_normal_(self.embed.weight, nonlinearity="linear")
        self.classifier.initialize()

    def weigh(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, S, S) -> float maps (N, M * K, h, w), each weighted at each place."""
        maps = self.maps(scale_ink(images))
        return (maps[:, None] * self.place_weight).reshape(-1, self.embed.in_features, *maps.shape[2:])

    def forward(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, S, S) -> logits (N, C)."""
        embedding = self.embed_norm(self.embed(self.weigh(images).sum((-2, -1))))
        return self.classifier(self.dropout(embedding))

    def explain(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Uint8 images (N, 1, S, S) -> logits (N, C) as in evaluation mode, and features (N, R, h, w).

        The features are what each place adds to the embedding, its bias spread evenly: their sum over the
        places is the embedding as the head compares it with the classes, and
        `classifier.class_weights()[c] . features[:, y, x]` is exactly what place (y, x) adds to the logit of
        class c.
        """
        weighed, norm = self.weigh(images), self.embed_norm
        assert norm.running_mean is not None and norm.running_var is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight, bias = self.embed.weight * scale[:, None], norm.bias - norm.running_mean * scale
        logits = self.classifier(functional.linear(weighed.sum((-2, -1)), weight, bias))
        num_places = self.place_weight[0, 0].numel()
        features = functional.conv2d(weighed, weight[:, :, None, None], bias / num_places)
        return logits, self.classifier.project(features)

    def features(self, images: Tensor) -> Tensor:
        """Uint8 images (N, 1, S, S) -> float (N, R, h, w): the second half of `explain`."""
        return self.explain(images)[1]

    @torch.no_grad()
    def attention_maps(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Where the model looked: uint8 images (N, 1, S, S) -> float (N, h, w), 0..1.

        Class activation (Zhou et al., arXiv:1512.04150), here exact: what each place adds to the logit of the
        label, negative parts cut off, 1 at the strongest place; all 0 where no place speaks for it. To be
        called in evaluation mode.

        Args:
            images: The canvas images.
            labels: Int64 (N,), the classes in question; None takes the ones that are read.
        """
        logits, features = self.explain(images)
        return find_evidence(logits, features, self.classifier.class_weights(), labels)


def find_evidence(
    logits: Tensor, features: Tensor, class_weights: Tensor, labels: Tensor | None = None
) -> Tensor:
    """Compute what each place adds to the logit of a class, negative parts cut off: (N, h, w), 0..1.

    Args:
        logits: Float (N, C).
        features: Float (N, D, h, w).
        class_weights: Float (C, D).
        labels: Int64 (N,), the classes in question; None takes those of the highest logits.
    """
    weights = class_weights[logits.argmax(dim=1) if labels is None else labels]
    return to_unit(torch.einsum("nd,ndhw->nhw", weights, features).relu())


def to_unit(maps: Tensor) -> Tensor:
    """Non-negative (N, h, w) -> each divided by its largest value; a map of zeros stays one."""
    largest = maps.amax((-2, -1), keepdim=True)
    return maps / torch.where(largest > 0, largest, 1.0)


@contextmanager
def keep_embedding(model: nn.Module) -> Iterator[list[Tensor]]:
    """Yield a list that holds the embedding (N, D) after the model has run: what its classifier got."""
    kept: list[Tensor] = []
    classifier: nn.Module = model.classifier  # type: ignore[assignment]
    handle = classifier.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    try:
        yield kept
    finally:
        handle.remove()
