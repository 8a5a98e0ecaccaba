"""What a model in training sees and says, as its task tells it, drawn for the boards."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from yomite.reports.sheets import draw_sheet, overlay_heat
from yomite.streams.batch import Batch
from yomite.tasks import Points, Sheet, Table, Task, ValidationSet
from yomite.training.tracking import Tracker


@torch.no_grad()
def show_glimpses(
    tracker: Tracker,
    step: int,
    task: Task,
    model: nn.Module,
    batch: Batch,
    validation: Iterable[ValidationSet],
    *,
    is_last: bool,
) -> None:
    """Show a batch as it was learned from, and what the model says of each validation set.

    Args:
        tracker: Where to.
        step: Finished steps.
        task: Of the model; it says what there is to see.
        model: The moving average where there is one; it is left in evaluation mode.
        batch: Of the step.
        validation: The sets; without any, the batch stands for them.
        is_last: Whether this is the last step.
    """
    for glimpse in task.glimpse(model.eval(), batch, validation, is_last=is_last):
        if isinstance(glimpse, Sheet):
            tiles = list(glimpse.images)
            if glimpse.heat is not None:
                tiles = [overlay_heat(tile, heat) for tile, heat in zip(tiles, glimpse.heat, strict=True)]
            picture = draw_sheet(tiles, glimpse.titles, is_right=glimpse.is_right)
            tracker.show(step, glimpse.name, picture)
        elif isinstance(glimpse, Table):
            tracker.tabulate(step, glimpse.name, glimpse.columns, glimpse.rows)
        elif isinstance(glimpse, Points):
            tracker.embed(step, glimpse.name, glimpse.embedding, glimpse.texts, glimpse.images)
