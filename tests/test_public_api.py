"""The public face: the names, their signatures, and what importing them costs."""

import inspect
import json
import operator
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import yomite

HEAVY = {"torch", "numba", "llvmlite", "scipy", "pydantic", "onnx", "tensorboard", "tqdm"}
VERBS = ("recognize", "read", "render", "train", "evaluate", "export", "models")
EXAMPLE = Path(__file__).parents[1] / "examples" / "ei.png"
REQUIRED = inspect.Parameter.empty

# The public face of docs/design.md, parameters and defaults.
SIGNATURES = {
    "load": {"name_or_path": None, "prior": "text", "num_threads": None, "line": None},
    "Recognizer.recognize": {"picture": REQUIRED, "top": 10, "prior": None, "among": None},
    "Recognizer.recognize_many": {
        "pictures": REQUIRED,
        "top": 10,
        "prior": None,
        "among": None,
        "errors": "raise",
    },
    "Recognizer.recognize_iter": {"pictures": REQUIRED},
    "Recognizer.read_line": {"picture": REQUIRED, "direction": "auto", "language_model": True, "top": 5},
    "Recognizer.read_lines": {"pictures": REQUIRED, "direction": "auto", "errors": "raise"},
    "Recognizer.explain": {"picture": REQUIRED, "character": None, "kind": "evidence"},
}

# Run in a fresh interpreter: prints, as its last line, the packages that are loaded at the end.
REPORT = """
import json, sys
try:
    {code}
except SystemExit as end:
    assert not end.code, end.code
print()
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def find_loaded_packages(code: str, *arguments: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(code=code), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0")])
def test_onnx_runtime_is_told_to_report_nothing(before: str | None, after: str) -> None:
    """It reads the variable when it is loaded: by then it must be set, unless the user set it."""
    code = (
        "import importlib.abc, os, sys\n"
        "class Watch(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'onnxruntime': print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import yomite.recognizer"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {} if before is None else {"ORT_DISABLE_TELEMETRY": before}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [after]


def test_all_is_what_there_is() -> None:
    for name in yomite.__all__:
        assert getattr(yomite, name) is not None
    assert sorted(set(yomite.__all__)) == sorted(yomite.__all__)
    public = {
        name
        for name in dir(yomite)
        if not name.startswith("_") and not isinstance(getattr(yomite, name), types.ModuleType)
    }
    # TYPE_CHECKING and Any serve the type checker only.
    assert public - {"TYPE_CHECKING", "Any"} | {"__version__"} == set(yomite.__all__)


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_is_the_documented_one(name: str) -> None:
    parameters = inspect.signature(operator.attrgetter(name)(yomite)).parameters
    defaults = {key: value.default for key, value in parameters.items() if key != "self"}
    documented = SIGNATURES[name]
    assert {key: defaults.get(key, "absent") for key in documented} == documented


def test_every_error_is_a_yomite_error() -> None:
    errors = [getattr(yomite, name) for name in yomite.__all__ if name.endswith("Error")]
    assert len(errors) >= 6
    assert all(issubclass(error, yomite.YomiteError) for error in errors)


def test_import_loads_nothing_heavy() -> None:
    heavy = find_loaded_packages("import yomite") & (HEAVY | {"onnxruntime", "numpy", "PIL", "typer"})
    assert not heavy


def test_recognizer_loads_no_torch() -> None:
    loaded = find_loaded_packages("import yomite; yomite.Recognizer")
    heavy = loaded & HEAVY
    assert "onnxruntime" in loaded
    assert not heavy


@pytest.mark.parametrize("arguments", [["--help"], *([verb, "--help"] for verb in VERBS)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = "from yomite.apps.cli import main; sys.argv[0] = 'yomite'; main()"
    heavy = find_loaded_packages(code, *arguments) & (HEAVY | {"onnxruntime"})
    assert not heavy


def test_recognize_command_loads_no_torch(released_model: Path) -> None:
    code = "from yomite.apps.cli import main; sys.argv[0] = 'yomite'; main()"
    loaded = find_loaded_packages(code, "recognize", str(EXAMPLE))
    heavy = loaded & HEAVY
    assert "onnxruntime" in loaded
    assert not heavy


def test_the_reporter_sees_what_is_loaded() -> None:
    assert "decimal" in find_loaded_packages("import decimal")
