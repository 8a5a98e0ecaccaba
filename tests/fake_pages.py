"""Pages whose figures can be counted by hand, and what a reader found on them."""

from yomite.data.readers.pages import PageSample, WrittenLine
from yomite.errors import PictureError
from yomite.reading.results import Line, LineCharacter, Page, Polygon


def draw_box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def write_page(picture: object, *lines: tuple[str, Polygon], is_whole: bool = True) -> PageSample:
    """A page of lines that run along the longer side of their boxes."""
    written = tuple(
        WrittenLine(text, box, "horizontal" if box[2][0] - box[0][0] > box[2][1] - box[0][1] else "vertical")
        for text, box in lines
    )
    text = "\n".join(line.text for line in written)
    return PageSample(picture, text, "a", f"page {picture}", written[-1].direction, written, is_whole)


def find_line(text: str, polygon: Polygon, *, is_rejected: bool = False) -> Line:
    characters = tuple(LineCharacter(one, (0.0, 0.0, 1.0, 1.0), 0.9, ()) for one in text)
    return Line(characters, 0.9, 0.8, "horizontal", is_rejected, polygon)


ROWS = [draw_box(0, top, 100, top + 10) for top in (0, 20, 40)]
COLUMNS = [draw_box(left, 0, left + 10, 100) for left in (80, 60)]

SAMPLES = [
    write_page(0, ("今日 は", ROWS[0]), ("晴れ", ROWS[1]), ("山川", ROWS[2])),
    write_page(1, ("春は", COLUMNS[0]), ("夏は", COLUMNS[1])),
    write_page(2, ("あ", ROWS[0]), is_whole=False),
    write_page(3, ("い", ROWS[0]), is_whole=False),
]

FOUND = {
    0: [
        find_line("今日わ", ROWS[0]),
        find_line("晴れ山川", draw_box(0, 20, 100, 50)),  # two lines in one
        find_line("x", draw_box(0, 100, 100, 110)),  # on bare paper
    ],
    1: [
        find_line("夏は", COLUMNS[1]),  # read before the line on its right
        find_line("春", draw_box(80, 0, 90, 40)),
        find_line("は", draw_box(80, 60, 90, 100)),  # the other piece
    ],
    2: [find_line("あ", ROWS[0], is_rejected=True), find_line("の", ROWS[2], is_rejected=True)],
}


def read(picture: int) -> Page:
    if picture not in FOUND:
        raise PictureError("the picture is blank")
    return Page(tuple(FOUND[picture]), (100, 120))
