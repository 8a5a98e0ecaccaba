"""How many files one has to read to follow a run: from `yomite train` to the end of its first validation."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yomite

MAX_FILES = 30

TRACE = """
import inspect, json, sys, threading
from pathlib import Path

root, entered, is_over = sys.argv[1], {}, False

def note(frame, event, argument):
    global is_over
    code = frame.f_code
    if not code.co_filename.startswith(root) or is_over:
        return
    if event == "return" and code.co_qualname == "Judge.judge":
        is_over = True
    elif event == "call" and code.co_flags & inspect.CO_OPTIMIZED:  # a function, not a module or a class
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith("<frozen importlib"):
            caller = caller.f_back
        if not caller:  # what runs while a module is imported is no step of the way
            entered.setdefault(code.co_filename[len(root) + 1:], set()).add(code.co_name)

sys.setprofile(note)
threading.setprofile(note)
from yomite.apps.cli import main
sys.argv = ["yomite", "train", "config.yaml", "schedule.total_steps=1", "schedule.warmup_steps=0",
            "validation.every_steps=1", "loader.workers=0", "batch_size=8", "out=run"]
try:
    main()
except SystemExit:
    pass
sys.setprofile(None)
assert is_over, "the run had no validation"
Path("entered.json").write_text(json.dumps({name: sorted(entered[name]) for name in sorted(entered)}))
"""


def test_a_run_is_followed_through_few_files(tmp_path: Path) -> None:
    root, project = Path(yomite.__file__).parent, tmp_path / "project"
    subprocess.run([sys.executable, "-m", "yomite", "new", str(project)], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", TRACE, str(root)], cwd=project, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(root.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    entered = json.loads((project / "entered.json").read_text())
    lines = "\n".join(f"{name}: {', '.join(functions)}" for name, functions in entered.items())
    assert "training/loop.py" in entered and "streams/drawn.py" in entered, lines
    assert len(entered) <= MAX_FILES, f"{len(entered)} files\n{lines}"
