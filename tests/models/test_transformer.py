"""The encoder beside PyTorch's own, positions by hand."""

import math

import pytest
import torch
from torch import nn

from yomite.models.attention import keep_attention
from yomite.models.transformer import Attention, DropPath, TransformerBlock, sine_positions


def test_a_block_computes_what_pytorch_computes() -> None:
    torch.manual_seed(1)
    theirs = nn.TransformerEncoderLayer(
        12, 3, dim_feedforward=48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    ours = TransformerBlock(12, 3).eval()
    renamed = {
        "self_attn.in_proj_": "attention.queries_keys_values.",
        "self_attn.out_proj": "attention.out",
        "linear1": "mlp.0",
        "linear2": "mlp.2",
    }
    state = theirs.state_dict()
    for old, new in renamed.items():
        state = {key.replace(old, new): value for key, value in state.items()}
    ours.load_state_dict(state)
    x = torch.randn(2, 7, 12)
    torch.testing.assert_close(ours(x), theirs(x))
    with keep_attention(ours) as attentions:
        torch.testing.assert_close(ours(x), theirs(x))
    normed = theirs.norm1(x)
    _, expected = theirs.self_attn(normed, normed, normed, average_attn_weights=True)
    torch.testing.assert_close(attentions[0], expected)


def test_a_bias_keeps_tokens_apart() -> None:
    attention = Attention(8, 2)
    x = torch.randn(1, 4, 8)
    apart = torch.full((4, 4), -1e9).fill_diagonal_(0.0)
    alone = torch.cat([attention(x[:, index : index + 1]) for index in range(4)], dim=1)
    torch.testing.assert_close(attention(x, apart), alone)


def test_sine_positions_tell_y_and_x_apart() -> None:
    table = sine_positions(3, 5, 16)[0].reshape(3, 5, 16)
    angles = [place / 10_000 ** (index / 4) for place in (1, 2) for index in range(4)]
    expected = [*map(math.sin, angles), *map(math.cos, angles)]
    assert table[1, 2].tolist() == pytest.approx(expected, abs=1e-6)
    near = torch.cdist(table.flatten(0, 1), table.flatten(0, 1))
    assert (near.fill_diagonal_(1) > 0.1).all()


def test_dropped_paths_keep_the_mean() -> None:
    torch.manual_seed(3)
    drop = DropPath(0.25)
    dropped = drop(torch.ones(4000, 2))
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert torch.equal(dropped[:, 0], dropped[:, 1])
    assert dropped.mean().item() == pytest.approx(1, abs=0.05)
    assert torch.equal(drop.eval()(torch.ones(3, 2)), torch.ones(3, 2))
