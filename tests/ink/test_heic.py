"""HEIC, which phones write: read where pillow_heif is installed, and held to the limits of all pictures."""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image

from yomite.errors import PictureError
from yomite.ink import picture_files
from yomite.ink.pictures import read_gray

PAGE = draw_page("ei")
HEAD = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf"


def encode(image: Image.Image, **options: object) -> bytes:
    heif = pytest.importorskip("pillow_heif", reason='needs pip install ".[heic]"')
    file = io.BytesIO()
    heif.from_pillow(image).save(file, quality=95, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_heic_is_read_wherever_it_comes_from(mode: str, tmp_path: Path) -> None:
    content = encode(Image.fromarray(PAGE).convert(mode))
    (tmp_path / "ei.heic").write_bytes(content)
    for picture in (content, tmp_path / "ei.heic", io.BytesIO(content)):
        assert np.abs(read_gray(picture).astype(int) - PAGE).mean() < 3


def test_heic_is_turned_upright_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.rot90(PAGE[:90])).convert("RGB")
    gray = read_gray(encode(image, exif=exif.tobytes()))
    assert gray.shape == PAGE[:90].shape
    assert np.abs(gray.astype(int) - PAGE[:90]).mean() < 3


def test_pillow_is_told_nothing_of_it() -> None:
    content = encode(Image.fromarray(PAGE))
    read_gray(content)
    with pytest.raises(OSError):
        Image.open(io.BytesIO(content))


def test_heic_is_held_to_the_limit_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(Image.new("RGB", (400, 300)))
    monkeypatch.setattr(picture_files, "MAX_DECODED_BYTES", 400 * 300 * 14)
    assert read_gray(content).shape == (300, 400)
    monkeypatch.setattr(picture_files, "MAX_DECODED_BYTES", 400 * 300 * 14 - 1)
    monkeypatch.setattr("pillow_heif.HeifImageFile.load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(PictureError, match="to decode"):
        read_gray(content)


@pytest.mark.parametrize("num_bytes", [30, 200, 600])
def test_damaged_heic_is_one_line(num_bytes: int) -> None:
    content = encode(Image.fromarray(PAGE))
    with pytest.raises(PictureError, match="is damaged or cut off") as caught:
        read_gray(content[:num_bytes])
    assert "\n" not in str(caught.value)
    with contextlib.suppress(PictureError):  # the decoder forgives lost ink
        read_gray(content[:num_bytes] + bytes(len(content) - num_bytes))


def test_without_the_package_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"HEIC photograph.*pip install .*\[heic\]"):
        read_gray(HEAD + bytes(400))


def test_other_files_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match="is not a picture"):
        read_gray(HEAD.replace(b"heic", b"avif") + bytes(400))
    with pytest.raises(PictureError, match="is not a picture"):
        read_gray(b"")
