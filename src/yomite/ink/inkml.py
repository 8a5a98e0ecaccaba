"""InkML, the W3C's format of drawn strokes, to glyphs.

Source: Ink Markup Language (InkML), W3C Recommendation, 20 September 2011.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator

import numpy as np

from yomite.errors import DataError
from yomite.ink.strokes import Glyph, Stroke

_TRUTHS = ("truth", "label", "transcription")
_VALUE = re.compile(r"([!'\"]?)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[*?TF])")


def read_inkml(text: str | bytes, name_character: Callable[[], str] | None = None) -> Iterator[Glyph]:
    """Read an InkML file: one drawing, or groups of traces that each have their truth beside them.

    Args:
        text: The XML.
        name_character: What the drawing is when the file does not say so; None makes that a fault.

    Yields:
        Glyphs in the unit square, proportions kept; all strokes in one component.

    Raises:
        DataError: Not InkML, a drawing that says nowhere what it is, or a trace that is not numbers.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"InkML is not well-formed XML: {error}") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # with or without the name space
    if root.tag != "ink":
        raise DataError(f"InkML begins with <{root.tag}>; expected <ink>")
    axes = _find_axes(root)
    traces = list(root.iter("trace"))
    trace_by_id = {
        next((value for key, value in trace.attrib.items() if key.rpartition("}")[2] == "id"), ""): trace
        for trace in traces
    }
    # A group around others (a word around characters) is not a drawing by itself.
    groups = [
        group
        for group in root.iter("traceGroup")
        if _find_truth(group) and not any(map(_find_truth, group.iterfind(".//traceGroup")))
    ]
    if not groups:
        truth = _find_truth(root) or (name_character() if name_character else "")
        if not truth:
            raise DataError("InkML says nowhere what is drawn; it needs an annotation of the type truth")
        yield _build_glyph(truth, traces, axes)
    for group in groups:
        members = list(group.iter("trace"))
        for view in group.iter("traceView"):
            reference = view.get("traceDataRef", "").lstrip("#")
            if reference not in trace_by_id:
                raise DataError(f"InkML refers to a trace {reference!r} that is not there")
            members.append(trace_by_id[reference])
        yield _build_glyph(_find_truth(group), members, axes)


def _find_truth(element: ElementTree.Element) -> str:
    for annotation in element.findall("annotation"):
        if annotation.get("type", "").lower() in _TRUTHS:
            return (annotation.text or "").strip("\n\r\t ")
    return ""


def _find_axes(root: ElementTree.Element) -> tuple[int, int]:
    """Return the places of X and Y among the channels of a point."""
    names = [channel.get("name", "").upper() for channel in root.iter("channel")]
    if not names:
        return 0, 1
    if "X" not in names or "Y" not in names:
        raise DataError(f"InkML has the channels {', '.join(names)}; X and Y are needed")
    return names.index("X"), names.index("Y")


def _build_glyph(truth: str, traces: list[ElementTree.Element], axes: tuple[int, int]) -> Glyph:
    strokes = [_read_trace(trace.text, axes) for trace in traces if (trace.text or "").strip()]
    if not strokes:
        raise DataError(f"InkML drawing of {truth!r} holds no strokes")
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), float(np.ptp(points, axis=0).max())
    scaled = tuple(((stroke - low) / (extent or 1.0)).astype(np.float32) for stroke in strokes)
    return Glyph(truth, scaled, (0,) * len(scaled))


def _read_trace(text: str | None, axes: tuple[int, int]) -> Stroke:
    """One trace: points between commas, values absolute or as first or second differences.

    Returns:
        Float64 (P, 2).
    """
    order: dict[int, str] = {}
    value: dict[int, float] = {}
    speed: dict[int, float] = {}
    points = []
    for point in (text or "").split(","):
        read = _VALUE.findall(point)
        if "".join(mark + number for mark, number in read) != re.sub(r"\s", "", point) or not read:
            raise DataError(f"InkML trace has the point {point.strip()[:40]!r}, which is not numbers")
        for channel, (mark, number) in enumerate(read):
            order[channel] = mark or order.get(channel, "!")
            if number in "?TF":
                continue
            if number == "*":  # as before: the same value, or the same difference again
                number = {"!": value.get(channel, 0.0), "'": speed.get(channel, 0.0)}.get(order[channel], 0.0)
            if order[channel] == "!":
                speed[channel] = float(number) - value.get(channel, float(number))
                value[channel] = float(number)
                continue
            speed[channel] = float(number) + (speed.get(channel, 0.0) if order[channel] == '"' else 0.0)
            value[channel] = value.get(channel, 0.0) + speed[channel]
        if not all(axis in value and np.isfinite(value[axis]) for axis in axes):
            raise DataError(f"InkML trace has the point {point.strip()[:40]!r}, without X and Y")
        points.append([value[axis] for axis in axes])
    return np.array(points)
