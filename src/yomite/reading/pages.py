"""Read pages: their lines are found, put into the order of reading, and read one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np

from yomite.errors import ModelFileError, PictureError
from yomite.ink.pictures import Picture, read_gray
from yomite.ink.strokes import is_strokes, to_strokes
from yomite.reading.arguments import check_errors, check_one, check_several, check_top
from yomite.reading.crops import Crop, cut_out
from yomite.reading.found_lines import FoundLine
from yomite.reading.lines import ReadsLines
from yomite.reading.model_file import released_models
from yomite.reading.page_file import DEFAULT_PAGE_MODEL
from yomite.reading.page_finder import PageFinder
from yomite.reading.reading_order import order_lines
from yomite.reading.results import Box, Direction, Directions, Line, LineCharacter, Page
from yomite.reading.strips import draw_strokes
from yomite.reading.turning import find_turn

Progress = Callable[[int, int], object]
"""Is called with how many lines are read, and how many there are."""

UNSURE_DIRECTION = 0.25
"""A line that runs down by a chance between this and its complement is read both ways."""


SURE = 0.6
"""A line of less confidence does not count as one that reads, though alone it is not rejected."""

LEAST_SURE = 0.35
"""A picture of which less than this share of what was found reads as lines shows no page of handwriting.

On the real pages of dev it is 0.53 or more after ENOUGH lines, on noise and grass 0.18 or less.
"""

ENOUGH = 24
"""Lines after which a picture that shows no handwriting is given up."""


class ReadsPages(ReadsLines):
    """What reads pages with a page model and a line model, which are opened when they are first needed.

    Attributes:
        page_source: The page model's file; None for the released one.
    """

    def __init__(
        self,
        line_source: str | os.PathLike[str] | None,
        page_source: str | os.PathLike[str] | None,
        num_threads: int,
    ) -> None:
        super().__init__(line_source, num_threads)
        self.page_source = page_source
        self._page_lock = Lock()
        self._page_finder: PageFinder | None = None

    @property
    def has_page_model(self) -> bool:
        """Whether there is a page model, one's own or the released one."""
        return self.page_source is not None or DEFAULT_PAGE_MODEL in released_models()

    def read(
        self,
        picture: Picture,
        *,
        language_model: bool = True,
        top: int = 5,
        progress: Progress | None = None,
    ) -> Page:
        """Read a page: find its lines, and read them in the order in which people do.

        Args:
            picture: Of a whole page, as for :meth:`recognize`; turned by any quarter.
            language_model: Whether to weigh what was read by how Japanese is written.
            top: How many candidates to return for each character.
            progress: Called after each line with the number of lines read and of all; what it raises ends
                the reading.

        Returns:
            The page; without lines where there is no writing. Where most of what looked like lines does not
            read as such, all of them are rejected.

        Raises:
            PictureError: The picture cannot be read.
            ModelFileError: There is no page model, or no line model.
        """
        check_one(picture, "read_many([...])")
        top = check_top(top)
        finder = self._open_page_finder()
        self._open_line_reader()
        gray = draw_strokes(to_strokes(picture))[0] if is_strokes(picture) else read_gray(picture)
        shape = gray.shape
        found = finder.find(gray)
        turn = find_turn(gray, found, self._weigh_crops)
        if turn:
            gray = np.ascontiguousarray(np.rot90(gray, -turn))
            found = finder.find(gray)
        ordered = [found[n] for n in _order(found)]

        def read_one(one: FoundLine) -> Line | None:
            crop = cut_out(gray, one)
            line = self._read_crop(crop, one, language_model, top)
            return None if line is None else _to_given(_to_page(line, crop, one), 90 * turn, shape)

        lines: list[Line] = []
        # Lines are short: two at a time read sooner than each of them on two threads.
        pool = ThreadPoolExecutor(self._num_line_threads, thread_name_prefix="yomite-line")
        try:
            for number, line in enumerate(pool.map(read_one, ordered), start=1):
                if line is not None:
                    lines.append(line)
                if progress is not None:
                    progress(number, len(ordered))
                if number == ENOUGH and measure_sure(lines) < LEAST_SURE:
                    break
        finally:
            pool.shutdown(cancel_futures=True)
        if measure_sure(lines) < LEAST_SURE:
            lines = [replace(line, is_rejected=True) for line in lines]
        return Page(tuple(lines), (shape[1], shape[0]), 90 * turn)

    def read_many(
        self,
        pictures: Iterable[Picture],
        *,
        language_model: bool = True,
        top: int = 5,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[Any]:
        """Read many pages one after the other, each when it is asked for; results in the same order.

        Args:
            pictures: As for :meth:`read`, as are the arguments between.
            language_model: For all of them.
            top: Candidates of each character.
            errors: "raise" ends at the first bad picture with a PictureError that names its index;
                "return" puts the PictureError in its place and goes on.
        """
        raises, top = check_errors(errors), check_top(top)
        check_several(pictures, "read")
        self._open_page_finder()
        return self._read_each(pictures, language_model, top, raises)

    def _read_each(
        self, pictures: Iterable[Picture], language_model: bool, top: int, raises: bool
    ) -> Iterator[Page | PictureError]:
        for index, picture in enumerate(pictures):
            try:
                page: Page | PictureError = self.read(picture, language_model=language_model, top=top)
            except PictureError as error:
                if raises:
                    raise PictureError(f"picture {index}: {error}") from error
                page = error.with_traceback(None)
            yield page

    def _read_crop(self, crop: Crop, found: FoundLine, language_model: bool, top: int) -> Line | None:
        """Read a line; None where its crop is blank."""
        direction: Directions = found.direction
        if UNSURE_DIRECTION < found.vertical < 1.0 - UNSURE_DIRECTION:
            direction = "auto"
        try:
            return self._read_prepared(self._prepare_line(crop.picture, direction), language_model, top)
        except PictureError:
            return None

    def _weigh_crops(self, crops: Sequence[tuple[np.ndarray, Direction]]) -> list[float]:
        """Return how well each crop reads, without the language model; 0 where it is blank."""

        def weigh(crop: tuple[np.ndarray, Direction]) -> float:
            try:
                return self._read_prepared(self._prepare_line(*crop), False, 1).confidence
            except PictureError:
                return 0.0

        with ThreadPoolExecutor(self._num_line_threads, thread_name_prefix="yomite-turn") as pool:
            return list(pool.map(weigh, crops))

    def _open_page_finder(self) -> PageFinder:
        with self._page_lock:
            if self._page_finder is None:
                source = self.page_source or released_models().get(DEFAULT_PAGE_MODEL)
                if source is None:
                    raise ModelFileError(
                        "this installation has no page model; type: pip install --force-reinstall yomite, "
                        "or give your own: yomite.load(page=FILE)"
                    )
                self._page_finder = PageFinder(Path(source), self._num_line_threads, self.device)
            return self._page_finder


def measure_sure(lines: Sequence[Line]) -> float:
    """Return which share of all lines, by their length, reads surely; 1 where there are none."""
    lengths = np.array([np.ptp(line.polygon, axis=0).max() for line in lines])
    is_sure = np.array([not line.is_rejected and line.confidence >= SURE for line in lines])
    return float(lengths[is_sure].sum() / max(float(lengths.sum()), 1e-9)) if len(lines) else 1.0


def _order(lines: Sequence[FoundLine]) -> list[int]:
    """Put lines into reading order, the page's skew taken out."""
    if not lines:
        return []
    angles = []
    for line in lines:
        way = line.course[-1] - line.course[0]
        flat = np.arctan2(-way[0], way[1]) if line.direction == "vertical" else np.arctan2(way[1], way[0])
        angles.append((float(flat), float(np.hypot(*way))))
    values, lengths = np.array(angles).T
    order = np.argsort(values)
    middle = np.searchsorted(np.cumsum(lengths[order]), 0.5 * lengths.sum())
    angle = float(values[order][min(int(middle), len(lines) - 1)])
    cosine, sine = np.cos(angle), np.sin(angle)
    boxes = []
    for line in lines:
        polygon = line.polygon @ np.array([[cosine, -sine], [sine, cosine]])
        boxes.append(np.concatenate([polygon.min(axis=0), polygon.max(axis=0)]))
    return order_lines(np.array(boxes), [line.direction == "vertical" for line in lines])


def _to_page(line: Line, crop: Crop, found: FoundLine) -> Line:
    """Return a line with its places on the page instead of in its crop."""
    characters = tuple(replace(one, box=crop.to_page(one.box)) for one in line.characters)
    polygon = tuple((float(x), float(y)) for x, y in found.polygon)
    return replace(line, characters=characters, polygon=polygon)


def _to_given(line: Line, turn: int, shape: tuple[int, ...]) -> Line:
    """Return a line with its places in the picture as given, which was turned clockwise to be read.

    Args:
        line: In px of the upright page.
        turn: In degrees.
        shape: Of the picture as given, (H, W).
    """
    height, width = shape

    def move(x: float, y: float) -> tuple[float, float]:
        if turn == 90:
            x, y = y, height - x
        elif turn == 180:
            x, y = width - x, height - y
        elif turn == 270:
            x, y = width - y, x
        return min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))

    def move_box(box: Box) -> Box:
        (x0, y0), (x1, y1) = move(*box[:2]), move(*box[2:])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    characters: tuple[LineCharacter, ...] = tuple(
        replace(one, box=move_box(one.box)) for one in line.characters
    )
    return replace(line, characters=characters, polygon=tuple(move(x, y) for x, y in line.polygon))
