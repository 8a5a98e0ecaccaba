import numpy as np
import pytest

from yomite.errors import PictureError
from yomite.ink.canvas import to_canvas
from yomite.ink.ink_view import (
    LEVELS,
    NEAR_PX,
    VIEW_SIZE,
    drop_stray,
    erase_paper,
    keep_writing,
    read_grid,
    spread_chance,
    view_ink,
)

SIDE = 140


def draw_cross(*, ruling: int | None = None, side: int = SIDE, arm: int = 30) -> np.ndarray:
    """Draw a cross in the middle of a sheet, and a frame of a gray level near its rim."""
    page = np.full((side, side), 255, np.uint8)
    middle = side // 2
    page[middle - arm : middle + arm, middle - 3 : middle + 3] = 0
    page[middle - 3 : middle + 3, middle - arm : middle + arm] = 0
    if ruling is not None:
        page[[8, -9], 8:-8] = ruling
        page[8:-8, [8, -9]] = ruling
    return page


def find_middle(view: np.ndarray) -> np.ndarray:
    """An ink finder that knows that the character stands in the middle."""
    chance = np.zeros(view.shape, np.float32)
    chance[20:-20, 20:-20] = 1.0
    return chance


@pytest.mark.parametrize("shape", [(160, 120), (96, 96), (40, 70), (5, 160)])
def test_the_longer_side_fills_the_view(shape: tuple[int, int]) -> None:
    view = view_ink(np.ones(shape, np.float32))
    step = max(shape) / VIEW_SIZE
    height, width = (int(side / step) for side in shape)
    assert view.shape == (VIEW_SIZE, VIEW_SIZE) and view.dtype == np.uint8
    assert (view[1 : height - 1, 1 : width - 1] == LEVELS).all()
    assert not view[height + 2 :].any() and not view[:, width + 2 :].any()


def test_ink_darker_than_writing_shows_up_to_twice_as_dark() -> None:
    assert view_ink(np.full((96, 96), 3.0, np.float32)).max() == 2 * LEVELS


def test_chances_come_back_to_where_they_were_seen() -> None:
    keep = np.zeros((VIEW_SIZE, VIEW_SIZE), np.float32)
    keep[:, VIEW_SIZE // 2 :] = 1.0
    chance = spread_chance(keep, (160, 160))
    assert chance[:, :79].max() == 0.0 and chance[:, 81:].min() == 1.0
    assert spread_chance(np.ones_like(keep), (30, 70)).min() == pytest.approx(1.0)
    crop = read_grid(chance, 40.0, 60.0, 0.5, (80, 80))  # a closer look at rows 40 to 80, columns 60 to 100
    assert crop[:, :37].max() == 0.0 and crop[:, 43:].min() == 1.0
    assert read_grid(chance, -20.0, 150.0, 1.0, (9, 40)).min() == 1.0  # beyond the rim the last one goes on


@pytest.mark.parametrize("version", [3, 4])
def test_what_is_hardly_changed_or_hardly_left_stays_as_it_came(version: int) -> None:
    ink = np.full((96, 96), 1.5, np.float32)
    keep = np.ones_like(ink)
    keep[0, :40] = 0.0  # 0.4 %
    left, is_written, chance = keep_writing(ink, lambda _: keep, version)
    assert (left == 1.0).all() and is_written and chance is None
    keep[:] = 0.0
    keep[0, :40] = 1.0
    left, is_written, chance = keep_writing(ink, lambda _: keep, version)
    assert (left == 1.0).all() and is_written == (version == 3) and chance is None
    keep[:48] = 1.0
    left, is_written, chance = keep_writing(ink, lambda _: keep, version)
    assert (left[:47] == 1.0).all() and not left[49:].any() and is_written and chance is not None


def test_what_the_first_look_saw_is_written_whatever_the_closer_one_thinks() -> None:
    ink = np.ones((96, 96), np.float32)
    left, is_written, _ = keep_writing(ink, np.zeros_like, 4, np.ones_like(ink))
    assert (left == 1.0).all() and is_written


def test_paper_with_nothing_but_print_on_it_is_blank() -> None:
    page = np.full((SIDE, SIDE), 255, np.uint8)
    page[[8, -9], 8:-8] = page[8:-8, [8, -9]] = 0
    with pytest.raises(PictureError, match="blank"):
        to_canvas(page, version=4, finder=find_middle)
    assert to_canvas(page, version=3, finder=find_middle).any()
    bar = np.pad(np.full((6, 60), 0, np.uint8), 1, constant_values=255)  # 一 cut out closely
    assert to_canvas(bar, version=4, finder=lambda view: np.zeros(view.shape, np.float32)).any()


def test_erasing_tells_how_much_is_left() -> None:
    ink = np.full((50, 50), 1.5, np.float32)
    chance = np.ones_like(ink)
    chance[25:] = 0.0
    left, share = erase_paper(ink, chance)
    assert share == pytest.approx(0.5) and (left[:25] == 1.0).all() and not left[25:].any()


def test_a_frame_is_gone_from_the_canvas() -> None:
    bare = to_canvas(draw_cross(), version=3, finder=find_middle)
    assert np.array_equal(bare, to_canvas(draw_cross(), version=2))
    framed = to_canvas(draw_cross(ruling=60), version=3, finder=find_middle)
    assert np.abs(framed.astype(int) - bare).max() <= 40
    assert np.abs(to_canvas(draw_cross(ruling=60), version=1).astype(int) - bare).max() > 200


def test_the_closer_look_keeps_to_what_the_first_one_saw() -> None:
    looks = []

    def find(view: np.ndarray) -> np.ndarray:
        """Know the paper at the first look alone."""
        looks.append(view)
        return find_middle(view) if len(looks) == 1 else np.ones(view.shape, np.float32)

    page = draw_cross(side=400, arm=40)
    page[120:126, 250:256] = 0  # a dot inside of the crop that the closer look is at
    wanted = to_canvas(draw_cross(side=400, arm=40), version=3, finder=find)
    assert len(looks) == 1  # nothing was erased, so the closer look does not ask again
    looks.clear()

    def find_dot(view: np.ndarray) -> np.ndarray:
        chance = find(view)
        if len(looks) == 1:
            chance[:36], chance[:, 59:] = 0.0, 0.0
        return chance

    page[:] = np.where(draw_cross(side=400, arm=40) < 255, 0, page)
    seen = to_canvas(page, version=3, finder=find_dot)
    assert len(looks) == 2 and np.abs(seen.astype(int) - wanted).mean() < 2


@pytest.mark.parametrize("version", [3, 4])
def test_without_a_finder_it_says_so_and_strokes_need_none(version: int) -> None:
    with pytest.raises(ValueError, match=f"version {version} needs an ink finder"):
        to_canvas(draw_cross(), version=version)
    strokes = [[(0, 0), (50, 50)], [(50, 0), (0, 50)]]
    assert np.array_equal(to_canvas(strokes, version=version), to_canvas(strokes, version=1))


def test_what_is_unsure_stays_only_near_what_is_sure() -> None:
    keep = np.full((VIEW_SIZE, VIEW_SIZE), 0.4, np.float32)
    view = np.full(keep.shape, LEVELS, np.uint8)
    assert not drop_stray(keep, view).any()
    keep[50, 40] = 0.9
    left = drop_stray(keep, view)
    near = np.zeros(keep.shape, bool)
    near[50 - NEAR_PX : 51 + NEAR_PX, 40 - NEAR_PX : 41 + NEAR_PX] = True
    assert (left[near] == keep[near]).all() and not left[~near].any()
    view[50, 40] = 0  # bare paper, of which a finder may say anything
    assert not drop_stray(keep, view).any()


def test_a_grain_left_of_a_ruling_does_not_widen_the_box() -> None:
    page = draw_cross()
    page[12:18, 12:18] = 0

    def find(view: np.ndarray) -> np.ndarray:
        """Be unsure of the grain, which is half as far from the rim as anything that is the character's."""
        chance = find_middle(view)
        chance[:16, :16] = 0.4
        return chance

    bare = to_canvas(draw_cross(), version=4, finder=find).astype(int)
    away = [np.abs(to_canvas(page, version=version, finder=find) - bare).mean() for version in (3, 4)]
    assert away[1] < 1 < 20 < away[0]


def draw_flat(*, is_shaded: bool) -> np.ndarray:
    """Draw 一 small on a sheet whose lower right half may lie in a hard shadow."""
    page = np.full((400, 400), 250, np.uint8)
    page[192:196, 140:260] = 20
    down, across = np.mgrid[:400, :400]
    return np.where(across + down < 360, page, page // 2) if is_shaded else page


def test_a_flat_character_is_seen_through_the_edge_of_a_shadow() -> None:
    def keep_all(view: np.ndarray) -> np.ndarray:
        return np.ones(view.shape, np.float32)

    bare, shaded = draw_flat(is_shaded=False), draw_flat(is_shaded=True)
    wanted = to_canvas(bare, version=4, finder=keep_all).astype(int)
    assert np.array_equal(wanted, to_canvas(bare, version=3, finder=keep_all))
    away = [np.abs(to_canvas(shaded, version=version, finder=keep_all) - wanted).mean() for version in (3, 4)]
    assert away[1] < 8 < 40 < away[0]
