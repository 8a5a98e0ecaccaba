"""The fuzz command finds what goes wrong, and each input can be tried again alone."""

import re
import subprocess
import sys

import numpy as np
from conftest import PROJECT_ROOT

PLANTED = "tests.fuzz.planted:Planted"
COUNT = 40


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", *options]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300)


def draw_planted(number: int) -> str:
    kinds = ("answer", "refusal", "traceback", "two lines", "death", "answer")
    return str(np.random.default_rng([0, number, *PLANTED.encode()]).choice(kinds))


def test_every_way_to_go_wrong_is_counted_and_told() -> None:
    done = run("--kind", PLANTED, "--count", str(COUNT), "--minutes", "5")
    drawn = [draw_planted(number) for number in range(COUNT)]
    faults = sum(one in ("traceback", "two lines", "death") for one in drawn)
    row = re.search(rf"{PLANTED} +(\d+) +(\d+) +(\d+)", done.stdout)
    assert row, done.stdout + done.stderr
    assert [int(word) for word in row.groups()] == [
        COUNT - drawn.count("death"),
        drawn.count("answer"),
        faults,
    ]
    assert done.returncode == 1
    first = next(number for number, one in enumerate(drawn) if one in ("traceback", "two lines", "death"))
    assert f"--kind {PLANTED} --number {first}" in done.stdout


def test_one_input_is_tried_again_with_its_traceback() -> None:
    number = next(number for number in range(COUNT) if draw_planted(number) == "traceback")
    again = run("--kind", PLANTED, "--number", str(number))
    assert "IndexError: planted" in again.stdout
    assert again.returncode == 1
    number = next(number for number in range(COUNT) if draw_planted(number) == "refusal")
    assert run("--kind", PLANTED, "--number", str(number)).stdout.startswith("refused in one line")


def test_a_few_inputs_of_each_kind_of_file_and_list() -> None:
    names = ("pictures", "strokes", "model-files", "line-files", "configs")
    kinds = [word for kind in names for word in ("--kind", kind)]
    done = run(*kinds, "--count", "60", "--minutes", "5", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 60 ") >= 5


def test_an_unknown_kind_is_one_line() -> None:
    done = run("--kind", "songs")
    assert "unknown kind 'songs'; type one of pictures, strokes" in done.stderr
    assert done.returncode == 2
