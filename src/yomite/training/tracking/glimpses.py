"""What a model in training sees and says: samples, confusions, attention maps, embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.data.batches import Batch
from yomite.training.objectives.classification import keep_embedding
from yomite.training.tracking import Tracker
from yomite.training.tracking.pictures import draw_sheet, overlay_heat
from yomite.training.validation import ValidationSet

MAX_SEEN = 1_000
"""Samples of a set that are read for its glimpse: a second or so."""
NUM_TILES = 36
NUM_ROWS = 30
MAX_POINTS = 500


@torch.no_grad()
def show_glimpses(
    tracker: Tracker,
    step: int,
    model: nn.Module,
    batch: Batch,
    validation: Iterable[ValidationSet],
    charset: Charset,
    *,
    is_last: bool,
) -> None:
    """Shows a batch as it was learned from, and what the model says of each validation set.

    For the character task. The model is left in evaluation mode. Models without `attention_maps` have no
    such pictures; embeddings are written with the last step alone, for they take room.

    Args:
        tracker: Where to.
        step: Finished steps.
        model: The moving average where there is one.
        batch: Of the step.
        validation: The sets; without any, the batch stands for them.
        charset: The classes.
        is_last: Whether this is the last step.
    """
    if getattr(model, "task", "character") != "character":
        return  # a line has no square tile
    model.eval()
    images, labels = batch.images, batch.targets
    shown = images[:NUM_TILES, 0].cpu().numpy()
    titles = [charset.character(label) for label in labels[:NUM_TILES].tolist()]
    tracker.show(step, "train/samples", draw_sheet(shown, titles))
    for chosen in list(validation) or [ValidationSet("train", images, labels)]:
        every = max(1, -(-len(chosen.labels) // MAX_SEEN))  # evenly spread: sets are sorted by character
        seen = ValidationSet(chosen.name, chosen.images[::every], chosen.labels[::every])
        _show_set(tracker, step, model, seen, charset, is_last=is_last)


def _show_set(
    tracker: Tracker, step: int, model: nn.Module, seen: ValidationSet, charset: Charset, *, is_last: bool
) -> None:
    answers, embedding = _read(model, seen.images)
    truth = seen.labels.cpu().numpy()
    canvases = seen.images[:, 0].cpu().numpy()
    wrong = np.flatnonzero(answers != truth)
    names = charset.characters
    pairs = Counter((int(truth[n]), int(answers[n])) for n in wrong)
    worst = pairs.most_common(NUM_ROWS)
    rows: list[list[str | int]] = [[names[right], names[said], times] for (right, said), times in worst]
    tracker.tabulate(step, f"{seen.name}/confusions", ["is", "read as", "times"], rows)
    if len(wrong):
        first = {(int(truth[n]), int(answers[n])): n for n in wrong[::-1]}
        examples = [first[pair] for pair, _ in worst]
        titles = [
            _title(names, right, said) + (f" x{times}" if times > 1 else "") for (right, said), times in worst
        ]
        tracker.show(step, f"{seen.name}/confusions", draw_sheet(canvases[examples], titles))
    if hasattr(model, "attention_maps"):
        spread = np.unique(np.linspace(0, len(truth) - 1, NUM_TILES).astype(int))
        heat = model.attention_maps(_to_model(model, seen.images[spread])).float().cpu().numpy()  # type: ignore
        titles = [_title(names, int(truth[n]), int(answers[n])) for n in spread.tolist()]
        tracker.show(
            step,
            f"{seen.name}/attention",
            draw_sheet(
                overlay_heat(canvases[spread], heat), titles, is_right=(truth == answers)[spread].tolist()
            ),
        )
    if is_last and embedding is not None:
        points = slice(None, None, max(1, -(-len(truth) // MAX_POINTS)))
        characters = [names[label] for label in truth[points]]
        tracker.embed(step, f"{seen.name}/embedding", embedding[points], characters, canvases[points])


def _title(names: Sequence[str], right: int, said: int) -> str:
    return names[right] if right == said else f"{names[right]}>{names[said]}"


def _to_model(model: nn.Module, images: Tensor) -> Tensor:
    device = next(model.parameters()).device
    return images.to(device).contiguous(memory_format=torch.channels_last)


def _read(model: nn.Module, images: Tensor, batch_size: int = 256) -> tuple[np.ndarray, np.ndarray | None]:
    """Answers int64 (N,) and embedding float32 (N, D), None for a model whose classifier gets no vector."""
    answers, points = [], []
    for start in range(0, len(images), batch_size):
        with keep_embedding(model) as kept:
            logits = model(_to_model(model, images[start : start + batch_size]))
        answers.append(logits.argmax(dim=1).cpu())
        points += [kept[0].float().cpu()] if kept and kept[0].ndim == 2 else []
    return torch.cat(answers).numpy(), torch.cat(points).numpy() if points else None
