"""The benchmark of the families: plans, measures, keeps what is done, and prints a table."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import load_benchmark
from tiny_run import CHARACTERS, SIZE, FakeStream

from yomite.models import ARCHITECTURES, LIBRARIES
from yomite.streams.batch import to_batch
from yomite.tasks import ValidationSet


class Counted(FakeStream):
    """Samples from `first` to before `end`, counted over all epochs; the others interrupt."""

    def __init__(self, first: int, end: int = 10**6) -> None:
        super().__init__()
        self.first, self.end = first, end

    def draw(self, epoch: int, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = epoch * self.num_samples + indices
        if not (self.first <= places.min() and places.max() < self.end):
            raise KeyboardInterrupt
        return super().draw(epoch, indices)


@pytest.fixture(scope="module")
def zoo() -> ModuleType:
    return load_benchmark("zoo")


def open_bench(zoo: ModuleType, family: str, folder: Path, stream: FakeStream) -> Any:
    (folder / "characters.txt").write_text(CHARACTERS, encoding="utf-8")
    small = "{widths: [8, 8], depths: [1, 1], embedding: 8}"  # 4 channels crash oneDNN without AVX-512
    shared = [
        f"charset={folder / 'characters.txt'}",
        f"model.input_size={SIZE}",
        f"model.arguments={small}",
        "batch_size=8",
        "loader.workers=0",
    ]
    validation = [ValidationSet("dev/patterns", to_batch(FakeStream().draw(9, np.arange(24))))]
    return zoo.Bench(family, zoo.load_family(family, shared, folder), folder, stream, validation)


def test_a_family_is_planned_trained_exported_and_not_twice(zoo: ModuleType, tmp_path: Path) -> None:
    result = open_bench(zoo, "residual", tmp_path, FakeStream()).run(seconds=1.0)
    assert result.steps >= 2 and result.precision in ("fp32", "bf16")
    assert 1 <= result.num_cores <= 4096 and result.images_per_second > 8
    assert result.parameters < 10_000 and 0 <= result.top1["dev/patterns"] <= 1
    assert (tmp_path / "residual" / "model.onnx").is_file() and not (tmp_path / "residual" / "trial").exists()
    assert open_bench(zoo, "residual", tmp_path, Counted(first=0, end=0)).run(seconds=1.0) == result
    table = zoo.format_table(tmp_path, 1 / 60, len(CHARACTERS), SIZE).splitlines()
    assert f"{len(CHARACTERS)} characters" in table[0] and table[2].endswith("| dev/patterns |")
    assert table[4].startswith("| residual | 0.0") and len(table) == 5
    assert {line.count("|") for line in table[2:]} == {table[2].count("|")}
    assert 0 < float(table[4].split("|")[4]) < 1000  # ms a picture


def test_a_stopped_family_goes_on(zoo: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "resnet").mkdir()
    zoo.keep(tmp_path / "resnet" / "plan.json", zoo.Plan, lambda: zoo.Plan("fp32", 12, 0.01))
    stopped = open_bench(zoo, "resnet", tmp_path, Counted(first=0, end=8 * 7))
    stopped.config = stopped.config.model_copy(
        update={"checkpoint": stopped.config.checkpoint.model_copy(update={"every_steps": 5})}
    )
    with pytest.raises(KeyboardInterrupt):
        stopped.run(seconds=1.0)
    going_on = Counted(first=8 * 5)  # from the checkpoint of step 5, and not planned anew
    assert open_bench(zoo, "resnet", tmp_path, going_on).run(seconds=1.0).steps == 12


def test_every_family_is_measured(zoo: ModuleType) -> None:
    names = {zoo.load_family(family, (), Path("x")).model.name for family in zoo.FAMILIES}
    assert {name for name, family in ARCHITECTURES.items() if family.task == "character"} <= names
    assert {name.partition(":")[0] for name in names if ":" in name} == set(LIBRARIES)


def test_the_characters_are_kana_and_then_the_first_kanji(zoo: ModuleType, tmp_path: Path) -> None:
    text = zoo.write_characters(tmp_path / "c.txt", 175).read_text(encoding="utf-8")
    assert text.startswith("ぁあぃい") and text.endswith("ー一右雨円") and len(text) == 175
    assert len(zoo.write_characters(tmp_path / "all.txt", 0).read_text(encoding="utf-8")) > 6000
