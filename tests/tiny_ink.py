"""An ink finder without training: what lies in the outer sixth of the view is paper."""

import numpy as np

from yomite.ink.ink_view import VIEW_SIZE
from yomite.shipping.draft import Draft, build_part

_GRAPH = """
ink (uint8[N, 1, S, S] images) => (float[N, S, S] keep) {
  seen = Cast <to = 1> (images)
  axes = Constant <value_ints = [1]> ()
  flat = Squeeze (seen, axes)
  none = Sub (flat, flat)
  keep = Add (none, middle)
}
"""


def build_ink_model(size: int = VIEW_SIZE, **changes: str | None) -> bytes:
    """Build an ONNX file that answers by place alone."""
    middle = np.zeros((size, size), np.float32)
    middle[size // 6 : -(size // 6), size // 6 : -(size // 6)] = 1.0
    metadata = {"format_version": "1", "task": "ink", "name": "tiny-ink", "license": "", "charset": '["一"]'}
    fields = {key: value for key, value in (metadata | changes).items() if value is not None}
    return Draft(build_part(_GRAPH, middle=middle), fields).to_model().SerializeToString()
