"""What the boards got, read back with their own readers."""

import json
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from yomite.config import RunConfig, parse_config
from yomite.errors import MissingExtraError
from yomite.training.tracking import Tracker


def config(folder: Path, **tracking: object) -> RunConfig:
    return parse_config({"name": "mine", "out": str(folder), "tracking": tracking})


def read_board(folder: Path) -> EventAccumulator:
    board = EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0, "tensors": 0})
    board.Reload()
    return board


def read_log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]


def test_numbers_pictures_and_tables_arrive(tmp_path: Path) -> None:
    tracker = Tracker(config(tmp_path), 0)
    tracker.log(5, "train", {"loss": 2.5, "top1": 0.25})
    picture = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    tracker.show(5, "train/samples", picture)
    tracker.tabulate(5, "set/confusions", ["is", "read as", "times"], [["口", "ロ", 3], ["a|b", "c", 1]])
    tracker.embed(
        5, "set/embedding", np.eye(4, dtype=np.float32), list("あいうえ"), np.zeros((4, 8, 8), np.uint8)
    )
    tracker.close()
    assert read_log(tmp_path) == [{"step": 5, "group": "train", "loss": 2.5, "top1": 0.25}]
    board = read_board(tmp_path)
    assert [(e.step, e.value) for e in board.Scalars("train/loss")] == [(5, 2.5)]
    (shown,) = board.Images("train/samples")
    assert (shown.step, shown.height, shown.width) == (5, 6, 9)
    (text,) = board.Tensors("set/confusions/text_summary")
    lines = text.tensor_proto.string_val[0].decode().splitlines()
    assert lines[2:] == ["| 口 | ロ | 3 |", "| a&#124;b | c | 1 |"]
    (tensors,) = (tmp_path / "tensorboard").rglob("tensors.tsv")
    assert np.array_equal(np.loadtxt(tensors), np.eye(4))
    assert (tensors.parent / "metadata.tsv").read_text("utf-8").split() == list("あいうえ")


def test_a_resumed_run_takes_back_what_will_come_again(tmp_path: Path) -> None:
    first = Tracker(config(tmp_path), 0)
    for step in (10, 20, 30):
        first.log(step, "train", {"loss": float(step)})
    first.close()
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 40, "gro')  # it was killed while it wrote
    second = Tracker(config(tmp_path), 20)
    second.log(30, "train", {"loss": 0.5})
    second.close()
    assert [(record["step"], record["loss"]) for record in read_log(tmp_path)] == [
        (10, 10),
        (20, 20),
        (30, 0.5),
    ]
    assert [(e.step, e.value) for e in read_board(tmp_path).Scalars("train/loss")] == [
        (10, 10),
        (20, 20),
        (30, 0.5),
    ]


def test_pictures_come_as_often_as_asked_for(tmp_path: Path) -> None:
    tracker = Tracker(config(tmp_path, pictures_every_steps=10), 0)
    assert [step for step in range(1, 36) if tracker.wants_pictures(step, is_last=step == 35)] == [
        10,
        20,
        30,
        35,
    ]
    tracker.close()
    assert not Tracker(config(tmp_path, tensorboard=False), 0).wants_pictures(1000, is_last=True)


def test_weights_and_biases_works_offline_and_a_resumed_run_is_one_run(tmp_path: Path) -> None:
    pytest.importorskip("wandb", reason="wandb is an extra of its own")
    for start in (0, 2):
        tracker = Tracker(config(tmp_path, tensorboard=False, wandb="offline", project="characters"), start)
        tracker.log(start + 1, "train", {"loss": 1.0})
        tracker.show(start + 1, "train/samples", np.zeros((4, 4, 3), np.uint8))
        tracker.tabulate(start + 1, "set/confusions", ["is", "read as", "times"], [["口", "ロ", 3]])
        tracker.embed(
            start + 1,
            "set/embedding",
            np.eye(2, dtype=np.float32),
            ["一", "二"],
            np.zeros((2, 4, 4), np.uint8),
        )
        tracker.close()
    runs = sorted((tmp_path / "wandb").glob("offline-run-*"))
    assert len(runs) == 2
    assert {run.name.rpartition("-")[2] for run in runs} == {(tmp_path / "wandb-id").read_text("utf-8")}
    for run in runs:
        assert list(run.glob("run-*.wandb")) and list(run.rglob("media/images/train/samples*.png"))
        (confusions,) = run.rglob("confusions*.table.json")
        assert json.loads(confusions.read_text("utf-8"))["data"] == [["口", "ロ", 3]]
        (embedding,) = run.rglob("embedding*.table.json")
        table = json.loads(embedding.read_text("utf-8"))
        assert table["columns"] == ["character", "picture", "d0", "d1"]
        assert [row[0] for row in table["data"]] == ["一", "二"] and table["data"][1][2:] == [0.0, 1.0]


def test_without_the_package_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'tracking.wandb=offline.*type: pip install .*\[wandb\]"'):
        Tracker(config(tmp_path / "run", wandb="offline"), 0)
    assert not (tmp_path / "run").exists()
