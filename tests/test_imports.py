"""Who may import whom: walks the syntax trees of src/yomite and holds the table of docs/design.md.

Every import counts, also one inside a function or under TYPE_CHECKING: an arrow is an arrow.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "yomite"


class Rule(NamedTuple):
    """What one room may import: rooms of ours, packages of theirs."""

    ours: frozenset[str]
    theirs: frozenset[str]


def allow(ours: str = "", theirs: str = "") -> Rule:
    return Rule(frozenset(ours.split()), frozenset(theirs.split()))


# A room is a module or a folder of src/yomite. errors may be imported by all, a room by itself.
RULES: dict[str, Rule] = {
    "errors": allow(),
    "extensions": allow(),
    "charset": allow(),
    "config": allow(theirs="pydantic yaml"),
    "models": allow("extensions", "torch"),
    "ink": allow("charset", "numpy PIL"),
    "data": allow("charset extensions ink", "numpy PIL"),
    "checkpoint": allow("charset extensions models", "torch safetensors"),
    "model_file": allow(theirs="numpy onnxruntime"),
    "prior": allow("charset ink", "numpy"),
    "recognizer": allow("charset ink model_file", "numpy onnxruntime"),
    "evaluation": allow("charset extensions ink data recognizer", "numpy PIL"),
    "training": allow(
        "charset config extensions models ink data checkpoint evaluation", "torch numpy tqdm tensorboard"
    ),
    "quantization": allow("export", "numpy onnx onnxruntime"),
    "known": allow(theirs="numpy onnx onnxruntime"),
    "export": allow("charset models checkpoint", "torch numpy onnx onnxruntime"),
    "template": allow("data models", "torch"),
    "apps": allow("*", "typer numpy PIL"),
    "__init__": allow("charset recognizer"),
    "__main__": allow("apps"),
}

# What single files may import beyond their room. No other file may.
EXTRAS: dict[str, Rule] = {
    "ink/hand.py": allow(theirs="numba"),
    "ink/pen.py": allow(theirs="numba"),
    "ink/fonts.py": allow(theirs="numba fontTools"),
    "data/mixture.py": allow("config prior", "numba"),
    "data/stored.py": allow("config"),
    "models/from_torchvision.py": allow(theirs="torchvision"),
    "training/vision_transforms.py": allow(theirs="torchvision"),
    "models/from_transformers.py": allow(theirs="transformers"),
    "data/batches.py": allow(theirs="torch numba"),  # numba: one thread in each loader process
    "training/tracking/boards.py": allow(theirs="wandb"),
    "training/tracking/pictures.py": allow(theirs="PIL"),
    "data/sources.py": allow(theirs="platformdirs"),
    "data/readers/huggingface.py": allow(theirs="pyarrow"),
    "data/duplicates.py": allow(theirs="scipy"),
    "data/fetch.py": allow(theirs="pooch requests tqdm"),
    "data/page.py": allow(theirs="sklearn"),
    "apps/datasets.py": allow(theirs="requests sklearn"),
    "data/cache.py": allow(theirs="filelock platformdirs"),
    "evaluation/lines.py": allow(theirs="jiwer"),
    "apps/demo/page.py": allow(theirs="gradio"),
    "apps/demo/ink_tab.py": allow(theirs="gradio"),
    "apps/demo/server.py": allow(theirs="gradio matplotlib starlette"),
    "apps/demo/comparison.py": allow(theirs="scipy"),
}


def read_imports(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import; relative names start from ``package``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            start = list(package[: len(package) + 1 - node.level]) if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            # `from yomite import ink` and `from yomite.ink import pen` may both name modules.
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0]
            literal = isinstance(name, ast.Constant) and isinstance(name.value, str)
            if called in ("import_module", "__import__") and literal:
                yield node.lineno, str(name.value)  # pyright: ignore


def find_violations(path: str, source: str) -> list[str]:
    """Return one line for each forbidden import; ``path`` is relative to src/yomite."""
    parts = Path(path).with_suffix("").parts
    room = parts[0]
    if room not in RULES:
        return [f"{path}: {room} is no room of the table; add it to docs/design.md and tests/test_imports.py"]
    extra = EXTRAS.get(path, allow())
    ours, theirs = RULES[room].ours | extra.ours, RULES[room].theirs | extra.theirs
    package = ("yomite", *parts[:-1])
    violations = []
    for line, name in read_imports(ast.parse(source), package):
        top, *rest = name.split(".")
        if top == "yomite":
            target = rest[0] if rest else "__init__"
            if target not in RULES:  # `from yomite import __version__`: a name of the package itself
                target = "__init__"
            if target not in {"errors", room} and target not in ours and "*" not in ours:
                violations.append(f"{path}:{line}: {room} may not import yomite.{target}")
        elif top not in sys.stdlib_module_names and top not in theirs:
            violations.append(f"{path}:{line}: {room} may not import {top}")
    return violations


FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES)
def test_imports_only_what_the_table_allows(path: str) -> None:
    violations = find_violations(path, (SOURCE / path).read_text(encoding="utf-8"))
    assert not violations, "\n".join(violations)


def test_table_has_no_cycle() -> None:
    seen: set[str] = set()

    def visit(room: str, above: tuple[str, ...]) -> None:
        assert room not in above, f"cycle: {' -> '.join([*above, room])}"
        if room not in seen:
            extras = (extra.ours for path, extra in EXTRAS.items() if path.split("/")[0] == room)
            for target in sorted(RULES[room].ours.union(*extras) - {"*"}):
                visit(target, (*above, room))
            seen.add(room)

    for room in RULES:
        visit(room, ())


def test_every_exception_is_needed() -> None:
    """A file that is gone, or no longer imports what it was granted, loses its exception."""
    for path, extra in EXTRAS.items():
        source = (SOURCE / path).read_text(encoding="utf-8")
        package = ("yomite", *Path(path).parts[:-1])
        names = [name.split(".") for _, name in read_imports(ast.parse(source), package)]
        assert extra.theirs <= {name[0] for name in names}, path
        assert extra.ours <= {name[1] for name in names if name[0] == "yomite" and len(name) > 1}, path


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("ink/canvas.py", "import numba", "ink may not import numba"),
        ("ink/canvas.py", "def f():\n    from torch import nn", "ink may not import torch"),
        ("recognizer.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", "torch"),
        ("models/residual.py", "from yomite.charset import Charset", "models may not import yomite.charset"),
        ("models/residual.py", "from ..charset import Charset", "models may not import yomite.charset"),
        ("models/residual.py", "from .. import charset", "models may not import yomite.charset"),
        ("data/sources.py", "from yomite import apps", "data may not import yomite.apps"),
        ("evaluation/metrics.py", "import importlib\nimportlib.import_module('torch')", "torch"),
        ("utils.py", "", "no room of the table"),
    ],
)
def test_forbidden_imports_are_found(path: str, source: str, complaint: str) -> None:
    (violation,) = find_violations(path, source)
    assert complaint in violation


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "ink/canvas.py",
            "import os.path\nfrom PIL import Image\nfrom .strokes import to_strokes",
        ),
        ("ink/pen.py", "import numba\nfrom yomite.errors import PictureError"),
        ("apps/cli.py", "import typer\nfrom yomite import __version__\nfrom yomite.training import loop"),
    ],
)
def test_allowed_imports_pass(path: str, source: str) -> None:
    assert find_violations(path, source) == []
