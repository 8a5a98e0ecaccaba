"""`yomite evaluate` of a page model: drawn rows, the real line model, and sets that hold something else."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tiny_page import build_page_model, draw_note
from typer.testing import CliRunner

from yomite.apps.cli import app

ROWS = (("hi", "hon", "go"), ("yama", "kawa"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page model that finds rows of ink, a page with two of them and a list that has them and a third."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "tiny-page.onnx").write_bytes(build_page_model())
    (folder / "pages").mkdir()
    Image.fromarray(draw_note(ROWS)).save(folder / "pages" / "note.png")
    boxes = {"日本語": (22, 23, 106, 49), "山水": (22, 71, 78, 97), "谷": (150, 100, 170, 118)}
    entries = [
        {
            "page": "pages/note.png",
            "page_is_whole": True,
            "path": "pages/note.png",
            "text": text,
            "quad": [[left, top], [right, top], [right, bottom], [left, bottom]],
        }
        for text, (left, top, right, bottom) in boxes.items()
    ]
    (folder / "lines.jsonl").write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_figures_and_the_page_are_written(folder: Path, tmp_path: Path) -> None:
    html = tmp_path / "reports" / "pages.html"
    code, out, error = run(
        "evaluate", folder / "tiny-page.onnx", "--data", folder / "pages", "--json", "--html", html
    )
    assert code == 0, error
    found = json.loads(out)
    assert found["model"] == "tiny-page" and found["language_model"]
    assert found["lines"]["all"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    errors = found["whole"]["all"]["end_to_end"]  # 川 for 水, and 谷 was not found
    assert (errors["num_substituted"], errors["num_deleted"], errors["num_inserted"]) == (1, 1, 0)
    (page,) = found["pages"]
    assert [line["read"] for line in page["lines"]] == ["日本語", "山川", None]
    assert "<span>水</span><span>川</span>" in html.read_text(encoding="utf-8")


def test_a_table_is_printed(folder: Path) -> None:
    code, out, _ = run(
        "evaluate", folder / "tiny-page.onnx", "--data", folder / "pages", "--no-language-model"
    )
    assert code == 0 and "tiny-page on" in out and "without language model" in out
    assert "66.7 %" in out and "33.3 %" in out  # lines found; 2 edits in 6 characters


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        ("tiny-page.onnx", "", "holds lines, and the model reads pages; type --data dev/pages"),
        ("tiny-page.onnx", "characters", "holds characters, and the model reads pages"),
        ("yomite-line", "pages", "holds pages, and the model reads lines"),
        ("yomite-character", "pages", "yomite evaluate yomite-page --data"),
        ("yomite-character", "", "yomite evaluate yomite-line --data"),
    ],
)
def test_sets_of_another_kind_are_refused(folder: Path, model: str, data: str, said: str) -> None:
    characters = folder / "characters" / "山"
    characters.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_note((("yama",),), width=144)).save(characters / "1.png")
    name = folder / model if model.endswith(".onnx") else model
    code, _, error = run("evaluate", name, "--data", folder / data)
    assert code == 2 and len(error.splitlines()) == 1 and said in error


@pytest.mark.parametrize("option", [("--negatives", "3"), ("--robustness", "2"), ("--segmenter", "spaces")])
def test_options_of_other_models_are_refused(folder: Path, option: tuple[str, str]) -> None:
    code, _, error = run("evaluate", folder / "tiny-page.onnx", "--data", folder / "pages", *option)
    assert code == 2 and option[0] in error and len(error.splitlines()) == 1
