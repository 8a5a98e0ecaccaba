"""Swin Transformer: attention inside windows that shift from block to block.

Swin Transformer: Liu et al., arXiv:2103.14030.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from yomite.errors import ConfigError
from yomite.extensions import check_counts, check_multiple, check_share, check_whole
from yomite.models.attention import AttentionModel, follow_back
from yomite.models.transformer import (
    Attention,
    DropPath,
    Mlp,
    initialize_linear,
    initialize_transformer,
)

MASKED = -100.0  # added before the softmax between places that only the shift made neighbors


class SwinBlock(nn.Module):
    """x + window attention(norm(x)), then x + mlp(norm(x)): float (N, side, side, K) -> the same.

    Windows of w x w places; with a shift the grid is first rolled by it, so that windows straddle those of
    the block before. What a window adds to queries . keys is learned for each head and each offset of two
    places.
    """

    offsets: Tensor
    mask: Tensor

    def __init__(
        self, width: int, heads: int, side: int, window: int, shift: int, mlp_ratio: int, drop_path: float
    ) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width, mlp_ratio)
        self.drop_path = DropPath(drop_path)
        self.offset_bias = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        y, x = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
        y, x = y.flatten(), x.flatten()
        offsets = (y[:, None] - y + window - 1) * (2 * window - 1) + x[:, None] - x + window - 1
        self.register_buffer("offsets", offsets, persistent=False)  # (w * w, w * w)
        # Rolling brings opposite edges together: before it, count which part of the picture a place is in.
        part = (torch.arange(side) >= side - window).long() + (torch.arange(side) >= side - shift).long()
        parts = (3 * part[:, None] + part).reshape(1, side, side, 1).roll((shift, shift), (1, 2))
        parts = self.cut(parts)[0, :, :, 0]
        mask = MASKED * (parts[:, :, None] != parts[:, None, :]).float()
        self.register_buffer("mask", mask[:, None] if shift else torch.zeros(1, 1, 1, 1), persistent=False)

    def cut(self, x: Tensor) -> Tensor:
        """(N, side, side, K) -> rolled and cut into windows: (N, windows, w * w, K)."""
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        side, width = x.shape[2:]
        count = side // self.window
        x = x.reshape(-1, count, self.window, count, self.window, width).transpose(2, 3)
        return x.reshape(-1, count * count, self.window**2, width)

    def join(self, windows: Tensor, side: int) -> Tensor:
        """Invert `cut`."""
        count, width = side // self.window, windows.shape[3]
        x = windows.reshape(-1, count, count, self.window, self.window, width).transpose(2, 3)
        x = x.reshape(-1, side, side, width)
        return x.roll((self.shift, self.shift), (1, 2)) if self.shift else x

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        heads = self.attention.heads
        bias = self.offset_bias[self.offsets.flatten()].reshape(*self.offsets.shape, heads)
        bias = bias.permute(2, 0, 1) + self.mask  # (windows or 1, H, w * w, w * w)
        x = x + self.drop_path(self.join(self.attention(self.cut(self.norm1(x)), bias), x.shape[1]))
        return x + self.drop_path(self.mlp(self.norm2(x)))

    def follow_back(self, shares: Tensor, attention: Tensor) -> Tensor:
        """Follow shares (N, side, side, P) back by the attention of the windows, (N, windows, w * w, w * w).

        As attention.follow_back inside each window: no share leaves the window that it is in.
        """
        return self.join(follow_back(self.cut(shares), attention), shares.shape[1])


class PatchMerging(nn.Module):
    """Four neighbors become one token: float (N, h, w, K) -> (N, h / 2, w / 2, 2 K)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Half as many places each way."""
        side, width = x.shape[2:]
        x = x.reshape(-1, side // 2, 2, side // 2, 2, width).transpose(2, 3)
        return self.reduce(self.norm(x.reshape(-1, side // 2, side // 2, 4 * width)))

    def follow_back(self, shares: Tensor) -> Tensor:
        """Hand each share (N, h / 2, w / 2, P) to its four parts alike: (N, h, w, P)."""
        side, num = shares.shape[2:]
        parts = (shares / 4)[:, :, None, :, None].expand(-1, -1, 2, -1, 2, -1)
        return parts.reshape(-1, 2 * side, 2 * side, num)


class SwinTransformer(AttentionModel):
    """uint8 images (N, 1, S, S), ink bright on 0 -> logits (N, C).

    Patches become tokens of `width` numbers; each stage after the first has half as many each way and twice
    the
    width: 48 px -> 12 x 12 of 64 -> 6 x 6 of 128 for two depths and patches of 4 px: maps (N, 128, 6, 6).
    """

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        patch: int = 4,
        width: int = 64,
        depths: Sequence[int] = (2, 6),
        heads: Sequence[int] = (2, 4),
        window: int = 6,
        mlp_ratio: int = 4,
        drop_path: float = 0.0,
        embedding: int = 192,
        pools: int = 2,
        dropout: float = 0.0,
        head: str | Mapping[str, Any] = "linear",
    ) -> None:
        """Build and initialize.

        Args:
            num_classes: C, at least 2.
            input_size: S in px; windows must tile the tokens of every stage.
            patch: Side of a patch in px.
            width: Numbers of a token in the first stage, a multiple of its heads.
            depths: Blocks of each stage; every second one shifts its windows by half of them.
            heads: Of the attention, for each stage.
            window: Side of a window in places; a stage that is no larger is one window.
            mlp_ratio: Inner width of the second half of a block, in widths.
            drop_path: Share of branches left out while learning, rising to this with depth.
            embedding: D, see CharacterModel.add_head, as for the rest.
            pools: M.
            dropout: Of the embedding.
            head: Of the classes.

        Raises:
            ConfigError: If an argument is out of range.
        """
        super().__init__(num_classes, input_size)
        for name, value in (("patch", patch), ("width", width), ("window", window), ("mlp_ratio", mlp_ratio)):
            check_whole(name, value)
        check_counts("depths", depths, (2, 6))
        check_counts("heads", heads, (2, 4), len(depths))
        check_share("drop_path", drop_path)
        check_multiple("width", width, heads[0], "heads of the first stage")
        self.patches = nn.Conv2d(1, width, patch, stride=patch)
        self.norm = nn.LayerNorm(width)
        self.stages = nn.ModuleList()
        fitting = patch * window * 2 ** (len(depths) - 1)
        side, block, total = input_size / patch, 0, max(1, sum(depths) - 1)
        for index, depth in enumerate(depths):
            if index:
                side, width = side / 2, 2 * width
            if side != int(side) or side < 1 or side % min(window, side):
                raise ConfigError(
                    f"input_size {input_size} does not fit swin; patches of {patch} px in windows of "
                    f"{window} must tile each of {len(depths)} stages, as model.input_size={fitting}"
                )
            check_multiple(f"width of stage {index + 1}", width, heads[index], "its heads")
            whole, inner = int(side), min(window, int(side))
            blocks: list[nn.Module] = [PatchMerging(width // 2)] if index else []
            for position in range(depth):
                shift = inner // 2 if position % 2 and inner < whole else 0
                rate = drop_path * block / total
                blocks.append(SwinBlock(width, heads[index], whole, inner, shift, mlp_ratio, rate))
                block += 1
            self.stages.append(nn.ModuleList(blocks))
        self.last_norm = nn.LayerNorm(width)
        self.add_head(width, int(side), embedding=embedding, pools=pools, dropout=dropout, head=head)
        self._initialize()

    def _initialize(self) -> None:
        """Glorot (Xavier) for matrices, biases of offsets near 0 as in the paper's code."""
        initialize_transformer(self)
        nn.init.xavier_uniform_(self.patches.weight.flatten(1))
        nn.init.zeros_(self.patches.bias)  # type: ignore[arg-type]
        for module in self.modules():
            if isinstance(module, SwinBlock):
                nn.init.trunc_normal_(module.offset_bias, std=0.02)
            elif isinstance(module, PatchMerging):
                initialize_linear(module.reduce)
        self.initialize_head()

    def maps(self, ink: Tensor) -> Tensor:
        """Float ink (N, 1, S, S) -> maps (N, K, h, w)."""
        x = self.norm(self.patches(ink).permute(0, 2, 3, 1))
        for stage in self.stages:
            for module in stage:  # type: ignore[attr-defined]
                x = module(x)
        return self.last_norm(x).permute(0, 3, 1, 2)

    def roll_out(self, attentions: Sequence[Tensor]) -> Tensor:
        """See AttentionModel: from the last tokens to each patch of the first stage.

        Each block is the matrix 0.5 A + 0.5 I over all places of its stage, where A is 0 between places of
        different windows (the shift of every second block included) and the mean of the heads' attention
        within one. A merged token is a quarter of each of its four parts. The product of all of these,
        last to first, is what is returned.
        """
        side = self.place_weight.shape[2]
        shares = torch.eye(side * side, device=attentions[0].device).reshape(1, side, side, side * side)
        remaining = list(attentions)
        for stage in reversed(self.stages):
            for module in reversed(stage):  # type: ignore[call-overload]
                if isinstance(module, SwinBlock):
                    shares = module.follow_back(shares, remaining.pop())
                else:
                    shares = module.follow_back(shares)
        return shares.permute(0, 3, 1, 2)
