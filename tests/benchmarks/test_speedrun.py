"""The race ends when the target is reached, and says so when it is not."""

import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import PROJECT_ROOT, load_benchmark
from tiny_run import CHARACTERS, SIZE, FakeStream

from yomite.config import RunConfig, load_config
from yomite.streams.batch import to_batch
from yomite.tasks import ValidationSet


@pytest.fixture(scope="module")
def speedrun() -> ModuleType:
    return load_benchmark("speedrun")


def load_small(folder: Path, total_steps: int) -> RunConfig:
    (folder / "characters.txt").write_text(CHARACTERS, encoding="utf-8")
    return load_config(
        PROJECT_ROOT / "configs" / "speedrun.yaml",
        [
            f"charset={folder / 'characters.txt'}",
            f"out={folder / 'run'}",
            f"model.input_size={SIZE}",
            "model.arguments={widths: [4, 8], depths: [1, 1], embedding: 8}",
            "optimizer.learning_rate=0.02",
            f"schedule.total_steps={total_steps}",
            "schedule.warmup_steps=2",
            "validation.every_steps=4",
            "batch_size=16",
            "loader.workers=0",
        ],
    )


def run_race(speedrun: ModuleType, config: RunConfig, target: float) -> list:
    held_out = ValidationSet("patterns", to_batch(FakeStream().draw(9, np.arange(40))))
    started = time.perf_counter()
    splits = speedrun.race(config, Path("."), target, started, FakeStream(), [held_out])
    assert splits[-1].seconds <= time.perf_counter() - started
    return splits


def test_the_race_ends_at_the_target(speedrun: ModuleType, tmp_path: Path) -> None:
    config = load_small(tmp_path, total_steps=400)
    splits = run_race(speedrun, config, target=0.9)
    assert splits[-1].lookalike_top1 >= 0.9 and splits[-1].step < 400
    assert all(split.lookalike_top1 < 0.9 for split in splits[:-1])
    assert [split.step for split in splits] == list(range(4, 4 * len(splits) + 1, 4))
    assert splits[-1].samples == 16 * splits[-1].step
    assert (config.folder / "best.safetensors").is_file()
    table = speedrun.format_race(config, splits, 0.9)
    assert "90 % reached after 0:" in table and f"| {splits[0].samples:,} | 0:" in table


def test_a_race_that_is_lost_says_so(speedrun: ModuleType, tmp_path: Path) -> None:
    config = load_small(tmp_path, total_steps=6)
    splits = run_race(speedrun, config, target=1.01)
    assert [split.step for split in splits] == [4, 6]
    assert "101 % not reached: " in speedrun.format_race(config, splits, 1.01)


def test_times_are_minutes_and_seconds(speedrun: ModuleType) -> None:
    assert speedrun.format_time(14 * 60 + 3.9) == "14:03"
