"""The command as people use it: what it prints, and how it ends."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tiny_model import CHARACTERS, STROKES, write_tiny_model
from typer.testing import CliRunner

from yomite.apps import options
from yomite.apps.cli import app
from yomite.errors import MissingExtraError
from yomite.ink.canvas import to_canvas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file and pictures, some of them bad."""
    folder = tmp_path_factory.mktemp("cli")
    write_tiny_model(folder / "tiny.onnx")
    for character in CHARACTERS:
        Image.fromarray(255 - to_canvas(STROKES[character])).save(folder / f"{character}.png")
        (folder / "own" / character).mkdir(parents=True)
        Image.fromarray(255 - to_canvas(STROKES[character])).save(folder / "own" / character / "1.png")
    (folder / "text.png").write_text("no picture", encoding="utf-8")
    (folder / "damaged.onnx").write_bytes(b"\x08\x09no model")
    Image.new("L", (20, 20), 255).save(folder / "blank.png")
    Image.new("L", (1, 1), 0).save(folder / "dot.png")
    return folder


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command, with the folder's model."""
    if arguments[0] == "recognize" and "--model" not in arguments:
        arguments = (*arguments, "--model", str(folder / "tiny.onnx"))
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_recognize_prints_a_line_for_each_picture(folder: Path) -> None:
    paths = [str(folder / f"{character}.png") for character in "十く"]
    code, out, err = run(folder, "recognize", *paths, "--top", "2")
    assert (code, err) == (0, "")
    assert [line.split(": ")[1][0] for line in out.splitlines()] == ["十", "く"]
    assert all(line.count("%") == 2 for line in out.splitlines())


def test_recognize_writes_the_documented_json(folder: Path) -> None:
    code, out, _ = run(
        folder, "recognize", str(folder / "人.png"), str(folder / "text.png"), "--json", "--top", "3"
    )
    good, bad = (json.loads(line) for line in out.splitlines())
    assert code == 2
    assert list(good) == ["path", "text", "confidence", "is_rejected", "seems_several", "candidates"]
    assert (good["path"], good["text"], good["is_rejected"]) == (str(folder / "人.png"), "人", False)
    assert len(good["candidates"]) == 3
    assert all(list(candidate) == ["text", "probability"] for candidate in good["candidates"])
    assert list(bad) == ["path", "error"] and "not a picture" in bad["error"]


def test_recognize_reads_standard_input(folder: Path) -> None:
    stdin = (folder / "メ.png").read_bytes()
    code, out, _ = run(folder, "recognize", "-", "--json", stdin=stdin)
    assert code == 0
    assert json.loads(out)["text"] == "メ" and json.loads(out)["path"] == "-"


def test_prior_reaches_the_reader(folder: Path) -> None:
    shares = {}
    for prior in ("text", "uniform"):
        _, out, _ = run(folder, "recognize", str(folder / "口.png"), "--json", "--prior", prior)
        shares[prior] = [candidate["probability"] for candidate in json.loads(out)["candidates"][:2]]
    assert shares["text"][0] > shares["text"][1]
    assert shares["uniform"][0] == pytest.approx(shares["uniform"][1])


@pytest.mark.parametrize(("among", "text"), [("katakana", "ロ"), ("kanji", "口"), ("ロ く", "ロ")])
def test_among_reaches_the_reader(folder: Path, among: str, text: str) -> None:
    code, out, _ = run(folder, "recognize", str(folder / "口.png"), "--json", "--among", among)
    assert (code, json.loads(out)["text"]) == (0, text)


def test_a_rejected_line_says_what_was_allowed(folder: Path) -> None:
    _, out, _ = run(folder, "recognize", str(folder / "十.png"), "--among", "く")
    assert out.endswith("く 100.0% (rejected: probably none of the characters allowed)\n")


@pytest.mark.parametrize("name", ["text.png", "blank.png", "dot.png", "missing.png", "own"])
def test_bad_pictures_get_a_line_and_the_others_an_answer(folder: Path, name: str) -> None:
    code, out, err = run(
        folder, "recognize", str(folder / "十.png"), str(folder / name), str(folder / "く.png")
    )
    assert code == 2
    assert len(out.splitlines()) == 2
    assert len(err.splitlines()) == 1
    assert err.startswith(f"{folder / name}: error: ")


BAD_CALLS = {
    "a damaged model": (["recognize", "x.png", "--model", "{folder}/damaged.onnx"], "damaged.onnx"),
    "a missing model": (["recognize", "x.png", "--model", "{folder}/none.onnx"], "no such file"),
    "an unknown family": (
        ["recognize", "x.png", "--model", "{folder}/tiny.onnx", "--among", "hirgana"],
        "did you mean 'hiragana'?",
    ),
    "an unknown name": (["evaluate", "yomite-x", "--data", "d"], "no model named 'yomite-x'"),
    "weights for reading": (
        ["recognize", "x.png", "--model", "w.safetensors"],
        "yomite export w.safetensors",
    ),
    "an unknown set": (
        ["evaluate", "{folder}/tiny.onnx", "--data", "dev/none", "--data-root", "{folder}"],
        "dev/none",
    ),
    "a missing data folder": (
        ["evaluate", "{folder}/tiny.onnx", "--data", "dev/x", "--data-root", "{folder}/none"],
        "none",
    ),
    "a missing config": (["train", "{folder}/none.yaml"], "none.yaml"),
    "missing weights": (["export", "{folder}/none.safetensors"], "none.safetensors"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_calls_end_with_one_line(folder: Path, name: str) -> None:
    if name in ("a missing config", "missing weights"):
        pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')
    arguments, message = BAD_CALLS[name]
    code, out, err = run(folder, *(argument.format(folder=folder) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("yomite: ") and message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("share", "complaint"), [(0, "own-pictures"), (1, "data folder")])
def test_own_pictures_need_no_data_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, share: int, complaint: str
) -> None:
    pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')
    monkeypatch.setenv("YOMITE_DATA", str(folder / "absent"))
    config = folder / "own.yaml"
    config.write_text("charset: kana\ndata: {folder: {share: 1, path: own-pictures}}\n", encoding="utf-8")
    code, _, error = run(folder, "train", str(config), f"data.ink.share={share}", f"out={folder / 'run'}")
    assert code == 2 and complaint in error and len(error.splitlines()) == 1


def test_evaluate_scores_a_folder(folder: Path) -> None:
    arguments = ["evaluate", str(folder / "tiny.onnx"), "--data", str(folder / "own")]
    code, out, _ = run(folder, *arguments, "--confusions", str(folder / "worst.png"))
    assert code == 0
    assert "7 characters" in out.splitlines()[0]
    assert [line.split()[1] for line in out.splitlines()[2:4]] == ["text", "uniform"]
    assert Image.open(folder / "worst.png").size[0] > 100
    code, out, _ = run(folder, *arguments, "--json", "--prior", "text")
    (line,) = (json.loads(line) for line in out.splitlines())
    assert (line["num_samples"], line["num_outside_charset"], line["lookalike_top1"]) == (7, 0, 1.0)
    assert line["strict_top1"] == pytest.approx(6 / 7, abs=1e-4)  # 口 and ロ are drawn alike


def test_missing_package_is_named_by_its_extra() -> None:
    with (
        pytest.raises(MissingExtraError, match=r'pip install .*\[train\]"'),
        options.needs_extra("train", "train"),
    ):
        import a_package_that_is_not_there  # type: ignore # noqa: F401
    with pytest.raises(ModuleNotFoundError), options.needs_extra("train", "train"):
        import yomite.a_mistake_of_ours  # type: ignore # noqa: F401


def test_ctrl_c_ends_quietly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("yomite.load", interrupt)
    assert run(folder, "recognize", "x.png") == (130, "", "")


def test_every_verb_explains_itself() -> None:
    runner = CliRunner()
    verbs = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
    assert {"recognize", "models", "render", "train", "evaluate", "benchmark", "export"} <= set(verbs)
    for verb in verbs:
        result = runner.invoke(app, [verb, "--help"])
        assert result.exit_code == 0 and "Usage:" in result.stdout


def test_help_of_render_names_the_hands_and_pens() -> None:
    pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')
    from yomite.ink.hand import NAMED_HANDS
    from yomite.ink.pen import PENS

    text = CliRunner().invoke(app, ["render", "--help"]).stdout
    assert all(name in text for name in (*NAMED_HANDS, *PENS))


def test_process_reads_without_torch_and_writes_utf8(folder: Path) -> None:
    code = (
        "import sys; from yomite.apps.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(' '.join(sorted({n.partition('.')[0] for n in sys.modules})))"
    )
    arguments = ["recognize", "--model", str(folder / "tiny.onnx"), str(folder / "十.png")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        timeout=60,
        check=True,
    )
    assert "十" in done.stdout.decode("utf-8")
    loaded = set(done.stderr.decode().split())
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "numba", "scipy", "pydantic", "onnx", "rich"}


def test_architectures_are_listed_without_torch() -> None:
    from yomite.models import ARCHITECTURES

    code = "import sys; sys.modules['torch'] = None; from yomite.apps.cli import main; main()"
    command = [sys.executable, "-c", code, "models", "--architectures"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    listed = [line.split()[0] for line in done.stdout.splitlines()]
    assert listed == [*ARCHITECTURES, "torchvision:NAME", "transformers:NAME"]
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())


def test_a_closed_pipe_is_no_traceback(folder: Path) -> None:
    paths = [str(folder / "十.png")] * 3000
    process = subprocess.Popen(
        [sys.executable, "-m", "yomite", "recognize", "--model", str(folder / "tiny.onnx"), *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    assert process.stdout.readline()
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)


def test_pictures_are_read_from_bytes_as_from_paths(folder: Path) -> None:
    stream = io.BytesIO()
    Image.open(folder / "く.png").convert("RGB").save(stream, "WEBP", lossless=True)
    _, out, _ = run(folder, "recognize", "-", stdin=stream.getvalue())
    assert out.startswith("-: く")
