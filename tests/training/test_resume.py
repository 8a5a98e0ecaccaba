"""A run that was stopped anywhere, by anything, goes on as if it had not been."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tiny_run import (
    PLAIN,
    RESIDUAL,
    FakeStream,
    assert_identical,
    configure_run,
    describe_run,
    draw_validation,
    read_tensors,
)

from yomite.errors import ConfigError, ModelFileError, TrainingError
from yomite.training.distributed import World
from yomite.training.loop import train
from yomite.training.stopping import list_checkpoints

SAMPLE_OF_STEP_17 = 17 * 16 + 4  # the last checkpoint before is that of step 15


def run(folder: Path, stream: FakeStream | None = None, *, resume: bool = False, **changes: Any) -> Path:
    config = configure_run(folder, **changes)
    return train(config, data_root=folder, stream=stream, validation=[draw_validation()], resume=resume)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the run that nobody stopped."""
    return run(tmp_path_factory.mktemp("whole"))


def assert_same_run(whole: Path, resumed: Path) -> None:
    """The same weights, and the same whole state in the last two checkpoints."""
    assert_identical(read_tensors(whole), read_tensors(resumed))
    ours, theirs = list_checkpoints(whole.parent), list_checkpoints(resumed.parent)
    assert [path.name for path in ours] == [path.name for path in theirs]
    for first, second in zip(ours, theirs, strict=True):
        assert_identical(read_tensors(first), read_tensors(second))


def test_killed_at_a_random_moment(whole: Path, tmp_path: Path) -> None:
    """Another process, as the command line starts it, and kill -9 from outside whatever it does."""
    path = tmp_path / "run.yaml"
    slow = {"data": {"stream": "tiny_run:FakeStream", "arguments": {"pause_s": 0.05}}}
    path.write_text(yaml.safe_dump(describe_run(tmp_path, **slow)), "utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "yomite", "train", str(path)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list_checkpoints(tmp_path / "run"):
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.8))
        process.kill()
        errors = process.stderr.read() if process.stderr else ""
    assert process.returncode == -9, errors
    assert not (tmp_path / "run/weights.safetensors").exists()
    assert_same_run(whole, run(tmp_path, resume=True))


def test_a_signal_to_all_processes_of_a_run(whole: Path, tmp_path: Path) -> None:
    """As `timeout` sends it: the step is finished first. Meanwhile no other run has the folder."""
    path = tmp_path / "run.yaml"
    slow = {
        "data": {"stream": "tiny_run:FakeStream", "arguments": {"pause_s": 0.3}},
        "loader": {"workers": 1},
    }
    path.write_text(yaml.safe_dump(describe_run(tmp_path, **slow)), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "yomite", "train", str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        while process.poll() is None and not list_checkpoints(tmp_path / "run"):
            time.sleep(0.01)
        with pytest.raises(ConfigError, match=r"another run is writing to .*; wait for it"):
            run(tmp_path, resume=True)
        os.killpg(process.pid, signal.SIGTERM)
        told, _ = process.communicate(timeout=60)
    assert "go on with --resume" in told
    assert not (tmp_path / "run/weights.safetensors").exists()
    assert_same_run(whole, run(tmp_path, resume=True))


class Crashing(FakeStream):
    def send_signal(self) -> None:
        raise MemoryError


@pytest.mark.parametrize("workers", [0, 2])
def test_a_crash_in_mid_epoch(whole: Path, tmp_path: Path, workers: int) -> None:
    with pytest.raises(MemoryError):
        run(tmp_path, Crashing(stop_at=SAMPLE_OF_STEP_17), loader={"workers": workers})
    assert list_checkpoints(tmp_path / "run")[0].name == "step-00000015.safetensors"
    assert_same_run(whole, run(tmp_path, resume=True, loader={"workers": workers}))


def test_a_request_to_stop_finishes_the_step(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, FakeStream(stop_at=SAMPLE_OF_STEP_17))
    assert list_checkpoints(tmp_path / "run")[0].name == "step-00000018.safetensors"
    assert "stopped after step 18; go on with --resume" in capsys.readouterr().out
    assert_same_run(whole, run(tmp_path, resume=True))


def test_a_full_disk_leaves_what_was_written(whole: Path, tmp_path: Path) -> None:
    """Writing to /dev/full gives the real error."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    partial = tmp_path / f"run/checkpoints/.step-00000015.safetensors.{os.getpid()}.partial"
    partial.parent.mkdir(parents=True)
    partial.symlink_to("/dev/full")
    with pytest.raises(TrainingError, match=r"step 15: .* could not be written \(No space left on device\)"):
        run(tmp_path)
    assert [path.stem for path in list_checkpoints(tmp_path / "run")] == ["step-00000010", "step-00000005"]
    assert_same_run(whole, run(tmp_path, resume=True))


@pytest.mark.parametrize("damage", ["cut off", "wrong bit", "empty"])
def test_a_damaged_checkpoint_is_passed_over(
    whole: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, FakeStream(stop_at=SAMPLE_OF_STEP_17), checkpoint={"every_steps": 5, "keep": 1})
    newest = list_checkpoints(tmp_path / "run")[0]
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, FakeStream(stop_at=SAMPLE_OF_STEP_17 + 32), resume=True)
    last, before = list_checkpoints(tmp_path / "run")
    assert last.stem == "step-00000020" and before == newest
    content = last.read_bytes()
    wrong = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    last.write_bytes({"cut off": content[: len(content) // 2], "wrong bit": wrong, "empty": b""}[damage])
    resumed = run(tmp_path, resume=True)
    assert f"warning: model file {last} is damaged" in capsys.readouterr().out
    assert_same_run(whole, resumed)


def test_only_a_restart_of_the_same_launch_goes_on_by_itself(whole: Path, tmp_path: Path) -> None:
    """torchrun --max-restarts starts a run again that was refused, too; that must not make it go on."""
    first, second = (World(0, 1, torch.device("cpu"), launch) for launch in ("first", "second"))
    config, sets = configure_run(tmp_path), [draw_validation()]
    with pytest.raises(KeyboardInterrupt):
        stream = FakeStream(stop_at=SAMPLE_OF_STEP_17)
        train(config, data_root=tmp_path, validation=sets, stream=stream, world=first)
    with pytest.raises(ConfigError, match="holds a run already"):
        train(config, data_root=tmp_path, validation=sets, world=second)
    resumed = train(config, data_root=tmp_path, validation=sets, world=first)
    assert_same_run(whole, resumed)


def test_none_whole_is_one_line(tmp_path: Path) -> None:
    run(tmp_path, schedule={"warmup_steps": 0, "total_steps": 5})
    for path in list_checkpoints(tmp_path / "run"):
        path.write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"none of the 1 checkpoints in .* is whole; give out=FOLDER"):
        run(tmp_path, resume=True)


def test_what_changes_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, schedule={"warmup_steps": 3, "total_steps": 5})
    run(tmp_path, resume=True, schedule={"warmup_steps": 3, "total_steps": 8})
    assert "resumed with schedule.total_steps: 5 -> 8\n" in capsys.readouterr().out
    assert list_checkpoints(tmp_path / "run")[0].stem == "step-00000008"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"model": PLAIN}, "model.name: residual -> tiny_run:PlainNet"),
        ({"optimizer": {"name": "sgd"}}, "optimizer.name: adamw -> sgd"),
        (
            {"model": RESIDUAL | {"arguments": RESIDUAL["arguments"] | {"pools": 1}}},
            "model.arguments.pools: 2 -> 1",
        ),
        ({"charset": "kana"}, "other characters: 10 -> 171"),
    ],
)
def test_what_cannot_change_is_refused(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    run(tmp_path, schedule={"warmup_steps": 0, "total_steps": 1})
    before = sorted((tmp_path / "run").rglob("*"))
    with pytest.raises(ConfigError, match="this run cannot go on with") as caught:
        run(tmp_path, resume=True, **changes)
    assert line in str(caught.value) and "\n" not in str(caught.value)
    assert sorted((tmp_path / "run").rglob("*")) == before
