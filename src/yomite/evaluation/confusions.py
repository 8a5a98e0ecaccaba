"""The worst confusions as one picture: what the model saw, what it was, what it answered.

It shows samples of a data set, so it belongs into a folder that is not committed, such as reports/.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from yomite.errors import PictureError
from yomite.evaluation.report import Confusion, Report, group_confusions
from yomite.ink.canvas import to_canvas

TILE_PX = 96
LABEL_PX = 22
GAP_PX = 12
NUM_COLUMNS = 12
NUM_ROWS = 4

# Fonts with Japanese characters where systems keep them; none is shipped here.
_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_FONT_PATTERNS = (
    "NotoSansCJK*",
    "NotoSansJP*",
    "ipag*",
    "TakaoGothic*",
    "Hiragino*",
    "ヒラギノ*",
    "YuGoth*",
    "msgothic*",
)


def write_confusions(path: Path, reports: Sequence[Report]) -> None:
    """Write the worst confusions of each report, one tile for each two characters confused.

    A tile shows the canvas image of the most confident sample; below it stand the character that it is, the
    one answered and how often, as characters where the system has a Japanese font, else as code points.
    """
    font_path = find_japanese_font()
    sections = [_draw_section(report, font_path) for report in reports]
    height = sum(section.height for section in sections)
    sheet = Image.new("L", (max((section.width for section in sections), default=1), max(height, 1)), 255)
    top = 0
    for section in sections:
        sheet.paste(section, (0, top))
        top += section.height
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def find_japanese_font() -> Path | None:
    """A font of this system that has Japanese characters, if there is one at a usual place."""
    for folder in (Path(name).expanduser() for name in _FONT_FOLDERS):
        for pattern in _FONT_PATTERNS if folder.is_dir() else ():
            for path in sorted(folder.rglob(pattern)):
                if path.suffix.lower() in (".ttf", ".ttc", ".otf"):
                    return path
    return None


def _draw_section(report: Report, font_path: Path | None) -> Image.Image:
    groups = group_confusions(report.confusions)
    shown = groups[: NUM_COLUMNS * NUM_ROWS]
    step_x, step_y = TILE_PX + GAP_PX, TILE_PX + LABEL_PX + GAP_PX
    num_rows = -(-len(shown) // NUM_COLUMNS)
    section = Image.new("L", (GAP_PX + NUM_COLUMNS * step_x, 3 * GAP_PX + LABEL_PX + num_rows * step_y), 255)
    drawing = ImageDraw.Draw(section)
    title = (
        f"{report.model} on {report.data}, prior {report.prior or '-'}: {len(report.confusions)} of "
        f"{len(report.answers)} wrong, {len(shown)} of {len(groups)} kinds shown; right > answered"
    )
    drawing.text((GAP_PX, GAP_PX), title, fill=0, font=ImageFont.load_default(16))
    label_font = ImageFont.truetype(str(font_path), 16) if font_path else ImageFont.load_default(10)
    for index, group in enumerate(shown):
        row, column = divmod(index, NUM_COLUMNS)
        left, top = GAP_PX + column * step_x, 2 * GAP_PX + LABEL_PX + row * step_y
        section.paste(_draw_canvas(group[0]), (left, top))
        label = format_label(group[0], len(group), has_font=font_path is not None)
        drawing.text((left, top + TILE_PX + 2), label, fill=0, font=label_font)
    return section


def _draw_canvas(confusion: Confusion) -> Image.Image:
    """The sample as a model sees it, dark on white; crossed out if it cannot be read."""
    try:
        canvas = to_canvas(confusion.sample.picture)
    except PictureError:
        canvas = 255 * np.maximum(np.eye(48), np.eye(48)[::-1]).astype(np.uint8)
    return Image.fromarray(255 - canvas).resize((TILE_PX, TILE_PX), Image.Resampling.BICUBIC)


def format_label(confusion: Confusion, num_samples: int, *, has_font: bool) -> str:
    """`末 > 未 x2`, or the code points where no font can draw the characters."""
    names = [confusion.sample.character, confusion.text]
    if not has_font:
        names = [name if name.isascii() else f"{ord(name[0]):04X}" for name in names]
    times = f" x{num_samples}" if num_samples > 1 else ""
    return f"{names[0]} > {names[1] or 'none'}{times}"
