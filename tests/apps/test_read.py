"""yomite read on whole pages: a reader that answers by the picture's width, and all that is written of it."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from made_pages import draw_picture, make_line
from PIL import Image
from tiny_page import build_page_model, draw_note
from typer.testing import CliRunner, Result

import yomite
from yomite.apps.cli import app
from yomite.errors import PictureError
from yomite.ink.pictures import read_gray
from yomite.reading.results import Page

TEXT_BY_WIDTH = {400: "一枚目", 410: "二枚目", 420: "三枚目"}


class FakeReader:
    """Reads the width of a picture; one that is not listed is blank."""

    def __init__(self) -> None:
        self.num_read = 0

    def read_many(self, pictures: Iterable[Any], **_: Any) -> Iterator[Page | PictureError]:
        for picture in pictures:
            self.num_read += 1
            try:
                height, width = read_gray(picture).shape
            except PictureError as error:
                yield error
                continue
            text = TEXT_BY_WIDTH.get(10 * round(width / 10))  # of a page of a PDF, a px more or less
            lines = [make_line(text, (20, 20)), make_line("次の行", (20, 100))] if text else []
            yield Page((*lines, make_line("読めない", (20, 180), is_rejected=True)), (width, height))


LOAD = yomite.load


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    fake = FakeReader()
    monkeypatch.setattr("yomite.load", lambda **_: fake, raising=False)
    return fake


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """one.png, two.jpg, sub/one.jpg, blank.png, and bad.png, which is no picture."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name, width in [("one.png", 400), ("two.jpg", 410), ("sub/one.jpg", 420), ("blank.png", 430)]:
        draw_picture(Page((make_line("あ", (20, 20)),), (width, 300))).save(name)
    Path("bad.png").write_bytes(b"no picture")
    return tmp_path


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["read", *arguments], input=stdin)


def list_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def make_pdf(widths: Iterable[int]) -> bytes:
    """A PDF of one picture a page, so large that the page is drawn in that many px."""
    file = io.BytesIO()
    first, *rest = [Image.new("L", (width, 300), 255) for width in widths]
    first.save(file, "PDF", save_all=True, append_images=rest, resolution=300)
    return file.getvalue()


# --- text and JSON ------------------------------------------------------------------------------------------


def test_one_page_is_plain_text(folder: Path) -> None:
    result = run("one.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "一枚目\n次の行\n", "")


def test_several_pages_have_headings(folder: Path) -> None:
    result = run("one.png", "two.jpg")
    assert result.stdout == "one.png:\n一枚目\n次の行\n\ntwo.jpg:\n二枚目\n次の行\n"


def test_a_page_without_writing_is_said_to_be_one(folder: Path) -> None:
    result = run("blank.png")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "blank.png: no line of writing was found\n"


def test_bad_pictures_get_a_line_and_the_others_an_answer(folder: Path) -> None:
    result = run("bad.png", "one.png", "absent.png")
    assert result.exit_code == 2
    assert result.stdout == "one.png:\n一枚目\n次の行\n"
    first, second = result.stderr.splitlines()
    assert first.startswith("bad.png: error: ") and second.startswith("absent.png: error: ")


def test_json_is_one_object_a_line(folder: Path) -> None:
    result = run("--json", "one.png", "bad.png")
    good, bad = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 2
    assert good["path"] == "one.png" and good["size"] == [400, 300] and good["turn"] == 0
    assert [line["text"] for line in good["lines"]] == ["一枚目", "次の行", "読めない"]
    assert set(bad) == {"path", "error"}


def test_standard_input_is_read(folder: Path) -> None:
    assert run("-", stdin=Path("one.png").read_bytes()).stdout == "一枚目\n次の行\n"


# --- documents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("option", "ending"), [("--hocr", ".hocr"), ("--alto", ".alto.xml")])
def test_a_document_is_written_for_each_picture(folder: Path, option: str, ending: str) -> None:
    result = run(option, "out", "one.png", "bad.png", "sub/one.jpg", "two.jpg")
    assert result.exit_code == 2
    assert list_files(folder / "out") == sorted(name + ending for name in ("one", "one-2", "two"))
    for name, text in [("one", "一枚目"), ("one-2", "三枚目"), ("two", "二枚目")]:
        root = ElementTree.parse(folder / "out" / (name + ending)).getroot()
        shown = "".join(root.itertext()) + "".join(one.get("CONTENT", "") for one in root.iter())
        assert text in shown and "読めない" not in shown
    assert "one-2" in next(line for line in result.stdout.splitlines() if line.startswith("sub/one.jpg: "))


def test_a_later_run_writes_over_its_own_files(folder: Path) -> None:
    run("--hocr", "out", "one.png")
    run("--hocr", "out", "one.png")
    assert list_files(folder / "out") == ["one.hocr"]


def test_one_pdf_has_all_pages(folder: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason='needs pip install ".[dev]"')
    pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    result = run("--pdf", "out/all.pdf", "one.png", "bad.png", "two.jpg", "blank.png")
    assert result.exit_code == 2 and result.stdout == "out/all.pdf\n".replace("/", str(Path("/"))[-1])
    pages = pypdf.PdfReader("out/all.pdf").pages
    assert [page.extract_text().split() for page in pages] == [["一枚目", "次の行"], ["二枚目", "次の行"], []]
    assert list_files(folder / "out") == ["all.pdf"]


def test_a_pdf_without_pages_is_not_written(folder: Path) -> None:
    pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    Path("all.pdf").write_bytes(b"old")
    result = run("--pdf", "all.pdf", "bad.png")
    assert result.exit_code == 2 and result.stdout == ""
    assert Path("all.pdf").read_bytes() == b"old"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_ends_the_reading_leaves_the_old_pdf(
    folder: Path, reader: FakeReader, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    Path("out").mkdir()
    Path("out/all.pdf").write_bytes(b"old")
    read_many = reader.read_many

    def stop(pictures: Any, **options: Any) -> Any:
        if reader.num_read:
            raise error
        return read_many(pictures, **options)

    monkeypatch.setattr(reader, "read_many", stop)
    assert run("--pdf", "out/all.pdf", "one.png", "two.jpg").exit_code != 0
    assert Path("out/all.pdf").read_bytes() == b"old" and list_files(folder / "out") == ["all.pdf"]


def test_from_a_picture_to_text_that_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, released_model: Path
) -> None:
    """The whole way, with a page model that needs no training and the released line model."""
    pdfium = pytest.importorskip("pypdfium2", reason='needs pip install ".[pdf]"')
    monkeypatch.setattr("yomite.load", LOAD)
    Path("page.onnx").write_bytes(build_page_model())
    Image.fromarray(draw_note((("hi", "hon", "go"), ("yama", "kawa")))).save("note.png")
    result = run("--page-model", "page.onnx", "--pdf", "note.pdf", "note.png")
    assert (result.exit_code, result.stderr) == (0, "")
    sheet = pdfium.PdfDocument("note.pdf")[0]
    text = sheet.get_textpage()
    assert text.get_text_range().split() == ["日本語", "山川"]
    index, count = text.search("川").get_next()
    left, bottom, right, top = (side * 480 / sheet.get_size()[0] for side in text.get_charbox(index))
    assert count == 1 and abs((left + right) / 2 - 124) < 12 and abs(240 - (bottom + top) / 2 - 168) < 8


# --- PDFs to be read ----------------------------------------------------------------------------------------


def test_the_pages_of_a_pdf_are_read(folder: Path) -> None:
    pytest.importorskip("pypdfium2", reason='needs pip install ".[pdf]"')
    Path("scan.pdf").write_bytes(make_pdf([400, 410]))
    assert run("scan.pdf").stdout == (
        "scan.pdf, page 1:\n一枚目\n次の行\n\nscan.pdf, page 2:\n二枚目\n次の行\n"
    )
    places = [
        (one["path"], one["page"]) for one in map(json.loads, run("--json", "scan.pdf").stdout.splitlines())
    ]
    assert places == [("scan.pdf", 1), ("scan.pdf", 2)]
    assert run("--hocr", "out", "scan.pdf", "one.png").exit_code == 0
    assert list_files(folder / "out") == ["one.hocr", "scan-page-1.hocr", "scan-page-2.hocr"]
    assert run("-", stdin=make_pdf([410])).stdout == "-, page 1:\n二枚目\n次の行\n"


def test_a_pdf_becomes_a_searchable_one_of_the_same_size(folder: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason='needs pip install ".[dev]"')
    pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    Path("scan.pdf").write_bytes(make_pdf([400, 410]))
    assert run("--pdf", "all.pdf", "scan.pdf").exit_code == 0
    scan, made = pypdf.PdfReader("scan.pdf"), pypdf.PdfReader("all.pdf")
    assert [page.extract_text().split()[0] for page in made.pages] == ["一枚目", "二枚目"]
    for one, other in zip(scan.pages, made.pages, strict=True):
        assert [float(side) for side in one.mediabox] == pytest.approx(
            list(map(float, other.mediabox)), abs=0.3
        )


def test_bad_pdfs_get_a_line_and_the_others_an_answer(folder: Path) -> None:
    pikepdf = pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    content = make_pdf([400, 410])
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save("locked.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))
        (image,) = pdf.pages[0].Resources.XObject.values()
        image.Width, image.Height = 20_000, 20_000
        pdf.save("huge.pdf")
    with pikepdf.new() as pdf:
        pdf.save("empty.pdf")
    Path("cut.pdf").write_bytes(content[:500])
    result = run("locked.pdf", "cut.pdf", "empty.pdf", "huge.pdf", "one.png")
    assert result.exit_code == 2
    assert result.stdout == "huge.pdf, page 2:\n二枚目\n次の行\n\none.png:\n一枚目\n次の行\n"
    locked, cut, empty, huge = result.stderr.splitlines()
    assert locked == "locked.pdf: error: locked.pdf is encrypted; save a copy that needs no password"
    assert cut.startswith("cut.pdf: error: cut.pdf is damaged")
    assert empty.startswith("empty.pdf: error: empty.pdf ")
    assert huge.startswith("huge.pdf, page 1: error: ") and "20000 x 20000" in huge


def test_a_large_page_is_drawn_smaller() -> None:
    pikepdf = pytest.importorskip("pikepdf", reason='needs pip install ".[pdf]"')
    pages = pytest.importorskip("yomite.documents.pdf_pages", reason='needs pip install ".[pdf]"')
    file = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(10_000, 10_000))
        pdf.save(file)
    with pages.open_pdf(file.getvalue(), "large.pdf") as document:
        picture = pages.draw_page(document, 0, "large.pdf, page 1")
    assert 0.99 < picture.width * picture.height / pages.MAX_PAGE_PIXELS <= 1.01


# --- packages that are not installed ------------------------------------------------------------------------


def test_without_the_package_a_pdf_gets_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("scan.pdf").write_bytes(make_pdf([400]))
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    monkeypatch.delitem(sys.modules, "yomite.documents.pdf_pages", raising=False)
    result = run("scan.pdf", "one.png")
    assert result.exit_code == 2 and result.stdout == "one.png:\n一枚目\n次の行\n"
    assert result.stderr.startswith("scan.pdf: error: `yomite read FILE.pdf` needs more packages")
    assert "[pdf]" in result.stderr


def test_without_the_package_no_pdf_is_promised(
    folder: Path, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    for name in ("pdf", "embedding", "hidden_text"):
        monkeypatch.delitem(sys.modules, f"yomite.documents.{name}", raising=False)
    result = run("--pdf", "all.pdf", "one.png")
    assert result.exit_code == 2 and reader.num_read == 0
    assert (
        result.stderr.startswith("yomite: `yomite read --pdf` needs more packages")
        and "[pdf]" in result.stderr
    )


def test_hocr_and_alto_need_no_package() -> None:
    code = (
        "import sys, yomite.documents.hocr, yomite.documents.alto; "
        "print(sorted({'pikepdf', 'pypdfium2', 'fontTools', 'PIL', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- bad calls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--json", "--pdf", "a.pdf", "one.png"], "--json and --pdf do not go together"),
        (["--hocr", "a", "--alto", "b", "one.png"], "--hocr and --alto do not go together"),
        (["--line", "--hocr", "a", "one.png"], "--hocr is for pages; leave out --line"),
        (["--direction", "vertical", "one.png"], "--direction is for --line"),
        (["--hocr", "bad.png", "one.png"], "--hocr bad.png is a file"),
        (["--alto", "bad.png", "one.png"], "--alto bad.png is a file"),
        (["--pdf", "sub", "one.png"], "--pdf sub is a folder"),
        (["--pdf", "two.jpg", "one.png", "two.jpg"], "--pdf two.jpg is one of the files to be read"),
        (["--pdf", "bad.png/all.pdf", "one.png"], "bad.png"),
    ],
)
def test_bad_calls_end_with_one_line(
    folder: Path, reader: FakeReader, arguments: list[str], complaint: str
) -> None:
    before = list_files(folder)
    result = run(*arguments)
    assert result.exit_code == 2 and result.stdout == "" and reader.num_read == 0
    assert complaint in result.stderr and result.stderr.count("\n") == 1
    assert list_files(folder) == before
