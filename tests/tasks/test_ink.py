"""The task of ink finders: what it shows, what it traces, and a run that stops and goes on."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_run import CHARACTERS, assert_identical, configure_run, read_tensors

from yomite.apps.next_steps import suggest_reading
from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.errors import DataError
from yomite.models.ink_finder import InkFinder
from yomite.streams.batch import Batch
from yomite.tasks import Sheet, ValidationSet
from yomite.tasks.ink import COMPOSED, InkTask
from yomite.training.loop import train
from yomite.training.stopping import list_checkpoints

TASK = InkTask(Charset("few", tuple(CHARACTERS)))
SMALL = {"widths": [8, 12], "depths": [1, 1]}


class FramedBars:
    """A bar that is ink, in a frame that is not; each a pure function of (epoch, index)."""

    num_samples = 37

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        images = torch.zeros(len(indices), 1, 32, 32, dtype=torch.uint8)
        targets = torch.zeros(len(indices), 2, 32, 32, dtype=torch.uint8)
        for number, index in enumerate(indices):
            top = 6 + (5 * epoch + int(index)) % 16
            images[number, 0, [2, 29]] = 70
            images[number, 0, top : top + 4, 8:24] = 100
            targets[number, 0, top : top + 4, 8:24] = 255
        targets[:, 1] = (images[:, 0] > 0) * 255
        return Batch(images, targets)


def train_to(folder: Path, *steps: int) -> Path:
    for total_steps in steps:
        config = configure_run(
            folder,
            model={"name": "ink_finder", "input_size": 32, "arguments": SMALL},
            objective={"name": "erasing"},
            schedule={"name": "constant", "warmup_steps": 2, "total_steps": total_steps},
        )
        validation = [ValidationSet(COMPOSED, FramedBars().draw(99, np.arange(8)))]
        weights = train(config, data_root=folder, stream=FramedBars(), validation=validation, resume=True)
    return weights


def test_a_run_goes_on_exactly_and_says_how_to_use_its_file(tmp_path: Path) -> None:
    whole, stopped = train_to(tmp_path / "whole", 9), train_to(tmp_path / "stopped", 5, 9)
    kept = [list_checkpoints(weights.parent)[0] for weights in (whole, stopped)]
    assert_identical(*map(read_tensors, kept))
    then = suggest_reading(
        read_checkpoint(whole), tmp_path / "mine.onnx", "ink", (), data_root=None, allow_custom=False
    )
    assert then.startswith("read with: yomite recognize --ink-model ") and "mine.onnx" in then


def test_what_is_shown_and_traced() -> None:
    model = InkFinder(10, 32, **SMALL).eval()
    batch = FramedBars().draw(0, np.arange(4))
    with torch.inference_mode():
        sheets = list(TASK.glimpse(model, batch, [ValidationSet(COMPOSED, batch)], is_last=True))
        assert [sheet.name for sheet in sheets] == ["train/samples", f"{COMPOSED}/ink"]
        for sheet in sheets:
            assert isinstance(sheet, Sheet) and sheet.heat is not None
            heat = np.asarray(sheet.heat)
            assert heat.shape == (4, 32, 32) and heat.min() >= 0.0 and heat.max() <= 1.0
            assert np.asarray(sheet.images).max() == 255
        assert all(text.endswith("% ink") for text in TASK.decode(model, batch))
        traced = TASK.wrap(model, "mine")
        keep = traced.module(batch.images)
    assert traced.output_names == ["keep"] and traced.dynamic_axes == {"images": {0: "N"}, "keep": {0: "N"}}
    assert keep.shape == (4, 32, 32) and keep.min() >= 0.0 and keep.max() <= 1.0
    assert torch.allclose(keep, model(batch.images).sigmoid())


@pytest.mark.parametrize(("source", "fold"), [("dev/touchscreen-100", None), (COMPOSED, "1/5")])
def test_only_composed_papers_say_what_is_printed(source: str, fold: str | None, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=COMPOSED):
        TASK.read_set(source, tmp_path, 96, fold=fold)
