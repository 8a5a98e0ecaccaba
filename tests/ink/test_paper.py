"""Paper: rulings where they belong, papers that keep the writing, photos that keep the shape."""

import numpy as np
import pytest
from numba import njit
from scipy.fft import dctn, idctn

from yomite.ink import paper, photo, ruling
from yomite.ink.paper import PAPER_NAMES, PAPER_RANGES, PAPER_TRAITS, draw_paper


@njit
def _seed(seed):
    np.random.seed(seed)


def _bare(rows=60, columns=90):
    return np.zeros((rows, columns), np.float32)


def test_every_paper_names_every_trait():
    for name, ranges in paper.PAPERS.items():
        assert tuple(ranges) == tuple(PAPER_TRAITS), name
        assert all(low <= high for low, high in ranges.values()), name


@pytest.mark.parametrize("width", [0.4, 1.0, 2.5, 6.0])
def test_a_line_covers_as_much_as_it_is_wide(width):
    coverage = _bare()
    ruling.rule_line(coverage, -5.0, 30.3, 95.0, 34.0, width, 0.5)
    assert coverage[:, 10:80].sum() / 70 == pytest.approx(0.5 * width, rel=0.15)
    assert coverage.max() <= 0.5


def test_a_line_keeps_what_is_darker():
    coverage = np.full((20, 20), 0.9, np.float32)
    ruling.rule_line(coverage, 0.0, 10.0, 20.0, 10.0, 3.0, 0.4)
    assert (coverage == np.float32(0.9)).all()


def test_a_line_stops_at_its_ends():
    coverage = _bare()
    ruling.rule_line(coverage, 20.0, 10.5, 50.0, 10.5, 1.0, 1.0)
    assert np.flatnonzero(coverage[10]).tolist() == list(range(20, 50))
    assert coverage.sum() == pytest.approx(30, rel=0.01)


def test_dashes_leave_gaps():
    coverage = _bare()
    ruling.rule_line(coverage, 0.0, 10.5, 90.0, 10.5, 1.0, 1.0, 6.0, 3.0)
    row = coverage[10] > 0
    assert row.sum() == 60
    assert (row[:81].reshape(9, 9) == row[:9]).all()


def test_rulings_repeat_from_rim_to_rim():
    across, down = _bare(), _bare()
    ruling.rule_across(across, 45.0, 30.5, 12.0, 0.0, 1.0, 1.0)
    ruling.rule_down(down, 45.5, 30.0, 15.0, 0.0, 1.0, 1.0)
    assert np.flatnonzero(across.min(axis=1) > 0.9).tolist() == [6, 18, 30, 42, 54]
    assert np.flatnonzero(down.min(axis=0) > 0.9).tolist() == [0, 15, 30, 45, 60, 75]


def test_tilted_rulings_reach_every_corner():
    coverage = _bare()
    ruling.rule_across(coverage, 45.0, 30.0, 5.0, 0.4, 1.5, 1.0)
    for corner in (coverage[:8, :8], coverage[-8:, :8], coverage[:8, -8:], coverage[-8:, -8:]):
        assert corner.max() > 0.9


def test_double_lines_stand_apart():
    coverage = _bare()
    ruling.rule_across(coverage, 45.0, 30.5, 40.0, 0.0, 1.0, 1.0, 6.0)
    assert np.flatnonzero(coverage[:, 45] > 0.9).tolist() == [27, 33]


def test_a_frame_is_cut_off_by_the_rim():
    coverage = _bare(40, 40)
    ruling.rule_frame(coverage, 20.0, 30.0, 30.0, 40.0, 0.0, 1.0, 1.0)
    assert coverage[10, 5:35].min() > 0.4  # its upper side
    assert coverage[20:40, 5].min() > 0.4
    assert coverage[12:, 10:30].max() == 0


@pytest.mark.parametrize("name", PAPER_NAMES)
def test_a_paper_is_pure_in_its_seed_and_keeps_the_writing(name):
    @njit
    def draw(seed, ranges):
        np.random.seed(seed)
        ink = np.zeros((50, 40), np.float32)
        ink[10:40, 18:23] = 1.0
        traits = paper.draw_paper(np.random.random(len(ranges)), ranges)
        sheet, top, left = paper.make_room(ink, traits[0] * 30, 30.0)
        paper.rule_paper(sheet, left + 20.0, top + 25.0, 30.0, traits)
        return sheet, top, left

    ranges = PAPER_RANGES[PAPER_NAMES.index(name)]
    changed = 0
    for seed in range(20):
        sheet, top, left = draw(seed, ranges)
        assert np.array_equal(sheet, draw(seed, ranges)[0])
        assert sheet[top + 10 : top + 40, left + 18 : left + 23].min() >= 1.0
        assert np.isfinite(sheet).all() and sheet.max() <= 1.1
        changed += sheet.sum() > 151
    assert changed > 0


def test_a_neighbor_leaves_bare_paper_beside_the_writing():
    for seed in range(60):
        sheet = _bare(70, 70)
        sheet[25:45, 25:45] = 1.0
        _seed(seed)
        ruling.leave_neighbor(sheet, 40.0, 0.8)
        sheet[25:45, 25:45] = 0.0
        assert sheet[22:48, 22:48].max() == 0.0


def test_wide_pictures_take_a_paper():
    _seed(3)
    coverage = _bare(64, 900)
    traits = draw_paper(np.full(len(PAPER_TRAITS), 0.4), PAPER_RANGES[PAPER_NAMES.index("squared")])
    paper.rule_paper(coverage, 32.0, 32.0, 40.0, traits)
    assert (coverage[:, -100:] > 0).any() and (coverage[:, :100] > 0).any()


@pytest.mark.parametrize(
    ("change", "amount"),
    [(photo.cast_shadow, 0.4), (photo.fold_sheet, 0.3), (photo.show_on_screen, 12.0),
     (photo.coarsen, 2.3), (photo.round_blocks, 30.0)],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(4, 4), (61, 97), (48, 700)])
def test_a_photo_keeps_shape_and_range(change, amount, shape):
    gray = np.random.default_rng(1).integers(60, 256, shape).astype(np.uint8)
    before = gray.copy()
    _seed(5)
    change(gray, amount)
    assert gray.shape == shape
    if min(shape) > 8:
        assert not np.array_equal(gray, before)
        assert abs(float(gray.mean()) - before.mean()) < 70


def test_blocks_are_those_of_a_cosine_transform():
    gray = np.random.default_rng(2).integers(0, 256, (8, 8)).astype(np.uint8)
    size = 20.0 * (1 + 0.5 * np.add.outer(np.arange(8), np.arange(8)))
    frequencies = dctn(gray - 128.0, norm="ortho")
    expected = np.clip(idctn(size * np.rint(frequencies / size), norm="ortho") + 128.5, 0, 255).astype(
        np.uint8
    )
    photo.round_blocks(gray, 20.0)
    assert np.abs(gray.astype(int) - expected).max() <= 1
