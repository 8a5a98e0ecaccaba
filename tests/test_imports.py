"""Who may import whom: walks the syntax trees of src/yomite and holds the table of docs/design.md.

Every import counts, also one inside a function or under TYPE_CHECKING: an arrow is an arrow.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "yomite"
HEADER = "| room | of ours | of theirs |"
TOP = f"{HEADER}\n|-|-|-|\n| errors | | |\n"  # of the small tables below


class Grant(NamedTuple):
    """One name that a place may import: a room of ours or a package of theirs ("everything" is any room)."""

    place: str  # ink, ink/pen.py or ink/pens/
    name: str
    is_ours: bool

    def covers(self, path: str) -> bool:
        if self.place.endswith((".py", "/")):
            return path.startswith(self.place)
        return path == f"{self.place}.py" or path.startswith(f"{self.place}/")


class Table(NamedTuple):
    """The table of the page: each room with the index of its row, and all that is granted."""

    row_by_room: dict[str, int]
    grants: frozenset[Grant]

    @property
    def free(self) -> set[str]:
        """The rooms that all others may import: the first row."""
        return {room for room, row in self.row_by_room.items() if row == 0}

    def allows(self, path: str, name: str, is_ours: bool) -> bool:
        return any(
            grant.is_ours == is_ours and grant.name in (name, "everything") and grant.covers(path)
            for grant in self.grants
        )


def split_names(text: str) -> list[str]:
    return [name for name in re.split(r",| and ", text.replace("`", "")) if name.strip()]


def read_grants(room: str, cell: str, is_ours: bool) -> Iterator[Grant]:
    """Yield the grants of one cell: ``numpy, PIL; numba in hand.py, pen.py; fontTools in fonts.py``."""
    for part in cell.split(";"):
        names, _, files = part.partition(" in ")
        places = [f"{room}/{file.strip()}" for file in split_names(files)] or [room]
        for name in split_names(names):
            if name.strip() != "nothing":
                yield from (Grant(place, name.strip(), is_ours) for place in places)


def read_table(page: str) -> Table:
    rows = page.partition(HEADER)[2].strip().splitlines()[1:]  # without the rule under the header
    row_by_room: dict[str, int] = {}
    grants: set[Grant] = set()
    for index, row in enumerate(rows):
        if not row.startswith("|"):
            break
        rooms, ours, theirs = row.strip("|").split("|")
        for room in map(str.strip, split_names(rooms)):
            assert room not in row_by_room, f"{room} has two rows"
            row_by_room[room] = index
            grants.update(read_grants(room, ours, True), read_grants(room, theirs, False))
    return Table(row_by_room, frozenset(grants))


TABLE = read_table((ROOT / "docs" / "design.md").read_text(encoding="utf-8"))
EVERY_FILE = {
    path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(SOURCE.rglob("*.py"))
}
MOVED = {path: source for path, source in EVERY_FILE.items() if source.startswith('"""Moved to yomite.')}
FILES = {path: source for path, source in EVERY_FILE.items() if path not in MOVED}


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


def find_imports(path: str, source: str, table: Table) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, room or package, whether it is ours) of what the table has a say in.

    The first row, the standard library and the file's own room are free. A name of the package itself, such
    as ``__version__``, counts as the room __init__.
    """
    parts = Path(path).with_suffix("").parts
    for line, name in read_imports(ast.parse(source), ("yomite", *parts[:-1])):
        top, *rest = name.split(".")
        if top == "yomite":
            target = rest[0] if rest and rest[0] in table.row_by_room else "__init__"
            if target != parts[0] and target not in table.free:
                yield line, target, True
        elif top not in sys.stdlib_module_names:
            yield line, top, False


def find_violations(path: str, source: str, table: Table = TABLE) -> list[str]:
    """Return one line for each forbidden import; ``path`` is relative to src/yomite."""
    room = Path(path).with_suffix("").parts[0]
    if room not in table.row_by_room:
        return [f"{path}: {room} is no room of the table; add it to docs/design.md"]
    return [
        f"{path}:{line}: {room} may not import {'yomite.' * is_ours}{name}"
        for line, name, is_ours in find_imports(path, source, table)
        if not table.allows(path, name, is_ours)
    ]


def find_wrong_arrows(table: Table) -> list[str]:
    """Return the grants of a room whose row does not stand above the row of the room that imports it."""
    wrong = []
    for place, name, is_ours in sorted(table.grants):
        room = place.split("/")[0]
        if is_ours and name != "everything" and table.row_by_room[name] >= table.row_by_room[room]:
            wrong.append(f"{place} -> {name}")
    return wrong


def find_unused(table: Table, files: dict[str, str]) -> list[str]:
    """Return the rooms that have no file, and the grants that no file needs."""
    used: set[Grant] = set()
    for path, source in files.items():
        for _, name, is_ours in find_imports(path, source, table):
            fitting = [
                grant
                for grant in table.grants
                if grant.is_ours == is_ours and grant.name in (name, "everything") and grant.covers(path)
            ]
            used.update(sorted(fitting, key=lambda grant: len(grant.place))[:1])  # the room's grant suffices
    empty = set(table.row_by_room) - {Path(path).with_suffix("").parts[0] for path in files}
    return sorted(empty) + [f"{place}: {name}" for place, name, _ in sorted(table.grants - used)]


def find_circle(files: dict[str, str]) -> list[str]:
    """Return modules that import one another in a circle, the first one twice; an empty list without one."""
    path_by_module = {".".join(("yomite", *Path(path).with_suffix("").parts)): path for path in files}
    path_by_module |= {name.removesuffix(".__init__"): path for name, path in path_by_module.items()}
    done: set[str] = set()

    def visit(path: str, above: tuple[str, ...]) -> list[str]:
        if path in above:
            return [*above[above.index(path) :], path]
        if path in done:
            return []
        package = ("yomite", *Path(path).parts[:-1])
        for _, name in read_imports(ast.parse(files[path]), package):
            target = path_by_module.get(name) or path_by_module.get(name.rpartition(".")[0])
            if target and (circle := visit(target, (*above, path))):
                return circle
        done.add(path)
        return []

    return next((circle for path in files if (circle := visit(path, ()))), [])


@pytest.mark.parametrize("path", FILES)
def test_imports_only_what_the_table_allows(path: str) -> None:
    violations = find_violations(path, FILES[path])
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("path", MOVED)
def test_what_has_moved_is_only_named_again(path: str) -> None:
    """The old place of documented names imports its new place and holds nothing; we use the new one."""
    module = ".".join(("yomite", *Path(path).with_suffix("").parts))
    place = MOVED[path].split()[2].rstrip(".;,")
    docstring, *imports, names = ast.parse(MOVED[path]).body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(node, ast.ImportFrom) and str(node.module).startswith(place) for node in imports)
    assert isinstance(names, ast.Assign) and ast.unparse(names.targets[0]) == "__all__"
    for other, source in FILES.items():
        imported = [name for _, name in read_imports(ast.parse(source), ("yomite", *Path(other).parts[:-1]))]
        assert not [name for name in imported if name == module or name.startswith(f"{module}.")], other


def test_rooms_import_only_rooms_above_them() -> None:
    arrows = find_wrong_arrows(TABLE)
    assert not arrows, "\n".join(arrows)


def test_every_grant_is_needed() -> None:
    """A room or file that no longer imports what it was granted loses the grant."""
    unused = find_unused(TABLE, FILES)
    assert not unused, "\n".join(unused)


def test_no_module_imports_itself_through_others() -> None:
    assert find_circle(FILES) == []


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
        ("evaluation/measures.py", "import importlib\nimportlib.import_module('torch')", "torch"),
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


HOUSE = read_table(
    f"""Prose | with bars | is not read.

{HEADER}
|---|---|---|
| errors, files | nothing | nothing |
| `charset` | nothing | nothing |
| ink | charset | numpy, PIL; numba in hand.py and pen.py; fontTools in fonts.py |
| prior, known | ink; charset in known.py | nothing |
| apps | everything | typer; gradio in demo/ |

| not | this | one |
"""
)


def test_table_is_read() -> None:
    assert HOUSE.row_by_room == {
        "errors": 0, "files": 0, "charset": 1, "ink": 2, "prior": 3, "known": 3, "apps": 4
    }  # fmt: skip
    assert {grant for grant in HOUSE.grants if grant.place.startswith("ink")} == {
        Grant("ink", "charset", True),
        Grant("ink", "numpy", False),
        Grant("ink", "PIL", False),
        Grant("ink/hand.py", "numba", False),
        Grant("ink/pen.py", "numba", False),
        Grant("ink/fonts.py", "fontTools", False),
    }
    assert find_wrong_arrows(HOUSE) == []
    assert find_violations("apps/demo/page.py", "import gradio, yomite.ink.pen", HOUSE) == []
    assert find_violations("charset.py", "from yomite import files, errors", HOUSE) == []
    assert find_violations("apps/cli.py", "import gradio", HOUSE) == [
        "apps/cli.py:1: apps may not import gradio"
    ]


def test_arrows_down_and_sideways_are_found() -> None:
    table = read_table(f"{TOP}| ink | prior in pen.py | |\n| prior, known | ink, known | |")
    assert find_wrong_arrows(table) == ["ink/pen.py -> prior", "known -> known", "prior -> known"]


def test_unused_grants_and_empty_rooms_are_found() -> None:
    table = read_table(f"{TOP}| ink | nothing | numpy, PIL; numpy in pen.py |\n| old | | |")
    assert find_unused(table, {"errors.py": "", "ink/pen.py": "import numpy"}) == [
        "old",
        "ink: PIL",
        "ink/pen.py: numpy",
    ]


def test_circles_are_found() -> None:
    files = {
        "ink/__init__.py": "",
        "ink/pen.py": "def f():\n    from yomite.ink.hand import bend",
        "ink/hand.py": "from . import strokes",
        "ink/strokes.py": "import yomite.ink.pen",
    }
    assert find_circle(files) == ["ink/pen.py", "ink/hand.py", "ink/strokes.py", "ink/pen.py"]
    assert find_circle(files | {"ink/strokes.py": "from yomite.ink import pencil"}) == []
