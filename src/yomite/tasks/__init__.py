"""Tasks: what differs between models that read characters, lines or pages, write, or erase: a place each.

The loop and the exporter know only the Protocol `Task` below. A model says in its attribute `task` which
one it is for (without it: character), and `build_task(model, charset)` gives that task for its classes. A
new task is one file here and one line in TASKS; its module is imported when a model asks for it.

What a task owns:

- its sets for validation, `read_set`: a source -> a Batch, images and targets as its models take them;
- its scores: `count` gives the counts of one batch, which are summed over batches and processes, and
  `divide` makes scores of the sums; `scores` says what each means, `metric` which one judges a run by
  default;
- its decoding, `decode`: images -> texts;
- its glimpses, `glimpse`: what TensorBoard shows of a model, as data (Sheet, Table, Points below);
- its export, `wrap`: the module that is traced, an example of its input, and the names of both ends.

What it does not own: the loss, which is the objective's (`training/objectives/`), and padding, which every
stream does for its own batches (`streams/batch.py` pads, joins and trims them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.errors import ConfigError
from yomite.extensions import load_callable
from yomite.streams.batch import Batch


class ValidationSet(NamedTuple):
    """Real writing that is scored while learning: the name of its source, and all of its samples."""

    name: str
    batch: Batch


@dataclass(frozen=True)
class Sheet:
    """Pictures side by side, a line of text under each.

    Attributes:
        name: `group/name`, as of every glimpse.
        images: Uint8 (H, W) each, ink bright on 0.
        titles: One for each image.
        heat: Float (h, w) for each image, 0..1, laid over it in red: where a model looked. None: nothing.
        is_right: Titles of images that are not right are red. None: all are black.
    """

    name: str
    images: Sequence[np.ndarray] | np.ndarray
    titles: Sequence[str]
    heat: Sequence[np.ndarray] | np.ndarray | None = None
    is_right: Sequence[bool] | None = None


@dataclass(frozen=True)
class Table:
    """Words and counts in rows."""

    name: str
    columns: list[str]
    rows: list[list[str | int]]


@dataclass(frozen=True)
class Points:
    """An embedding to be looked at in a projection.

    Attributes:
        name: `group/name`.
        embedding: Float (N, D).
        texts: What each point is.
        images: Uint8 (N, S, S), the canvas of each.
    """

    name: str
    embedding: np.ndarray
    texts: list[str]
    images: np.ndarray


Glimpse = Sheet | Table | Points


@dataclass(frozen=True)
class Traced:
    """What the exporter traces.

    Attributes:
        module: Images uint8 (N, 1, H, W), one tensor for each input -> the outputs, in order.
        examples: Of each input by its name, uint8.
        output_names: Of the outputs.
        dynamic_axes: By input and output, which of its axes are free, and their names.
    """

    module: nn.Module
    examples: dict[str, Tensor]
    output_names: list[str]
    dynamic_axes: dict[str, dict[int, str]] = field(default_factory=dict)


class Task(Protocol):
    """What the loop asks of a task; every model is in evaluation mode and without gradients here.

    Attributes:
        name: Its key in TASKS.
        charset: The classes; targets are their labels.
        scores: By name, what each score of `divide` means; without `samples`, which is always there.
        lower_is_better: The scores of which less is better.
        metric: The score that judges a run which names none.
        batch_size: Samples of a validation set that are counted at once.
    """

    name: str
    charset: Charset
    scores: Mapping[str, str]
    lower_is_better: frozenset[str]
    metric: str
    batch_size: int

    def read_set(
        self, source: str, data_root: Path, size: int, *, fold: str | None = None, seed: int = 0
    ) -> Batch:
        """Read the samples of a source that are within the charset.

        Args:
            source: As for `yomite evaluate --data`.
            data_root: Where the data sets are.
            size: Height of the images in px, `model.input_size`.
            fold: Such as 2/5: only the second of five parts, which a run of that fold has not learned from.
            seed: Of the run, which deals the folds.

        Returns:
            The samples; "notes" in the metadata, a tuple of lines, says what was left out, if it is there.

        Raises:
            DataError: If the source is missing, or nothing of it can be used.
        """
        ...

    def count(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Count what a model gets right; float tensors on the batch's device, to be summed over batches."""
        ...

    def divide(self, counts: Mapping[str, Tensor]) -> dict[str, float]:
        """Make `samples` and the scores of summed counts."""
        ...

    def decode(self, model: nn.Module, batch: Batch) -> list[str]:
        """Read a batch: the text of each sample, the likeliest character each time."""
        ...

    def glimpse(
        self, model: nn.Module, batch: Batch, sets: Iterable[ValidationSet], *, is_last: bool
    ) -> Iterator[Glimpse]:
        """Show a batch as it was learned from, and what a model makes of each validation set.

        Args:
            model: The moving average where there is one.
            batch: Of the step.
            sets: Without any, the batch stands for them, under the name `train`.
            is_last: Whether this is the last step, when what takes room may be shown.
        """
        ...

    def wrap(self, model: nn.Module, name: str) -> Traced:
        """Give the exporter what it traces.

        Args:
            model: In evaluation mode.
            name: What its weights call it, for the message.

        Raises:
            ModelFileError: If the model lacks what the file must hold.
        """
        ...


TASKS: dict[str, str] = {
    "character": "character:CharacterTask",
    "line": "line:LineTask",
    "page": "page:PageTask",
    "hand": "hand:HandTask",
    "ink": "ink:InkTask",
}
"""By name, the class of each task as `module:class` of this folder."""


def build_task(model: nn.Module, charset: Charset) -> Task:
    """Build the task that a model is for.

    Raises:
        ConfigError: If its attribute `task` names none.
    """
    name = name_task(model)
    if name not in TASKS:
        raise ConfigError(f"{type(model).__name__}.task is {name!r}; it must be one of {', '.join(TASKS)}")
    return load_callable(f"{__name__}.{TASKS[name]}", "task")(charset)


def name_task(model: nn.Module) -> str:
    """Return a model's task; models of one's own that do not say read characters."""
    return getattr(model, "task", "character")
