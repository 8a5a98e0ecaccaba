"""Kill training at random moments: python -m tests.kills --times 100, from the repository's root.

A small run is started, killed after a random time (while it starts, learns, or writes what it keeps),
started again with --resume, and so on until it ends; then the next. Its weights and last checkpoints must
be those of a run that nobody killed, bit by bit.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))

from tiny_run import describe_run, read_tensors  # noqa: E402

from yomite.training.stopping import list_checkpoints  # noqa: E402


def start(folder: Path) -> subprocess.Popen[str]:
    """Start a run, or go on with it."""
    path = folder / "run.yaml"
    if not path.exists():
        slow = {"data": {"stream": "tiny_run:FakeStream", "arguments": {"pause_s": 0.05}}}
        path.write_text(yaml.safe_dump(describe_run(folder, **slow)), "utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "yomite", "train", str(path), "--resume"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_same(ours: Path, theirs: Path) -> bool:
    """Whether two runs ended with the same weights and the same last checkpoints."""
    mine, others = (
        [folder / "run/weights.safetensors", *list_checkpoints(folder / "run")] for folder in (ours, theirs)
    )
    if [path.name for path in mine] != [path.name for path in others]:
        return False
    for one, other in zip(mine, others, strict=True):
        first, second = read_tensors(one), read_tensors(other)
        if first.keys() != second.keys() or any(not first[key].equal(second[key]) for key in first):
            return False
    return True


def main() -> int:
    """Kill, compare, report, and return 1 if any run differs or failed by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how many kills")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, kills, runs, different = random.Random(options.seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as root:
        whole, begin = Path(root) / "whole", time.monotonic()
        whole.mkdir()
        process = start(whole)
        errors = process.communicate()[1]
        if process.returncode:
            raise SystemExit(f"the run that nobody kills failed: {errors}")
        seconds = time.monotonic() - begin
        while kills < options.times:
            folder = Path(root) / f"run-{runs}"
            folder.mkdir()
            while True:
                process = start(folder)
                try:
                    errors = process.communicate(timeout=rng.uniform(0, seconds))[1]
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
                    continue
                break
            runs += 1
            if process.returncode or not is_same(whole, folder):
                different += 1
                print(f"run {runs}: differs, or ended with {process.returncode}: {errors[-500:]}", flush=True)
        print(f"{kills} kills, {runs} runs ended, {different} differ from the run that nobody killed")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
