"""The composer of pages: notes, letters, lists, tables, memos, genkoyoshi; photographed or scanned.

`page_plan` says where lines stand, `page_writing` writes them in one hand, `page_sheet` draws sheet and
photograph. Each page is a pure function of (seed, epoch, index).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yomite.charset import Charset, build_charset
from yomite.ink.glyph_book import GlyphBook, choose_sources
from yomite.ink.line import open_glyph_book
from yomite.ink.page_plan import plan_page
from yomite.ink.page_sheet import build_warp, draw_page
from yomite.ink.page_writing import DrawText, PageWriter
from yomite.ink.writing import seed_stream
from yomite.texts.pool import build_text_pool

TURNED_SHARE = 0.3


@dataclass(frozen=True)
class PageLine:
    """A line of a composed page.

    Attributes:
        text: What is written, without white space and without what is struck out.
        direction: "horizontal" or "vertical", as a reader sees it who holds the page upright.
        course: Float64 (P, 2), the middle of the line from its beginning to its end, x and y in px.
        edges: Float64 (2, P, 2), the same for its upper and its lower edge; of vertical lines right and left.
    """

    text: str
    direction: str
    course: np.ndarray
    edges: np.ndarray

    @property
    def polygon(self) -> np.ndarray:
        """Float64 (2 P, 2): its outline, clockwise for whoever reads it, from its upper left."""
        if self.direction == "vertical":  # right edge down, left edge up; begins at the left
            return np.concatenate([self.edges[1, :1], self.edges[0], self.edges[1, :0:-1]])
        return np.concatenate([self.edges[0], self.edges[1, ::-1]])


@dataclass(frozen=True)
class ComposedPage:
    """A page of handwriting.

    Attributes:
        picture: Uint8 (H, W), gray levels.
        lines: In the order of the plan, which is that of reading within a block of text.
        turn: By how many degrees the picture must be turned clockwise to stand upright.
    """

    picture: np.ndarray
    lines: tuple[PageLine, ...]
    turn: int


class PageComposer:
    """Composes pages; picklable, so that other processes can have it."""

    def __init__(self, book: GlyphBook, draw_text: DrawText, *, seed: int, validation: bool = False) -> None:
        """Keep what pages are made of.

        Args:
            book: The glyphs.
            draw_text: Gives the texts.
            seed: Of all pages.
            validation: Hands and choices that no seed of training ever has.
        """
        self._book, self._draw_text = book, draw_text
        self._seed = (seed, 3) if validation else (seed, 2)

    def compose(self, epoch: int, index: int, *, width: int = 640, height: int = 640) -> ComposedPage:
        """Compose a page, a pure function of (seed, epoch, index) and the size of its sheet in px."""
        rng = np.random.Generator(np.random.PCG64((*self._seed, epoch, index)))
        seed_stream(int(rng.integers(2**32)))
        plan = plan_page(width, height, rng)
        warp = build_warp(width, height, rng)
        writer = PageWriter(self._book, self._draw_text, warp, rng)
        placed = [line for slot in plan.slots for line in writer.write(slot)]
        picture = draw_page(self._book, plan, placed, warp, (width, height), rng)
        lines = [
            PageLine(one.text, "vertical" if one.line.is_vertical else "horizontal", one.course, one.edges)
            for one in placed
            if one.is_text
        ]
        quarters = int(rng.integers(1, 4)) if rng.random() < TURNED_SHARE else 0
        return turn_page(picture, lines, quarters)


def build_page_composer(
    data_root: Path,
    charset: Charset | None = None,
    *,
    seed: int = 0,
    validation: bool = False,
    cache_folder: Path | None = None,
) -> PageComposer:
    """Read what pages are made of; the arguments and errors are those of `build_line_composer`."""
    characters = (charset or build_charset("line")).characters
    book = choose_sources(open_glyph_book(characters, data_root, cache_folder), validation=validation)
    pool = build_text_pool(data_root, book.label_by_character, validation=validation)
    return PageComposer(book, pool, seed=seed, validation=validation)


def turn_page(picture: np.ndarray, lines: list[PageLine], quarters: int) -> ComposedPage:
    """Turn a page counterclockwise by so many quarters."""
    for _ in range(quarters):
        width = picture.shape[1]
        picture = np.rot90(picture)
        lines = [
            PageLine(
                line.text,
                line.direction,
                np.stack([line.course[:, 1], width - line.course[:, 0]], axis=1),
                np.stack([line.edges[..., 1], width - line.edges[..., 0]], axis=-1),
            )
            for line in lines
        ]
    return ComposedPage(np.ascontiguousarray(picture), tuple(lines), 90 * quarters)
