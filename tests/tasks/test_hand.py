"""The task of hands: its set, its score, its sheet; a run that learns, and resumes exactly."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from demo_page import write_kanjivg
from PIL import Image
from tiny_hand import CHARACTERS, MODEL, SIZE, build_generator, build_stream
from tiny_run import configure_run

pytest.importorskip("diffusers", reason='needs the extra: pip install "yomite[generate]"')

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.errors import ConfigError, DataError, ModelFileError
from yomite.tasks import Sheet, ValidationSet, build_task
from yomite.tasks.hand import HandTask
from yomite.training.loop import train

TASK = HandTask(Charset("three", tuple(CHARACTERS)))


def configure(folder: Path, **changes):
    sections = {
        "model": MODEL,
        "data": {"stream": "hands"},
        "objective": {"name": "denoising"},
        "optimizer": {"learning_rate": 3e-3},
        "schedule": {"warmup_steps": 3, "total_steps": 60},
        "ema": {"decay": 0.9},
        "checkpoint": {"every_steps": 20, "keep": 3},
    }
    config = configure_run(folder, **(sections | changes))
    Path(config.charset).write_text(CHARACTERS, encoding="utf-8")
    return config


def test_a_run_learns_and_resumes_exactly(tmp_path: Path) -> None:
    stream, validation = build_stream(), []
    held_back = ValidationSet("held-back", build_stream(seed=9).draw(0, np.arange(32)))
    before = TASK.divide(TASK.count(build_generator(), held_back.batch))["loss"]
    whole = train(configure(tmp_path / "whole"), data_root=tmp_path, stream=stream, validation=[held_back])
    rows = [json.loads(line) for line in (whole.parent / "log.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if row["group"] == "held-back"]
    assert losses[-1] < 0.6 * before
    cut = configure(tmp_path / "cut")
    shorter = cut.model_copy(update={"schedule": cut.schedule})
    train(shorter, data_root=tmp_path, stream=stream, validation=validation)
    for late in sorted((cut.folder / "checkpoints").iterdir())[1:]:
        late.unlink()  # as if it had been killed after step 20
    (cut.folder / "weights.safetensors").unlink()
    again = train(cut, data_root=tmp_path, stream=stream, validation=validation, resume=True)
    one, other = read_checkpoint(whole).tensors, read_checkpoint(again).tensors
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_set_gives_targets_with_others_by_the_same_writer(tmp_path: Path) -> None:
    write_kanjivg(tmp_path)
    rng = np.random.default_rng(0)
    for character in CHARACTERS:
        (tmp_path / "own" / character).mkdir(parents=True)
        for number in range(5):
            picture = np.full((40, 40), 255, np.uint8)
            picture[8:30, 10 + 4 * number : 13 + 4 * number] = rng.integers(0, 80)
            picture[15:18, 5:35] = 0
            Image.fromarray(picture).save(tmp_path / "own" / character / f"{number}.png")
    batch = TASK.read_set(str(tmp_path / "own"), tmp_path, SIZE)
    assert batch.images.shape == (15, 1, SIZE, SIZE)
    assert batch.metadata["plain"].shape == (15, 1, SIZE, SIZE)
    assert batch.metadata["references"].shape == (15, 8, SIZE, SIZE)
    assert sorted(TASK.decode(build_generator(), batch)) == sorted(CHARACTERS * 5)
    for path in (tmp_path / "own").rglob("[1-4].png"):
        path.unlink()
    with pytest.raises(DataError, match="no writer has 9 characters"):
        TASK.read_set(str(tmp_path / "own"), tmp_path, SIZE)
    with pytest.raises(DataError, match="no folds"):
        TASK.read_set(str(tmp_path / "own"), tmp_path, SIZE, fold="1/2")


def test_sheets_show_plain_reference_written_and_drawn() -> None:
    generator, batch = build_generator(), build_stream().draw(0, np.arange(6))
    with torch.no_grad():
        sheets = list(TASK.glimpse(generator, batch, [ValidationSet("set", batch)], is_last=True))
    assert [sheet.name for sheet in sheets] == ["train/drawn", "set/drawn"]
    assert isinstance(sheets[0], Sheet) and np.array(sheets[0].images).shape == (6, SIZE, 4 * SIZE)
    assert np.array_equal(sheets[0].images[0][:, 2 * SIZE : 3 * SIZE], batch.images[0, 0].numpy())


def test_what_draws_is_not_exported_and_reads_no_characters(tmp_path: Path) -> None:
    assert isinstance(build_task(build_generator(), TASK.charset), HandTask)
    with pytest.raises(ModelFileError, match="yomite generate"):
        TASK.wrap(build_generator(), "generator")
    with pytest.raises(ConfigError, match="does not fit InkGenerator"):
        train(configure(tmp_path, objective={}), data_root=tmp_path, stream=build_stream(), validation=[])
    with pytest.raises(ConfigError, match="is for hands, data"):
        train(configure(tmp_path, data={}), data_root=tmp_path, validation=[])
