"""Whatever follows `next:` works where it is pasted: paths with spaces, code of one's own, lines."""

import json
import shlex
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_lines
import yaml
from conftest import PROJECT_ROOT
from typer.testing import CliRunner

from yomite.apps.cli import app

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')


def run(*arguments: str | Path, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result.output


def read_next(output: str) -> list[str]:
    """The words of the only command that is suggested, without yomite."""
    (line,) = (line for line in output.splitlines() if "next: " in line)
    words = shlex.split(line.partition("next: ")[2])
    assert words[0] == "yomite"
    return words[1:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with a space in its name; its modules are forgotten afterwards."""
    folder = tmp_path / "my own"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path / "absent"))
    yield folder
    for name in ("adapter", "model"):
        sys.modules.pop(name, None)


def test_from_a_new_project_to_its_scores(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, train = run("new", "kanji club").rpartition("next: ")[2].strip().split(" && ")
    assert shlex.split(change) == ["cd", "kanji club"]
    monkeypatch.chdir(folder / "kanji club")
    small = (
        "schedule.warmup_steps=0",
        "schedule.total_steps=20",
        "validation.every_steps=20",
        "loader.workers=0",
        "out=runs/of mine",
    )
    export = read_next(run(*shlex.split(train)[1:], *small))
    assert export == ["export", "runs/of mine/weights.safetensors", "--allow-custom"]
    evaluate = read_next(run(*export))
    assert evaluate == ["evaluate", "runs/of mine/weights.onnx", "--data", "adapter:open_held_out"]
    assert "adapter:open_held_out" in run(*evaluate)


def test_without_a_set_it_is_told_how_to_read(folder: Path) -> None:
    run("new", "mine")
    shutil.copytree("mine", ".", dirs_exist_ok=True)
    small = (
        "schedule.warmup_steps=0",
        "schedule.total_steps=2",
        "loader.workers=0",
        "validation.sources=[]",
        "out=run",
    )
    export = read_next(run("train", "config.yaml", *small))
    command, file = run(*export).splitlines()[-1].partition("read with: yomite ")[2].rsplit(" ", 1)
    assert file == "FILE"
    picture = PROJECT_ROOT / "examples" / "ki.png"
    assert str(picture) in run(*shlex.split(command), picture)


def write_lines(folder: Path) -> Path:
    """A data folder with one line."""
    lines = folder / "my data" / "lines"
    lines.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "examples" / "line.png", lines)
    (lines / "lines.jsonl").write_text(json.dumps({"path": "line.png", "text": "あい"}), encoding="utf-8")
    return lines.parent


@pytest.mark.parametrize("family", ["crnn", "encoder_decoder"])
def test_a_line_model(folder: Path, family: str) -> None:
    data_root = write_lines(folder)
    plain = tiny_lines.configure_run(folder, family).model_dump(mode="json")
    plain["schedule"] |= {"warmup_steps": 0, "total_steps": 2}
    plain["validation"] |= {"sources": ["lines"], "every_steps": 2}
    plain["tracking"]["tensorboard"] = False
    Path("line.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    output = run("train", "line.yaml", "--data-root", data_root)
    if family == "encoder_decoder":
        assert "next:" not in output and "cannot be exported" in output
        return
    export = read_next(output)
    assert export[-2:] == ["--data-root", str(data_root)] and "--allow-custom" not in export
    evaluate = read_next(run(*export))
    assert evaluate[0] == "evaluate" and evaluate[2:] == ["--data", "lines", "--data-root", str(data_root)]
    assert "error rate" in run(*evaluate)


def test_a_set_that_was_fetched(folder: Path, released_model: Path) -> None:
    pytest.importorskip("pooch", reason='needs the extra: pip install "yomite[data]"')
    with zipfile.ZipFile("the drawings.zip", "w") as archive:
        archive.write(PROJECT_ROOT / "examples" / "ei.png", "永_1.png")
    fetch = ("data", "fetch", "touchscreen", "--from", "the drawings.zip", "--accept-license")
    check = read_next(run(*fetch, "--data-root", "the data"))
    assert check == ["data", "check", "dev/touchscreen-100", "--data-root", "the data"]
    assert "1 samples of 1 characters" in run(*check)


def test_what_scores_the_benchmark(folder: Path) -> None:
    Path("a set", "永").mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "examples" / "ei.png", Path("a set", "永"))
    told = run("benchmark", "out", "--data", "a set").partition("score with: yomite ")[2]
    answer = {"path": "out/a-set/000000.png", "candidates": ["永"]}
    Path("ANSWERS.jsonl").write_text(json.dumps(answer), encoding="utf-8")
    assert "100.00" in run(*shlex.split(told))
