"""The rollout of each family beside one that is written out: a dense matrix for each block, multiplied."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from yomite.models import build
from yomite.models.attention import AttentionModel, keep_attention
from yomite.models.swin import SwinBlock, SwinTransformer
from yomite.models.transformer import Attention

SIZE = 24
FAMILIES: dict[str, dict[str, Any]] = {
    "vit": {"patch": 6, "width": 16, "depth": 3, "heads": 2},
    "hybrid": {"stem_widths": [8, 16], "width": 16, "depth": 2, "heads": 2},
    "swin": {"patch": 2, "width": 8, "depths": [2, 3], "heads": [2, 2], "window": 3},
}
every_family = pytest.mark.parametrize("family", FAMILIES)
IMAGES = torch.randint(0, 256, (3, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(2)).to(torch.uint8)


def build_small(family: str) -> AttentionModel:
    """A model whose attention is far from even."""
    torch.manual_seed(4)
    model = build(family, 8, SIZE, embedding=12, **FAMILIES[family]).eval()
    assert isinstance(model, AttentionModel)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, Attention):
                module.queries_keys_values.weight.mul_(3)
            if isinstance(module, SwinBlock):
                module.offset_bias.normal_(0, 2)
    return model


def halve(dense: Tensor) -> Tensor:
    """Equation 1 of arXiv:2005.00928."""
    return 0.5 * dense + 0.5 * torch.eye(dense.shape[-1])


@torch.no_grad()
def multiply_tokens(model: AttentionModel) -> Tensor:
    """(N, T, T) of an encoder of whole attention."""
    with keep_attention(model) as attentions:
        model(IMAGES)
    product = torch.eye(attentions[0].shape[1])
    for attention in attentions:
        product = halve(attention) @ product
    return product


def find_windows(side: int, window: int, shift: int) -> list[list[int]]:
    """Places of each window by the words of arXiv:2103.14030, section 3.2: the grid cut at the shifted lines.

    The paper's pieces at the edges are windows of their own; that the code rolls them together is a matter
    of speed.
    """
    cuts = [0, *range(shift, side, window), side] if shift else list(range(0, side + 1, window))
    spans = [range(first, last) for first, last in pairwise(cuts)]
    return [[y * side + x for y in rows for x in columns] for rows in spans for columns in spans]


@torch.no_grad()
def build_dense(block: SwinBlock, x: Tensor) -> Tensor:
    """(N, T, T) of a block of windows, entry by entry from queries, keys and offsets."""
    attention, side = block.attention, x.shape[1]
    tokens = block.norm1(x).flatten(1, 2)
    queries, keys, _ = (
        part.unflatten(-1, (attention.heads, -1))
        for part in attention.queries_keys_values(tokens).chunk(3, dim=-1)
    )
    dense = torch.zeros(len(x), side * side, side * side)
    for places in find_windows(side, block.window, block.shift):
        for place in places:
            (y, x_), row = divmod(place, side), []
            for other in places:
                dy, dx = y - other // side + block.window - 1, x_ - other % side + block.window - 1
                bias = block.offset_bias[dy * (2 * block.window - 1) + dx]
                energy = (queries[:, place] * keys[:, other]).sum(-1) * queries.shape[-1] ** -0.5
                row.append(energy + bias)
            dense[:, place, places] = torch.stack(row, -1).softmax(-1).mean(1)
    return dense


@torch.no_grad()
def multiply_windows(model: SwinTransformer) -> Tensor:
    """(N, T last, T first): dense blocks, and for a merging the mean of four parts."""
    inputs: list[tuple[Any, Tensor]] = []
    handles = [
        module.register_forward_pre_hook(lambda module, given: inputs.append((module, given[0])))
        for stage in model.stages
        for module in stage  # type: ignore[attr-defined]
    ]
    model(IMAGES)
    for handle in handles:
        handle.remove()
    product = torch.eye(inputs[0][1].shape[1] ** 2)
    for module, x in inputs:
        side = x.shape[1]
        if isinstance(module, SwinBlock):
            product = halve(build_dense(module, x)) @ product
        else:
            merging = torch.zeros(side * side // 4, side * side)
            for place in range(side * side):
                y, x_ = divmod(place, side)
                merging[y // 2 * (side // 2) + x_ // 2, place] = 0.25
            product = merging @ product
    return product


@every_family
def test_the_rollout_is_the_product_of_dense_matrices(family: str) -> None:
    model = build_small(family)
    expected = multiply_windows(model) if isinstance(model, SwinTransformer) else multiply_tokens(model)
    with torch.no_grad():
        logits, features, attention = model.attend(IMAGES)
    torch.testing.assert_close(attention.flatten(2), expected, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(attention.sum((2, 3)), torch.ones(attention.shape[:2]))
    assert attention.shape[1] == features.shape[2] * features.shape[3]
    assert (attention[0] - attention[1]).abs().max() > 0.01  # of the picture, not of the model alone
    torch.testing.assert_close(logits, model(IMAGES), atol=1e-4, rtol=1e-4)


@every_family
def test_a_map_is_the_evidence_followed_back(family: str) -> None:
    model = build_small(family)
    labels = torch.tensor([1, 5, 0])
    logits, features, attention = model.attend(IMAGES)
    weights = model.classifier.class_weights()[labels]
    evidence = (weights[:, :, None, None] * features).sum(1).clamp_min(0).flatten(1)
    expected = (evidence[:, :, None] * attention.flatten(2)).sum(1)
    expected = expected - expected.amin(1, keepdim=True)
    largest = expected.amax(1, keepdim=True)  # 0 where no place speaks for the label
    expected = torch.where(largest > 0, expected / largest, 0.0).unflatten(1, attention.shape[2:])
    torch.testing.assert_close(model.attention_maps(IMAGES, labels), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(model.attention_maps(IMAGES), model.attention_maps(IMAGES, logits.argmax(1)))


@every_family
def test_weights_are_kept_only_where_asked(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, fast = build_small(family), torch.nn.functional.scaled_dot_product_attention
    calls: list[int] = []
    monkeypatch.setattr(
        "torch.nn.functional.scaled_dot_product_attention",
        lambda *arguments, **options: calls.append(1) or fast(*arguments, **options),
    )
    depth = sum(isinstance(module, Attention) for module in model.modules())
    plain = model(IMAGES)
    assert len(calls) == depth
    with keep_attention(model) as attentions:
        torch.testing.assert_close(model(IMAGES), plain, atol=1e-5, rtol=1e-4)
    assert len(attentions) == depth and len(calls) == depth
    model(IMAGES)
    assert len(attentions) == depth and len(calls) == 2 * depth


def test_two_shifted_blocks_reach_beyond_a_window() -> None:
    """What the shift is for; and a share never leaves its own window in the first block."""
    model = build_small("swin")
    assert isinstance(model, SwinTransformer)
    block = model.stages[0][0]  # type: ignore[index]
    shares = torch.zeros(1, 12, 12, 1)
    shares[0, 1, 1, 0] = 1.0
    with keep_attention(model) as attentions:
        model(IMAGES[:1])
    within = block.follow_back(shares, attentions[0])[0, :, :, 0]
    assert within[:3, :3].sum().item() == pytest.approx(1) and (within[:3, :3] > 0).all()
    assert within.sum().item() == pytest.approx(1)
    shifted = model.stages[0][1].follow_back(shares, attentions[1])  # type: ignore[index]
    both = block.follow_back(shifted, attentions[0])[0, :, :, 0]
    assert (both[:6, :6] > 0).all() and both.sum().item() == pytest.approx(1)
    assert both[6:].sum() == 0 and both[:, 6:].sum() == 0
