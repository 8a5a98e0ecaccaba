"""The verb bulk as people type it: one line of counts or of a mistake; and the examples of its page."""

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from bulk_inputs import check_rows, due, read_rows, write_folder, write_parquet
from conftest import PROJECT_ROOT
from tiny_model import write_tiny_model
from typer.testing import CliRunner

import yomite
from yomite.apps.cli import app
from yomite.bulk.progress import Progress
from yomite.bulk.shards import Counts
from yomite.errors import write_install

PAGE = (PROJECT_ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["bulk", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_bulk_reads_and_says_what_came_of_it(tmp_path: Path) -> None:
    source, out = write_folder(tmp_path / "in", range(20)), tmp_path / "out"
    model = write_tiny_model(tmp_path / "tiny.onnx")
    for _ in range(2):
        code, shown, errors = run(source, "--out", out, "--model", model, "--processes", "1")
        assert (code, errors) == (0, "")
        assert shown == f"20 rows: 18 read, 0 rejected, 2 errors; {out}/_summary.html\n"
    check_rows(read_rows(out), range(20))


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", range(3))
    for arguments, complaint in (
        (["nowhere", "--out", tmp_path / "out"], "nowhere: no such file or folder"),
        (
            [tmp_path / "t.parquet", "--out", tmp_path / "out", "--column", "picture"],
            "'picture' is not there",
        ),
        ([tmp_path / "t.parquet", "--out", tmp_path / "out", "--address", "auto"], "--engine ray"),
        ([tmp_path / "t.parquet", "--out", tmp_path / "t.parquet"], "cannot be written to"),
    ):
        code, shown, errors = run(*arguments)
        assert (code, shown, errors.count("\n")) == (2, "", 1)
        assert complaint in errors


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "in", range(3))
    monkeypatch.setitem(sys.modules, "ray", None)
    model = write_tiny_model(tmp_path / "tiny.onnx")
    code, _, errors = run(tmp_path / "in", "--out", tmp_path / "out", "--model", model, "--engine", "ray")
    assert code == 2
    assert errors == f"yomite: `yomite bulk` needs more packages; type: {write_install('bulk')}\n"


def test_progress_has_rate_errors_and_time_left_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, is_shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress(1000, 100, 3) as progress:
            progress.tell(Counts(400, 7))
        assert bool(stream.getvalue()) == is_shown
        if is_shown:
            assert "500/1000" in stream.getvalue() and "10 errors" in stream.getvalue()
            assert re.search(r"\d pictures/s|s/ pictures", stream.getvalue())


def find_example(name: str) -> str:
    """The Python of the page that has a word in it, up to what needs the package itself."""
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if name in code]
    return code.split("\ncells = ")[0].replace("import datasets\n", "")


@pytest.mark.parametrize("name", ["import datasets", "mapInPandas"])
def test_examples_of_the_page_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their function, on batches as the packages give them."""
    pandas = pytest.importorskip("pandas")
    model = write_tiny_model(tmp_path / "tiny.onnx")
    real = yomite.load
    monkeypatch.setattr(yomite, "load", lambda **options: real(model, **options))
    names: dict[str, Any] = {}
    exec(find_example(name), names)
    paths = sorted(write_folder(tmp_path / "in", range(10)).rglob("*.png"))
    texts = [due(int(path.stem)) for path in paths]
    if name == "mapInPandas":
        frame = pandas.DataFrame({"path": map(str, paths), "content": [path.read_bytes() for path in paths]})
        first, second = names["read"](iter([frame[:4], frame[4:]]))
        shown = [None if pandas.isna(text) else text for text in (*first["text"], *second["text"])]
        assert shown == texts and list(second["path"]) == list(frame["path"][4:])
    else:
        images = [
            {"bytes": paths[0].read_bytes(), "path": None},
            *({"bytes": None, "path": str(path)} for path in paths[1:]),
        ]
        assert names["read"]({"image": images}) == {"text": texts}
