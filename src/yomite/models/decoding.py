"""Writing a line character by character: the likeliest each time, or the best of several beginnings.

A decoder has `encode(images)` (the memory first), `decode(memory, written)` (logits of what follows, the end
of the line last), `end` and `max_length`. A line that reaches max_length ends there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from yomite.errors import ConfigError


class Decoder(Protocol):
    """What can write: yomite.models.encoder_decoder."""

    max_length: int

    @property
    def end(self) -> int:
        """The class that ends a line."""
        ...

    def encode(self, images: Tensor) -> tuple[Tensor, Any]:
        """Memory (N, T, K), and more."""
        ...

    def decode(self, memory: Tensor, written: Tensor) -> Tensor:
        """Logits (N, L + 1, C + 1) of what follows each beginning of written, int64 (N, L)."""
        ...


class Written(NamedTuple):
    """A line as it may read: labels without the end, and the natural logarithm of its probability."""

    labels: tuple[int, ...]
    log_probability: float


@torch.no_grad()
def write_greedy(model: Decoder, images: Tensor) -> list[Written]:
    """Take the likeliest character each time: one line for each of images, uint8 (N, 1, H, W)."""
    memory = model.encode(images)[0]
    written = torch.zeros((len(images), 0), dtype=torch.long, device=memory.device)
    log_probabilities = torch.zeros(len(images), device=memory.device)
    is_open = torch.ones(len(images), dtype=torch.bool, device=memory.device)
    while is_open.any() and written.shape[1] < model.max_length:
        best = model.decode(memory, written)[:, -1].log_softmax(1).max(1)
        log_probabilities += best.values * is_open
        is_open &= best.indices != model.end
        written = torch.cat([written, torch.where(is_open, best.indices, model.end)[:, None]], dim=1)
    return [
        Written(tuple(label for label in row if label != model.end), log_probability)
        for row, log_probability in zip(written.tolist(), log_probabilities.tolist(), strict=True)
    ]


@torch.no_grad()
def write_beam(model: Decoder, images: Tensor, beams: int = 4) -> list[list[Written]]:
    """Search with beams for the likeliest lines: for each image at most `beams`, the likeliest first.

    Raises:
        ConfigError: If beams is not at least 1.
    """
    if beams < 1:
        raise ConfigError(f"beams={beams}; it takes a whole number from 1")
    memories = model.encode(images)[0]
    return [_search(model, memory[None], beams) for memory in memories]


def _search(model: Decoder, memory: Tensor, beams: int) -> list[Written]:
    """One image: memory (1, T, K)."""
    still_open, ended = [Written((), 0.0)], []
    for _ in range(model.max_length):
        written = torch.tensor([line.labels for line in still_open], dtype=torch.long, device=memory.device)
        logits = model.decode(memory.expand(len(still_open), -1, -1), written)[:, -1]
        totals = logits.log_softmax(1) + logits.new_tensor([[line.log_probability] for line in still_open])
        best = totals.flatten().topk(min(2 * beams, totals.numel()))
        going_on = []
        for total, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            index, label = divmod(place, totals.shape[1])
            if label == model.end:
                ended.append(Written(still_open[index].labels, total))
            elif len(going_on) < beams:
                going_on.append(Written((*still_open[index].labels, label), total))
        still_open = going_on
        ended = sorted(ended, key=lambda line: -line.log_probability)[:beams]
        # A line only gets less likely as it grows.
        if len(ended) == beams and ended[-1].log_probability >= still_open[0].log_probability:
            return ended
    return sorted([*ended, *still_open], key=lambda line: -line.log_probability)[:beams]


def foresee_lines(
    logits: Tensor, targets: Tensor, lengths: Tensor, label_smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Compare what a model expects after each beginning of a line with what follows.

    Args:
        logits: Float (N, L + 1, C + 1), the end last.
        targets: Int64 (N, L) labels.
        lengths: Int64 (N,), used labels.
        label_smoothing: Share of the target spread over all classes.

    Returns:
        The negative log-probability of each line for each of its characters, float (N,), the end counted as
        one; and which lines were foreseen whole, bool (N,).
    """
    end = logits.shape[2] - 1
    place = torch.arange(logits.shape[1], device=logits.device)
    wanted = functional.pad(targets, (0, 1), value=end).masked_fill(place == lengths[:, None], end)
    is_used = place <= lengths[:, None]
    losses = functional.cross_entropy(
        logits.transpose(1, 2), wanted, reduction="none", label_smoothing=label_smoothing
    )
    is_right = (logits.detach().argmax(2) == wanted) | ~is_used
    return (losses * is_used).sum(1) / (lengths + 1), is_right.all(1)


def pad_lines(lines: Sequence[Sequence[int]], end: int) -> Tensor:
    """Labels of different lengths -> int64 (N, L), padded with the end."""
    length = max((len(line) for line in lines), default=0)
    padded = [[*line, *[end] * (length - len(line))] for line in lines]
    return torch.tensor(padded, dtype=torch.long).reshape(len(lines), length)


def check_length(written: Tensor, max_length: int) -> None:
    """Check labels int64 (N, L) that a decoder is given.

    Raises:
        ConfigError: More is written than max_length.
    """
    if (length := written.shape[1]) > max_length:
        raise ConfigError(
            f"a line of {length} characters; model argument max_length is {max_length}, raise it"
        )


def map_attention(model: Any, images: Tensor, labels: Tensor | None) -> Tensor:
    """Where a decoder read the line that it writes: uint8 images (N, 1, H, W) -> float (N, h, w).

    The decoder's attention to the places, the mean of its blocks and heads, summed over the characters.

    Args:
        model: A decoder whose `encode` gives h and w beside the memory, and whose `decode` takes a list that
            it adds the attention of each block to, (N, L + 1, h * w).
        images: The lines.
        labels: Int64 (N,), one character for each line: only its steps count; None: all of them.
    """
    memory, size = model.encode(images)
    written = pad_lines([line.labels for line in write_greedy(model, images)], model.end).to(memory.device)
    attentions: list[Tensor] = []
    model.decode(memory, written, attentions)
    attention = torch.stack(attentions).mean(0)[:, :-1]  # (N, L, h * w)
    counts = written != model.end if labels is None else written == labels[:, None]
    return (counts[:, :, None] * attention).sum(1).unflatten(1, size)
