"""What the endpoints answer, against the recognizer itself, and against what nobody should send."""

import asyncio
import base64
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from demo_page import to_base64, write_kanjivg
from PIL import Image
from tiny_model import CHARACTERS, STROKES, build_attention, write_tiny_model

import yomite
from yomite.apps.demo.endpoints import Endpoints
from yomite.apps.demo.inputs import MAX_PICTURE_PIXELS
from yomite.charset import are_lookalikes
from yomite.errors import CharsetError, DataError, PictureError, YomiteError
from yomite.ink.canvas import to_canvas


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture
def endpoints(model: Path, tmp_path: Path) -> Endpoints:
    write_kanjivg(tmp_path)
    return Endpoints(yomite.load(model, num_threads=1), tmp_path)


def as_lists(strokes: Any) -> list[list[list[float]]]:
    return [[list(point) for point in stroke] for stroke in strokes]


def encode(picture: Image.Image, kind: str = "PNG") -> str:
    file = io.BytesIO()
    picture.save(file, kind)
    return to_base64(file.getvalue())


def draw(character: str) -> Image.Image:
    return Image.fromarray(255 - to_canvas(STROKES[character]))


def test_strokes_are_read_as_the_recognizer_reads_them(endpoints: Endpoints) -> None:
    for prior in ("text", "uniform"):
        for character in CHARACTERS:
            expected = endpoints.reader.recognize(STROKES[character], prior=prior, top=7)
            answer = asyncio.run(endpoints.recognize_strokes(as_lists(STROKES[character]), prior, 7))
            # By name, for look-alikes tie without a prior.
            wanted = {candidate.text: candidate.probability for candidate in expected.candidates}
            given = {one["text"]: one["probability"] for one in answer["candidates"]}
            assert given == pytest.approx(wanted, abs=1e-5)
            shares = [one["probability"] for one in answer["candidates"]]
            assert shares == sorted(shares, reverse=True)
            assert answer["is_rejected"] == expected.is_rejected


def test_lookalikes_and_scripts_stand_beside_the_candidates(endpoints: Endpoints) -> None:
    answer = asyncio.run(endpoints.recognize_strokes(as_lists(STROKES["口"])))
    by_text = {one["text"]: one for one in answer["candidates"]}
    assert (by_text["口"]["script"], by_text["ロ"]["script"]) == ("kanji", "katakana")
    assert "ロ" in by_text["口"]["lookalikes"]
    assert by_text["十"]["lookalikes"] == ""


def test_strokes_and_pictures_are_read_among_what_is_allowed(endpoints: Endpoints) -> None:
    for among, text in (("katakana", "ロ"), ("kanji", "口"), ("ロく", "ロ")):
        answer = asyncio.run(endpoints.recognize_strokes(as_lists(STROKES["口"]), among=among))
        (picture,) = asyncio.run(endpoints.recognize_pictures([encode(draw("口"))], among=among))
        expected = endpoints.reader.recognize(STROKES["口"], among=among)
        assert answer["text"] == picture["text"] == expected.text == text
        assert answer["confidence"] == pytest.approx(expected.confidence, abs=1e-5)
        assert [one["lookalikes"] for one in answer["candidates"]] == [""] * len(expected.candidates)


def test_readings_among_other_characters_share_a_batch(endpoints: Endpoints) -> None:
    asked = [None, "katakana", "kanji", "くメ", None, "kanji", "katakana"] * 5

    async def read_all() -> list[Any]:
        drawing = as_lists(STROKES["口"])
        return await asyncio.gather(*(endpoints.recognize_strokes(drawing, among=among) for among in asked))

    for among, answer in zip(asked, asyncio.run(read_all()), strict=True):
        expected = endpoints.reader.recognize(STROKES["口"], among=among)
        assert (answer["text"], answer["is_rejected"]) == (expected.text, expected.is_rejected)
        assert len(answer["candidates"]) == len(expected.candidates)


@pytest.mark.parametrize(
    ("among", "line"),
    [
        ("hirgana", "did you mean 'hiragana'"),
        ("", "among is empty"),
        ("永", "not one of the 7 characters of the model: 永"),
        (["kana"], "among is of type list; send one text or null"),
        (5, "among is of type int; send one text or null"),
    ],
)
def test_a_bad_among_costs_one_line(endpoints: Endpoints, among: Any, line: str) -> None:
    with pytest.raises(CharsetError, match=line):
        asyncio.run(endpoints.recognize_strokes(as_lists(STROKES["十"]), among=among))
    with pytest.raises(CharsetError, match=line):
        asyncio.run(endpoints.recognize_pictures([encode(draw("十"))], among=among))


def test_place_and_size_of_a_drawing_do_not_matter(endpoints: Endpoints) -> None:
    readings = []
    for scale, shift in ((1.0, 0.0), (0.004, 0.9), (250.0, -70.0)):
        strokes = [[[x * scale + shift, y * scale + shift] for x, y in stroke] for stroke in STROKES["人"]]
        readings.append(asyncio.run(endpoints.recognize_strokes(strokes, "text", 1))["candidates"])
    assert {reading[0]["text"] for reading in readings} == {"人"}
    probabilities = [reading[0]["probability"] for reading in readings]
    assert max(probabilities) - min(probabilities) < 0.02


def test_readings_at_the_same_time_keep_apart(endpoints: Endpoints) -> None:
    async def read_all() -> list[Any]:
        wanted = [character for character in CHARACTERS for _ in range(20)]
        return await asyncio.gather(
            *(
                endpoints.recognize_strokes(as_lists(STROKES[character]), "uniform", 2)
                for character in wanted
            ),
            endpoints.recognize_strokes([]),
            return_exceptions=True,
        )

    *read, bad = asyncio.run(read_all())
    for index, one in enumerate(read):
        assert are_lookalikes(one["text"], CHARACTERS[index // 20])
    assert isinstance(bad, PictureError)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_pictures_of_every_kind_are_read(endpoints: Endpoints, kind: str) -> None:
    pictures = [encode(draw(character).convert("RGB").resize((90, 90)), kind) for character in "十く"]
    pictures[1] = f"data:image/{kind.lower()};base64,{pictures[1]}"
    read = asyncio.run(endpoints.recognize_pictures(pictures, "uniform"))
    assert [one["text"] for one in read] == ["十", "く"]


def test_a_bad_picture_does_not_spoil_the_others(endpoints: Endpoints) -> None:
    blank = encode(Image.new("L", (40, 40), 255))
    read = asyncio.run(
        endpoints.recognize_pictures([encode(draw("十")), "!", blank, encode(draw("く"))], "uniform")
    )
    assert [one.get("text") for one in read] == ["十", None, None, "く"]
    assert "base64" in read[1]["error"]
    assert "blank" in read[2]["error"]


def write_png_header(width: int, height: int) -> bytes:
    """A PNG that promises width x height pixels and holds almost none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))


ZIP_OF_NOTHING = b"PK\x05\x06" + b"\0" * 18
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("picture", "complaint"),
    [
        ("", "empty"),
        ("/etc/passwd", "not"),
        ("../../../etc/passwd", "base64"),
        ("file:///etc/passwd", "base64"),
        ("https://example.com/a.png", "base64"),
        ({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "type dict"),
        (None, "type NoneType"),
        (7, "type int"),
        (["x"], "type list"),
        (to_base64(b"\x00\x01\x02" * 50), "not a picture"),
        (to_base64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
        (to_base64(ZIP_OF_NOTHING), "not a picture"),
        (to_base64(EPS), "not a picture"),
        (to_base64(write_png_header(10_000, 10_000)), "16,000,000 pixels"),
        (to_base64(write_png_header(2_000_000_000, 2_000_000_000)), "pixels"),
        (to_base64(write_png_header(100, 100)), "damaged"),
        (to_base64(write_png_header(1, 1)), "at least 4"),
    ],
)
def test_what_is_no_picture_gets_one_clear_line(endpoints: Endpoints, picture: Any, complaint: str) -> None:
    (answer,) = asyncio.run(endpoints.recognize_pictures([picture]))
    assert complaint in answer["error"]
    assert "\n" not in answer["error"]
    assert "passwd" not in answer["error"]


def test_a_picture_just_below_the_limit_is_read(endpoints: Endpoints) -> None:
    side = int(MAX_PICTURE_PIXELS**0.5)
    picture = draw("十").resize((side, side), Image.Resampling.NEAREST).convert("1")
    (answer,) = asyncio.run(endpoints.recognize_pictures([encode(picture)], "uniform"))
    assert answer["text"] == "十"


BAD_STROKES = [
    None, 5, "abc", "/etc/passwd", {}, [], [[]], [5], ["ab"], [[1, 2]], [[[1]]], [[[1, 2, 3]]],
    [[["a", "b"]]],
    [[[1, None]]], [[[float("nan"), 0]]], [[[float("inf"), 0]]], [[[1e300, 0]]], [[[10**400, 0]]],
    [[{"x": 1, "y": 2}]], [[[0, 0]]] * 501, [[[0, 0]] * 20_001],
]  # fmt: skip


@pytest.mark.parametrize("strokes", BAD_STROKES, ids=lambda value: repr(value)[:24])
def test_what_is_no_drawing_gets_one_clear_line(endpoints: Endpoints, strokes: Any) -> None:
    for ask in (endpoints.recognize_strokes, lambda bad: asyncio.to_thread(endpoints.explain, bad)):
        with pytest.raises(YomiteError) as caught:
            asyncio.run(ask(strokes))
        assert "\n" not in str(caught.value)
        assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], "none")),
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], ["text"])),
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], "text", 0)),
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], "text", 51)),
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], "text", True)),
        lambda endpoints: asyncio.run(endpoints.recognize_strokes([[[0, 0], [9, 9]]], "text", "5")),
        lambda endpoints: asyncio.run(endpoints.recognize_pictures("abc")),
        lambda endpoints: asyncio.run(endpoints.recognize_pictures([])),
        lambda endpoints: asyncio.run(endpoints.recognize_pictures(["a"] * 17)),
        lambda endpoints: endpoints.explain(),
        lambda endpoints: endpoints.explain([[[0, 0], [9, 9]]], "abc"),
        lambda endpoints: endpoints.explain([[[0, 0], [9, 9]]], None, 3),
        lambda endpoints: endpoints.show_stroke_order(""),
        lambda endpoints: endpoints.show_stroke_order("人人"),
        lambda endpoints: endpoints.show_stroke_order(None),
        lambda endpoints: endpoints.show_stroke_order(["人"]),
        lambda endpoints: endpoints.show_stroke_order("人", "x"),
        lambda endpoints: endpoints.write_text(""),
        lambda endpoints: endpoints.write_text(None),
        lambda endpoints: endpoints.write_text("人" * 41),
        lambda endpoints: endpoints.write_text("人", "much"),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, "chalk"),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, ["brush"]),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, "brush", 2),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, "brush", 1, "sand"),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, "brush", 1, {}),
        lambda endpoints: endpoints.write_text("人", 0.1, 1, 0, "brush", 1, "rough", -1),
    ],
)
def test_other_wrong_arguments_get_one_clear_line(
    endpoints: Endpoints, ask: Callable[[Endpoints], Any]
) -> None:
    with pytest.raises(YomiteError) as caught:
        ask(endpoints)
    assert "\n" not in str(caught.value)


def test_attention_is_shown_where_the_model_has_it(endpoints: Endpoints, tmp_path: Path) -> None:
    strokes = as_lists(STROKES["く"])
    with pytest.raises(YomiteError, match=r"^tiny has no attention"):
        endpoints.explain(strokes, None, "く", "attention")
    for kind in ("heat", None, ["attention"], {}):
        with pytest.raises(YomiteError, match=r"^kind is neither .*; send one of them$"):
            endpoints.explain(strokes, None, "く", kind)  # type: ignore[arg-type]
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", attention=build_attention()))
    answer = Endpoints(reader, tmp_path).explain(strokes, None, "く", "attention")
    heat = np.frombuffer(base64.b64decode(answer["heat"]), np.uint8).reshape(48, 48)
    assert np.abs(heat / 255 - reader.explain(strokes, "く", kind="attention")).max() < 0.003
    assert answer["heat"] != endpoints.explain(strokes, None, "く")["heat"]


def test_reasons_are_the_recognizers_heat_and_canvas(endpoints: Endpoints) -> None:
    strokes = as_lists(STROKES["十"])
    answer = endpoints.explain(strokes, None, "く")
    size = answer["size"]
    heat = np.frombuffer(base64.b64decode(answer["heat"]), np.uint8).reshape(size, size)
    canvas = np.frombuffer(base64.b64decode(answer["canvas"]), np.uint8).reshape(size, size)
    assert np.abs(heat / 255 - endpoints.reader.explain(strokes, "く")).max() < 0.003
    assert (canvas == to_canvas(strokes, size)).all()


def test_the_frame_says_where_on_the_canvas_a_stroke_lies(endpoints: Endpoints) -> None:
    """A line from (100, 500) to (300, 500): its ends on the canvas are where the frame puts them."""
    answer = endpoints.explain([[[100, 500], [300, 500]]], None, "一")
    left, top, side = answer["frame"]
    size = answer["size"]
    canvas = np.frombuffer(base64.b64decode(answer["canvas"]), np.uint8).reshape(size, size)
    rows, columns = (np.flatnonzero(canvas.max(axis=axis) > 60) for axis in (1, 0))
    middle = 0.5 * (rows[0] + rows[-1] + 1)
    assert middle == pytest.approx((500 - top) / side * size, abs=0.6)
    half_line = 0.5 * (rows[-1] - rows[0] + 1)
    assert columns[0] + half_line == pytest.approx((100 - left) / side * size, abs=1.2)
    assert columns[-1] + 1 - half_line == pytest.approx((300 - left) / side * size, abs=1.2)


def test_a_dot_and_a_picture_have_no_frame(endpoints: Endpoints) -> None:
    assert endpoints.explain([[[3, 3]]], None, "一")["frame"] is None
    assert endpoints.explain(None, encode(draw("一")), "一")["frame"] is None


def test_reasons_for_what_the_model_does_not_know(endpoints: Endpoints) -> None:
    with pytest.raises(CharsetError):
        endpoints.explain(as_lists(STROKES["十"]), None, "永")


def test_stroke_order_comes_from_kanjivg_and_a_drawing_beside_it(endpoints: Endpoints) -> None:
    answer = endpoints.show_stroke_order("川", [[[0.8, 0.1], [0.8, 0.9]], [[0.5, 0.2], [0.5, 0.8]]])
    assert len(answer["strokes"]) == 3
    first_x = [stroke[0][0] for stroke in answer["strokes"]]
    assert first_x == sorted(first_x)  # 川 is written from left to right
    assert len(answer["comparison"]["missing"]) == 1
    assert endpoints.show_stroke_order("川")["comparison"] is None


def test_without_kanjivg_the_line_says_what_to_type(model: Path, tmp_path: Path) -> None:
    endpoints = Endpoints(yomite.load(model), tmp_path / "nowhere")
    for ask in (lambda: endpoints.show_stroke_order("川"), lambda: endpoints.write_text("川")):
        with pytest.raises(DataError, match="--data-root"):
            ask()


def test_written_text_is_a_picture_of_each_character_and_its_reading(endpoints: Endpoints) -> None:
    written = endpoints.write_text("十 人\n", 0.0, 0.0, 0.0, "felt", 0.5, "screen")
    assert [one["text"] for one in written] == ["十", "人"]
    assert written[0]["reading"]["text"] == "十"
    for one in written:
        content = base64.b64decode(one["picture"].removeprefix("data:image/png;base64,"))
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (264, 264)
            levels = np.asarray(picture)
            assert levels.min() < 60 < 240 < levels.max()


def test_lines_are_read_as_the_recognizer_reads_them(endpoints: Endpoints) -> None:
    path = PROJECT_ROOT / "examples" / "line.png"
    answer = endpoints.recognize_line(None, to_base64(path.read_bytes()), "horizontal", 3)
    line = endpoints.reader.read_line(path, top=3)
    assert answer["text"] == line.text == "日本語" and answer["confidence"] == round(line.confidence, 6)
    for plain, character in zip(answer["characters"], line.characters, strict=True):
        assert plain["box"] == pytest.approx(character.box, abs=1e-3) and len(plain["candidates"]) == 3
        assert set(plain["candidates"][0]) == {"text", "probability", "script", "lookalikes"}
    found = endpoints.explain_line(None, to_base64(path.read_bytes()))
    assert [one["text"] for one in found["characters"]] == list("日本語")
    assert all(len(one["color"]) == 7 for one in found["characters"])
    with Image.open(io.BytesIO(base64.b64decode(found["picture"].partition(",")[2]))) as picture:
        assert picture.height == 40 and picture.mode == "RGB"


@pytest.mark.parametrize("answer", ["recognize_line", "explain_line"])
def test_lines_of_nonsense_are_refused(endpoints: Endpoints, answer: str) -> None:
    ask = getattr(endpoints, answer)
    for arguments in ((), ([[[0, 0]]], "AA=="), ("x",), (None, 5), (None, "AA=="), ([],)):
        with pytest.raises(PictureError):
            ask(*arguments)
    with pytest.raises(YomiteError, match="direction"):
        ask([[[0, 0], [1, 1]]], None, "sideways")
