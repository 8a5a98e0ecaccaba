"""Drawing on the page's pad as a person would, with strokes of our own."""

import math
from typing import Any

from drawings import DRAWINGS, Strokes

# く, and what is no character, written for these tests in a square of 0..100.
HOOK: Strokes = [[[65, 15], [30, 50], [68, 88]]]
SCRIBBLE: Strokes = [
    [[50 + 46 * math.sin(1.7 * i) * math.cos(0.61 * i), 50 + 46 * math.cos(2.3 * i)] for i in range(60)]
]
MOUNTAIN: Strokes = [[[8, 62], [36, 36], [92, 72]]]  # へ or ヘ: nobody can tell

__all__ = ["DRAWINGS", "HOOK", "MOUNTAIN", "SCRIBBLE", "draw", "read_state", "wait_for_reading"]


def draw(page: Any, strokes: Strokes, left: float = 0.1, top: float = 0.1, side: float = 0.8) -> None:
    """Draw with the mouse, in the square of the pad given as shares of its side."""
    page.locator(".y-pad").scroll_into_view_if_needed()
    box = page.locator(".y-pad").bounding_box()
    for stroke in strokes:
        points = [
            (
                box["x"] + (left + side * x / 100) * box["width"],
                box["y"] + (top + side * y / 100) * box["height"],
            )
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=3)
        page.mouse.up()


def wait_for_reading(page: Any, *states: str) -> str:
    """Wait until the page has answered what is drawn now; the first candidate's text."""
    wanted = states or ("read", "alike", "rejected")
    selector = ", ".join(f'.y-draw[data-latency-ms][data-state="{state}"]' for state in wanted)
    page.wait_for_selector(selector)
    return page.locator(".y-draw .y-candidate .y-character").first.inner_text()


def read_state(page: Any) -> str:
    """The line that says how the reading went."""
    return page.locator(".y-draw .y-state").inner_text()
