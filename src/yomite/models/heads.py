"""Heads: the embedding of an image -> a logit for each class.

Every head is linear in what it compares with the classes: `logits = project(embedding) @ class_weights().T +
bias`. So what each place adds to a logit stays exact, and the model file keeps its contract.

- `forward(embedding)`: float (N, D) -> logits (N, C)
- `project(features)`: float (N, D, h, w) -> (N, R, h, w), whose sum over places is compared with the classes
- `class_weights()`: float (C, R)

The rows of `weight` (and of `bias`, where there is one) are the classes: fine-tuning maps them by character.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.extensions import check_whole, list_choices


class LinearHead(nn.Linear):
    """logits = embedding @ weight.T + bias: (N, D) -> (N, C)."""

    def __init__(self, embedding: int, num_classes: int) -> None:
        super().__init__(embedding, num_classes)

    def initialize(self) -> None:
        """Logits of unit variance for an embedding of unit variance."""
        nn.init.normal_(self.weight, std=self.in_features**-0.5)
        nn.init.zeros_(self.bias)

    def project(self, features: Tensor) -> Tensor:
        """Nothing to do: (N, D, h, w)."""
        return features

    def class_weights(self) -> Tensor:
        """(C, D)."""
        return self.weight


class CosineHead(nn.Module):
    """logits = scale * cos(embedding, weight): (N, D) -> (N, C), without bias.

    NormFace: Wang et al., arXiv:1704.06369. An angular margin (ArcFace, arXiv:1801.07698; CosFace,
    arXiv:1801.09414) belongs to the objective: `logits / head.scale` are the cosines.
    """

    def __init__(
        self, embedding: int, num_classes: int, scale: float = 16.0, learned_scale: bool = True
    ) -> None:
        """Build.

        Args:
            embedding: D.
            num_classes: C.
            scale: What cosines are multiplied by, above 0. For a probability p of the right one among C
                classes, the others at right angles, it must be log((C - 1) p / (1 - p)): 13.4 for 99 %
                of 6,612.
            learned_scale: Whether training changes it; margins are usually given a fixed one.

        Raises:
            ConfigError: If the scale is not above 0.
        """
        super().__init__()
        if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale < 1e4:
            raise ConfigError(f"head setting scale={scale!r}; it takes a number above 0, as 16")
        if type(learned_scale) is not bool:
            raise ConfigError(f"head setting learned_scale={learned_scale!r}; it takes true or false")
        self.weight = nn.Parameter(torch.empty(num_classes, embedding))
        log_scale = torch.tensor(float(scale)).log()
        if learned_scale:
            self.log_scale = nn.Parameter(log_scale)  # the logarithm: steps in proportion, never below 0
        else:
            self.register_buffer("log_scale", log_scale)

    @property
    def scale(self) -> Tensor:
        """What the cosines are multiplied by: float ()."""
        return self.log_scale.exp()

    def initialize(self) -> None:
        """Directions alike over the sphere; their length plays no part."""
        nn.init.normal_(self.weight, std=self.weight.shape[1] ** -0.5)

    def forward(self, embedding: Tensor) -> Tensor:
        """One logit a class."""
        return self.scale * functional.linear(functional.normalize(embedding), self.class_weights())

    def project(self, features: Tensor) -> Tensor:
        """Each place's part of scale * embedding / |embedding|: (N, D, h, w)."""
        length = features.sum((-2, -1), keepdim=True).norm(dim=1, keepdim=True).clamp_min(1e-12)
        return features * (self.scale / length)

    def class_weights(self) -> Tensor:
        """(C, D), each of length 1."""
        return functional.normalize(self.weight)


class LowRankHead(nn.Module):
    """logits = (embedding @ reduce.T) @ weight.T + bias: (N, D) -> (N, R) -> (N, C).

    A class matrix of rank R: (D + C) * R numbers instead of D * C (Sainath et al., Low-rank matrix
    factorization for deep neural network training with high-dimensional output targets, ICASSP 2013).
    """

    def __init__(self, embedding: int, num_classes: int, rank: int = 64) -> None:
        """Build.

        Args:
            embedding: D.
            num_classes: C.
            rank: R, at most D.

        Raises:
            ConfigError: If the rank is out of range.
        """
        super().__init__()
        check_whole("head.rank", rank, 1, embedding, "the embedding")
        self.reduce = nn.Linear(embedding, rank, bias=False)
        self.weight = nn.Parameter(torch.empty(num_classes, rank))
        self.bias = nn.Parameter(torch.empty(num_classes))

    def initialize(self) -> None:
        """Logits of unit variance for an embedding of unit variance."""
        nn.init.orthogonal_(self.reduce.weight)
        nn.init.normal_(self.weight, std=self.weight.shape[1] ** -0.5)
        nn.init.zeros_(self.bias)

    def forward(self, embedding: Tensor) -> Tensor:
        """One logit a class."""
        return functional.linear(self.reduce(embedding), self.weight, self.bias)

    def project(self, features: Tensor) -> Tensor:
        """(N, D, h, w) -> (N, R, h, w)."""
        return functional.conv2d(features, self.reduce.weight[:, :, None, None])

    def class_weights(self) -> Tensor:
        """(C, R)."""
        return self.weight


Head = LinearHead | CosineHead | LowRankHead

HEADS: dict[str, Callable[..., Head]] = {
    "linear": LinearHead,
    "cosine": CosineHead,
    "low_rank": LowRankHead,
}
SETTINGS = {"linear": (), "cosine": ("scale", "learned_scale"), "low_rank": ("rank",)}


def build_head(head: str | Mapping[str, Any], embedding: int, num_classes: int) -> Head:
    """Build a head, not yet initialized.

    Args:
        head: A name, `linear`, or a name with settings, `{name: low_rank, rank: 64}`.
        embedding: D.
        num_classes: C.

    Raises:
        ConfigError: If the name or a setting is unknown or out of range.
    """
    settings = {"name": head} if isinstance(head, str) else dict(head) if isinstance(head, Mapping) else {}
    name = settings.pop("name", None)
    if name not in HEADS:
        raise ConfigError(f"model argument head={head!r}{list_choices(str(name), HEADS)}")
    unknown = sorted(set(settings) - set(SETTINGS[name]))
    if unknown:
        takes = ", ".join(SETTINGS[name]) or "no settings"
        raise ConfigError(f"head {name!r} has no setting {unknown[0]!r}; it takes: {takes}")
    return HEADS[name](embedding, num_classes, **settings)
