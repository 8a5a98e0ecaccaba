import numpy as np

from yomite.charset import script_of
from yomite.ink.forms import build_forms


def test_forms_are_kana_within_the_unit_square():
    glyphs = build_forms()
    assert len({glyph.character for glyph in glyphs if script_of(glyph.character) == "hiragana"}) >= 71
    for glyph in glyphs:
        assert script_of(glyph.character) in ("hiragana", "katakana")
        points = np.concatenate(glyph.strokes)
        assert points.min() > 0.0 and points.max() < 1.0 and len(glyph.strokes) == len(glyph.components)


def test_voiced_forms_are_the_plain_ones_with_marks():
    by_character: dict[str, list] = {}
    for glyph in build_forms():
        by_character.setdefault(glyph.character, []).append(glyph)
    for plain, voiced, marks in (("か", "が", 2), ("は", "ば", 2), ("は", "ぱ", 1), ("ケ", "ゲ", 2)):
        assert len(by_character[plain]) == len(by_character[voiced]) > 0
        for one, other in zip(by_character[plain], by_character[voiced], strict=True):
            assert len(other.strokes) == len(one.strokes) + marks
            # The marks are at the upper right, and the rest is the plain form, smaller.
            assert all(mark[:, 0].min() > 0.7 and mark[:, 1].max() < 0.4 for mark in other.strokes[-marks:])
            before, after = np.concatenate(one.strokes), np.concatenate(other.strokes[:-marks])
            assert np.allclose(np.ptp(after, axis=0) / np.ptp(before, axis=0), [0.88, 0.90], atol=1e-5)
    assert "な゙" not in by_character and all(len(character) == 1 for character in by_character)


def test_curves_run_through_their_points_without_corners():
    i_form = next(glyph for glyph in build_forms() if glyph.character == "い")
    first = i_form.strokes[0]
    for point in ((0.24, 0.18), (0.20, 0.44), (0.26, 0.74), (0.42, 0.80)):
        assert np.hypot(*(first - np.float32(point)).T).min() < 1e-6
    steps = np.diff(first, axis=0)
    directions = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(np.diff(directions)).max() < 0.9
