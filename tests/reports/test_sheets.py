"""Contact sheets, pixel by pixel."""

import numpy as np

from yomite.reports.sheets import (
    GAP_PX,
    GRAY,
    HEADING_PX,
    TILE_PX,
    TITLE_PX,
    draw_sheet,
    find_japanese_font,
    overlay_heat,
    stack_sheets,
    to_code_points,
)


def test_a_sheet_shows_each_tile_dark_on_white_in_its_place() -> None:
    tiles = np.zeros((13, 4, 4), np.uint8)
    tiles[12] = 255
    sheet = draw_sheet(tiles, ["x"] * 13, is_right=[True] * 12 + [False])
    step = TILE_PX + GAP_PX
    assert sheet.shape == (GAP_PX + 2 * (step + TITLE_PX), GAP_PX + 12 * step, 3)
    middle = GAP_PX + TILE_PX // 2
    assert (sheet[middle, middle] == 255).all()
    assert (sheet[middle + step + TITLE_PX, middle] == 0).all()
    red = (sheet[..., 0].astype(int) - sheet[..., 1] > 100).any(axis=1)
    assert red.any() and not red[: step + TITLE_PX].any()


def test_heat_makes_paper_red_and_leaves_ink_black() -> None:
    canvas = np.zeros((8, 8), np.uint8)
    canvas[:4] = 255
    heat = np.zeros((2, 2))
    heat[:, 0] = 1
    picture = overlay_heat(canvas, heat).astype(int)
    assert (picture[:4] == 0).all()
    assert (picture[4:, 7] == 255).all() and picture[7, 0, 0] == 255 and picture[7, 0, 1] < 100


def test_a_heading_stands_above_and_is_never_cut_off() -> None:
    tiles, titles = [np.zeros((4, 4), np.uint8)], ["x"]
    plain, headed = draw_sheet(tiles, titles), draw_sheet(tiles, titles, heading="a long heading " * 9)
    assert len(headed) == len(plain) + HEADING_PX and headed.shape[1] > plain.shape[1]
    above = (headed[:HEADING_PX] < 128).any(axis=(0, 2))
    assert above.any() and not above[-GAP_PX:].any()
    np.testing.assert_array_equal(headed[HEADING_PX + GAP_PX :, : plain.shape[1]], plain[GAP_PX:])


def test_sheets_are_stacked() -> None:
    wide, high = np.zeros((2, 6, 3), np.uint8), np.full((5, 3, 3), 255, np.uint8)
    stacked = stack_sheets([wide, high])
    assert stacked.shape == (7, 6, 3) and (stacked[:2] == 0).all() and (stacked[2:, :3] == 255).all()
    assert (stacked[2:, 3:] == GRAY).all() and stack_sheets([]).size


def test_titles_without_a_font_are_code_points() -> None:
    assert to_code_points("末 > 未 x2") == "672B > 672A x2"
    assert to_code_points("A > none") == "A > none"


def test_font_found_is_a_font() -> None:
    path = find_japanese_font()
    assert path is None or path.is_file()
