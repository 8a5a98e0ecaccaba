"""The verb profile on a run that takes a second."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

import yaml
from tiny_run import PLAIN, describe_run
from typer.testing import CliRunner

from yomite.apps.cli import app


def test_says_where_the_time_went_and_leaves_nothing_but_the_trace(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(yaml.safe_dump(describe_run(tmp_path, model=PLAIN)), encoding="utf-8")
    result = CliRunner().invoke(app, ["profile", str(config), "batch_size=8", "--steps", "3"])
    assert result.exit_code == 0, result.output
    assert "3 steps of 8 samples in fp32 on cpu" in result.output
    lines = result.output.splitlines()
    shares = [
        float(line.split("|")[3].rstrip(" %")) for line in lines if line.count("|") == 4 and "%" in line
    ]
    assert len(shares) == 5 and sum(shares) == pytest.approx(100, abs=0.5)
    trace = tmp_path / "run" / "trace.json"
    assert f"wrote {trace}" in result.output and json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    assert [path.name for path in trace.parent.iterdir()] == ["trace.json"]


def test_a_fault_of_the_run_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(yaml.safe_dump(describe_run(tmp_path)), encoding="utf-8")
    result = CliRunner().invoke(app, ["profile", str(config), "objective.margin=0.2"])
    assert result.exit_code == 2
    assert "objective.margin 0.2 needs a head that compares angles" in result.output
