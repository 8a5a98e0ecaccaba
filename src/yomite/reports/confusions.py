"""The worst confusions as pictures: what the model saw, what it was, what it answered.

They show samples of a data set, so they belong into a folder that is not committed, such as reports/.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from yomite.errors import PictureError
from yomite.evaluation.report import Confusion, Report, group_confusions
from yomite.ink.canvas import to_canvas
from yomite.reports.sheets import draw_sheet, stack_sheets

NUM_KINDS = 48
"""Kinds of confusions shown for each report."""

TILE_PX = 96


def write_confusions(path: Path, reports: Sequence[Report]) -> None:
    """Write the worst confusions of each report, one tile for each two characters confused.

    A tile shows the canvas image of the most confident sample; below it stand the character that it is, the
    one answered and how often.
    """
    sheets = []
    for report in reports:
        groups = group_confusions(report.confusions)
        shown = groups[:NUM_KINDS]
        heading = (
            f"{report.model} on {report.data}, prior {report.prior or '-'}: {len(report.confusions)} of "
            f"{len(report.answers)} wrong, {len(shown)} of {len(groups)} kinds shown; right > answered"
        )
        tiles, titles = map(draw_canvas, shown), map(describe_confusions, shown)
        sheets.append(draw_sheet(list(tiles), list(titles), heading=heading, tile_px=TILE_PX))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(stack_sheets(sheets)).save(path)


def draw_canvas(group: Sequence[Confusion]) -> np.ndarray:
    """Draw the first sample as a model sees it: uint8 (S, S), ink bright on 0; a cross where it cannot."""
    try:
        return to_canvas(group[0].sample.picture)
    except PictureError:
        return 255 * np.maximum(np.eye(48), np.eye(48)[::-1]).astype(np.uint8)


def describe_confusions(group: Sequence[Confusion], arrow: str = ">") -> str:
    """Describe confusions of the same two characters: `末 > 未 x2`."""
    times = f" x{len(group)}" if len(group) > 1 else ""
    return f"{group[0].sample.character} {arrow} {group[0].text or 'none'}{times}"
