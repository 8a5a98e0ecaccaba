"""The benchmark of the families for lines: plans, measures, keeps what is done, and prints a table."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tiny_lines
import torch
from conftest import load_benchmark

from yomite.charset import Charset
from yomite.models import ARCHITECTURES
from yomite.streams.batch import Batch


def find(batch: Batch, batches: list[Batch]) -> int:
    """Return which of the batches has the same pictures and labels."""
    same = [
        number
        for number, one in enumerate(batches)
        if torch.equal(one.images, batch.images) and torch.equal(one.targets, batch.targets)
    ]
    return same[0]


@pytest.fixture(scope="module")
def line_zoo() -> ModuleType:
    return load_benchmark("line_zoo")


def run(line_zoo: ModuleType, family: str, folder: Path, stream: Any) -> Any:
    (folder / "characters.txt").write_text(tiny_lines.CHARACTERS, encoding="utf-8")
    small = {
        "crnn": "{widths: [8, 16], hidden: 8, layers: 1}",
        "encoder_decoder": "{stem_widths: [8, 16], width: 16, depth: 1, heads: 2}",
    }
    shared = [
        f"charset={folder / 'characters.txt'}",
        f"model.input_size={tiny_lines.HEIGHT}",
        f"model.arguments={small[family]}",
        "batch_size=8",
    ]
    return line_zoo.run_family(family, shared, folder, folder, 1.0, stream, [tiny_lines.draw_validation()])


@pytest.mark.parametrize("family", ["crnn", "encoder_decoder"])
def test_a_family_is_planned_trained_shown_and_not_twice(
    line_zoo: ModuleType, family: str, tmp_path: Path
) -> None:
    result = run(line_zoo, family, tmp_path, tiny_lines.LineStream())
    assert result.steps >= 2 and result.lines == 8 * result.steps and 0 < result.minutes < 1
    assert result.parameters < 20_000 and result.macs > 10_000 and result.cer["lines"] >= 0
    assert not (tmp_path / family.replace("_", "-") / "trial").exists()
    assert run(line_zoo, family, tmp_path, None) == result  # nothing is drawn
    charset = Charset("four", tuple(tiny_lines.CHARACTERS))
    table = line_zoo.format_table(tmp_path, 1 / 60, charset, [tiny_lines.draw_validation()]).splitlines()
    assert table[0].startswith("4 characters") and table[2].endswith("| lines seen | lines |")
    assert table[4].startswith(f"| {family} | 0.0") and len(table) == 5
    assert {line.count("|") for line in table[2:]} == {table[2].count("|")}
    assert (tmp_path / family.replace("_", "-") / "maps.png").stat().st_size > 1000


def test_lines_are_composed_once(
    line_zoo: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_lines.configure_run(tmp_path, "crnn")  # batches of 16
    charset, path = Charset("four", tuple(tiny_lines.CHARACTERS)), tmp_path / "lines.npz"
    monkeypatch.setattr(line_zoo, "build_stream", lambda *given: tiny_lines.LineStream())
    line_zoo.compose_lines(path, config, charset, tmp_path, 48)
    monkeypatch.setattr(line_zoo, "build_stream", None)
    stream = line_zoo.compose_lines(path, config, charset, tmp_path, 48)
    assert stream.num_samples == 48

    def draw(epoch: int) -> list[Batch]:
        return [stream.draw(epoch, np.arange(first, first + 16)) for first in (0, 16, 32)]

    wanted = [tiny_lines.LineStream().draw(0, np.arange(first, first + 16)) for first in (0, 16, 32)]
    found = [[find(batch, wanted) for batch in draw(epoch)] for epoch in range(6)]
    assert all(sorted(order) == [0, 1, 2] for order in found) and len(set(map(tuple, found))) > 1
    with pytest.raises(ValueError, match="batch_size must be that of the kept lines"):
        stream.draw(0, np.arange(8, 24))


def test_every_family_for_lines_is_measured(line_zoo: ModuleType) -> None:
    configs = [
        line_zoo.load_family(line_zoo.CONFIG, family, own, (), Path("x"))
        for family, own in line_zoo.FAMILIES.items()
    ]
    lines = {name for name, family in ARCHITECTURES.items() if family.task == "line"}
    assert {config.model.name for config in configs} == lines
    assert {config.objective.name for config in configs} == {"ctc", "teacher_forcing"}
