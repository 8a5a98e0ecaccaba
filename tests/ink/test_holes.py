import numpy as np
import pytest

from yomite.ink.canvas import to_canvas
from yomite.ink.holes import find_holes
from yomite.ink.leveling import widen


def draw_sheet(*holes: tuple[float, float, float], side: int = 96) -> np.ndarray:
    """Draw a cross of thin strokes, and disks of (row, column, radius)."""
    page = np.zeros((side, side), bool)
    page[35:60, 48:50] = page[46:48, 36:62] = True
    down, across = np.mgrid[:side, :side]
    for row, column, radius in holes:
        page |= (down - row) ** 2 + (across - column) ** 2 <= radius**2
    return page


@pytest.mark.parametrize("hole", [(48, 6, 3.5), (6, 40, 3.5), (90, 90, 5), (20, 2, 3.5)])
def test_a_disk_near_the_rim_is_a_hole(hole: tuple[float, float, float]) -> None:
    sheet = draw_sheet(hole)
    assert np.array_equal(find_holes(sheet), sheet & ~draw_sheet())


def test_there_may_be_several() -> None:
    sheet = draw_sheet((15, 6, 4), (80, 6, 4))
    assert np.array_equal(find_holes(sheet), sheet & ~draw_sheet())


@pytest.mark.parametrize(
    "hole",
    [(48, 6, 1.5), (6, 48, 4.5), (60, 14, 3.5), (48, 10, 13)],
    ids=["a dot", "beside a stroke", "not near the rim", "too large"],
)
def test_other_disks_are_ink(hole: tuple[float, float, float]) -> None:
    assert not find_holes(draw_sheet(hole)).any()


def test_a_disk_alone_is_ink() -> None:
    sheet = draw_sheet((48, 8, 5))
    sheet[:, 30:] = False
    assert sheet.any() and not find_holes(sheet).any()


def test_beside_thick_strokes_nothing_is_a_hole() -> None:
    sheet = draw_sheet((48, 6, 3.5))
    sheet[35:60, 44:54] = True
    assert not find_holes(sheet).any()
    sheet[:, 20:] = True
    assert not find_holes(sheet).any()


def test_a_long_piece_is_no_hole() -> None:
    sheet = draw_sheet()
    sheet[30:60, 4:10] = True
    assert not find_holes(sheet).any()


def test_a_mask_is_widened_in_rows_and_columns() -> None:
    mask = np.zeros((9, 7), bool)
    mask[4, 0] = True
    wide = widen(mask, 2)
    assert wide.shape == mask.shape and wide[2:7, :3].all() and wide.sum() == 15


def test_the_canvas_sees_a_sheet_with_holes_as_one_without() -> None:
    def find(view: np.ndarray) -> np.ndarray:
        """An ink finder to which all is ink, though not a whole disk is surely so."""
        chance = np.ones(view.shape, np.float32)
        chance[:, :9] = 0.25
        return chance

    def draw(*holes: tuple[float, float, float]) -> np.ndarray:
        return np.where(draw_sheet(*holes).repeat(2, 0).repeat(2, 1), 40, 250).astype(np.uint8)

    bare, punched = draw(), draw((20, 6, 3.5), (70, 6, 3.5))
    wanted = to_canvas(bare, version=4, finder=find).astype(int)
    away = [np.abs(to_canvas(punched, version=version, finder=find) - wanted).mean() for version in (3, 4)]
    assert away[1] < 2 < 10 < away[0]
