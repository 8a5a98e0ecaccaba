"""`yomite models`: each released model with what its own card says."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import RELEASED
from typer.testing import CliRunner

from yomite.apps.cli import app


def list_models() -> dict[str, list[str]]:
    """Name -> its lines, the first without the name."""
    result = CliRunner().invoke(app, ["models"])
    assert result.exit_code == 0, result.output
    parts = re.split(r"^(?=\S)", result.stdout, flags=re.MULTILINE)[1:]
    return {part.partition(":")[0]: part.partition(": ")[2].splitlines() for part in parts}


def test_each_model_has_the_figures_of_its_own_card(released_model: Path) -> None:
    listed = list_models()
    character = json.loads((RELEASED / "card.json").read_text(encoding="utf-8"))
    first, *scores = listed["yomite-character"]
    assert first.endswith(f" MB, {character['num_classes']} characters, {character['input_size']} px")
    assert len(scores) == len(character["scores"]) and all("look-alike" in score for score in scores)

    line = json.loads((RELEASED / "yomite-line.json").read_text(encoding="utf-8"))
    first, *scores = listed["yomite-line"]
    size = line["sizes"]["yomite-line.onnx"] / 1e6
    assert first == f"{size:.1f} MB, {line['num_classes']} characters, {line['input_size']} px"
    errors = line["scores"][0]["characters"]
    interval = f"({100 * errors['low']:.1f} to {100 * errors['high']:.1f})"
    assert scores == [
        f"  dev/lines: CER {100 * errors['rate']:.1f} % {interval}, {errors['num_lines']} lines"
    ]


def test_an_ink_finder_says_how_many_papers_it_reads(released_model: Path) -> None:
    (score,) = json.loads((RELEASED / "yomite-ink.json").read_text(encoding="utf-8"))["scores"]
    good = [paper for paper in score["papers"] if paper["lookalike_top1"]["value"] >= 0.95]
    _, line = list_models()["yomite-ink"]
    assert line.strip().startswith(f"{score['data']} on {len(score['papers'])} papers:")
    assert f" on {len(good)}, " in line


def test_a_model_without_a_card_has_no_other_one(
    released_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(released_model, path := tmp_path / "own.onnx")
    shutil.copy(RELEASED / "card.json", tmp_path)
    monkeypatch.setattr("yomite.reading.model_file.released_models", lambda: {"own": path})
    assert list_models() == {"own": [f"{path.stat().st_size / 1e6:.1f} MB"]}
