"""A run learns, stops anywhere, and goes on as if it had not stopped."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from yomite.charset import build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import RunConfig, parse_config
from yomite.errors import ConfigError, YomiteError
from yomite.training.checkpoints import list_checkpoints
from yomite.training.loop import train
from yomite.training.validation import ValidationSet

SIZE = 16
CHARACTERS = "永字八法あいうアイウ"


class FakeMixture:
    """Each character is a fixed random pattern; noise is a pure function of (seed, epoch, index)."""

    num_samples = 37  # no multiple of the batch size, so batches straddle epochs

    def __init__(self, num_classes: int, crash_at: tuple[int, int] | None = None) -> None:
        self.patterns = np.random.default_rng(7).integers(0, 2, (num_classes, SIZE, SIZE)) * 160
        self.crash_at = crash_at

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        images, labels = [], []
        for index in indices:
            if self.crash_at == (epoch, int(index)):
                raise KeyboardInterrupt
            rng = np.random.default_rng((epoch, int(index)))
            label = int(rng.integers(len(self.patterns)))
            images.append(self.patterns[label] + rng.integers(0, 90, (SIZE, SIZE)))
            labels.append(label)
        return np.stack(images).astype(np.uint8), np.array(labels, dtype=np.int64)


@pytest.fixture
def charset_file(tmp_path: Path) -> Path:
    path = tmp_path / "characters.txt"
    path.write_text(CHARACTERS, encoding="utf-8")
    return path


def small_config(charset_file: Path, out: Path, total_steps: int = 24, **changes: object) -> RunConfig:
    values = {
        "charset": str(charset_file),
        "model": {
            "input_size": SIZE,
            "arguments": {"widths": [8, 16], "depths": [1, 1], "embedding": 16, "pools": 2, "dropout": 0.2},
        },
        "schedule": {"warmup_steps": 3, "total_steps": total_steps},
        "optimizer": {"learning_rate": 0.01},
        "batch_size": 16,
        "precision": "fp32",
        "checkpoint": {"every_steps": 5, "keep": 2},
        "loader": {"workers": 0},
        "out": str(out),
    }
    return parse_config(values | changes)


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    return read_checkpoint(path).tensors


def assert_identical(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def validation_set(num: int = 20) -> ValidationSet:
    images, labels = FakeMixture(len(CHARACTERS)).draw(99, np.arange(num))
    return ValidationSet("fake", torch.from_numpy(images)[:, None], torch.from_numpy(labels))


def test_a_run_learns_and_describes_itself(charset_file: Path, tmp_path: Path) -> None:
    config = small_config(charset_file, tmp_path / "run", total_steps=60)
    held_out = validation_set()
    path = train(config, data_root=tmp_path, mixture=FakeMixture(10), validation=[held_out])
    weights = read_checkpoint(path)
    assert weights.kind == "weights"
    assert weights.characters == build_charset(str(charset_file)).characters
    assert weights.progress["samples"] == 60 * 16
    assert parse_config(weights.config) == config
    right = load_model(weights)(held_out.images).argmax(1) == held_out.labels
    assert right.float().mean() > 0.9
    records = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()]
    assert records[-1] == {"step": 60, "group": "fake", **records[-1]}
    assert records[-1]["top1"] == pytest.approx(right.float().mean().item())


@pytest.mark.parametrize("workers", [0, 2])
def test_resumed_in_mid_epoch_is_bit_identical(charset_file: Path, tmp_path: Path, workers: int) -> None:
    changes = {"loader": {"workers": workers, "prefetch": 2}}
    whole = train(
        small_config(charset_file, tmp_path / "a", **changes),
        data_root=tmp_path,
        validation=(),
        mixture=FakeMixture(10),
    )
    config = small_config(charset_file, tmp_path / "b", **changes)
    step, sample = divmod(17 * 16 + 4, 37)  # a sample of step 17; the last checkpoint is that of step 15
    with pytest.raises(BaseException):  # noqa: B017 (a worker reports the interrupt in its own words)
        train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10, crash_at=(step, sample)))
    assert list_checkpoints(tmp_path / "b")[0].name == "step-00000015.safetensors"
    resumed = train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10), resume=True)
    assert_identical(tensors_of(whole), tensors_of(resumed))
    assert_identical(
        tensors_of(list_checkpoints(tmp_path / "a")[0]), tensors_of(list_checkpoints(tmp_path / "b")[0])
    )


def test_keeps_the_last_checkpoints(charset_file: Path, tmp_path: Path) -> None:
    train(
        small_config(charset_file, tmp_path / "run"),
        data_root=tmp_path,
        validation=(),
        mixture=FakeMixture(10),
    )
    assert [path.stem for path in list_checkpoints(tmp_path / "run")] == ["step-00000024", "step-00000020"]


def test_a_second_run_in_the_same_folder_is_refused(charset_file: Path, tmp_path: Path) -> None:
    config = small_config(charset_file, tmp_path / "run", total_steps=5)
    train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10))
    with pytest.raises(ConfigError, match="--resume"):
        train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10))


def test_a_loss_that_is_not_finite_stops_the_run(charset_file: Path, tmp_path: Path) -> None:
    config = small_config(
        charset_file, tmp_path / "run", gradient_clip=None, optimizer={"learning_rate": 1.0}
    )

    def spoil(module: torch.nn.Module, *_: object) -> None:
        if isinstance(module, torch.nn.Linear):
            module.weight.data.fill_(float("nan"))

    handle = torch.nn.modules.module.register_module_forward_pre_hook(spoil)
    try:
        with pytest.raises(YomiteError, match="step 0: the loss is nan"):
            train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10))
    finally:
        handle.remove()


def test_bf16_learns_too(charset_file: Path, tmp_path: Path) -> None:
    config = small_config(charset_file, tmp_path / "run", total_steps=60, precision="bf16")
    held_out = validation_set()
    model = load_model(
        read_checkpoint(train(config, data_root=tmp_path, validation=(), mixture=FakeMixture(10)))
    )
    assert (model(held_out.images).argmax(1) == held_out.labels).float().mean() > 0.9


def test_fine_tunes_from_weights_of_another_charset(charset_file: Path, tmp_path: Path) -> None:
    first = train(
        small_config(charset_file, tmp_path / "a"), data_root=tmp_path, validation=(), mixture=FakeMixture(10)
    )
    other = tmp_path / "other.txt"
    other.write_text("ん" + CHARACTERS[::-1], encoding="utf-8")
    frozen = small_config(
        other, tmp_path / "b", total_steps=4, init_from=str(first), optimizer={"learning_rate": 1e-12},
        ema={"decay": 0.0},
    )  # fmt: skip
    second = read_checkpoint(train(frozen, data_root=tmp_path, validation=(), mixture=FakeMixture(11)))
    old = read_checkpoint(first)
    for character in CHARACTERS:
        torch.testing.assert_close(
            second.tensors["model.classifier.weight"][second.characters.index(character)],
            old.tensors["model.classifier.weight"][old.characters.index(character)],
        )
