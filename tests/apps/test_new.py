"""The template works as it is: every command of its README, in the folder that `yomite new` wrote."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yomite.apps.cli import app
from yomite.apps.new import write_template
from yomite.config import load_config
from yomite.data.sources import open_source


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder, as the current one; its modules are forgotten afterwards."""
    folder = tmp_path / "kanji-club"
    assert f"next: cd {folder} && yomite train config.yaml" in run("new", str(folder))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield folder
    for name in ("adapter", "model"):
        sys.modules.pop(name, None)


def test_every_command_of_the_readme(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```bash\n(.*?)```", readme, re.DOTALL)
    assert block
    train, export, evaluate, demo = (line.split()[1:] for line in block[1].splitlines())
    assert [train[0], export[0], evaluate[0], demo[0]] == ["train", "export", "evaluate", "demo"]
    output = run(*train, "schedule.total_steps=40", "validation.every_steps=40", "loader.workers=0")
    assert "runs/kanji-club/weights.safetensors" in output
    run(*export)
    lines = [line for line in run(*evaluate, "--json").splitlines() if line.startswith("{")]
    scores = json.loads(lines[0])
    assert scores["num_samples"] == 24
    assert scores["strict_top1"] > 0.5  # of twelve characters, after 40 steps: far from a guess

    pytest.importorskip("gradio", reason="the page is an extra of its own")
    shown = []

    class Server:
        local_url = "http://127.0.0.1"

        def __init__(self, endpoints: object, address: object) -> None:
            shown.append(endpoints)

        def run(self) -> None:
            pass

    monkeypatch.setattr("yomite.apps.demo.server.Server", Server)
    run(*demo)
    assert len(shown) == 1


def test_writers_are_held_out_whole(project: Path) -> None:
    config = load_config("config.yaml")
    assert config.name == "kanji-club" and config.data.folder.path
    learned = list(open_source(config.data.folder.path))
    held_out = list(open_source(config.validation.sources[0]))
    assert {sample.character for sample in held_out} == set("一二三十口日人大木川山上")
    assert not {sample.writer for sample in learned} & {sample.writer for sample in held_out}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, ["new", str(tmp_path)])
    assert result.exit_code == 2
    assert "is there already and not empty; give the name of a new folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_name_that_yaml_would_misread_stays_out_of_the_config(tmp_path: Path) -> None:
    write_template(tmp_path / "a: b")
    assert load_config(tmp_path / "a: b" / "config.yaml").name == "my-project"
