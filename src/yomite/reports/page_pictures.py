"""Pictures of pages with the outlines of their lines: written ones green, found ones blue or red."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from PIL import Image

from yomite.evaluation.judged_pages import JudgedPage
from yomite.evaluation.polygons import Corners

LONGEST_PX = 1400
"""How long a side of a page is shown at most."""

NUMBER_SHARE = 0.018
"""Height of the numbers at the lines, by the longer side of the page."""


def draw_page(page: JudgedPage, gray: np.ndarray) -> str:
    """Draw a page and its lines, with their numbers and texts, as an SVG element.

    Args:
        page: The page.
        gray: Its picture, uint8 (H, W).
    """
    width, height = page.result.size if page.result else gray.shape[::-1]
    parts = [
        f'<image href="{_encode(gray)}" width="{width}" height="{height}" preserveAspectRatio="none"/>',
        *_draw_lines(page, NUMBER_SHARE * max(width, height)),
    ]
    name = escape(page.sample.name)
    return (
        f'<svg class="page" role="img" aria-label="{name}" viewBox="0 0 {width} {height}">'
        f"{''.join(parts)}</svg>"
    )


def _draw_lines(page: JudgedPage, size: float) -> Iterator[str]:
    for number, line in enumerate(page.sample.lines, start=1):
        yield _draw_outline(line.polygon, "is-written", f"{number} {line.text}")
    extra = set(page.extra)
    for index, line in enumerate(page.found):
        if line.polygon:
            kind = "is-extra" if index in extra else "is-found"
            name = name_found(index)
            yield _draw_outline(line.polygon, kind, f"{name} {line.text}")
            yield _draw_name(line.polygon[0], kind, name, size, "end")
    for number, line in enumerate(page.sample.lines, start=1):
        yield _draw_name(line.polygon[0], "is-written", str(number), size, "start")


def name_found(index: int) -> str:
    """Name a found line by a letter and its place in the order read, from 1."""
    return f"f{index + 1}"


def _draw_outline(polygon: Corners, kind: str, hint: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)
    return f'<polygon class="{kind}" points="{points}"><title>{escape(hint)}</title></polygon>'


def _draw_name(corner: Sequence[float], kind: str, name: str, size: float, anchor: str) -> str:
    x, y = corner
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{max(y, size):.1f}" font-size="{size:.1f}" '
        f'text-anchor="{anchor}">{name}</text>'
    )


def _encode(gray: np.ndarray) -> str:
    image = Image.fromarray(gray)
    image.thumbnail((LONGEST_PX, LONGEST_PX))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
