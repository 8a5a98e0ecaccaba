"""Searchable PDF as other programs see it: pypdf reads the text, PDFium finds it and draws the page."""

import io
from pathlib import Path

import numpy as np
import pytest
from made_pages import SIZE, draw_picture, encode, make_line, make_page, to_array, turn_page
from PIL import Image

from yomite.reading.results import Box, Line, LineCharacter, Page

pikepdf = pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
pytest.importorskip("fontTools", reason='needs pip install ".[pdf]"')
pdfium = pytest.importorskip("pypdfium2", reason='needs pip install ".[pdf]"')

from yomite.documents import pdf as pdf_module  # noqa: E402
from yomite.documents.pdf import join_pdfs, to_pdf  # noqa: E402

READ = ["東京𠮷野家", "少し傾く行", "縦書きの文", "次の縦の行"]


def read_text(content: bytes, index: int = 0) -> str:
    pypdf = pytest.importorskip("pypdf", reason='needs pip install ".[dev]"')
    return pypdf.PdfReader(io.BytesIO(content)).pages[index].extract_text()


def find_characters(content: bytes, width_px: int) -> list[tuple[str, Box]]:
    """What PDFium finds: characters with their boxes, in px of an upright picture of that width."""
    document = pdfium.PdfDocument(content)
    sheet = document[0]
    width, height = sheet.get_size()
    scale = width / width_px
    page = sheet.get_textpage()
    found = []
    half = ""
    for index in range(page.count_chars()):
        code = pdfium.raw.FPDFText_GetUnicode(page, index)
        left, bottom, right, top = page.get_charbox(index)
        box = (left / scale, (height - top) / scale, right / scale, (height - bottom) / scale)
        text = half + chr(code)
        half = text if 0xD800 <= code < 0xDC00 else ""  # PDFium gives UTF-16, the box twice
        if not half and text.strip():
            found.append((text.encode("utf-16", "surrogatepass").decode("utf-16"), box))
    return found


def find_picture(content: bytes) -> tuple[bytes, int]:
    """The bytes of a page's picture, and how many bits a sample has."""
    with pikepdf.open(io.BytesIO(content)) as document:
        picture = document.pages[0].Resources.XObject.Picture
        return picture.read_raw_bytes(), int(picture.BitsPerComponent)


def draw(content: bytes, width_px: int, index: int = 0) -> np.ndarray:
    sheet = pdfium.PdfDocument(content)[index]
    return to_array(sheet.render(scale=width_px / sheet.get_size()[0]).to_pil())


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_text_is_found_where_the_writing_stands(turn: int) -> None:
    upright = make_page()
    picture = draw_picture(upright)
    page = turn_page(upright, turn)
    content = to_pdf(page, encode(picture.rotate(turn, expand=True)))
    assert read_text(content).split() == READ
    document = pdfium.PdfDocument(content)
    assert document[0].get_textpage().get_text_range().split() == READ
    characters = [one for line in upright.lines if not line.is_rejected for one in line.characters]
    found = find_characters(content, SIZE[0])
    assert [text for text, _ in found] == [one.text for one in characters]
    for (_, box), one in zip(found, characters, strict=True):
        # A cell reaches halfway to the neighbors (4 px), and lies along its line, not along the page.
        assert max(abs(a - b) for a, b in zip(box, one.box, strict=True)) < 6
    assert np.array_equal(draw(content, SIZE[0]), to_array(picture))  # and nothing of the text is seen


@pytest.mark.parametrize("turn", [0, 270])
def test_searching_marks_the_writing(turn: int) -> None:
    upright = make_page()
    page = turn_page(upright, turn)
    content = to_pdf(page, encode(draw_picture(upright).rotate(turn, expand=True)))
    document = pdfium.PdfDocument(content)
    text = document[0].get_textpage()
    width, height = document[0].get_size()
    for wanted, line, first, last in [
        ("野家", 0, 3, 4),
        ("傾く", 1, 2, 3),
        ("書きの", 2, 1, 3),
        ("縦の行", 3, 2, 4),
    ]:
        index, count = text.search(wanted).get_next()
        boxes = [text.get_charbox(number) for number in range(index, index + count)]
        scale = SIZE[0] / width
        middle = [
            (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2 * scale,
            (height - (min(box[1] for box in boxes) + max(box[3] for box in boxes)) / 2) * scale,
        ]
        ends = [upright.lines[line].characters[number].box for number in (first, last)]
        expected = [
            (min(box[axis] for box in ends) + max(box[axis + 2] for box in ends)) / 2 for axis in (0, 1)
        ]
        assert np.abs(np.subtract(middle, expected)).max() < 6


def test_rejected_lines_are_left_out() -> None:
    page = Page((make_line("読めない", (60, 700), is_rejected=True),), SIZE)
    content = to_pdf(page, encode(draw_picture(page)))
    assert read_text(content).strip() == ""
    assert len(pdfium.PdfDocument(content)) == 1


@pytest.mark.parametrize("direction", ["horizontal", "vertical"])
def test_rare_and_reserved_characters_come_back(direction: str) -> None:
    text = "<&>()\\/𰻞𠮷々ゝ、。\"'"
    page = Page((make_line(text, (20, 20), direction, side=30),), (800, 800))
    content = to_pdf(page, encode(draw_picture(page)))
    assert read_text(content).strip() == text
    assert pdfium.PdfDocument(content)[0].get_textpage().get_text_range().strip() == text


def test_whatever_a_model_says_the_pdf_is_whole() -> None:
    line = make_line("あいう", (20, 20))
    odd = [
        LineCharacter(text, one.box, 1.0, ())
        for text, one in zip(("\x00", "\ud83d", ""), line.characters, strict=True)
    ]
    page = Page((Line((*odd, *line.characters), 1.0, 1.0, "horizontal", False, line.polygon),), SIZE)
    content = to_pdf(page, encode(draw_picture(page)))
    assert pdfium.PdfDocument(content)[0].get_textpage().count_chars() >= 3


def test_overlapping_boxes_and_a_line_without_polygon() -> None:
    line = make_line("重なる字", (20, 20), side=40, gap=-39.9)
    page = Page((Line(line.characters, 1.0, 1.0, "horizontal", False),), SIZE)
    content = to_pdf(page, encode(draw_picture(page)))
    assert read_text(content).strip() == "重なる字"


# --- the picture -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_embedded_as_it_is(mode: str, progressive: bool, tmp_path: Path) -> None:
    page = make_page()
    picture = draw_picture(page).convert(mode)
    content = encode(picture, "JPEG", progressive=progressive)
    (tmp_path / "scan.jpg").write_bytes(content)
    made = to_pdf(page, str(tmp_path / "scan.jpg"))
    assert find_picture(made)[0] == content
    assert np.abs(draw(made, SIZE[0]) - to_array(Image.open(io.BytesIO(content)))).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_upright_as_exif_says(orientation: int) -> None:
    page = make_page()
    upright = draw_picture(page)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's Transpose that gives the stored pixels
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG"):
        content = to_pdf(page, encode(stored, kind, exif=exif))
        assert np.abs(draw(content, SIZE[0]) - to_array(upright)).mean() < 2
        assert read_text(content).split() == READ


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_other_pictures_are_embedded_without_loss(mode: str, kind: str) -> None:
    page = make_page()
    gray = draw_picture(page)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    elif mode == "1":
        picture = gray = gray.point(lambda level: 255 * (level > 127)).convert("1")
    else:
        picture = gray.convert(mode)
    content = to_pdf(page, encode(picture, kind))
    assert np.abs(draw(content, SIZE[0]) - to_array(gray)).max() <= 1
    assert find_picture(content)[1] == (1 if mode == "1" else 8)


def test_a_transparent_picture_shows_what_was_read() -> None:
    page = make_page()
    gray = draw_picture(page)
    picture = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    picture.putalpha(Image.eval(gray, lambda level: 255 - level))
    content = to_pdf(page, encode(picture))
    assert np.abs(draw(content, SIZE[0]) - to_array(gray)).max() <= 1


@pytest.mark.parametrize(("dpi", "width"), [(300, 144), (200, 216), (72, 631.5), (None, 631.5), (0, 631.5)])
def test_the_sheet_is_as_large_as_the_scan_says(dpi: int | None, width: float) -> None:
    page = make_page()
    options = {} if dpi is None else {"dpi": (dpi, dpi)}
    content = to_pdf(page, encode(draw_picture(page), "JPEG", **options))
    assert pdfium.PdfDocument(content)[0].get_size() == pytest.approx((width, width * 4 / 3), rel=1e-3)


def test_a_page_that_was_read_smaller_than_its_file() -> None:
    page = make_page()
    large = draw_picture(page).resize((1200, 1600))
    content = to_pdf(page, encode(large, "JPEG", dpi=(300, 300)))
    assert pdfium.PdfDocument(content)[0].get_size() == pytest.approx((288, 384))
    found = find_characters(content, SIZE[0])
    assert found[0][0] == "東"
    assert max(abs(a - b) for a, b in zip(found[0][1], page.lines[0].characters[0].box, strict=True)) < 6


@pytest.mark.parametrize("size", [(4, 9000), (9000, 4), (4, 4)])
def test_an_extreme_picture_has_a_sheet(size: tuple[int, int]) -> None:
    content = to_pdf(Page((), size), encode(Image.new("L", size)))
    width, height = pdfium.PdfDocument(content)[0].get_size()
    assert min(width, height) >= 3 and max(width, height) <= 14_400


# --- several pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_open", [2, 100])
def test_pages_are_joined_in_order(num_open: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module, "_NUM_OPEN", num_open)  # then files are joined in three rounds
    texts = ["一枚目", "二枚目", "三枚目", "四枚目", "五枚目"]
    paths = []
    for text in texts:
        page = Page((make_line(text, (20, 20)),), SIZE)
        paths.append(tmp_path / f"{len(paths)}.pdf")
        paths[-1].write_bytes(to_pdf(page, encode(draw_picture(page))))
    joined = io.BytesIO()
    join_pdfs(paths, joined)
    content = joined.getvalue()
    assert [read_text(content, index).strip() for index in range(5)] == texts
    again = io.BytesIO()
    join_pdfs(paths, again)
    assert again.getvalue() == content
