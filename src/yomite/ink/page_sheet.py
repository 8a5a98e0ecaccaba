"""The sheet of a page: how it lies before the camera, what is on it, and what lies beyond it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from yomite.ink.glyph_book import GlyphBook
from yomite.ink.line_marks import encircle, join_strokes
from yomite.ink.line_sheet import adjust_traits, draw_line_width, draw_pictures, take_photograph
from yomite.ink.page_drawings import draw_beside
from yomite.ink.page_plan import Area, PagePlan
from yomite.ink.page_ruling import rule_page
from yomite.ink.page_writing import PlacedLine, Warp
from yomite.ink.pen import PEN_NAMES, PEN_RANGES, TRAIT_NAMES, TRAITS, draw_strokes, draw_traits, lay_on_paper

_WIDTH, _CONTRAST = TRAIT_NAMES.index("width"), TRAIT_NAMES.index("contrast")

_PEN_STEPS = np.cumsum([0.06, 0.44, 0.24, 0.22, 0.04])
"""Where the share of each of `PEN_NAMES` ends: touch, ballpoint, pencil, felt, brush."""

SECOND_PEN_SHARE, SHOW_THROUGH_SHARE, DRAWING_SHARE = 0.15, 0.06, 0.3
COARSE_SHARE = 0.2


def build_warp(width: int, height: int, rng: np.random.Generator) -> Warp:
    """Draw how a sheet lies: turned a little, seen at an angle, curled."""
    center, size = np.array([0.5 * width, 0.5 * height]), float(max(width, height))
    angle = np.deg2rad((1.2 if rng.random() < 0.75 else 4.0) * rng.normal())
    cosine, sine = np.cos(angle), np.sin(angle)
    fall = np.zeros(2) if rng.random() < 0.5 else 0.12 * rng.normal(size=2)
    curl = 0.0 if rng.random() < 0.6 else 0.012 * size * rng.normal()
    wave, phase = 6.2832 / (size * (0.8 + rng.random())), 6.2832 * rng.random()

    def warp(points: np.ndarray) -> np.ndarray:
        moved = (points - center) @ np.array([[cosine, sine], [-sine, cosine]])
        moved = moved / (1.0 + np.clip(moved @ fall / size, -0.4, 0.4))[:, None]
        moved[:, 1] += curl * np.sin(wave * moved[:, 0] + phase)
        return moved + center

    return warp


def draw_page(
    book: GlyphBook,
    plan: PagePlan,
    lines: Sequence[PlacedLine],
    warp: Warp,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw a page.

    Args:
        book: The glyphs that the lines were written with.
        plan: Of the page.
        lines: What is written, in px of the picture.
        warp: How the sheet lies.
        size: Width and height of the picture, px.
        rng: Every choice comes from it; numba's stream must have been seeded.

    Returns:
        Uint8 (H, W), gray levels.
    """
    width, height = size
    which = int(np.searchsorted(_PEN_STEPS, rng.random(), side="right"))
    traits = draw_traits(rng.random(len(TRAITS)), PEN_RANGES[min(which, len(PEN_NAMES) - 1)])
    pen_em = draw_line_width(traits[_WIDTH], rng)
    ink, second = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    has_second = rng.random() < SECOND_PEN_SHARE
    edge, gain = 0.25 + 0.4 * rng.random(), 2.5 + 3.0 * rng.random()
    for placed in lines:
        sheet = second if has_second and rng.random() < 0.4 else ink
        _draw_line(sheet, book, placed, traits, max(pen_em * placed.unit, 0.8), edge, gain)
    frames = [stroke for frame in plan.frames for stroke in _frame(np.array(frame), plan.em, warp, rng)]
    if rng.random() < DRAWING_SHARE:
        frames += draw_beside(width, height, plan, rng)
    if frames:
        sheet = second if has_second and rng.random() < 0.5 else ink
        points, starts, pressure = join_strokes(frames)
        draw_strokes(sheet, points, starts, pressure, traits, max(pen_em * plan.em, 0.8), 1.0, 0.0, 0.0)
    if has_second:
        np.maximum(ink, np.float32(0.35 + 0.5 * rng.random()) * second, out=ink)
    if rng.random() < SHOW_THROUGH_SHARE:
        behind = np.roll(ink[:, ::-1], rng.integers(-9, 10, size=2), axis=(0, 1))
        np.maximum(ink, np.float32(0.06 + 0.14 * rng.random()) * behind, out=ink)
    rule_page(ink, plan, warp, rng)
    traits = adjust_traits(traits, plan.em, rng)
    picture = lay_on_paper(ink, traits)
    if rng.random() < COARSE_SHARE:
        picture = _coarsen(picture, plan.em, rng)
    _lay_on_desk(picture, plan.paper, warp, rng)
    take_photograph(picture, plan.em, float(traits[_CONTRAST]), rng)
    return picture


def _draw_line(
    sheet: np.ndarray,
    book: GlyphBook,
    placed: PlacedLine,
    traits: np.ndarray,
    pen_px: float,
    edge: float,
    gain: float,
) -> None:
    line = placed.line
    edge = edge if line.source.is_font else 0.0  # scanned ink keeps its own line
    draw_pictures(sheet, book, line.strokes, line, np.zeros(2), 1.0, edge, gain)
    for points, starts, pressure in (line.strokes[:3], line.extra):
        if len(points):
            draw_strokes(sheet, points, starts, pressure, traits, pen_px, 1.0, 0.0, 0.0)


def _frame(box: np.ndarray, em: float, warp: Warp, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a circle or a frame around a box, float (4,), px."""
    strokes = []
    for stroke in encircle(box / em, rng):
        # Corners alone would stay corners of the flat sheet.
        t = np.linspace(0.0, len(stroke) - 1.0, max(len(stroke), 40))
        along = [np.interp(t, np.arange(len(stroke)), stroke[:, axis] * em) for axis in (0, 1)]
        strokes.append(warp(np.stack(along, axis=1)).astype(np.float32))
    return strokes


def _coarsen(picture: np.ndarray, em: float, rng: np.random.Generator) -> np.ndarray:
    """Take a page with fewer px and enlarge it, as small scans are; characters keep 9 px or more."""
    height, width = picture.shape
    factor = min(1.0 + 1.5 * rng.random(), max(em / 9.0, 1.0))
    small = Image.fromarray(picture).resize(
        (max(int(width / factor), 8), max(int(height / factor), 8)), Image.Resampling.BOX
    )
    return np.array(small.resize((width, height), Image.Resampling.BICUBIC))


def _lay_on_desk(picture: np.ndarray, paper: Area, warp: Warp, rng: np.random.Generator) -> None:
    """Show what lies beyond the edges of the sheet; the picture changes in place."""
    height, width = picture.shape
    left, top, right, bottom = paper
    if max(left, top) < 0.0 and right > width and bottom > height:
        return
    corners = warp(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    mask = Image.new("1", (width, height), 1)
    ImageDraw.Draw(mask).polygon([tuple(corner) for corner in corners.tolist()], fill=0)
    is_desk = np.asarray(mask)
    level, depth = 20.0 + 200.0 * rng.random(), 4.0 + 40.0 * rng.random() ** 2
    # Grain of wood, folds of cloth: noise much longer one way than the other.
    shape = (int(rng.integers(4, 90)), int(rng.integers(4, 90)))
    grain = Image.fromarray(rng.normal(size=shape).astype(np.float32)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    desk = np.clip(level + depth * np.asarray(grain), 0.0, 255.0).astype(np.uint8)
    picture[is_desk] = desk[is_desk]
