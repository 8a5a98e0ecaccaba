"""What the families of the line task share: a line of any length -> one distribution a step, for CTC.

A line is a strip of fixed height, uint8 (N, 1, H, W), ink bright on 0, that begins on the left; a vertical
line lies on its side, rows and columns exchanged. Padding on the right is blank paper and needs no mask. A
family is a LineModel that fills in `steps`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.models.character import scale_ink
from yomite.models.transformer import initialize_linear


class LineModel(nn.Module):
    """uint8 images (N, 1, H, W) -> logits (N, T, C + 1), the blank last; T = W / `stride`, rounded up.

    A family calls `add_classifier` last in its `__init__`. Trained by the objective ctc.
    """

    task = "line"
    objective = "ctc"
    tells_directions = False
    """Whether it reads lines that lie on their side in another way; then a model file has both ways."""

    def __init__(self, num_classes: int, input_size: int, stride: int) -> None:
        """Raise ConfigError for fewer than two classes; input_size is H, stride the px of a step."""
        super().__init__()
        if num_classes < 2:
            raise ConfigError(f"a model needs at least 2 classes, got {num_classes}; choose a larger charset")
        self.num_classes, self.input_size, self.stride = num_classes, input_size, stride

    def steps(self, ink: Tensor, is_vertical: bool = False) -> Tensor:
        """Float ink (N, 1, H, W), W a multiple of the stride -> float (N, T, K): what a family is.

        Args:
            ink: 0 where paper is.
            is_vertical: Whether the lines lie on their side; most families need not know.
        """
        raise NotImplementedError

    def add_classifier(self, width: int, dropout: float) -> None:
        """Add what follows the steps; K is `width`."""
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, self.num_classes + 1)
        initialize_linear(self.classifier)

    def forward(
        self, images: Tensor, is_vertical: Tensor | None = None, classes: Tensor | None = None
    ) -> Tensor:
        """Read lines.

        Args:
            images: Uint8 (N, 1, H, W).
            is_vertical: Bool (N,), which of them lie on their side; None: none.
            classes: Int64 (S,), the classes whose logits are wanted; None: all of them.

        Returns:
            Logits (N, T, C + 1), or (N, T, S).
        """
        if is_vertical is None or not is_vertical.any():
            return self.read(images, False, classes)
        if is_vertical.all():
            return self.read(images, True, classes)
        across, down = (~is_vertical).nonzero()[:, 0], is_vertical.nonzero()[:, 0]
        logits = torch.cat(
            [self.read(images[across], False, classes), self.read(images[down], True, classes)]
        )
        return logits[torch.cat([across, down]).argsort()]

    def read(self, images: Tensor, is_vertical: bool, classes: Tensor | None = None) -> Tensor:
        """Uint8 images (N, 1, H, W), all of one direction -> logits (N, T, C + 1), or of some classes."""
        ink = pad_width(scale_ink(images), self.stride)
        steps = self.dropout(self.steps(ink, is_vertical))
        if classes is None:
            return self.classifier(steps)
        return functional.linear(steps, self.classifier.weight[classes], self.classifier.bias[classes])

    @torch.no_grad()
    def attention_maps(
        self, images: Tensor, labels: Tensor | None = None, is_vertical: Tensor | None = None
    ) -> Tensor:
        """Where it sees characters: uint8 images (N, 1, H, W) -> float (N, 1, T), 0..1.

        Args:
            images: The lines.
            labels: Int64 (N,), one character for each line, to see where that one stands; None: any.
            is_vertical: As for `forward`.
        """
        probabilities = self(images, is_vertical).softmax(2)
        if labels is None:
            return 1 - probabilities[:, None, :, -1]
        return probabilities[torch.arange(len(labels)), :, labels][:, None]


def compute_steps(model: nn.Module, images: Tensor, is_vertical: Tensor | None) -> Tensor:
    """Logits (N, T, C + 1); a LineModel is told which lines lie on their side, bool (N,), others are not."""
    return model(images, is_vertical) if isinstance(model, LineModel) else model(images)


def pad_width(ink: Tensor, stride: int) -> Tensor:
    """Blank paper on the right, to a multiple of the stride: float (N, 1, H, W) -> (N, 1, H, W')."""
    return functional.pad(ink, (0, -ink.shape[3] % stride))


def count_used_steps(log_probs: Tensor, images: Tensor, widths: Tensor | None) -> Tensor:
    """Count the steps that see more than padding: int64 (N,); a step that is used in part counts.

    Args:
        log_probs: Float (N, T, C + 1).
        images: Uint8 (N, 1, H, W).
        widths: Int64 (N,), used px of each image; None: all of them.
    """
    num, num_steps = log_probs.shape[:2]
    if widths is None:
        return torch.full((num,), num_steps, device=log_probs.device)
    return -(-widths * num_steps // images.shape[-1])


def align_lines(log_probs: Tensor, used: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """Return the CTC loss of each line for each of its characters, float (N,).

    Graves et al., "Connectionist temporal classification", ICML 2006.

    Args:
        log_probs: Float (N, T, C + 1), the blank last.
        used: Int64 (N,), used steps.
        targets: Int64 (N, L) labels.
        lengths: Int64 (N,), used labels. Lines with more labels than steps have the loss 0.
    """
    losses = functional.ctc_loss(
        log_probs.transpose(0, 1),
        targets,
        used,
        lengths,
        log_probs.shape[2] - 1,
        reduction="none",
        zero_infinity=True,
    )
    return losses / lengths.clamp_min(1)


def read_best_path(log_probs: Tensor, used: Tensor) -> tuple[Tensor, Tensor]:
    """Read the characters along the most likely path: repeats are merged, then blanks dropped.

    Args:
        log_probs: Float (N, T, C + 1), the blank last; logits will do.
        used: Int64 (N,), used steps.

    Returns:
        Int64 (N, T) labels, padded with the blank; int64 (N,) how many.
    """
    blank = log_probs.shape[2] - 1
    path = log_probs.argmax(dim=2)
    step = torch.arange(path.shape[1], device=path.device)
    before = functional.pad(path, (1, 0), value=blank)[:, :-1]
    kept = (path != blank) & (path != before) & (step < used[:, None])
    order = torch.argsort((~kept).int(), dim=1, stable=True)
    lengths = kept.sum(dim=1)
    labels = path.gather(1, order).masked_fill(step >= lengths[:, None], blank)
    return labels, lengths
