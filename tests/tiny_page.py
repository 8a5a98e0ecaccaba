"""A page model without training: dark ink on light paper, spread by a window, is the core of a line."""

import json

import numpy as np
from drawings import draw_page

from yomite.shipping.draft import Draft, build_part

REACH = 7
"""Side of the window in places of the map: characters so near to each other hang together."""

_GRAPH = """
page (uint8[N, 1, H, W] images) => (float[N, 3, h, w] maps) {
  gray = Cast <to = 1> (images)
  ink = Sub (dark, gray)
  none = Constant <value = float {0.0}> ()
  dark_ink = Max (ink, none)
  small = AveragePool <kernel_shape = [4, 4], strides = [4, 4]> (dark_ink)
  row = MaxPool <kernel_shape = [1, REACH], strides = [1, 1], pads = [0, HALF, 0, HALF]> (small)
  core = Sub (row, half)
  same = Mul (core, none)
  down = Add (same, is_down)
  size = Add (same, log_size)
  maps = Concat <axis = 1> (core, down, size)
}
"""


def build_page_model(*, runs_down: bool = False, half_px: float = 12.0, **changes: str | None) -> bytes:
    """Build an ONNX file that finds rows of ink, or columns of it."""
    text = _GRAPH.replace("REACH", str(REACH)).replace("HALF", str(REACH // 2))
    if runs_down:
        text = text.replace(f"[1, {REACH}]", f"[{REACH}, 1]")
        text = text.replace(f"[0, {REACH // 2}, 0, {REACH // 2}]", f"[{REACH // 2}, 0, {REACH // 2}, 0]")
    network = build_part(
        text,
        dark=np.float32(160.0),
        half=np.float32(8.0),
        is_down=np.float32(9.0 if runs_down else -9.0),
        log_size=np.float32(np.log2(half_px)),
    )
    metadata = {"format_version": "1", "task": "page", "name": "tiny-page", "canvas_version": "1"}
    metadata |= {"charset": json.dumps(["一", "二"]), "license": ""}
    fields = {key: value for key, value in (metadata | changes).items() if value is not None}
    return Draft(network, fields).to_model().SerializeToString()


def draw_note(rows: tuple[tuple[str, ...], ...], *, side: int = 24, width: int = 240) -> np.ndarray:
    """Draw rows of drawings, dark on white: uint8 (H, width)."""
    page = np.full((2 * side * len(rows) + side, width), 255, np.uint8)
    for number, row in enumerate(rows):
        for place, name in enumerate(row):
            top, left = side + 2 * side * number, side + place * (side + 4)
            page[top : top + side, left : left + side] = draw_page(name, side, 2.0)
    return page
