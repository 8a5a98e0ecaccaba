"""Whatever bytes come, few are opened, and none takes more memory than it may."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import draw_page
from PIL import Image, ImageOps

import yomite
from yomite.errors import PictureError
from yomite.ink.picture_files import MAX_DECODED_BYTES, MAX_SCANS
from yomite.ink.pictures import read_gray

PAGE = draw_page("ei")


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pack_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def pack_png(width: int, height: int, depth: int, color: int, bytes_per_pixel: int) -> bytes:
    """Write an empty PNG a row at a time: the test needs no memory for it."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + width * bytes_per_pixel)
    content = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = pack_chunk(b"IHDR", header) + pack_chunk(b"IDAT", content) + pack_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def pack_large_webp(width: int, height: int) -> bytes:
    """Declare a large canvas and put one small frame on it."""
    frame = encode(Image.new("RGBA", (48, 48), (0, 0, 0, 90)), "WEBP", lossless=True)
    data = frame[frame.index(b"VP8L") :]
    animation = b"ANMF" + struct.pack("<I", 16 + len(data))
    animation += bytes(6) + b"".join((side - 1).to_bytes(3, "little") for side in (48, 48)) + bytes(4) + data
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x12\0\0\0" + sides
    chunks = extended + b"ANIM" + struct.pack("<I", 6) + bytes(6) + animation
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def write_spider() -> bytes:
    return encode(Image.fromarray(PAGE.astype(np.float32)), "SPIDER")


RARE = {
    "qoi": b"qoif" + struct.pack(">IIBB", 500, 500, 4, 0) + bytes(86),
    "dds": b"DDS " + struct.pack("<IIIIIII", 124, 0x1007, 64, 64, 256, 0, 0) + bytes(44)
    + struct.pack("<II4sIIIII", 32, 4, b"ABCD", 0, 0, 0, 0, 0) + bytes(200),
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(300),
    "spider": write_spider()[:-500],
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n%%EndComments\n90 90 lineto stroke\n%%EOF\n",
    "ppm": b"P6 40 40 255 " + bytes(4800),
    "icns": b"icns" + bytes(200),
}  # fmt: skip


@pytest.mark.parametrize("kind", RARE)
def test_rare_format_is_no_picture_whatever_its_name(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("Ghostscript"))
    path = tmp_path / "ei.png"
    path.write_bytes(RARE[kind])
    for picture in (path, RARE[kind]):
        with pytest.raises(PictureError, match="is not a picture; pass a PNG, JPEG, WebP, BMP, TIFF or GIF"):
            read_gray(picture)


def test_bad_files_do_not_end_a_batch(tmp_path: Path) -> None:
    good = tmp_path / "ei.png"
    Image.fromarray(PAGE).save(good)
    pictures = [good, *RARE.values(), encode(Image.fromarray(PAGE), "PNG")[:300], "x" * 300, good]
    results = yomite.load(num_threads=1).recognize_many(pictures, errors="return")
    assert results[0].text == results[-1].text == "永"
    for result in results[1:-1]:
        assert isinstance(result, PictureError) and "\n" not in str(result)


@pytest.mark.parametrize(
    "error",
    [IndexError, NotImplementedError, RuntimeError, AttributeError, SyntaxError, OverflowError, MemoryError,
     RecursionError, KeyError, AssertionError, ZeroDivisionError, TypeError, OSError, EOFError, struct.error],
)  # fmt: skip
def test_whatever_a_decoder_raises_is_one_line(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error("first\nsecond")

    content = encode(Image.fromarray(PAGE), "PNG")
    image = Image.open(io.BytesIO(content))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    for picture in (content, image):
        with pytest.raises(PictureError, match="first second") as caught:
            read_gray(picture)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_formats_that_are_named_are_read(kind: str, tmp_path: Path) -> None:
    content = encode(Image.fromarray(PAGE), kind)
    (tmp_path / "ei").write_bytes(content)
    for picture in (content, tmp_path / "ei", io.BytesIO(content)):
        assert np.abs(read_gray(picture).astype(int) - PAGE).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_as_pillow_turns_it(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode(Image.fromarray(PAGE[:90]), kind, exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L")
    assert np.array_equal(read_gray(content), np.asarray(expected))


@pytest.mark.parametrize(
    "info", [{"xmp": "<x:xmpmeta>"}, {"xmp": 5}, {"exif": b"Exif\0\0damaged"}, {"exif": "no"}]
)
def test_damaged_exif_does_not_keep_a_picture_from_being_read(info: dict[str, Any]) -> None:
    image = Image.fromarray(PAGE)
    image.info.update(info)
    assert np.array_equal(read_gray(image), PAGE)


def test_picture_of_many_strips_is_read_as_one_of_few() -> None:
    large = np.kron(PAGE, np.ones((8, 8), np.uint8))
    large = np.dstack([large, large, 255 - large // 3, np.full_like(large, 200)])
    with pytest.MonkeyPatch.context() as patch:
        strips = [read_gray(large[..., :3], ink_share=0.005), read_gray(large), read_gray(large / 255.0)]
        patch.setattr("yomite.ink.pictures._STRIP_PIXELS", 10**9)
        whole = [read_gray(large[..., :3], ink_share=0.005), read_gray(large), read_gray(large / 255.0)]
    for one, other in zip(strips, whole, strict=True):
        assert np.array_equal(one, other)


def lay_on_paper(levels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """As docs/canvas.md says it, in plain arithmetic."""
    for paper in (255.0, 0.0):
        laid = (levels * (alpha / 255.0) + paper * (1.0 - alpha / 255.0)).astype(np.float32)
        if np.ptp(laid) >= 16:
            break
    return (laid + 0.5).astype(np.uint8)


def join_channels(levels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([levels, levels, levels, alpha]).astype(np.uint8)


def test_every_level_at_every_opacity_lies_on_paper_bit_by_bit() -> None:
    levels, alpha = np.meshgrid(np.arange(256), np.arange(256))
    picture = join_channels(levels, alpha)
    expected = lay_on_paper(levels, alpha)
    for one in (picture, Image.fromarray(picture), Image.fromarray(picture).convert("LA")):
        assert np.array_equal(read_gray(one), expected)
    opaque = join_channels(levels, np.full_like(alpha, 255))
    assert np.array_equal(read_gray(opaque), levels) and np.array_equal(read_gray(opaque / 255.0), levels)


@pytest.mark.parametrize("opacity", [17, 128, 254])
def test_white_or_black_paper_at_the_edge_of_contrast(opacity: int) -> None:
    papers = set()
    for level in range(0, 256, 3):
        for other in range(level, min(level + 30, 256)):
            levels = np.full((4, 8), level)
            levels[1, 1] = other
            for alpha in (np.full((4, 8), opacity), np.where(levels == level, 0, opacity)):
                expected = lay_on_paper(levels, alpha)
                papers.add(int(expected[0, 0]) > level)
                assert np.array_equal(read_gray(join_channels(levels, alpha)), expected), (level, other)
    assert papers == {True, False}


# --- memory -----------------------------------------------------------------------------------------------

HEAVY = {
    "RGBA": lambda: pack_png(10_900, 10_900, 8, 6, 4),
    "LA": lambda: pack_png(10_900, 10_900, 8, 4, 2),
    "I;16": lambda: pack_png(10_900, 10_900, 16, 0, 2),
    "gray that is read": lambda: pack_png(10_700, 10_700, 8, 0, 1),
    "RGBA that is read": lambda: pack_png(7_600, 7_600, 8, 6, 4),
    "I;16 that is read": lambda: pack_png(9_300, 9_300, 16, 0, 2),
    "WebP": lambda: pack_large_webp(1_966_144, 48),
    "WebP that is read": lambda: pack_large_webp(3_900, 3_900),
    "TIFF that is read": lambda: encode(Image.new("RGB", (5_900, 5_900)), "TIFF", compression="tiff_lzw"),
    "JPEG of 50 megapixels": lambda: encode(Image.new("RGB", (8_192, 6_144), "white"), "JPEG"),
    "progressive JPEG": lambda: encode(Image.new("RGB", (8_192, 6_144)), "JPEG", progressive=True),
    "progressive JPEG, not subsampled": lambda: encode(
        Image.new("RGB", (10_900, 10_900)), "JPEG", progressive=True, subsampling=0
    ),
}

REFUSED = ("RGBA", "LA", "I;16", "WebP", "progressive JPEG, not subsampled")

MEASURE = """
import io, re, sys, time
from pathlib import Path
from PIL import Image
import yomite.ink.canvas as canvas
from yomite.errors import PictureError
for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
    file = io.BytesIO(); Image.new("RGB", (90, 90)).save(file, kind)
    try: canvas.to_canvas(file.getvalue())
    except PictureError: pass
def find_peak():  # ru_maxrss begins with the peak of the process that started this one
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
base, start = find_peak(), time.process_time()
try: canvas.to_canvas(sys.argv[1], version=2)
except PictureError as error: print(error, file=sys.stderr)
print((find_peak() - base) / 1e3, time.process_time() - start)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize("name", HEAVY)
def test_small_file_takes_at_most_400_mb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(HEAVY[name]())
    done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    memory_mb, seconds = map(float, done.stdout.split())
    print(f"{path.stat().st_size / 1e3:.0f} kB, {memory_mb:.0f} MB, {seconds:.2f} s of a core, {done.stderr}")
    assert memory_mb <= 400
    assert seconds <= 3  # 1 on an idle machine
    assert ("to decode" in done.stderr) == (name in REFUSED)


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (6000, 4000), (8000, 6000), (8192, 6144)])
def test_photograph_of_a_phone_is_read(width: int, height: int) -> None:
    photo = Image.fromarray(PAGE).resize((width, height), Image.Resampling.NEAREST).convert("RGB")
    gray = read_gray(encode(photo, "JPEG"))
    step = 1 if width * height <= 25_000_000 else 2
    assert gray.shape == (height // step, width // step)
    small = np.asarray(Image.fromarray(gray).resize(PAGE.shape[::-1], Image.Resampling.BOX))
    assert np.abs(small.astype(int) - PAGE).mean() < 6


def test_jpeg_of_endless_scans_is_refused() -> None:
    content = encode(Image.fromarray(PAGE), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    with pytest.raises(PictureError, match=f"at most {MAX_SCANS} are read"):
        read_gray(content[:-2] + content[last:-2] * 200 + b"\xff\xd9")
    # What follows a picture's end, such as a film, is not counted.
    assert np.abs(read_gray(content + b"\xff\xda\0\x02" * 200).astype(int) - PAGE).mean() < 3


def test_image_in_memory_is_held_to_the_same_limit() -> None:
    path_like = Image.open(io.BytesIO(pack_png(10_900, 10_900, 8, 6, 4)))
    with pytest.raises(PictureError, match=f"at most {MAX_DECODED_BYTES / 1e6:.0f} MB"):
        read_gray(path_like)


def test_large_compressed_bmp_is_refused() -> None:
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))

    def pack_bmp(content: bytes, width: int, height: int) -> bytes:
        header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(content), 2835, 2835, 256, 0)
        start = 14 + len(header) + len(palette)
        file = struct.pack("<IHHI", start + len(content), 0, 0, start)
        return b"BM" + file + header + palette + content

    with pytest.raises(PictureError, match="save it as PNG"):
        read_gray(pack_bmp(b"\1\5" * 600_000, 10_000, 10_000))
    row = b"\x0a\x64\x0a\xc8\0\0"
    assert np.array_equal(
        read_gray(pack_bmp(row * 20 + b"\0\1", 20, 20)), np.tile([100] * 10 + [200] * 10, (20, 1))
    )
