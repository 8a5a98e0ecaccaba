"""Time spent on purpose is found in its part."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from yomite.apps.profile import format_profile
from yomite.config import RunConfig, parse_config
from yomite.errors import TrainingError
from yomite.training.profiling import PARTS, TRACED_STEPS, Operator, StepProfile, profile_run

CHARACTERS = "永字八法"
SLEEP_SECONDS = 0.05


class SleepyStream:
    num_samples = 1000

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        time.sleep(SLEEP_SECONDS)
        rng = np.random.default_rng((epoch, int(indices[0])))
        return rng.integers(0, 256, (len(indices), 8, 8)).astype(np.uint8), indices % len(CHARACTERS)


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    (tmp_path / "characters.txt").write_text(CHARACTERS, encoding="utf-8")
    return parse_config(
        {
            "charset": str(tmp_path / "characters.txt"),
            "model": {"input_size": 8, "arguments": {"widths": [4], "depths": [1], "embedding": 4}},
            "precision": "fp32",
            "batch_size": 8,
            "loader": {"workers": 0},
            "out": str(tmp_path / "run"),
        }
    )


def test_the_slow_part_is_found_and_the_trace_names_all(config: RunConfig, tmp_path: Path) -> None:
    trace = tmp_path / "deep" / "trace.json"
    measured = profile_run(config, data_root=tmp_path, trace_path=trace, num_steps=4, stream=SleepyStream())
    assert tuple(measured.seconds_by_part) == PARTS and measured.num_steps == 4
    assert 0.9 * SLEEP_SECONDS < measured.seconds_by_part["loader"] < 10 * SLEEP_SECONDS  # of one step
    assert measured.images_per_second < 8 / SLEEP_SECONDS
    assert not (tmp_path / "run").exists()
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    names = [event.get("name") for event in events if event.get("cat") == "user_annotation"]
    for part in ("loader", "forward", "backward", "optimizer"):
        assert names.count(part) == TRACED_STEPS
    assert any("conv" in operator.name for operator in measured.operators)


def test_a_slow_forward_is_charged_to_forward(config: RunConfig, tmp_path: Path) -> None:
    def slow(module: nn.Module, *_: object) -> None:
        if isinstance(module, nn.Linear) and module.out_features == len(CHARACTERS):
            time.sleep(4 * SLEEP_SECONDS)

    handle = torch.nn.modules.module.register_module_forward_pre_hook(slow)
    try:
        measured = profile_run(
            config, data_root=tmp_path, trace_path=tmp_path / "t.json", num_steps=2, stream=SleepyStream()
        )
    finally:
        handle.remove()
    assert measured.seconds_by_part["forward"] > 3.6 * SLEEP_SECONDS


def test_a_trace_that_cannot_be_written_is_one_line(config: RunConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"cannot be written to .*give --out FILE"):
        profile_run(
            config,
            data_root=tmp_path,
            trace_path=tmp_path / "file" / "t.json",
            num_steps=1,
            stream=SleepyStream(),
        )


def test_the_tables_add_up() -> None:
    seconds = dict(zip(PARTS, (0.01, 0.02, 0.04, 0.02, 0.01), strict=True))
    measured = StepProfile("cpu", 3, 50, seconds, (Operator("aten::mm", 2.0, 1.5),))
    assert measured.images_per_second == pytest.approx(500)
    lines = format_profile(measured).splitlines()
    assert "| loader | 10.00 | 10.0 % |" in lines and "| backward | 40.00 | 40.0 % |" in lines
    assert "| aten::mm | 2 | 1.50 |" in lines
