"""`yomite evaluate` and `yomite benchmark`: every figure that was asked for, other programs among them."""

import json
import re
import sys
from pathlib import Path

import pytest
from PIL import Image
from tiny_model import CHARACTERS, STROKES, write_tiny_model
from typer.testing import CliRunner

from yomite.apps.cli import app
from yomite.ink.canvas import to_canvas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, and a sample of each of its characters and of one that it does not have."""
    folder = tmp_path_factory.mktemp("evaluate")
    write_tiny_model(folder / "tiny.onnx")
    for character in (*CHARACTERS, "永"):
        (folder / "own" / character).mkdir(parents=True)
        gray = 255 - to_canvas(STROKES.get(character, STROKES["メ"]))
        Image.fromarray(gray).save(folder / "own" / character / "1.png")
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_json_has_everything(folder: Path) -> None:
    code, out, _ = run(
        "evaluate",
        folder / "tiny.onnx",
        "--data",
        folder / "own",
        "--prior",
        "text",
        "--json",
        "--robustness",
        "3",
    )
    assert code == 0
    (line,) = (json.loads(text) for text in out.splitlines())
    # 口 and ロ are drawn alike, 永 is not known: 7 of 8 right, 6 of them strictly.
    assert (line["num_samples"], line["num_outside_charset"]) == (8, 1)
    assert (line["lookalike_top1"], line["strict_top1"]) == (0.875, 0.75)
    low, high = line["intervals"]["lookalike_top1"]
    assert 0.5 <= low < 0.875 < high <= 1
    groups = line["groups"]
    assert groups["script: kanji"]["lookalike_top1"]["num_samples"] == 5
    assert groups["within the charset"]["lookalike_top1"] == {
        "num_samples": 7, "value": 1.0, "low": 1.0, "high": 1.0,
    }  # fmt: skip
    assert sum(one["num_samples"] for one in line["reliability"]) == 8
    assert line["risk_coverage"]["risk"][-1] == 0.125
    assert {curve["name"] for curve in line["robustness"]} == {
        "stroke width", "rotation", "shift", "scale", "blur", "contrast",
    }  # fmt: skip
    assert all(share["num_samples"] == 3 for share in line["robustness"][0]["lookalike_top1"])
    papers = {paper["name"]: paper for paper in line["papers"]}
    assert {"bare", "black frame", "squared 150", "shadow"} <= set(papers)
    assert papers["bare"]["lookalike_top1"]["num_samples"] == papers["bare"]["rejected"]["num_samples"] == 3
    assert line["latency"]["num_pictures"] == 8 and line["latency"]["median_ms"] > 0
    assert {"error_at_5", "error_at_10", "calibration_error", "macro"} <= set(line)


UNKNOWN = "1 of 8 samples count as wrong: the model does not know their characters"


def test_samples_that_the_model_cannot_answer_are_told(folder: Path, tmp_path: Path) -> None:
    own = folder / "own"
    code, out, _ = run("evaluate", folder / "tiny.onnx", "--data", own)
    assert code == 0 and out.count(f"{own}: {UNKNOWN}\n") == 1  # once, for both priors
    code, out, _ = run("evaluate", folder / "tiny.onnx", "--data", own, "--prior", "text", "--json")
    assert code == 0 and json.loads(out)["notes"] == [UNKNOWN]
    for character in ("永", "水"):
        (tmp_path / "strange" / character).mkdir(parents=True)
        (tmp_path / "strange" / character / "1.png").write_bytes((own / "永" / "1.png").read_bytes())
    code, _, err = run("evaluate", folder / "tiny.onnx", "--data", tmp_path / "strange")
    assert code == 2 and "knows the character of no sample" in err and len(err.splitlines()) == 1


def test_the_table_of_papers_is_printed(folder: Path) -> None:
    code, out, _ = run(
        "evaluate", folder / "tiny.onnx", "--data", folder / "own", "--prior", "text", "--robustness", "2"
    )
    assert code == 0 and "2 of them on paper:" in out
    (line,) = (line for line in out.splitlines() if line.startswith("thin gray frame"))
    assert re.fullmatch(r"thin gray frame +\d+\.\d\d ±\d+\.\d % +\d+\.\d\d %", line)


def test_the_page_stands_alone(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason='needs the extra: pip install "yomite[reports]"')
    path = tmp_path / "new" / "report.html"
    code, _, err = run(
        "evaluate", folder / "tiny.onnx", "--data", folder / "own", "--html", path, "--robustness", "2"
    )
    assert code == 0 and str(path) in err
    page = path.read_text(encoding="utf-8")
    for needed in (
        "Reliability",
        "Risk and coverage",
        "Stroke width",
        "By script and level",
        "On paper",
        "永 → ",
        UNKNOWN,
    ):
        assert needed in page, needed
    addresses = re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?([^\"')\s>]+)", page)
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)  # inside the page
    assert page.count("<svg") == page.count("</svg>") == 2 * 8
    assert "nan" not in re.sub(r"data:[^\"]*", "", page)


def test_without_matplotlib_there_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("yomite.reports")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    arguments = ("evaluate", folder / "tiny.onnx", "--data", folder / "own", "--prior", "text")
    code, _, err = run(*arguments, "--html", tmp_path / "report.html")
    assert code == 2 and "pip install" in err and '[reports]"' in err and len(err.splitlines()) == 1
    code, _, _ = run(*arguments, "--confusions", tmp_path / "worst.png")
    assert code == 0 and (tmp_path / "worst.png").is_file()  # a sheet needs no charts


def test_another_program_is_scored_by_the_protocol(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    code, printed, _ = run("benchmark", out, "--data", folder / "own")
    assert code == 0 and "8 pictures" in printed and "yomite evaluate --answers" in printed
    paths = [json.loads(line)["path"] for line in (out / "pictures.jsonl").read_text().splitlines()]
    assert len(paths) == 8 and all((out / path).is_file() for path in paths)
    code, answers, _ = run(
        "recognize", "--model", folder / "tiny.onnx", "--json", *(out / path for path in paths)
    )
    (tmp_path / "answers.jsonl").write_text(answers, encoding="utf-8")
    scored = []
    for arguments in (["--answers", tmp_path / "answers.jsonl"], [folder / "tiny.onnx", "--prior", "text"]):
        code, text, _ = run("evaluate", *arguments, "--data", folder / "own", "--json")
        assert code == 0
        scored.append(json.loads(text))
    for name in ("strict_top1", "lookalike_top1", "lookalike_top5", "macro", "calibration_error", "rejected"):
        assert scored[0][name] == pytest.approx(scored[1][name], abs=1e-5), name
    assert scored[0]["model"] == "answers"


def test_a_set_is_written_into_a_new_folder_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, _, err = run("benchmark", tmp_path, "--data", folder / "own")
    assert code == 2 and "not empty" in err and len(err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]


def test_what_does_not_go_together_is_told(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"path": "x/000000.png", "candidates": ["a"]}')
    code, _, err = run("evaluate", folder / "tiny.onnx", "--answers", path, "--data", folder / "own")
    assert code == 2 and "leave out MODEL" in err
    code, _, err = run("evaluate", "--answers", path, "--data", folder / "own")
    assert code == 2 and "yomite benchmark" in err


def test_rejected_strangers_are_counted(folder: Path, data_root: Path) -> None:
    pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')
    code, out, _ = run(
        "evaluate", folder / "tiny.onnx", "--data", folder / "own", "--negatives", "2",
        "--data-root", data_root, "--prior", "text", "--json",
    )  # fmt: skip
    assert code == 0
    shares = json.loads(out)["no_characters_rejected"]
    assert set(shares) == {"hangul", "latin words", "shapes", "objects", "two characters"}
    assert all(share in (0, 0.5, 1) for share in shares.values())


def test_a_line_model_has_a_page_of_its_own(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.mkdir()
    example = Path(__file__).parents[2] / "examples" / "line.png"
    (lines / "line.png").write_bytes(example.read_bytes())
    entries = [{"path": "line.png", "text": "日本語"}, {"path": "line.png", "text": "日木語𝄞"}]
    (lines / "lines.jsonl").write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    page = tmp_path / "reports" / "lines.html"
    arguments = ("evaluate", "yomite-line", "--data", lines, "--segmenter", "spaces")
    code, out, _ = run(*arguments, "--json", "--html", page)
    found = json.loads(out)
    assert code == 0 and found["words"]["unit"] == "words by spaces"
    assert [line["num_edits"] for line in found["lines"]] == [0, 2]
    assert found["notes"] == ["1 of 7 characters count as wrong: the model does not know them"]
    shown = page.read_text(encoding="utf-8")
    assert "木 → 本" in shown and found["notes"][0] in shown
    code, _, error = run(*arguments, "--negatives", "3")
    assert code != 0 and "--html" in error
