"""Scores of a model on canvases of real writing while it learns: counts in, ratios out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.data.sources import open_source
from yomite.errors import DataError
from yomite.ink.canvas import to_canvas


@dataclass(frozen=True)
class ValidationSet:
    """Canvases of one source, uint8 (N, 1, S, S), and labels int64 (N,)."""

    name: str
    images: Tensor
    labels: Tensor


def read_validation(
    names: Iterable[str], charset: Charset, data_root: Path, size: int
) -> list[ValidationSet]:
    """Reads sources once and keeps their canvases; samples outside the charset are left out.

    Raises:
        DataError: If a source is missing or has no character of the charset.
    """
    sets = []
    for name in names:
        samples = [sample for sample in open_source(name, data_root) if sample.character in charset]
        if not samples:
            raise DataError(
                f"validation source {name!r} has no character of charset {charset.name!r}; choose another"
            )
        canvases = np.stack([to_canvas(sample.picture, size) for sample in samples])[:, None]
        labels = [charset.label(sample.character) for sample in samples]
        sets.append(ValidationSet(name, torch.from_numpy(canvases), torch.tensor(labels)))
    return sets


@torch.inference_mode()
def score(
    model: nn.Module, validation: ValidationSet, groups: Tensor, batch_size: int = 256
) -> dict[str, float]:
    """Ratios 0..1 of a model on one set; the model is left in evaluation mode.

    Returns:
        samples; top1 (strict); top1_lookalikes (a look-alike is right); top5; macro (top1_lookalikes as the
        mean over characters).
    """
    model.eval()
    device = next(model.parameters()).device
    best = []
    for start in range(0, len(validation.labels), batch_size):
        images = validation.images[start : start + batch_size].to(device)
        logits = model(images.contiguous(memory_format=torch.channels_last))
        best.append(logits.topk(min(5, logits.shape[1]), dim=1).indices.cpu())
    top, labels = torch.cat(best), validation.labels
    alike = (groups[top[:, 0]] == groups[labels]).double()
    per_label = torch.zeros(len(groups), dtype=torch.double).index_add_(0, labels, alike)
    seen = torch.bincount(labels, minlength=len(groups))
    return {
        "samples": len(labels),
        "top1": (top[:, 0] == labels).double().mean().item(),
        "top1_lookalikes": alike.mean().item(),
        "top5": (top == labels[:, None]).any(dim=1).double().mean().item(),
        "macro": (per_label[seen > 0] / seen[seen > 0]).mean().item(),
    }
