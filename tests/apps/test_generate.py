"""The verb generate: a picture, and every bad input in one line."""

from pathlib import Path

import numpy as np
import pytest
from demo_page import write_kanjivg
from PIL import Image
from tiny_hand import write_generator
from typer.testing import CliRunner

pytest.importorskip("diffusers", reason='needs the extra: pip install "yomite[generate]"')

from yomite.apps.cli import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generate")
    write_kanjivg(folder)
    write_generator(folder / "tiny.safetensors")
    picture = np.full((40, 40), 255, np.uint8)
    picture[10:30, 18:22] = 0
    (folder / "hand").mkdir()
    (folder / "empty").mkdir()
    Image.fromarray(picture).save(folder / "hand" / "1.png")
    Image.fromarray(picture.T).save(folder / "hand" / "2.png")
    return folder


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    given = ["generate", *arguments, "--data-root", str(folder), "--steps", "2"]
    if "--weights" not in arguments:
        given += ["--weights", str(folder / "tiny.safetensors")]
    result = CliRunner().invoke(app, given)
    return result.exit_code, result.stdout, result.stderr


def test_a_picture_is_written_and_the_seed_decides(folder: Path) -> None:
    def draw(name: str, *options: str) -> np.ndarray:
        code, out, _ = run(folder, "十人", "--out", str(folder / name), "--size-px", "32", *options)
        assert code == 0 and out.strip() == str(folder / name)
        return np.asarray(Image.open(folder / name))

    picture = draw("a.png")
    assert picture.shape == (32, 64) and np.array_equal(picture, draw("b.png"))
    assert not np.array_equal(picture, draw("c.png", "--seed", "1"))
    like = ("--like", str(folder / "hand"), "--guidance", "4")
    assert draw("d.png", *like, "--rows", "2").shape == (64, 64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "TEXT is empty"),
        (("☃",), "no plain glyph of '☃'"),
        (("十", "--like", "{}/empty"), "holds no picture"),
        (("十", "--like", "{}/nowhere"), "is not there"),
        (("十", "--weights", "{}/none.safetensors"), "is not there"),
        (("十", "--weights", "runs/diffusion/weights.safetensors"), "yomite train configs/diffusion.yaml"),
        (("十", "--out", "{}/a.xyz"), "no picture format"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    code, _, error = run(folder, *(argument.format(folder) for argument in arguments))
    assert code == 2 and message in error and error.count("\n") == 1
