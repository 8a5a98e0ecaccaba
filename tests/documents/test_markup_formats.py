"""hOCR and ALTO as other programs read them: parsed, held to the formats, and compared with the page."""

import math
import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from made_pages import SIZE, make_line, make_page, turn_page

import yomite
from yomite.documents.alto import to_alto
from yomite.documents.hocr import to_hocr
from yomite.reading.results import Candidate, Line, LineCharacter, Page

HTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
READ = ["東京𠮷野家", "少し傾く行", "縦書きの文", "次の縦の行"]

NUMBER = r"-?\d+(\.\d+)?"
BOX = dict.fromkeys(("HPOS", "VPOS", "WIDTH", "HEIGHT"), NUMBER)
SHARE = r"0\.\d+|1\.0*"
NAME = r"[A-Za-z_][\w.-]*"

# What the schema of ALTO 4.4 says of the elements that we use: attributes (! is required), and children.
ALTO_RULES: dict[str, tuple[dict[str, str], str]] = {
    "alto": ({"SCHEMAVERSION": r"4\.4"}, "(Description )?(Layout )"),
    "Description": ({}, "MeasurementUnit (sourceImageInformation )?(Processing )*"),
    "MeasurementUnit": ({}, ""),
    "sourceImageInformation": ({}, "(fileName )?"),
    "fileName": ({}, ""),
    "Processing": ({"ID!": NAME}, "(processingCategory )?(processingSoftware )?"),
    "processingCategory": ({}, ""),
    "processingSoftware": ({}, "(softwareName )?(softwareVersion )?"),
    "softwareName": ({}, ""),
    "softwareVersion": ({}, ""),
    "Layout": ({}, "(Page )+"),
    "Page": (
        {
            "ID!": NAME,
            "PHYSICAL_IMG_NR!": NUMBER,
            "PROCESSINGREFS": NAME,
            "WIDTH": NUMBER,
            "HEIGHT": NUMBER,
            "ROTATION": NUMBER,
            "LANG": "ja",
        },
        "(PrintSpace )?",
    ),
    "PrintSpace": (BOX, "(Shape )?(TextBlock )*"),
    "TextBlock": ({"ID!": NAME, "LANG": "ja", **BOX}, "(Shape )?(TextLine )+"),
    "TextLine": ({"ID": NAME, "BASEDIRECTION": "ltr|ttb", **BOX}, "(Shape )?(String (SP )?)+"),
    "Shape": ({}, "Polygon "),
    "Polygon": ({"POINTS!": rf"{NUMBER},{NUMBER}( {NUMBER},{NUMBER})+"}, ""),
    "String": ({"ID": NAME, "CONTENT!": "(?s).*", "WC": SHARE, **BOX}, "(Shape )?(Glyph )*"),
    "Glyph": ({"ID": NAME, "CONTENT!": "(?s).", "GC": SHARE, **BOX}, "(Shape )?(Variant )*"),
    "Variant": ({"CONTENT": "(?s).{0,3}", "VC": SHARE}, ""),
}


def check_alto(text: str) -> ElementTree.Element:
    """Hold a document to the rules; returns its root."""
    root = ElementTree.fromstring(text.encode("utf-8"))
    for element in root.iter():
        assert element.tag.startswith(ALTO)
        attributes, children = ALTO_RULES[element.tag.removeprefix(ALTO)]
        came = {name: value for name, value in element.attrib.items() if not name.startswith("{")}
        for name, pattern in attributes.items():
            if name.endswith("!") or name in came:
                assert re.fullmatch(pattern, came.pop(name.rstrip("!"))), (element.tag, name)
        assert not came, (element.tag, came)
        order = "".join(child.tag.removeprefix(ALTO) + " " for child in element)
        expected = (
            children if children.endswith((" ", "*", "+", "?", ")")) or not children else children + " "
        )
        assert re.fullmatch(expected, order), (element.tag, order)
    names = Counter(element.get("ID") for element in root.iter() if element.get("ID"))
    assert max(names.values()) == 1
    for element in root.iter():
        assert set((element.get("PROCESSINGREFS") or "").split()) <= set(names)
    return root


def read_box(element: ElementTree.Element) -> tuple[float, float, float, float]:
    left, top, width, height = (float(element.attrib[name]) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    return left, top, left + width, top + height


def read_properties(element: ElementTree.Element) -> dict[str, str]:
    """The properties of an hOCR element, by name; semicolons inside quotation marks are text."""
    parts = re.findall(r'((?:"[^"]*"|[^;"])+)', element.attrib["title"])
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}


def find_all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.get("class") == name]


def written(page: Page) -> list[Line]:
    return [line for line in page.lines if not line.is_rejected]


# --- hOCR ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_hocr_says_what_was_read_and_where(turn: int) -> None:
    page = turn_page(make_page(), turn)
    root = ElementTree.fromstring(to_hocr(page, "scan.png").encode("utf-8"))
    (sheet,) = find_all(root, "ocr_page")
    width, height = page.size
    assert read_properties(sheet) == {"image": '"scan.png"', "bbox": f"0 0 {width} {height}"}
    lines = find_all(root, "ocr_line")
    assert ["".join(line.itertext()).strip() for line in lines] == READ
    assert [("vertical-rl" in line.get("style", "")) for line in lines] == [False, False, True, True]
    angles = [float(read_properties(line).get("textangle", 0)) for line in lines]
    for angle, slant in zip(angles, (0, -8, 0, 5), strict=True):  # counter-clockwise
        assert math.isclose((angle - turn - slant + 180) % 360 - 180, 0, abs_tol=0.01)
    for element, line in zip(lines, written(page), strict=True):
        numbers = list(map(int, read_properties(element)["poly"].split()))
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        assert len(corners) == len(line.polygon)
        for one, other in zip(corners, line.polygon, strict=True):
            assert math.dist(one, other) < 1
        (word,) = find_all(element, "ocrx_word")
        assert read_properties(word)["x_wconf"] == "90"
        for one, character in zip(find_all(word, "ocrx_cinfo"), line.characters, strict=True):
            properties = read_properties(one)
            assert set(properties) == {"x_bboxes", "x_conf"}
            assert one.text == character.text
            assert float(properties["x_conf"]) == 87.5
            box = tuple(map(int, properties["x_bboxes"].split()))
            assert all(abs(a - b) <= 1 for a, b in zip(box, character.box, strict=True))


def test_hocr_names_its_maker_and_everything_it_uses() -> None:
    root = ElementTree.fromstring(to_hocr(make_page(), "scan.png"))
    said = {one.get("name"): one.get("content") for one in root.iter(f"{HTML}meta")}
    assert said["ocr-system"] == f"yomite {yomite.__version__}"
    assert said["ocr-langs"] == "ja"
    classes = {value for one in root.iter() if (value := one.get("class"))}
    assert classes <= set(str(said["ocr-capabilities"]).split())
    assert "ocrp_poly" in str(said["ocr-capabilities"])


def test_hocr_boxes_stay_inside_the_picture() -> None:
    page = Page((make_line("端", (-12, -7)), make_line("端", (SIZE[0] - 20, SIZE[1] - 20))), SIZE)
    root = ElementTree.fromstring(to_hocr(page, "scan.png"))
    for line in find_all(root, "ocr_line"):
        left, top, right, bottom = map(int, read_properties(line)["bbox"].split())
        assert 0 <= left < right <= SIZE[0] and 0 <= top < bottom <= SIZE[1]


# --- ALTO ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_alto_follows_the_schema_and_says_what_was_read(turn: int) -> None:
    page = turn_page(make_page(), turn)
    root = check_alto(to_alto(page, "scan.png"))
    (sheet,) = root.iter(f"{ALTO}Page")
    assert (float(sheet.attrib["WIDTH"]), float(sheet.attrib["HEIGHT"])) == page.size
    assert float(sheet.get("ROTATION", 0)) == turn
    lines = list(root.iter(f"{ALTO}TextLine"))
    assert [line.get("BASEDIRECTION") for line in lines] == ["ltr", "ltr", "ttb", "ttb"]
    for element, line in zip(lines, written(page), strict=True):
        points = element.find(f"{ALTO}Shape/{ALTO}Polygon").attrib["POINTS"].split()  # type: ignore[union-attr]
        corners = [tuple(map(float, point.split(","))) for point in points]
        assert all(math.dist(a, b) < 0.1 for a, b in zip(corners, line.polygon, strict=True))
        (string,) = element.iter(f"{ALTO}String")
        assert string.attrib["CONTENT"] == line.text
        assert float(string.attrib["WC"]) == 0.9
        glyphs = list(string.iter(f"{ALTO}Glyph"))
        assert "".join(glyph.attrib["CONTENT"] for glyph in glyphs) == line.text
        for glyph, character in zip(glyphs, line.characters, strict=True):
            assert read_box(glyph) == pytest.approx(character.box, abs=0.2)
            assert float(glyph.attrib["GC"]) == 0.875
            variants = [(one.get("CONTENT"), one.get("VC")) for one in glyph.iter(f"{ALTO}Variant")]
            assert variants == [("々", "0.0500")]


def test_the_rules_of_alto_can_fail() -> None:
    good = to_alto(make_page(), "scan.png")
    for old, new in [
        (' PHYSICAL_IMG_NR="1"', ""),
        ("<Shape>", "<Shape/><Shape>"),
        ('WC="0.9000"', 'WC="90"'),
        ('ID="line_2"', 'ID="line_1"'),
        ('PROCESSINGREFS="processing_1"', 'PROCESSINGREFS="processing_2"'),
        ("<TextBlock", "<TextBlock COLOR='red'"),
    ]:
        assert old in good
        with pytest.raises((AssertionError, KeyError)):
            check_alto(good.replace(old, new, 1))


# --- both ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [to_hocr, to_alto])
def test_whatever_was_read_the_document_is_whole(write) -> None:
    """Reserved, forbidden and rare characters; XML cannot hold a control character at all."""
    texts = [
        "<",
        "&",
        ">",
        '"',
        "'",
        "\x00",
        "\x1b",
        "\ufffe",
        "\ud83d",
        "𠮷",
        "𰻞",
        "\u3000",
        " ",
        "]",
        "か\u3099",
    ]
    characters = tuple(
        LineCharacter(
            text, (10.0 * i, 10, 10.0 * i + 9, 20), 1.0, (Candidate(text, 1.0), Candidate("&", 0.0))
        )
        for i, text in enumerate(texts)
    )
    page = Page((Line(characters, 1.0, 1.0, "horizontal", False),), SIZE)
    name = 'a"b;<&>\x07\udce4.png'
    root = ElementTree.fromstring(write(page, name).encode("utf-8"))
    expected = ["\ufffd" if text in ("\x00", "\x1b", "\ufffe", "\ud83d") else text for text in texts]
    if write is to_alto:
        assert [glyph.attrib["CONTENT"] for glyph in root.iter(f"{ALTO}Glyph")] == expected
        (string,) = root.iter(f"{ALTO}String")
        assert string.attrib["CONTENT"] == "".join(expected)
        assert root.findtext(f".//{ALTO}fileName") == 'a"b;<&>\ufffd\ufffd.png'
    else:
        assert [one.text for one in find_all(root, "ocrx_cinfo")] == expected
        assert read_properties(find_all(root, "ocr_page")[0])["image"] == '"a%22b;<&>\ufffd\ufffd.png"'


@pytest.mark.parametrize("write", [to_hocr, to_alto])
@pytest.mark.parametrize("lines", [(), (make_line("読めない", (9, 9), is_rejected=True),)])
def test_a_page_without_writing_is_a_document_without_text(write, lines: tuple[Line, ...]) -> None:
    text = write(Page(lines, SIZE), "blank.png")
    root = check_alto(text) if write is to_alto else ElementTree.fromstring(text)
    assert not list(root.iter(f"{ALTO}TextLine")) and not find_all(root, "ocr_line")
    assert "読" not in text


@pytest.mark.parametrize("write", [to_hocr, to_alto])
def test_the_same_page_gives_the_same_document(write) -> None:
    assert write(make_page(), "scan.png") == write(make_page(), "scan.png")
