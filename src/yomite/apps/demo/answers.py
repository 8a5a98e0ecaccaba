"""What the endpoints answer: plain JSON in, plain JSON out, no Gradio.

Everything that comes in is distrusted: of whatever type it is, the answer is a result or a YomiteError with
one clear line. Pictures come as base64 text, so that no path of the server can be named, and are gone when
the answer is.
"""

import base64
import binascii
import io
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from yomite.apps.demo.batching import Batcher
from yomite.apps.demo.comparison import compare_strokes
from yomite.charset import lookalikes_of, script_of
from yomite.errors import PictureError, YomiteError
from yomite.ink.canvas import MARGIN, STROKE_WIDTH, to_canvas
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_character
from yomite.ink.strokes import Glyph, Stroke, to_strokes
from yomite.reading.characters import Recognizer
from yomite.reading.results import Recognition

MAX_TOP = 50
MAX_PICTURES = 16
"""Pictures of one call: enough to be fast, few enough that a long list shows progress and can be left."""

MAX_PICTURE_PIXELS = 16_000_000
"""Decoding takes up to 25 bytes a pixel: so many pixels take 400 MB for a moment."""

_Batcher = Batcher[Any, Recognition | YomiteError]
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "MPO")
_WRITTEN_PX = 264  # shown at half of it: sharp on a phone
_MAX_STROKES = 500
_MAX_POINTS = 20_000
_MAX_BATCH_SIZE = 32


class Answers:
    """One reader's answers. The asynchronous ones belong to one event loop.

    Attributes:
        reader: Reads.
        data_root: The data folder, which may hold KanjiVG.
    """

    def __init__(self, reader: Recognizer, data_root: Path) -> None:
        self.reader = reader
        self.data_root = data_root
        # Pictures have a queue of their own: who draws does not wait until they are decoded.
        self._drawings, self._pictures = (
            {
                prior: _Batcher(
                    partial(reader.recognize_many, top=MAX_TOP, prior=prior, errors="return"), _MAX_BATCH_SIZE
                )
                for prior in ("text", "uniform")
            }
            for _ in range(2)
        )
        self._read_glyph = lru_cache(maxsize=512)(partial(read_kanjivg_character, data_root / KANJIVG_FILE))

    def warm_up(self) -> None:
        """Do once what is slow the first time, so that nobody waits for it."""
        cross = to_strokes([[(0, 1), (2, 1)], [(1, 0), (1, 2)]])
        self.reader.recognize_many([cross])
        self.reader.explain(cross, self.reader.characters[0])
        compare_strokes(cross, cross)
        if (self.data_root / KANJIVG_FILE).is_file():
            with suppress(YomiteError):
                self.write_text("一")

    async def recognize_strokes(self, strokes: list, prior: str = "text", top: int = 10) -> dict:
        """Read one character from its strokes.

        Args:
            strokes: [[[x, y], ...], ...] in any unit, x to the right, y down, in any order.
            prior: "text" weighs characters by how often they are written, "uniform" does not.
            top: How many candidates to return, 1 to 50.
        """
        batcher, top = _choose(self._drawings, prior), _check_top(top)
        result = await batcher.submit(_check_strokes(strokes))
        if isinstance(result, YomiteError):
            raise result
        return _to_json(result, top, self.reader.lookalike_groups)

    async def recognize_pictures(self, pictures: list, prior: str = "text", top: int = 5) -> list:
        """Read pictures of one character each; a picture that cannot be read gets {"error": ...}.

        Args:
            pictures: 1 to 16 files (PNG, JPEG, WebP, BMP, TIFF, GIF) as base64 text.
            prior: "text" weighs characters by how often they are written, "uniform" does not.
            top: How many candidates to return for each, 1 to 50.
        """
        batcher, top = _choose(self._pictures, prior), _check_top(top)
        if not isinstance(pictures, list) or not 1 <= len(pictures) <= MAX_PICTURES:
            raise PictureError(
                f"pictures is not a list of 1 to {MAX_PICTURES} base64 texts; send fewer at once"
            )
        answers: list[dict[str, Any]] = []
        for picture in pictures:  # one after another: so one picture at a time is in memory decoded
            try:
                result = await batcher.submit(decode_picture(picture))
            except PictureError as error:
                result = error
            if isinstance(result, YomiteError):
                answers.append({"error": str(result)})
            else:
                answers.append(_to_json(result, top, self.reader.lookalike_groups))
        return answers

    def explain(
        self, strokes: list | None = None, picture: str | None = None, character: str | None = None
    ) -> dict:
        """Show what the model saw, and where it saw a character.

        Args:
            strokes: As for recognize_strokes; or
            picture: One file as base64 text.
            character: The character in question; none takes the one that is read.

        Returns:
            `size` S; `canvas` and `heat`, base64 of S x S bytes, row by row: ink bright on 0, and 255 where
            most speaks for the character; `frame`, the square [x, y, side] of the strokes that the canvas
            shows, null for pictures and dots.
        """
        if (strokes is None) == (picture is None):
            raise PictureError("send either strokes or a picture")
        if character is not None and not isinstance(character, str):
            raise YomiteError(f"character is of type {type(character).__name__}; send one character or null")
        subject = _check_strokes(strokes) if strokes is not None else decode_picture(picture)
        heat = self.reader.explain(subject, character)
        canvas = to_canvas(subject, self.reader.input_size)
        return {
            "size": self.reader.input_size,
            "canvas": base64.b64encode(canvas.tobytes()).decode(),
            "heat": base64.b64encode((heat * 255 + 0.5).astype(np.uint8).tobytes()).decode(),
            "frame": None if isinstance(subject, bytes) else _find_frame(subject),
        }

    def show_stroke_order(self, character: str, strokes: list | None = None) -> dict:
        """Show the strokes of a character in writing order, from KanjiVG, and a drawing beside them.

        Args:
            character: One character.
            strokes: A drawing of it, as for recognize_strokes, to compare; or none.

        Returns:
            `strokes` [[[x, y], ...], ...] in the unit square; `comparison`, null without a drawing.
        """
        if not isinstance(character, str) or len(character) != 1:
            raise YomiteError("character is not one character; send one, such as 永")
        drawn = None if strokes is None else _check_strokes(strokes)
        glyph: Glyph = self._read_glyph(character)
        return {
            "strokes": [stroke.round(4).tolist() for stroke in glyph.strokes],
            "comparison": None if drawn is None else compare_strokes(drawn, glyph.strokes),
        }

    def write_text(
        self,
        text: str,
        haste: float = 0.15,
        unevenness: float = 1.0,
        slant: float = 0.0,
        pen: str = "ballpoint",
        width: float = 0.5,
        paper: str = "notebook",
        writer: int = 0,
    ) -> list:
        """Write a text as a simulated hand would, and read it; needs KanjiVG.

        Args:
            text: At most 40 characters.
            haste: 0 calm to 1 running hand.
            unevenness: 0 as printed, 1 as ordinary people, 2 rough.
            slant: -1 to 1.
            pen: touch, ballpoint, pencil, felt or brush.
            width: 0 the pen's thinnest line to 1 its thickest.
            paper: screen, notebook, rough or photograph.
            writer: Which person; the same number has the same habits.

        Returns:
            For each character its `text`, its `picture` (PNG in a data: URI), and its `reading`.
        """
        from yomite.apps.demo.writing import Style, draw_text  # compiled code, which reading does not need

        style = Style(haste, unevenness, slant, pen, width, paper, writer)
        written = draw_text(text, style, size_px=_WRITTEN_PX, data_root=self.data_root)
        groups = self.reader.lookalike_groups
        readings = self.reader.recognize_many([picture for _, picture in written], top=1)
        return [
            {"text": character, "picture": _to_data_uri(picture), "reading": _to_json(reading, 1, groups)}
            for (character, picture), reading in zip(written, readings, strict=True)
        ]


def decode_picture(picture: object) -> bytes:
    """The bytes of a picture that came as base64 text, its kind and size checked before it is decoded.

    Raises:
        PictureError: It is no base64 text, no picture of a kind that is read, or has too many pixels.
    """
    if not isinstance(picture, str):
        raise PictureError(f"the picture is of type {type(picture).__name__}; send the file as base64 text")
    _, _, text = picture.rpartition(",")  # a data: URI ends in the base64 text
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("the picture is not base64 text; send the bytes of the file, encoded") from None
    if not content:
        raise PictureError("the picture is an empty file; send a PNG, JPEG, WebP, BMP, TIFF or GIF")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
    except Image.DecompressionBombError:
        raise PictureError(_describe_large("is")) from None
    except Exception:  # Pillow's readers meet hostile headers with errors of many kinds
        raise PictureError("not a picture: send a PNG, JPEG, WebP, BMP, TIFF or GIF") from None
    if width * height > MAX_PICTURE_PIXELS:
        raise PictureError(_describe_large(f"has {width} x {height} pixels and is"))
    return content


def _describe_large(what: str) -> str:
    return f"the picture {what} too large: at most {MAX_PICTURE_PIXELS:,} pixels are read; send a smaller one"


def _check_strokes(strokes: object) -> list[Stroke]:
    if not isinstance(strokes, list):
        raise PictureError(f"strokes is of type {type(strokes).__name__}; send [[[x, y], ...], ...]")
    # Counted before anything is converted, which is slow.
    num_points = sum(len(stroke) for stroke in strokes[:_MAX_STROKES] if isinstance(stroke, list))
    if len(strokes) > _MAX_STROKES or num_points > _MAX_POINTS:
        raise PictureError(
            f"the drawing is too long: at most {_MAX_STROKES} strokes and {_MAX_POINTS:,} points are read"
        )
    try:
        return to_strokes(strokes)
    except OverflowError:
        raise PictureError("strokes holds numbers beyond all bounds; send coordinates in pixels") from None


def _choose(batchers: dict[str, _Batcher], prior: object) -> _Batcher:
    if not isinstance(prior, str) or prior not in batchers:
        raise YomiteError('prior is neither "text" nor "uniform"; send one of them')
    return batchers[prior]


def _check_top(top: object) -> int:
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= MAX_TOP:
        raise YomiteError(f"top is not a whole number from 1 to {MAX_TOP}")
    return top


def _to_json(result: Recognition, top: int, groups: tuple[str, ...]) -> dict[str, Any]:
    """The result as it is everywhere, and of each character its look-alikes and script."""
    plain = replace(result, candidates=result.candidates[:top]).to_dict()
    for candidate in plain["candidates"]:
        candidate["script"] = script_of(candidate["text"])
        candidate["lookalikes"] = _list_lookalikes(candidate["text"], groups)
    return {"text": result.text, "lookalikes": _list_lookalikes(result.text, groups), **plain}


def _list_lookalikes(character: str, groups: tuple[str, ...]) -> str:
    return "".join(sorted(lookalikes_of(character, groups) - {character}))


def _to_data_uri(picture: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _find_frame(strokes: list[Stroke]) -> list[float] | None:
    """The square [x, y, side], in the strokes' unit, that their canvas shows; see `canvas.draw_strokes`."""
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if extent <= 1e-30:
        return None
    side = extent * (1 - STROKE_WIDTH) / (1 - 2 * STROKE_WIDTH) / (1 - 2 * MARGIN)
    x, y = 0.5 * (low + high) - 0.5 * side
    return [float(x), float(y), side]
