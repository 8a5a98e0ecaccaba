"""docs/benchmark.md defines the benchmark: its look-alikes, sets and lines are those of the code."""

import re
from pathlib import Path

from conftest import PROJECT_ROOT

from yomite.charset import LOOKALIKE_GROUPS
from yomite.evaluation.protocol import BENCHMARK_SETS, VERSION, read_answers

PAGE = (PROJECT_ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")


def test_lookalikes_are_those_of_the_code() -> None:
    listed = PAGE.split("share a member are one):")[1].split("A change of")[0].split()
    assert tuple(listed) == LOOKALIKE_GROUPS


def test_sets_and_version_are_those_of_the_code() -> None:
    assert f"Version {VERSION}." in PAGE
    rows = [line for line in PAGE.splitlines() if line.startswith(("| dev/", "| test/"))]
    named = {name for row in rows for name in re.findall(r"(?:dev|test)/[\w-]+", row.split("|")[1])}
    assert named == {name for names in BENCHMARK_SETS.values() for name in names}


def test_the_lines_on_the_page_are_read(tmp_path: Path) -> None:
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith('    {"path"')]
    path = tmp_path / "a.jsonl"
    path.write_text(
        "\n".join(line for line in lines if "candidates" in line or "error" in line), encoding="utf-8"
    )
    answers = read_answers(path)
    assert len(answers.by_place) == answers.num_errors == 1
    assert [one.text for one in answers.by_place["dev-touchscreen-100", 0].candidates] == ["永", "氷"]
