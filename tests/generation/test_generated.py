"""Generated ink on the disk: the same wish is the same file, and what is misread is not in it."""

from pathlib import Path

import numpy as np
import pytest
from demo_page import write_kanjivg
from PIL import Image
from tiny_hand import CHARACTERS, write_generator

pytest.importorskip("diffusers", reason='needs the extra: pip install "yomite[generate]"')

from yomite.errors import DataError
from yomite.generation import generated
from yomite.generation.generated import Wish, check_pictures, open_generated
from yomite.ink.canvas import to_canvas
from yomite.ink.plain import draw_plain_glyphs


@pytest.fixture
def wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wish:
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    write_kanjivg(tmp_path)
    return Wish(str(write_generator(tmp_path / "tiny.safetensors")), per_character=2, steps=2)


def read_some(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let 川 be misread; return a list that grows with each check."""
    checks: list[int] = []

    def check(images: np.ndarray, characters: list[str]) -> np.ndarray:
        checks.append(len(images))
        return np.array([character != "川" for character in characters])

    monkeypatch.setattr(generated, "check_pictures", check)
    return checks


def test_drawn_once_and_the_same_for_the_same_wish(
    wish: Wish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = read_some(monkeypatch)
    ink = open_generated(wish, CHARACTERS + "☃", tmp_path)
    assert ink.characters == list("十人十人") and ink.num_drawn == 6 and len(ink.images) == 4
    assert "4 of 6 pictures are read right" in capsys.readouterr().out
    again = open_generated(wish, CHARACTERS + "☃", tmp_path)
    assert np.array_equal(ink.images, again.images) and checks == [6]
    (file,) = (tmp_path / "cache").glob("generated-*.npz")
    file.write_bytes(file.read_bytes()[:200])
    assert np.array_equal(open_generated(wish, CHARACTERS + "☃", tmp_path).images, ink.images)
    for other in (
        Wish(**(wish.__dict__ | {"seed": 1})),
        Wish(**(wish.__dict__ | {"steps": 3})),
        Wish(**(wish.__dict__ | {"weights": str(write_generator(tmp_path / "b.safetensors", seed=2))})),
    ):
        assert not np.array_equal(open_generated(other, CHARACTERS + "☃", tmp_path).images, ink.images)
    assert len(list((tmp_path / "cache").glob("generated-*.npz"))) == 4


def test_hands_come_from_writers_with_pictures_enough(
    wish: Wish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_some(monkeypatch)
    bare = open_generated(wish, CHARACTERS, tmp_path)
    (tmp_path / "own" / "十").mkdir(parents=True)
    picture = np.full((40, 40), 255, np.uint8)
    picture[10:30, 18:22] = 0
    Image.fromarray(picture).save(tmp_path / "own" / "十" / "1.png")
    liked = Wish(**(wish.__dict__ | {"like": (str(tmp_path / "own"),), "guidance": 4.0}))
    with pytest.raises(DataError, match="no writer has 2 pictures"):
        open_generated(liked, CHARACTERS, tmp_path)
    Image.fromarray(picture.T).save(tmp_path / "own" / "十" / "2.png")
    assert not np.array_equal(open_generated(liked, CHARACTERS, tmp_path).images, bare.images)


def test_nothing_read_right_is_an_error(wish: Wish, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train it for longer"):
        open_generated(wish, CHARACTERS, tmp_path)  # the released reader finds no character in noise


def test_the_released_reader_tells_right_from_wrong(released_model: Path, tmp_path: Path) -> None:
    write_kanjivg(tmp_path)
    plain = draw_plain_glyphs("十川", tmp_path, 48)
    images = np.stack([plain["十"], plain["川"], plain["川"], np.zeros_like(plain["川"])])
    assert check_pictures(images, ["十", "川", "十", "川"]).tolist() == [True, True, False, False]
    assert to_canvas(255 - images[0], 48).shape == (48, 48)
