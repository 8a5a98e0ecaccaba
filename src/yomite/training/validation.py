"""Scores of a model on canvases of real writing while it learns: counts in, ratios out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset
from yomite.config import RunConfig
from yomite.data.cache import open_cache
from yomite.data.sources import open_source
from yomite.data.splits import find_held_out
from yomite.errors import DataError
from yomite.training.distributed import World

SCORES = {
    "loss": "cross-entropy, the mean over samples",
    "top1": "share of samples whose first candidate is the character",
    "top1_lookalikes": "or one that looks like it",
    "top5": "share of samples with the character among the first five",
    "macro": "top1_lookalikes, every character weighing the same",
}
LOWER_IS_BETTER = frozenset({"loss"})


@dataclass(frozen=True)
class ValidationSet:
    """Canvases of one source, uint8 (N, 1, S, S), and labels int64 (N,)."""

    name: str
    images: Tensor
    labels: Tensor


def read_validation(config: RunConfig, charset: Charset, data_root: Path) -> list[ValidationSet]:
    """Reads validation.sources, and the fold that is not learned from, once and keeps their canvases.

    Samples outside the charset are left out.

    Raises:
        DataError: If a source is missing, has no character of the charset, or too few samples for the folds.
    """
    names = [(name, None) for name in config.validation.sources]
    if config.data.fold:
        names += [(name, config.data.fold) for name in config.data.real_sources]
    sets = []
    for name, fold in names:
        cache = open_cache(open_source(name, data_root), size=config.model.input_size)
        chosen = np.array([character in charset for character in cache.characters])
        if not chosen.any():
            raise DataError(
                f"validation source {name!r} has no character of charset {charset.name!r}; choose another"
            )
        if fold:
            chosen = find_held_out(cache.characters, cache.writers, charset, fold, config.seed)
        images = torch.from_numpy(np.ascontiguousarray(cache.images[chosen])[:, None])
        labels = [charset.label(cache.characters[index]) for index in np.flatnonzero(chosen).tolist()]
        sets.append(ValidationSet(f"{name} (fold {fold})" if fold else name, images, torch.tensor(labels)))
    return sets


@torch.inference_mode()
def score(
    model: nn.Module, validation: ValidationSet, groups: Tensor, world: World, batch_size: int = 256
) -> dict[str, float]:
    """SCORES of a model on one set; the model is left in evaluation mode.

    Each process reads its share, every sample is counted once: counts are summed over the processes, then
    divided.
    """
    model.eval()
    images, labels = validation.images[world.rank :: world.size], validation.labels[world.rank :: world.size]
    groups = groups.to(world.device)
    counts = torch.zeros(3, dtype=torch.float32, device=world.device)
    alike_of_class = torch.zeros(len(groups), device=world.device)
    for start in range(0, len(labels), batch_size):
        wanted = labels[start : start + batch_size].to(world.device)
        canvases = images[start : start + batch_size].to(world.device)
        logits = model(canvases.contiguous(memory_format=torch.channels_last)).float()
        top = logits.topk(min(5, logits.shape[1]), dim=1).indices
        alike = groups[top[:, 0]] == groups[wanted]
        alike_of_class.index_add_(0, wanted, alike.float())
        counts += torch.stack(
            [
                functional.cross_entropy(logits, wanted, reduction="sum"),
                (top[:, 0] == wanted).sum(),
                (top == wanted[:, None]).any(dim=1).sum(),
            ]
        )
    loss, top1, top5 = world.sum(counts).tolist()
    alike_of_class = world.sum(alike_of_class).cpu().double()
    num, num_of_class = len(validation.labels), torch.bincount(validation.labels, minlength=len(groups))
    seen = num_of_class > 0
    return {
        "samples": num,
        "loss": loss / num,
        "top1": top1 / num,
        "top1_lookalikes": alike_of_class.sum().item() / num,
        "top5": top5 / num,
        "macro": (alike_of_class[seen] / num_of_class[seen]).mean().item(),
    }
