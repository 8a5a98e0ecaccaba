"""The task of reading one character: canvases uint8 (N, 1, S, S), labels int64 (N,), logits (N, C)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.charset import Charset, number_lookalikes
from yomite.data.cache import open_cache
from yomite.data.samples import tell_unknown, tell_unread
from yomite.data.sources import open_source
from yomite.data.splits import find_held_out
from yomite.errors import DataError, ModelFileError
from yomite.models.character import keep_embedding
from yomite.streams.batch import NO_CHARACTER, Batch
from yomite.tasks import Glimpse, Points, Sheet, Table, Traced, ValidationSet

MAX_SEEN = 1_000
"""Samples of a set that are read for its glimpse: a second or so."""
NUM_TILES = 36
NUM_ROWS = 30
MAX_POINTS = 500


class CharacterTask:
    """See `yomite.tasks.Task`."""

    name = "character"
    scores: ClassVar[dict[str, str]] = {
        "loss": "cross-entropy, the mean over samples",
        "top1": "share of samples whose first candidate is the character",
        "top1_lookalikes": "or one that looks like it",
        "top5": "share of samples with the character among the first five",
        "macro": "top1_lookalikes, every character weighing the same",
    }
    lower_is_better = frozenset({"loss"})
    metric = "top1_lookalikes"
    batch_size = 256

    def __init__(self, charset: Charset) -> None:
        self.charset = charset
        self._groups = torch.tensor(number_lookalikes(charset.characters))

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Read the canvases of a source's samples within the charset."""
        cache = open_cache(open_source(source, data_root), size=size)
        chosen = np.array([character in self.charset for character in cache.characters])
        num_samples = len(chosen) + cache.num_faults
        notes = tell_unknown(int((~chosen).sum()), num_samples) + tell_unread(cache.num_faults, num_samples)
        if not chosen.any():
            raise DataError(
                f"validation source {source!r} has no character of charset {self.charset.name!r}; "
                "choose another"
            )
        if fold:
            chosen = find_held_out(cache.characters, cache.writers, self.charset, fold, seed)
        images = torch.from_numpy(np.ascontiguousarray(cache.images[chosen])[:, None])
        labels = [self.charset.label(cache.characters[index]) for index in np.flatnonzero(chosen).tolist()]
        return Batch(images, torch.tensor(labels), metadata={"notes": tuple(notes)})

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Count by class what is right, look-alikes allowed, and over all samples the other scores."""
        wanted, groups = batch.targets, self._groups.to(batch.targets.device)
        logits = model(batch.images).float()
        top = logits.topk(min(5, logits.shape[1]), dim=1).indices
        alike = (groups[top[:, 0]] == groups[wanted]).float()
        by_class = torch.zeros(len(groups), device=wanted.device)
        return {
            "loss": functional.cross_entropy(logits, wanted, reduction="sum"),
            "top1": (top[:, 0] == wanted).sum().float(),
            "top5": (top == wanted[:, None]).any(dim=1).sum().float(),
            "alike_of_class": by_class.index_add(0, wanted, alike),
            "samples_of_class": by_class.index_add(0, wanted, torch.ones_like(alike)),
        }

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make the scores of `scores`."""
        alike, samples = (counts[f"{name}_of_class"].cpu().double() for name in ("alike", "samples"))
        num = int(samples.sum().item())
        return {
            "samples": num,
            "loss": counts["loss"].item() / num,
            "top1": counts["top1"].item() / num,
            "top1_lookalikes": alike.sum().item() / num,
            "top5": counts["top5"].item() / num,
            "macro": (alike[samples > 0] / samples[samples > 0]).mean().item(),
        }

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Read the likeliest character of each canvas."""
        return [self.charset.character(label) for label in model(batch.images).argmax(dim=1).tolist()]

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show samples, and of each set the worst confusions, attention maps, and at the end the embedding.

        Models without `attention_maps` have no such pictures.
        """
        shown = batch[:NUM_TILES]
        names = (*self.charset.characters, "none")  # NO_CHARACTER is -1
        titles = [names[label] for label in shown.targets.tolist()]
        yield Sheet("train/samples", shown.images[:, 0].cpu().numpy(), titles)
        written = torch.nonzero(batch.targets != NO_CHARACTER).flatten()
        for name, whole in list(sets) or [ValidationSet("train", batch[written])]:
            every = max(1, -(-len(whole) // MAX_SEEN))  # evenly spread: sets are sorted by character
            yield from self._show_set(model, name, whole[::every], is_last=is_last)

    def _show_set(self, model: nn.Module, name: str, seen: Batch, *, is_last: bool) -> Iterator[Glimpse]:
        answers, embedding = _read(model, seen)
        truth = seen.targets.cpu().numpy()
        canvases = seen.images[:, 0].cpu().numpy()
        names = self.charset.characters
        wrong = np.flatnonzero(answers != truth)
        pairs = Counter((int(truth[n]), int(answers[n])) for n in wrong)
        worst = pairs.most_common(NUM_ROWS)
        rows: list[list[str | int]] = [[names[right], names[said], times] for (right, said), times in worst]
        yield Table(f"{name}/confusions", ["is", "read as", "times"], rows)
        if len(wrong):
            first = {(int(truth[n]), int(answers[n])): n for n in wrong[::-1]}
            titles = [
                f"{names[right]}>{names[said]}" + (f" x{times}" if times > 1 else "")
                for (right, said), times in worst
            ]
            yield Sheet(f"{name}/confusions", canvases[[first[pair] for pair, _ in worst]], titles)
        if hasattr(model, "attention_maps"):
            spread = np.unique(np.linspace(0, len(truth) - 1, NUM_TILES).astype(int))
            heat = model.attention_maps(_to_model(model, seen.images[spread])).float().cpu().numpy()  # type: ignore
            is_right = (truth == answers)[spread].tolist()
            titles = [
                names[truth[n]] if right else f"{names[truth[n]]}>{names[answers[n]]}"
                for n, right in zip(spread.tolist(), is_right, strict=True)
            ]
            yield Sheet(f"{name}/attention", canvases[spread], titles, heat, is_right)
        if is_last and embedding is not None:
            points = slice(None, None, max(1, -(-len(truth) // MAX_POINTS)))
            texts = [names[label] for label in truth[points]]
            yield Points(f"{name}/embedding", embedding[points], texts, canvases[points])

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Trace logits, features, class weights, and attention where there is some: docs/model-file.md."""
        if not hasattr(model, "explain"):
            raise ModelFileError(
                f"model {name} has no explain(images) that gives logits and features; "
                "derive it from yomite.models.character.CharacterModel (docs/extending.md)"
            )
        size = int(model.input_size)  # type: ignore[arg-type]
        by_picture = ["logits", "features", *(["attention"] if hasattr(model, "attend") else [])]
        return Traced(
            _Explained(model).eval(),
            {"images": torch.randint(0, 256, (2, 1, size, size), dtype=torch.uint8)},
            [*by_picture[:2], "class_weights", *by_picture[2:]],
            {name: {0: "N"} for name in ("images", *by_picture)},
        )


class _Explained(nn.Module):
    """The outputs of a model file."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        see = getattr(self.model, "attend", None) or self.model.explain
        logits, features, *attention = see(images)  # type: ignore[operator]
        return logits, features, self.model.classifier.class_weights(), *attention  # type: ignore[operator,return-value]


def _to_model(model: nn.Module, images: Tensor) -> Tensor:
    device = next(model.parameters()).device
    return images.to(device).contiguous(memory_format=torch.channels_last)


def _read(model: nn.Module, batch: Batch, batch_size: int = 256) -> tuple[np.ndarray, np.ndarray | None]:
    """Answers int64 (N,) and embedding float32 (N, D), None for a model whose classifier gets no vector."""
    answers, points = [], []
    for start in range(0, len(batch), batch_size):
        with keep_embedding(model) as kept:
            logits = model(_to_model(model, batch.images[start : start + batch_size]))
        answers.append(logits.argmax(dim=1).cpu())
        points += [kept[0].float().cpu()] if kept and kept[0].ndim == 2 else []
    return torch.cat(answers).numpy(), torch.cat(points).numpy() if points else None
