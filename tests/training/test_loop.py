"""A run learns, describes itself, and is the same however its steps are cut."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_run import (
    CHARACTERS,
    PLAIN,
    FakeStream,
    assert_identical,
    configure_run,
    draw_validation,
    read_tensors,
)

from yomite.charset import build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import ScheduleConfig, parse_config
from yomite.errors import ConfigError, TrainingError
from yomite.training.learner import learning_rate_at
from yomite.training.loop import train
from yomite.training.stopping import list_checkpoints
from yomite.training.validation import ValidationSet


def run(folder: Path, sets: Sequence[ValidationSet] = (), *, resume: bool = False, **changes: Any) -> Path:
    return train(configure_run(folder, **changes), data_root=folder, validation=sets, resume=resume)


def read_log(folder: Path, group: str) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (folder / "run/log.jsonl").read_text("utf-8").splitlines()]
    return [record for record in records if record["group"] == group]


def test_a_run_learns_and_describes_itself(tmp_path: Path) -> None:
    config = configure_run(tmp_path, schedule={"warmup_steps": 3, "total_steps": 60})
    held_out = draw_validation()
    weights = read_checkpoint(train(config, data_root=tmp_path, validation=[held_out]))
    assert weights.kind == "weights"
    assert weights.characters == build_charset(config.charset).characters
    assert weights.progress["samples"] == 60 * 16
    assert parse_config(weights.config) == config
    right = load_model(weights)(held_out.batch.images).argmax(1) == held_out.batch.targets
    assert right.float().mean() > 0.9
    last = read_log(tmp_path, "fake")[-1]
    assert last["step"] == 60 and last["top1"] == pytest.approx(right.float().mean().item())
    assert weights.progress["scores"]["fake"]["top1"] == last["top1"]


def test_what_a_run_is_not_validated_on_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    page = np.full((20, 20), 255, np.uint8)
    page[5:15, 9:11] = 0
    for character in "永字山":
        (tmp_path / "own" / character).mkdir(parents=True)
        Image.fromarray(page).save(tmp_path / "own" / character / "1.png")
    config = configure_run(
        tmp_path,
        schedule={"warmup_steps": 0, "total_steps": 1},
        validation={"sources": [str(tmp_path / "own")], "every_steps": 1},
    )
    train(config, data_root=tmp_path)
    told = "1 of 3 samples left out: the model does not know their characters"
    assert f"{tmp_path / 'own'}: {told}" in capsys.readouterr().out.splitlines()


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    run(tmp_path, schedule={"warmup_steps": 0, "total_steps": 5})
    with pytest.raises(ConfigError, match="--resume"):
        run(tmp_path)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_narrow_numbers_learn_too(tmp_path: Path, precision: str) -> None:
    held_out = draw_validation()
    path = run(tmp_path, precision=precision, schedule={"warmup_steps": 3, "total_steps": 60})
    model = load_model(read_checkpoint(path))
    assert (model(held_out.batch.images).argmax(1) == held_out.batch.targets).float().mean() > 0.9


def test_accumulated_micro_batches_are_one_step(tmp_path: Path) -> None:
    changes = {
        "model": PLAIN | {"arguments": {}},
        "schedule": {"warmup_steps": 3, "total_steps": 50},
        "gradient_clip": 0.5,
    }
    whole = read_tensors(run(tmp_path / "a", **changes))
    cut = read_tensors(run(tmp_path / "b", accumulate=2, **changes))
    moved = read_tensors(run(tmp_path / "c", **(changes | {"seed": 1})))
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=0, atol=1e-6)
        assert not torch.allclose(moved[name], tensor, atol=1e-3)


def test_a_skipped_step_does_not_advance_the_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scale that is far too large overflows in fp16 until it has been halved often enough."""
    scaler = functools.partial(torch.amp.GradScaler, init_scale=2.0**40)
    monkeypatch.setattr(torch.amp, "GradScaler", scaler)
    schedule = ScheduleConfig(warmup_steps=3, total_steps=50)
    changes: dict[str, Any] = {"precision": "fp16", "schedule": schedule.model_dump()}
    whole = run(tmp_path / "a", **changes)
    progress = read_checkpoint(whole).progress
    assert progress["step"] == 50 and progress["num_skipped"] > 5
    assert progress["samples"] == (50 + progress["num_skipped"]) * 16
    (record,) = read_log(tmp_path / "a", "train")
    assert record["step"] == 50 and record["skipped_steps"] == progress["num_skipped"]
    assert record["learning_rate"] == learning_rate_at(49, 0.01, schedule)
    tensors = read_tensors(list_checkpoints(tmp_path / "a/run")[0])
    assert tensors["optimizer.model.classifier.bias.step"] == 50

    stream = FakeStream(stop_at=progress["num_skipped"] * 16 + 11 * 16)  # in step 11, the skipped included
    with pytest.raises(KeyboardInterrupt):
        train(configure_run(tmp_path / "b", **changes), data_root=tmp_path, validation=(), stream=stream)
    assert_identical(read_tensors(whole), read_tensors(run(tmp_path / "b", resume=True, **changes)))


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    """A rate of almost nothing: no validation is better than the first."""
    path = run(
        tmp_path,
        [draw_validation()],
        optimizer={"learning_rate": 1e-12},
        ema={"decay": 0.0},
        validation={"every_steps": 4, "patience": 3, "metric": "top1"},
    )
    assert read_checkpoint(path).progress["step"] == 16  # the first at 4, then three that are no better
    assert read_checkpoint(tmp_path / "run/best.safetensors").progress["step"] == 4
    assert list_checkpoints(tmp_path / "run")[0].name == "step-00000016.safetensors"


def test_a_plateau_lowers_the_rate(tmp_path: Path) -> None:
    run(
        tmp_path,
        [draw_validation()],
        model=PLAIN,
        optimizer={"learning_rate": 1e-12},
        ema={"decay": 0.0},
        validation={"every_steps": 10, "metric": "top1"},
        schedule={"name": "plateau", "warmup_steps": 0, "total_steps": 100, "factor": 0.5, "patience": 2},
    )
    rates = [record["learning_rate"] for record in read_log(tmp_path, "train")]
    # Scored at 10 (best), 20, 30 (falls), 40, 50 (falls), 60, 70, 80, 90; told of at 50 and 100.
    assert rates == pytest.approx([0.5e-12, 0.5**4 * 1e-12])


def test_fine_tunes_from_weights_of_another_charset(tmp_path: Path) -> None:
    first = run(tmp_path / "a")
    other = tmp_path / "other.txt"
    other.write_text("ん" + CHARACTERS[::-1], encoding="utf-8")
    second = read_checkpoint(
        run(
            tmp_path / "b",
            charset=str(other),
            init_from=str(first),
            schedule={"warmup_steps": 0, "total_steps": 4},
            optimizer={"learning_rate": 1e-12},
            ema={"decay": 0.0},
        )
    )
    old = read_checkpoint(first)
    for character in CHARACTERS:
        torch.testing.assert_close(
            second.tensors["model.classifier.weight"][second.characters.index(character)],
            old.tensors["model.classifier.weight"][old.characters.index(character)],
        )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"accumulate": 3},
            "batch_size 16 does not split over 1 processes x accumulate 3; give a multiple of 3",
        ),
        ({"accumulate": 16}, "leaves one sample a micro-batch, and batch norm needs two; give 32 or more"),
        ({"validation": {"metric": "top2"}}, "validation.metric 'top2': it must be one of loss, top1,"),
        ({"validation": {"metric": "b/top1"}}, "or SOURCE/score with one of the sources a"),
    ],
)
def test_a_run_that_cannot_be_has_one_line(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(tmp_path, [draw_validation("a")], **changes)
    assert line in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_patience_needs_scores(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"validation\.patience waits for scores"):
        run(tmp_path, validation={"patience": 3})
    with pytest.raises(ConfigError, match=r"schedule\.name plateau waits for scores"):
        run(tmp_path, schedule={"name": "plateau"})


def spoil(module: torch.nn.Module, *_: object) -> None:
    if isinstance(module, torch.nn.Linear):
        module.weight.data.fill_(float("nan"))


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    handle = torch.nn.modules.module.register_module_forward_pre_hook(spoil)
    try:
        with pytest.raises(TrainingError, match="step 0: the loss is nan") as caught:
            run(tmp_path, accumulate=2)
    finally:
        handle.remove()
    path = tmp_path / "run/nonfinite-step-00000000-rank-0.npz"
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    expected, labels = FakeStream().draw(0, np.arange(16))
    with np.load(path) as kept:
        assert (kept["images"][:, 0] == expected).all() and (kept["targets"] == labels).all()


def test_anomaly_names_the_operation(tmp_path: Path) -> None:
    model = {"name": "tiny_run:RootNet", "input_size": 16}
    with pytest.raises(TrainingError, match="the norm of its gradient nan"):
        run(tmp_path / "a", model=model)
    with (
        pytest.warns(UserWarning, match="Error detected in SqrtBackward0"),
        pytest.raises(TrainingError, match="step 0: Function 'SqrtBackward0' returned nan values"),
    ):
        run(tmp_path / "b", model=model, anomaly=True)
    assert (tmp_path / "b/run/nonfinite-step-00000000-rank-0.npz").exists()
    assert not torch.is_anomaly_enabled()
