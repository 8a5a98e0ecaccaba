"""What `yomite read` makes of pages that were read: text, JSON, a folder of documents, or one PDF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

import typer

from yomite.apps.options import needs_extra
from yomite.errors import YomiteError
from yomite.files import open_whole, write_whole

if TYPE_CHECKING:
    from yomite.apps.sheets import Sheet
    from yomite.reading.results import Page

Results: TypeAlias = "Iterable[tuple[Sheet, Page | YomiteError]]"
"""Each sheet with what was read of it, or with the error that stands in its place."""


class Counted:
    """Results that count the errors among them as they pass.

    Attributes:
        num_failed: How many have passed.
    """

    def __init__(self, results: Results) -> None:
        self.num_failed = 0
        self._results = results

    def __iter__(self) -> Iterator[tuple[Sheet, Page | YomiteError]]:
        for sheet, page in self._results:
            self.num_failed += isinstance(page, YomiteError)
            yield sheet, page


def print_pages(results: Results, *, has_headings: bool) -> None:
    """Print the text of pages, with a heading if there are several, and an empty line between them."""
    is_first = True
    for sheet, page in _report(results):
        if has_headings or sheet.number:
            typer.echo(f"{sheet}:" if is_first else f"\n{sheet}:")
        is_first = False
        if page.text:
            typer.echo(page.text)


def print_json(results: Results) -> None:
    """Print one JSON object a line for each page, characters unescaped; errors are objects too."""
    for sheet, page in results:
        place = {"path": sheet.file} | ({"page": sheet.number} if sheet.number else {})
        shown = {"error": str(page)} if isinstance(page, YomiteError) else page.to_dict()
        typer.echo(json.dumps(place | shown, ensure_ascii=False))


def write_documents(results: Results, folder: Path, to_text: Callable[[Page, str], str], ending: str) -> None:
    """Write a document about each page into a folder, under the name of its picture, and print where.

    Args:
        results: The pages.
        folder: Made where it is missing.
        to_text: Makes the document of a page and the name of its picture.
        ending: Of the documents' names. Of two pictures with one name, the second gets a number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for sheet, page in _report(results):
        path = folder / (_choose_name(sheet.stem, taken) + ending)
        write_whole(path, to_text(page, Path(sheet.file).name).encode("utf-8", "replace"))
        typer.echo(f"{sheet}: {path}")


def write_pdf(results: Results, out: Path) -> None:
    """Write one PDF with a page for each page that was read; none, if no page was read."""
    with needs_extra("read --pdf", "pdf"):
        from yomite.documents.pdf import join_pdfs, to_pdf
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="yomite-") as folder:
        paths: list[Path] = []
        for sheet, page in _report(results):
            content = to_pdf(page, sheet.picture)  # type: ignore[arg-type]  # what is an error was not read
            paths.append(Path(folder, f"{len(paths)}.pdf"))
            paths[-1].write_bytes(content)
        if paths:
            with open_whole(out) as file:
                join_pdfs(paths, file)
            typer.echo(str(out))


def _report(results: Results) -> Iterator[tuple[Sheet, Page]]:
    """Yield the pages that were read; an error gets its line."""
    for sheet, page in results:
        if isinstance(page, YomiteError):
            typer.echo(f"{sheet}: error: {page}", err=True)
            continue
        if not page.text:
            typer.echo(f"{sheet}: no line of writing was found", err=True)
        yield sheet, page


def _choose_name(stem: str, taken: set[str]) -> str:
    """Return the stem, or with the first number that makes it a new one; capitals make no difference."""
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name
