"""InkML: points as the recommendation counts them, groups, and files that are not what they seem."""

import numpy as np
import pytest

from yomite.errors import DataError
from yomite.ink.inkml import read_inkml

HEAD = '<ink xmlns="http://www.w3.org/2003/InkML">'


def read_one(body: str) -> list[list[list[float]]]:
    """The points of the strokes in the file's own unit: the first glyph's box is told beside it."""
    (glyph,) = read_inkml(f'{HEAD}<annotation type="truth">一</annotation>{body}</ink>')
    return [stroke.tolist() for stroke in glyph.strokes]


def test_points_are_scaled_to_the_unit_square() -> None:
    assert read_one("<trace>10 20, 30 20, 30 60</trace><trace>10 40</trace>") == [
        [[0, 0], [0.5, 0], [0.5, 1]],
        [[0, 0.5]],
    ]


@pytest.mark.parametrize(
    ("trace", "points"),
    [
        # The example of the recommendation, section 3.2.3: the same trace in three ways of counting.
        ("1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6,2 4,3 7,2 6,3 6,3 9,3 9,",
         [(1125, 18432), (1148, 18475), (1178, 18510), (1211, 18540), (1251, 18567), (1297, 18596),
          (1349, 18633), (1404, 18676), (1461, 18723), (1521, 18777), (1583, 18837), (1648, 18903),
          (1716, 18978), (1787, 19062)]),
        ("0 0, '2 '1, 3 *, !9 !9", [(0, 0), (2, 1), (5, 2), (9, 9)]),
        ("0 0,5 *,* 7", [(0, 0), (5, 0), (5, 7)]),
        ("1.5e1 -2,.5 +3", [(15, -2), (0.5, 3)]),
    ],
)  # fmt: skip
def test_ways_of_counting(trace: str, points: list[tuple[float, float]]) -> None:
    expected = np.array(points) - np.min(points, axis=0)
    (stroke,) = read_one(f"<trace>{trace.rstrip(',')}</trace>")
    assert np.allclose(stroke, expected / expected.max(), atol=1e-6)


def test_channels_in_another_order() -> None:
    form = '<traceFormat><channel name="T"/><channel name="Y"/><channel name="X"/></traceFormat>'
    assert read_one(f"{form}<trace>0 0 5, 9 10 5</trace>") == [[[0, 0], [0, 1]]]


def test_groups_with_their_truth() -> None:
    """As the CROHME sets are made: traces first, groups that refer to them, one group around all."""
    text = f"""{HEAD}<annotation type="truth">$十一$</annotation>
      <trace id="0">0 5, 10 5</trace><trace id="1">5 0, 5 10</trace><trace id="2">20 5, 30 5</trace>
      <traceGroup><annotation type="truth">Segmentation</annotation>
        <traceGroup><annotation type="truth">十</annotation>
          <traceView traceDataRef="0"/><traceView traceDataRef="#1"/></traceGroup>
        <traceGroup><annotation type="truth">一</annotation><traceView traceDataRef="2"/></traceGroup>
      </traceGroup></ink>"""
    glyphs = list(read_inkml(text))
    assert [(glyph.character, len(glyph.strokes)) for glyph in glyphs] == [("十", 2), ("一", 1)]


def test_a_file_named_for_its_character() -> None:
    (glyph,) = read_inkml("<ink><trace>0 0, 1 1</trace></ink>", lambda: "丿")
    assert glyph.character == "丿"


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 100}">' for n in range(9))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<ink><trace>0 0", "not well-formed"),
        ("<svg/>", "begins with <svg>; expected <ink>"),
        (f"<!DOCTYPE ink [{BOMB}]><ink><trace>&a8;</trace></ink>", "not well-formed.*amplification"),
        ("<ink><trace>0 0, 1 1</trace></ink>", "says nowhere what is drawn"),
        (f'{HEAD}<annotation type="truth">一</annotation></ink>', "holds no strokes"),
        (f'{HEAD}<annotation type="truth">一</annotation><trace>0 0, a b</trace></ink>', "not numbers"),
        (f'{HEAD}<annotation type="truth">一</annotation><trace>0 0,,1 1</trace></ink>', "not numbers"),
        (f'{HEAD}<annotation type="truth">一</annotation><trace>5, 6</trace></ink>', "without X and Y"),
        (f'{HEAD}<annotation type="truth">一</annotation><trace>1e999 0</trace></ink>', "without X and Y"),
        (f'{HEAD}<traceFormat><channel name="X"/></traceFormat></ink>', "X and Y are needed"),
        (f'{HEAD}<traceGroup><annotation type="truth">一</annotation><traceView traceDataRef="7"/>'
         "</traceGroup></ink>", "a trace '7' that is not there"),
    ],
)  # fmt: skip
def test_faults(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        list(read_inkml(text))
