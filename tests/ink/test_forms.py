import numpy as np

from yomite.charset import build_charset, script_of
from yomite.ink.forms import build_forms


def test_forms_are_kana_within_the_unit_square():
    glyphs = build_forms()
    assert len(glyphs) > 20
    for glyph in glyphs:
        assert glyph.character in build_charset("kana") and script_of(glyph.character) == "hiragana"
        points = np.concatenate(glyph.strokes)
        assert points.min() > 0.0 and points.max() < 1.0 and len(glyph.strokes) == len(glyph.components)


def test_curves_run_through_their_points_without_corners():
    i_form = next(glyph for glyph in build_forms() if glyph.character == "い")
    first = i_form.strokes[0]
    for point in ((0.24, 0.18), (0.20, 0.44), (0.26, 0.74), (0.42, 0.80)):
        assert np.hypot(*(first - np.float32(point)).T).min() < 1e-6
    steps = np.diff(first, axis=0)
    directions = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(np.diff(directions)).max() < 0.9
