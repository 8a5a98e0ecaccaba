"""What the endpoints answer: plain JSON in, plain JSON out, no Gradio.

Everything that comes in is distrusted (inputs.py): the answer is a result or a YomiteError with one clear
line, which names no path of the server. Pictures come as base64 text and are gone when the answer is.
"""

import base64
import logging
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

from yomite.apps.demo.batching import Batcher
from yomite.apps.demo.comparison import compare_strokes
from yomite.apps.demo.dictionary import KANJIDIC_FILES, Entry, find_kanjidic, read_kanjidic
from yomite.apps.demo.inputs import check_strokes, check_subject, decode_picture
from yomite.apps.demo.line_endpoints import LineEndpoints
from yomite.apps.demo.readings import Item, check_top, list_groups, read_many, to_data_uri, to_json
from yomite.errors import DataError, PictureError, YomiteError
from yomite.ink.canvas import MARGIN
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_character
from yomite.ink.strokes import STROKE_WIDTH, Glyph, Stroke, to_strokes
from yomite.reading.characters import Recognizer
from yomite.reading.heat import Kind
from yomite.reading.results import Recognition

MAX_PICTURES = 16
"""Pictures of one call: enough to be fast, few enough that a long list shows progress and can be left."""

NO_KANJIVG = (
    "stroke orders and ink need KanjiVG, which is not here; type: yomite data fetch kanjivg, "
    "or start with --data-root DIR"
)

_Batcher = Batcher[Item, Recognition | YomiteError]
_WRITTEN_PX = 264  # shown at half of it: sharp on a phone
_MAX_BATCH_SIZE = 32


class Endpoints(LineEndpoints):
    """What one reader answers. The asynchronous answers belong to one event loop.

    Attributes:
        reader: Reads.
        data_root: The data folder, which may hold KanjiVG and KANJIDIC2.
        has_kanjivg: Whether there are stroke orders, and strokes to write with.
    """

    def __init__(self, reader: Recognizer, data_root: Path) -> None:
        self.reader = reader
        self.data_root = data_root
        self.has_kanjivg = (data_root / KANJIVG_FILE).is_file()
        # Pictures have a queue of their own: who draws does not wait until they are decoded.
        self._drawings, self._pictures = (
            {
                prior: _Batcher(partial(read_many, reader, prior), _MAX_BATCH_SIZE)
                for prior in ("text", "uniform")
            }
            for _ in range(2)
        )
        self._read_glyph = lru_cache(maxsize=512)(partial(read_kanjivg_character, data_root / KANJIVG_FILE))

    @cached_property
    def _entry_by_kanji(self) -> dict[str, Entry] | None:
        path = find_kanjidic(self.data_root)
        try:
            return read_kanjidic(path) if path else None
        except DataError as error:
            logging.getLogger("yomite").warning("%s", error)
            return None

    def warm_up(self) -> None:
        """Do once what is slow the first time, so that nobody waits for it."""
        cross = to_strokes([[(0, 1), (2, 1)], [(1, 0), (1, 2)]])
        self.reader.recognize_many([cross])
        self.reader.explain(cross, self.reader.characters[0])
        compare_strokes(cross, cross)
        if self.reader.has_line_model:
            with suppress(YomiteError):
                self.reader.read_line(cross)
        if self.reader.has_page_model:
            with suppress(YomiteError):
                self.reader.read(cross)
        with suppress(YomiteError):
            self.look_up("一")
        if self.has_kanjivg:
            with suppress(YomiteError):
                self.write_text("一")

    async def recognize_strokes(
        self, strokes: list, prior: str = "text", top: int = 10, among: str | None = None
    ) -> dict:
        """Read one character from its strokes.

        Args:
            strokes: [[[x, y], ...], ...] in any unit, x to the right, y down, in any order.
            prior: "text" weighs characters by how often they are written, "uniform" does not.
            top: How many candidates to return, 1 to 50.
            among: "kana", "hiragana", "katakana", "kanji", "digits", "latin", or a text of the only
                characters that may be answered; null allows all.
        """
        batcher, top = _choose(self._drawings, prior), check_top(top)
        groups = list_groups(self.reader, among)
        result = await batcher.submit((check_strokes(strokes), among))
        if isinstance(result, YomiteError):
            raise result
        return to_json(result, top, groups)

    async def recognize_pictures(
        self, pictures: list, prior: str = "text", top: int = 5, among: str | None = None
    ) -> list:
        """Read pictures of one character each; a picture that cannot be read gets {"error": ...}.

        Args:
            pictures: 1 to 16 files (PNG, JPEG, WebP, BMP, TIFF, GIF) as base64 text.
            prior: "text" weighs characters by how often they are written, "uniform" does not.
            top: How many candidates to return for each, 1 to 50.
            among: As for recognize_strokes.
        """
        batcher, top = _choose(self._pictures, prior), check_top(top)
        groups = list_groups(self.reader, among)
        if not isinstance(pictures, list) or not 1 <= len(pictures) <= MAX_PICTURES:
            raise PictureError(
                f"pictures is not a list of 1 to {MAX_PICTURES} base64 texts; send fewer at once"
            )
        answers: list[dict[str, Any]] = []
        for picture in pictures:  # one after another: so one picture at a time is in memory decoded
            try:
                result = await batcher.submit((decode_picture(picture), among))
            except PictureError as error:
                result = error
            if isinstance(result, YomiteError):
                answers.append({"error": str(result)})
            else:
                answers.append(to_json(result, top, groups))
        return answers

    def explain(
        self,
        strokes: list | None = None,
        picture: str | None = None,
        character: str | None = None,
        kind: str = "evidence",
    ) -> dict:
        """Show what the model saw, and where it saw a character.

        Args:
            strokes: As for recognize_strokes; or
            picture: One file as base64 text.
            character: The character in question; none takes the one that is read.
            kind: "evidence" for what speaks for the character, "attention" for where a Transformer looked.

        Returns:
            `size` S; `canvas` and `heat`, base64 of S x S bytes, row by row: ink bright on 0, and 255 where
            most speaks for the character, or the model looked most; `frame`, the square [x, y, side] of the
            strokes that the canvas shows, null for pictures and dots.
        """
        subject = check_subject(strokes, picture)
        if character is not None and not isinstance(character, str):
            raise YomiteError(f"character is of type {type(character).__name__}; send one character or null")
        if not isinstance(kind, str) or kind not in get_args(Kind):
            raise YomiteError('kind is neither "evidence" nor "attention"; send one of them')
        heat = self.reader.explain(subject, character, kind=kind)  # type: ignore[arg-type]
        canvas = self.reader.to_canvas(subject)
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
        _check_character(character)
        drawn = None if strokes is None else check_strokes(strokes)
        glyph = self.read_glyph(character)
        return {
            "strokes": [stroke.round(4).tolist() for stroke in glyph.strokes],
            "comparison": None if drawn is None else compare_strokes(drawn, glyph.strokes),
        }

    def look_up(self, character: str) -> dict:
        """Tell the readings and meanings of a kanji, from KANJIDIC2.

        Args:
            character: One character.

        Returns:
            `on` and `kun`, its readings, and `meanings` in English, each a list of texts; they are empty for
            what is no kanji.
        """
        _check_character(character)
        if self._entry_by_kanji is None:
            raise DataError(
                "readings and meanings need KANJIDIC2, which is not here; "
                f"put its file into the data folder as {KANJIDIC_FILES[0]}"
            )
        return {**self._entry_by_kanji.get(character, Entry(on=[], kun=[], meanings=[]))}

    def read_glyph(self, character: str) -> Glyph:
        """Return the strokes of a character.

        Raises:
            DataError: KanjiVG is not there, or does not draw it; without the server's path.
        """
        if not self.has_kanjivg:
            raise DataError(NO_KANJIVG)
        try:
            return self._read_glyph(character)
        except DataError:
            raise DataError(
                f"KanjiVG does not draw {character!r} (U+{ord(character):04X}); "
                "send a kana, a kanji, a letter or a digit"
            ) from None

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
            pen: `touch`, `ballpoint`, `pencil`, `felt` or `brush`.
            width: 0 the pen's thinnest line to 1 its thickest.
            paper: Screen, notebook, rough or photograph.
            writer: Which person; the same number has the same habits.

        Returns:
            For each character its `text`, its `picture` (PNG in a data: URI), and its `reading`.
        """
        from yomite.apps.demo.writing import Style, draw_text  # compiled code, which reading does not need

        style = Style(haste, unevenness, slant, pen, width, paper, writer)
        written = draw_text(text, style, size_px=_WRITTEN_PX, read_glyph=self.read_glyph)
        groups = self.reader.lookalike_groups
        readings = self.reader.recognize_many([picture for _, picture in written], top=1)
        return [
            {"text": character, "picture": to_data_uri(picture), "reading": to_json(reading, 1, groups)}
            for (character, picture), reading in zip(written, readings, strict=True)
        ]


def _choose(batchers: dict[str, _Batcher], prior: object) -> _Batcher:
    if not isinstance(prior, str) or prior not in batchers:
        raise YomiteError('prior is neither "text" nor "uniform"; send one of them')
    return batchers[prior]


def _check_character(character: object) -> None:
    if not isinstance(character, str) or len(character) != 1:
        raise YomiteError("character is not one character; send one, such as 永")


def _find_frame(strokes: list[Stroke]) -> list[float] | None:
    """Return the square [x, y, side], in the strokes' unit, that their canvas shows; see `draw_strokes`."""
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if extent <= 1e-30:
        return None
    side = extent * (1 - STROKE_WIDTH) / (1 - 2 * STROKE_WIDTH) / (1 - 2 * MARGIN)
    x, y = 0.5 * (low + high) - 0.5 * side
    return [float(x), float(y), side]
