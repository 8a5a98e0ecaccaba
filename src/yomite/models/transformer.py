"""The Transformer encoder: tokens (N, T, K) -> tokens (N, T, K).

Attention is all you need: Vaswani et al., arXiv:1706.03762; norms before each half of a block: Xiong et al.,
arXiv:2002.04745; stochastic depth: Huang et al., arXiv:1603.09382.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError


class Attention(nn.Module):
    """Self-attention of H heads: float (..., T, K) -> (..., T, K).

    Attributes:
        kept: Takes the mean of the heads' attention, (..., T, T), each row summing to 1; None: nothing is
            kept (attention.keep_attention).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.kept: list[Tensor] | None = None

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """Mixes the tokens.

        Args:
            x: (..., T, K), as (N, T, K), or (N, windows, T, K).
            bias: Added to queries . keys: broadcasts to (..., H, T, T).
        """
        queries, keys, values = (
            part.unflatten(-1, (self.heads, -1)).transpose(-2, -3)  # (..., H, T, K / H)
            for part in self.queries_keys_values(x).chunk(3, dim=-1)
        )
        if self.kept is None:
            mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
        else:
            energies = queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5
            attention = (energies if bias is None else energies + bias).softmax(-1)
            self.kept.append(attention.mean(-3))
            mixed = attention @ values
        return self.out(mixed.transpose(-2, -3).flatten(-2))


class Mlp(nn.Sequential):
    """Linear - GELU - linear on each token: (..., K) -> (..., K)."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__(nn.Linear(width, ratio * width), nn.GELU(), nn.Linear(ratio * width, width))


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)): float (N, T, K) -> (N, T, K)."""

    def __init__(self, width: int, heads: int, mlp_ratio: int = 4, drop_path: float = 0.0) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width, mlp_ratio)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        x = x + self.drop_path(self.attention(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class Encoder(nn.Module):
    """Blocks and a last norm: float (N, T, K) -> (N, T, K)."""

    def __init__(
        self, width: int, depth: int, heads: int, mlp_ratio: int = 4, drop_path: float = 0.0
    ) -> None:
        """Build and initialize; the share of dropped blocks rises to drop_path with depth."""
        super().__init__()
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, mlp_ratio, drop_path * index / max(1, depth - 1))
            for index in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        initialize_transformer(self)

    def forward(self, x: Tensor) -> Tensor:
        """All blocks."""
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class DropPath(nn.Module):
    """While learning, leaves out the whole branch for a share of the images, and scales up the others."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """(N, ...) -> (N, ...)."""
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand((len(x), *[1] * (x.ndim - 1)), device=x.device) >= self.rate
        return x * keep / (1 - self.rate)


def initialize_transformer(module: nn.Module) -> None:
    """Glorot (Xavier) for every matrix, biases 0; queries, keys and values count as three matrices."""
    for part in module.modules():
        if isinstance(part, Attention):
            for matrix in part.queries_keys_values.weight.chunk(3):
                nn.init.xavier_uniform_(matrix)
            nn.init.zeros_(part.queries_keys_values.bias)
            initialize_linear(part.out)
        elif isinstance(part, Mlp):
            for layer in (part[0], part[2]):
                assert isinstance(layer, nn.Linear)
                initialize_linear(layer)


def initialize_linear(linear: nn.Linear) -> None:
    """Glorot (Xavier), bias 0."""
    nn.init.xavier_uniform_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)


def sine_positions(side_y: int, side_x: int, width: int) -> Tensor:
    """Compute fixed positions in 2-D, float (1, side_y * side_x, K): half of the numbers tell y, half x.

    The frequencies of arXiv:1706.03762, for each axis as in "Better plain ViT baselines" (arXiv:2205.01580).

    Raises:
        ConfigError: If K is no multiple of 4: a sine and a cosine for y and for x.
    """
    if width % 4:
        raise ConfigError(f"model argument width={width} with sine positions; it takes a multiple of 4")
    frequencies = 10_000.0 ** -(torch.arange(width // 4) / (width // 4))
    y, x = torch.meshgrid(torch.arange(side_y), torch.arange(side_x), indexing="ij")
    angles = torch.cat([y.reshape(-1, 1) * frequencies, x.reshape(-1, 1) * frequencies], dim=1)
    return torch.cat([angles.sin(), angles.cos()], dim=1)[None]
