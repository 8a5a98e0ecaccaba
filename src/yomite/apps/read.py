"""The verb read: pictures of pages or of lines -> text and documents."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yomite.apps.options import needs_extra
from yomite.apps.page_results import Counted, print_json, print_pages, write_documents, write_pdf
from yomite.apps.recognize import open_files, print_results
from yomite.apps.sheets import Sheet, open_sheets
from yomite.errors import PictureError, YomiteError

if TYPE_CHECKING:
    from yomite.reading.characters import Recognizer
    from yomite.reading.results import Line, Page


class Direction(str, Enum):
    """The choices of --direction."""

    AUTO = "auto"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


def read(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Pictures of pages, or PDFs; - reads one from standard input."),
    ],
    line: Annotated[bool, typer.Option("--line", help="Each picture shows one line of writing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each page.")] = False,
    hocr: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write an hOCR file about each page into this folder.")
    ] = None,
    alto: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write an ALTO file about each page into this folder.")
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write one PDF of all pages, whose text can be searched."),
    ] = None,
    direction: Annotated[
        Direction,
        typer.Option(help="With --line: how the lines run; auto goes by the shape of each picture."),
    ] = Direction.AUTO,
    language_model: Annotated[
        bool, typer.Option(help="Weigh what is read by how Japanese is written.")
    ] = True,
    model: Annotated[str | None, typer.Option(metavar="FILE", help="The ONNX file of a line model.")] = None,
    page_model: Annotated[
        str | None, typer.Option(metavar="FILE", help="The ONNX file of a page model, which finds the lines.")
    ] = None,
) -> None:
    """Read pages, or with --line pictures of one line each.

    A picture that cannot be read gets a line of its own, the others are read, and the exit code is 2.
    """
    import yomite

    _check_options(files, line, as_json, hocr, alto, pdf, direction)
    if pdf:
        with needs_extra("read --pdf", "pdf"):
            import yomite.documents.pdf  # before anything is read
    reader = yomite.load(line=model, page=page_model)
    if line:
        pictures = open_files(files)
        lines = (
            result
            for picture in pictures  # one at a time, so that each is printed as soon as it is read
            for result in reader.read_lines(
                [picture], direction=direction.value, language_model=language_model, errors="return"
            )
        )
        print_results(files, lines, _to_line, as_json)
        return
    results = Counted(_read_sheets(reader, open_sheets(files), language_model))
    if hocr:
        from yomite.documents.hocr import to_hocr

        write_documents(results, hocr, to_hocr, ".hocr")
    elif alto:
        from yomite.documents.alto import to_alto

        write_documents(results, alto, to_alto, ".alto.xml")
    elif pdf:
        write_pdf(results, pdf)
    elif as_json:
        print_json(results)
    else:
        print_pages(results, has_headings=len(files) > 1)
    if results.num_failed:
        raise typer.Exit(2)


def _check_options(
    files: list[str],
    line: bool,
    as_json: bool,
    hocr: Path | None,
    alto: Path | None,
    pdf: Path | None,
    direction: Direction,
) -> None:
    """Refuse options that do not go together, and places where nothing can be written."""
    asked = {"--json": as_json, "--hocr": hocr, "--alto": alto, "--pdf": pdf}
    named = [option for option, value in asked.items() if value]
    if len(named) > 1:
        raise YomiteError(f"{' and '.join(named)} do not go together; type one of them at a time")
    if line and named and named != ["--json"]:
        raise YomiteError(f"{named[0]} is for pages; leave out --line")
    if not line and direction is not Direction.AUTO:
        raise YomiteError("--direction is for --line; on a page the direction of each line is found")
    for option, folder in (("--hocr", hocr), ("--alto", alto)):
        if folder and folder.exists() and not folder.is_dir():
            raise YomiteError(f"{option} {folder} is a file; type the name of a folder")
    if pdf and pdf.is_dir():
        raise YomiteError(f"--pdf {pdf} is a folder; type the name of a file, such as {pdf / 'pages.pdf'}")
    if pdf and any(Path(file).exists() and pdf.exists() and pdf.samefile(file) for file in files):
        raise YomiteError(f"--pdf {pdf} is one of the files to be read; type another name")


def _read_sheets(
    reader: "Recognizer", sheets: Iterator[Sheet], language_model: bool
) -> Iterator[tuple[Sheet, "Page | YomiteError"]]:
    """Read one sheet after the other, so that no two of them are held in memory."""
    for sheet in sheets:
        if isinstance(sheet.picture, PictureError):
            yield sheet, sheet.picture
            continue
        for page in reader.read_many([sheet.picture], language_model=language_model, errors="return"):
            yield sheet, page


def _to_line(line: "Line") -> str:
    return f"{line} (rejected: probably no line of Japanese handwriting)" if line.is_rejected else str(line)
