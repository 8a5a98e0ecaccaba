"""What an objective gets: the samples of one micro-batch as tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

NO_CHARACTER = -1
"""The label of ink that is no character: what is learned of it is that it is none of the classes."""


@dataclass
class Batch:
    """Samples of one micro-batch; characters all of one size, lines padded on the right.

    Attributes:
        images: Uint8 (N, 1, H, W), ink bright on 0; padding is 0, blank paper.
        targets: Int64 (N,) labels, or NO_CHARACTER; or (N, L) for lines, where what follows a line's own
            length has no meaning.
        widths: Int64 (N,), used px of each image; None: all of them.
        target_lengths: Int64 (N,), used labels of each target; None: all of them.
        metadata: What else the stream knows. A tensor or a list in it has an entry for each sample and goes
            with the batch when that is cut, joined or moved, as `is_vertical`, bool (N,), and `texts` of
            lines; anything else describes the batch as a whole.
    """

    images: Tensor
    targets: Tensor
    widths: Tensor | None = None
    target_lengths: Tensor | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice | Tensor) -> Batch:
        """Return some of the samples: a slice, or indices int64 (M,)."""
        positions = range(len(self))[rows] if isinstance(rows, slice) else rows.tolist()
        some = self._map(lambda tensor: tensor[rows])
        for key, value in some.metadata.items():
            if isinstance(value, list):
                some.metadata[key] = [value[position] for position in positions]
        return some

    def to(self, device: torch.device) -> Batch:
        """Return the same batch on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """Return the same batch in page-locked memory; DataLoader(pin_memory=True) calls it."""
        return self._map(Tensor.pin_memory)

    def trim(self) -> Batch:
        """Cut off the padding that none of the samples needs."""
        images, targets = self.images, self.targets
        if self.widths is not None and len(self):
            images = images[..., : max(1, int(self.widths.max()))]
        if self.target_lengths is not None and len(self):
            targets = targets[:, : int(self.target_lengths.max())]
        return Batch(images, targets, self.widths, self.target_lengths, self.metadata)

    def count_labels(self) -> Tensor:
        """Return the used labels of each target of lines, int64 (N,)."""
        if self.target_lengths is not None:
            return self.target_lengths
        return torch.full((len(self),), self.targets.shape[1], device=self.targets.device)

    def _map(self, change: Callable[[Tensor], Tensor]) -> Batch:
        def apply(value: Any) -> Any:
            return change(value) if isinstance(value, Tensor) else value

        metadata = {key: apply(value) for key, value in self.metadata.items()}
        return Batch(
            change(self.images),
            change(self.targets),
            apply(self.widths),
            apply(self.target_lengths),
            metadata,
        )


def to_batch(drawn: Batch | tuple[np.ndarray, np.ndarray]) -> Batch:
    """Take what a stream draws: a Batch, or canvases uint8 (N, S, S) and labels int64 (N,) as arrays."""
    if isinstance(drawn, Batch):
        return drawn
    images, labels = drawn
    return Batch(torch.from_numpy(images)[:, None], torch.from_numpy(labels))


def pad_lines(
    images: Sequence[np.ndarray], targets: Sequence[Sequence[int]], *, multiple: int = 1, **metadata: Any
) -> Batch:
    """Lay lines of different lengths out as one batch.

    Args:
        images: Uint8 (H, W) each, ink bright on 0, all of one height.
        targets: The labels of each.
        multiple: The width of the batch is one of it, px.
        metadata: Of the batch.
    """
    widths, lengths = [image.shape[1] for image in images], [len(line) for line in targets]
    width = -(-max(widths) // multiple) * multiple
    padded = torch.zeros((len(images), 1, images[0].shape[0], width), dtype=torch.uint8)
    labels = torch.zeros((len(images), max(lengths)), dtype=torch.int64)
    for number, (image, line) in enumerate(zip(images, targets, strict=True)):
        padded[number, 0, :, : image.shape[1]] = torch.tensor(image)
        labels[number, : len(line)] = torch.tensor(line, dtype=torch.int64)
    return Batch(padded, labels, torch.tensor(widths), torch.tensor(lengths), metadata)


def join_batches(batches: Sequence[Batch]) -> Batch:
    """Put batches one after the other; narrower images and shorter targets are padded on the right.

    Args:
        batches: At least one, all of one image height.

    Returns:
        One batch. Where anything had to be padded it has widths and target_lengths. Of metadata that
        describes a batch as a whole, that of the first batch stays.
    """
    if len(batches) == 1:
        return batches[0]
    width = max(batch.images.shape[-1] for batch in batches)
    images = [functional.pad(batch.images, (0, width - batch.images.shape[-1])) for batch in batches]
    targets, target_lengths = [batch.targets for batch in batches], None
    if targets[0].ndim == 2:
        length = max(target.shape[1] for target in targets)
        target_lengths = _join_sizes([(batch.target_lengths, batch.targets) for batch in batches])
        targets = [functional.pad(target, (0, length - target.shape[1])) for target in targets]
    metadata = dict(batches[0].metadata)
    for key, value in metadata.items():
        if isinstance(value, Tensor):
            metadata[key] = torch.cat([batch.metadata[key] for batch in batches])
        elif isinstance(value, list):
            metadata[key] = [entry for batch in batches for entry in batch.metadata[key]]
    widths = _join_sizes([(batch.widths, batch.images) for batch in batches])
    return Batch(torch.cat(images), torch.cat(targets), widths, target_lengths, metadata)


def _join_sizes(parts: Sequence[tuple[Tensor | None, Tensor]]) -> Tensor | None:
    """Return the used sizes int64 (N,) along the last axis; None where all of every tensor is used."""
    if all(sizes is None for sizes, _ in parts) and len({whole.shape[-1] for _, whole in parts}) == 1:
        return None
    return torch.cat(
        [torch.full((len(whole),), whole.shape[-1]) if sizes is None else sizes for sizes, whole in parts]
    )
