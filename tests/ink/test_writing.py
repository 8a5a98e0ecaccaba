"""Glyphs are written as the habits say: slant, joins, hooks, corners; no two characters are copies."""

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')

from drawings import DRAWINGS

from yomite.ink.hand import HABIT_NAMES, Hand, build_hand
from yomite.ink.strokes import Glyph
from yomite.ink.writing import MAX_WRITTEN_POINTS, POINT_SPACING, flatten_glyph, seed_stream, write_glyph

Line = list[tuple[float, float]]


def make_glyph(*strokes: Line, components: tuple[int, ...] | None = None) -> Glyph:
    arrays = tuple(np.array(stroke, np.float32) for stroke in strokes)
    return Glyph("?", arrays, components or (0,) * len(arrays))


def write(glyph: Glyph, hand: Hand, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seed_stream(seed)
    return write_glyph(*flatten_glyph(glyph), hand.habits)


def make_hand(**habits: float) -> Hand:
    """A printed hand with these habits alone."""
    values = build_hand("print").habits.copy()
    for name, value in habits.items():
        values[HABIT_NAMES.index(name)] = value
    return Hand(values)


VERTICALS = [
    make_glyph(*[[(x, 0.15), (x, 0.85)] for x in places])
    for places in ([0.5], [0.3, 0.7], [0.25, 0.5, 0.75], [0.2, 0.45, 0.6, 0.8], [0.4, 0.6], [0.35, 0.8])
]
OWN = [
    make_glyph(*[[(x / 100, y / 100) for x, y in stroke] for stroke in strokes])
    for strokes in DRAWINGS.values()
]


def split_lines(written: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
    return np.split(written, np.flatnonzero(starts)[1:])


def measure_slant(glyph: Glyph, hand: Hand, seed: int) -> float:
    """How far the verticals lean, as dx over dy, the mean of a character."""
    written, starts, _ = write(glyph, hand, seed)
    leans = [(line[-1] - line[0]) for line in split_lines(written, starts)]
    return float(np.mean([dx / dy for dx, dy in leans]))


def test_a_printed_hand_writes_the_glyph_as_it_is() -> None:
    for glyph in OWN:
        written, starts, pressure = write(glyph, build_hand("print"))
        points, offsets, _ = flatten_glyph(glyph)
        assert written == pytest.approx(points, abs=1e-4)
        assert np.flatnonzero(starts).tolist() == offsets[:-1].tolist()
        assert (pressure == 1).all()


def test_flat_glyph_keeps_ends_order_and_components() -> None:
    glyph = make_glyph([(0, 0), (0.3, 0)], [(0.5, 0.5)], [(1, 0), (1, 1)], components=(7, 2, 7))
    points, offsets, components = flatten_glyph(glyph)
    assert components.tolist() == [1, 0, 1] and offsets[0] == 0 and offsets[-1] == len(points)
    assert points[offsets[1]].tolist() == [0.5, 0.5] and offsets[2] - offsets[1] == 1
    gaps = np.diff(points[offsets[2] :, 1])
    assert gaps == pytest.approx(POINT_SPACING, rel=0.05)
    assert points[-1].tolist() == [1, 1]


@pytest.mark.parametrize("slant", [-0.3, 0.2])
def test_slant_leans_every_vertical_by_its_amount(slant: float) -> None:
    for glyph in VERTICALS:
        assert measure_slant(glyph, make_hand(slant=slant), 0) == pytest.approx(-slant, abs=1e-3)


def test_whole_character_habits_do_what_their_names_say() -> None:
    square = make_glyph([(0.2, 0.2), (0.8, 0.2)], [(0.2, 0.8), (0.8, 0.8)], [(0.2, 0.2), (0.2, 0.8)])

    def extent(hand: Hand) -> np.ndarray:
        return np.ptp(write(square, hand)[0], axis=0)

    wide, high = extent(make_hand(aspect=0.3))
    assert high / wide == pytest.approx(np.exp(0.3), rel=1e-3)
    top = split_lines(*write(square, make_hand(slope=-0.2))[:2])[0]
    assert top[-1, 1] < top[0, 1] - 0.1  # rises to the right; y points down
    turned = split_lines(*write(square, make_hand(rotation=0.2))[:2])[0]
    dx, dy = turned[-1] - turned[0]
    assert np.arctan2(dy, dx) == pytest.approx(0.2, abs=1e-3)


def test_writers_differ_more_than_one_writer_does() -> None:
    """Analysis of variance on measured slants: between writers against within each."""
    slants = np.array(
        [
            [
                measure_slant(glyph, build_hand("ordinary", seed=seed), 100 * seed + k)
                for k, glyph in enumerate(VERTICALS)
            ]
            for seed in range(16)
        ]
    )
    between = len(VERTICALS) * slants.mean(axis=1).var(ddof=1)
    within = slants.var(axis=1, ddof=1).mean()
    assert between / within > 4  # 1 if a writer's habits did not hold; 1 % of the chances lie above 2.3


def test_two_characters_of_a_writer_are_not_copies() -> None:
    hand = build_hand("ordinary", seed=1)
    one, again, other = (write(OWN[0], hand, seed)[0] for seed in (5, 5, 6))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.allclose(one, other, atol=1e-3)


def test_haste_joins_strokes() -> None:
    def count_lines(name: str) -> int:
        return sum(
            int(write(glyph, build_hand(name, seed=seed), seed)[1].sum())
            for glyph in OWN
            for seed in range(6)
        )

    assert count_lines("running") < 0.85 * count_lines("ordinary")
    assert count_lines("ordinary") <= count_lines("print")


def test_joining_is_by_distance_and_its_line_by_ligature() -> None:
    near = make_glyph([(0.2, 0.2), (0.8, 0.2)], [(0.8, 0.25), (0.2, 0.25)])
    far = make_glyph([(0.2, 0.2), (0.8, 0.2)], [(0.2, 0.9), (0.8, 0.9)])
    hand = make_hand(joining=0.95, reach=0.3, ligature=0.5)
    joined = [int(write(near, hand, seed)[1].sum()) for seed in range(40)]
    assert np.mean(np.array(joined) == 1) > 0.8
    assert all(int(write(far, hand, seed)[1].sum()) == 2 for seed in range(40))
    wide = make_glyph([(0.2, 0.2), (0.8, 0.2)], [(0.8, 0.4), (0.2, 0.4)])
    pressures = {float(p) for seed in range(40) for p in write(wide, hand, seed)[2]}
    assert pressures == {0.5, 1.0}


def test_hooks_are_dropped_by_who_drops_them() -> None:
    """The tail behind the turn goes, the long stroke stays."""
    hook = make_glyph([(0.6, 0.1), (0.6, 0.85), (0.54, 0.78)])
    whole, dropped = write(hook, make_hand())[0], write(hook, make_hand(hook_loss=1.0))[0]
    assert whole[:, 0].min() == pytest.approx(0.54, abs=1e-3)
    assert dropped[:, 0].min() > 0.57 and np.ptp(dropped[:, 1]) > 0.7


def test_corners_are_rounded_and_points_left_out() -> None:
    corner = make_glyph([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8)])
    sharp, round_, coarse = (
        write(corner, make_hand(**habits))[0] for habits in ({}, {"roundness": 5.0}, {"coarseness": 3.0})
    )
    tip = np.array([0.8, 0.2])
    assert np.hypot(*(sharp - tip).T).min() < 1e-3 < 0.01 < np.hypot(*(round_ - tip).T).min()
    assert round_[[0, -1]] == pytest.approx(sharp[[0, -1]], abs=1e-4)
    assert len(coarse) < 0.4 * len(sharp)


def test_any_number_of_points_is_written() -> None:
    rng = np.random.default_rng(0)
    many = make_glyph(*[rng.random((60, 2)).tolist() for _ in range(120)])
    assert len(flatten_glyph(many)[0]) > MAX_WRITTEN_POINTS
    written, starts, pressure = write(many, build_hand("running", seed=1))
    assert len(written) == len(starts) == len(pressure) <= MAX_WRITTEN_POINTS
    for glyph in (
        make_glyph([(0.5, 0.5)]),
        make_glyph([(0.5, 0.5)], [(0.5, 0.5)]),
        make_glyph([(0, 0), (1, 1)]),
    ):
        for seed in range(20):
            written = write(glyph, build_hand("rough", seed=seed), seed)[0]
            assert len(written) and np.isfinite(written).all()


def test_a_ring_beside_other_strokes_shrinks_in_some_hands_and_alone_never():
    angles = np.linspace(0.0, 2 * np.pi, 16)
    ring = (0.8 + 0.05 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)
    line = np.array([[0.1, 0.5], [0.6, 0.5]], np.float32)
    habits = build_hand("neat", seed=0).habits

    def ring_sizes(*strokes):
        sizes = []
        for seed in range(40):
            seed_stream(seed)
            written, starts, _ = write_glyph(
                *flatten_glyph(Glyph("ぱ", strokes, tuple(range(len(strokes))))), habits
            )
            last = written[np.flatnonzero(starts)[-1] :]
            sizes.append(np.ptp(last[:, 0]))
        return np.array(sizes)

    alone, beside = ring_sizes(ring), ring_sizes(line, ring)
    assert np.median(beside) < 0.85 * np.median(alone) and beside.max() > 0.9 * np.median(alone)
    assert beside.min() < 0.75 * alone.min()
