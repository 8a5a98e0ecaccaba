"""The task of reading a line: images uint8 (N, 1, H, W), targets int64 (N, L), both padded on the right.

Two kinds of models read lines: those that give logits (N, T, C + 1) for each step, the blank last, and those
that write (`yomite.models.decoding.Decoder`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.data.cache import find_cache_folder
from yomite.data.samples import tell_unknown, tell_unread
from yomite.data.sources import open_source
from yomite.errors import DataError, ModelFileError, PictureError
from yomite.ink.line_canvas import to_line_canvas
from yomite.models.decoding import foresee_lines, write_greedy
from yomite.models.line import LineModel, align_lines, compute_steps, count_used_steps, read_best_path
from yomite.streams.batch import Batch, pad_lines
from yomite.tasks import Glimpse, Sheet, Table, Traced, ValidationSet

COMPOSED = "composed/lines"
"""The source of composed lines of texts and hands that are held back from training."""

NUM_COMPOSED = 400
NUM_SHOWN = 24
NUM_ROWS = 30
PX_OF_STEP = 64
"""Width of the example that is traced, in steps of a model."""


class LineTask:
    """See `yomite.tasks.Task`."""

    name = "line"
    scores: ClassVar[dict[str, str]] = {
        "loss": "negative log-probability of the right text for each of its characters, the mean over lines",
        "cer": "character error rate: edits from what was read for each character written",
        "exact": "share of lines that are read right as a whole",
    }
    lower_is_better = frozenset({"loss", "cer"})
    metric = "cer"
    batch_size = 32

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Read the lines of a source; `texts` in the metadata has what is written, unknown characters too."""
        if fold:
            raise DataError(f"data.fold {fold}: lines are not split into folds; name a set to validate on")
        if source == COMPOSED:
            return _compose_lines(self.charset, data_root, size)
        images, texts, is_vertical, num_unread = [], [], [], 0
        for sample in open_source(source, data_root):
            down = sample.part == "vertical"
            try:
                images.append(to_line_canvas(sample.picture, is_vertical=down, height=size))
            except PictureError:
                num_unread += 1
                continue
            texts.append(sample.character)
            is_vertical.append(down)
        targets = [[self.charset.label(c) for c in text if c in self.charset] for text in texts]
        if not any(targets):
            raise DataError(
                f"validation source {source!r} has no character of charset {self.charset.name!r}; "
                "choose another"
            )
        units = [character for text in texts for character in text if not character.isspace()]
        num_unknown = sum(character not in self.charset for character in units)
        notes = tell_unknown(num_unknown, len(units), "characters", "count as wrong")
        notes += tell_unread(num_unread, len(texts) + num_unread, "lines")
        told = torch.tensor(is_vertical)
        return pad_lines(images, targets, texts=texts, is_vertical=told, notes=tuple(notes))

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Count edits and whole lines as benchmarks do: NFKC, white space left out."""
        batch = batch.trim()
        wanted = [_normalize(text) for text in self._read_targets(batch)]
        read = [_normalize(text) for text in self.decode(model, batch)]
        edits = [count_edits(one, other) for one, other in zip(wanted, read, strict=True)]
        counts = {
            "edits": sum(edits),
            "characters": sum(map(len, wanted)),
            "exact": sum(number == 0 for number in edits),
            "samples": len(batch),
        }
        losses = _measure_losses(model, batch)
        return {"loss": losses.sum()} | {
            name: torch.tensor(float(count), device=losses.device) for name, count in counts.items()
        }

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make the scores of `scores`."""
        sums = {name: count.item() for name, count in counts.items()}
        return {
            "samples": int(sums["samples"]),
            "loss": sums["loss"] / sums["samples"],
            "cer": sums["edits"] / max(sums["characters"], 1.0),
            "exact": sums["exact"] / sums["samples"],
        }

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Read each line along the best path, or write it with the likeliest character each time."""
        if _writes(model):
            lines = [line.labels for line in write_greedy(model, batch.images)]  # type: ignore[arg-type]
        else:
            steps = compute_steps(model, batch.images, batch.metadata.get("is_vertical"))
            labels, lengths = read_best_path(steps, count_used_steps(steps, batch.images, batch.widths))
            lines = [row[:length] for row, length in zip(labels.tolist(), lengths.tolist(), strict=True)]
        return [self._spell(line) for line in lines]

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show lines as they were learned from; of each set what was read, and where, the wrong ones red."""
        shown = batch[:NUM_SHOWN]
        yield Sheet("train/samples", _cut_images(shown), self._read_targets(shown))
        for name, whole in list(sets) or [ValidationSet("train", batch)]:
            spread = torch.linspace(0, len(whole) - 1, min(NUM_SHOWN, len(whole))).long()
            device = next(model.parameters()).device
            seen = whole[spread].trim().to(device)
            wanted, read = self._read_targets(seen), self.decode(model, seen)
            is_right = [_normalize(one) == _normalize(other) for one, other in zip(wanted, read, strict=True)]
            titles = [
                one if right else f"{one} > {other}"
                for one, other, right in zip(wanted, read, is_right, strict=True)
            ]
            heat = None
            if hasattr(model, "attention_maps"):
                told = {}
                if isinstance(model, LineModel):
                    told = {"is_vertical": seen.metadata.get("is_vertical")}
                heat = _cut_heat(model.attention_maps(seen.images, **told), seen)  # type: ignore[operator]
            yield Sheet(f"{name}/lines", _cut_images(seen), titles, heat, is_right)
            rows: list[list[str | int]] = [
                [one, other, count_edits(_normalize(one), _normalize(other))]
                for one, other in zip(wanted, read, strict=True)
            ]
            rows.sort(key=lambda row: -int(row[2]))
            yield Table(f"{name}/lines", ["written", "read", "edits"], rows[:NUM_ROWS])

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Trace the log-probabilities of each step."""
        if _writes(model):
            raise ModelFileError(
                f"model {name} writes character by character; only models of lines that give steps "
                "(objective ctc) can be exported"
            )
        height, width = int(model.input_size), PX_OF_STEP * int(model.stride)  # type: ignore[arg-type]
        endings = [""]
        if isinstance(model, LineModel) and model.tells_directions:
            endings.append("_vertical")
        axes = {f"images{ending}": {0: f"N{ending}", 3: f"W{ending}"} for ending in endings}
        axes |= {f"log_probabilities{ending}": {0: f"N{ending}", 1: f"T{ending}"} for ending in endings}
        examples = torch.randint(0, 256, (len(endings), 2, 1, height, width), dtype=torch.uint8)
        return Traced(
            _LogProbabilities(model).eval(),
            {f"images{ending}": example for ending, example in zip(endings, examples, strict=True)},
            [f"log_probabilities{ending}" for ending in endings],
            axes,
        )

    def _spell(self, labels: Iterable[int]) -> str:
        return "".join(self.charset.character(label) for label in labels)

    def _read_targets(self, batch: Batch) -> list[str]:
        """Return what is written: the texts of the metadata, else what the labels spell."""
        if "texts" in batch.metadata:
            return batch.metadata["texts"]
        lengths = batch.count_labels().tolist()
        return [
            self._spell(row[:length]) for row, length in zip(batch.targets.tolist(), lengths, strict=True)
        ]


class _LogProbabilities(nn.Module):
    """A model file for lines: an input and an output for each direction that the model tells from the other.

    A runtime computes every output, so lines of the other direction have an input of their own: a blank strip
    of a few px there costs nothing.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, images_vertical: Tensor | None = None) -> tuple[Tensor, ...]:
        if images_vertical is None:
            return (self.model(images).log_softmax(2),)
        read = self.model.read
        return (
            read(images, False).log_softmax(2),  # type: ignore[operator]
            read(images_vertical, True).log_softmax(2),  # type: ignore[operator]
        )


def count_edits(written: str, read: str) -> int:
    """Count the fewest substitutions, deletions and insertions between two texts (Levenshtein, 1966)."""
    row = list(range(len(read) + 1))
    for number, character in enumerate(written, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(read, start=1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (character != other)),
            )
    return row[-1]


def _writes(model: nn.Module) -> bool:
    return hasattr(model, "decode")


def _measure_losses(model: nn.Module, batch: Batch) -> Tensor:
    """Return the loss of each line for each of its characters, float (N,), as the objectives have it."""
    lengths = batch.count_labels()
    if _writes(model):
        return foresee_lines(model(batch.images, batch.targets).float(), batch.targets, lengths)[0]
    steps = compute_steps(model, batch.images, batch.metadata.get("is_vertical"))
    log_probs = steps.float().log_softmax(2)
    return align_lines(
        log_probs, count_used_steps(log_probs, batch.images, batch.widths), batch.targets, lengths
    )


def _normalize(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _list_widths(batch: Batch) -> list[int]:
    return [batch.images.shape[-1]] * len(batch) if batch.widths is None else batch.widths.tolist()


def _cut_images(batch: Batch) -> list[np.ndarray]:
    """uint8 (H, W) each, without padding."""
    images = batch.images[:, 0].cpu().numpy()
    return [image[:, :width] for image, width in zip(images, _list_widths(batch), strict=True)]


def _cut_heat(maps: Tensor, batch: Batch) -> list[np.ndarray]:
    """Float (h, w) of each line's own part."""
    widths, whole = _list_widths(batch), batch.images.shape[-1]
    return [
        heat[:, : max(1, -(-width * heat.shape[1] // whole))]
        for heat, width in zip(maps.float().cpu().numpy(), widths, strict=True)
    ]


def _compose_lines(charset: Charset, data_root: Path, height: int) -> Batch:
    from yomite.ink.line import build_line_composer
    from yomite.streams.lines import LineStream

    composer = build_line_composer(
        data_root, charset, seed=0, validation=True, cache_folder=find_cache_folder()
    )
    stream = LineStream(
        composer, charset, num_samples=NUM_COMPOSED, group=NUM_COMPOSED, height=height, seed=0
    )
    return stream.draw(0, np.arange(NUM_COMPOSED))
