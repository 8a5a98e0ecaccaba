"""The verb evaluate for page models: which lines they find on real pages, and what is read there."""

import json
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import typer

from yomite.apps.evaluate_sets import open_set
from yomite.apps.options import needs_extra
from yomite.reading.model_file import find_model
from yomite.reading.page_file import TASK as PAGE_TASK


def evaluate_page_model(
    model: str,
    data: Sequence[str],
    *,
    data_root: Path | None,
    as_json: bool,
    html: Path | None,
    language_model: bool,
) -> None:
    """Read the pages of each set with a page model and the released line model, and print what is right.

    Args:
        model: A released name or a file.
        data: Sets of pages.
        data_root: The data folder.
        as_json: Print JSON, one object a line for each set.
        html: Where a report goes.
        language_model: Whether the language model has a say.
    """
    import yomite
    from yomite.evaluation.pages import evaluate_pages

    if html:
        with needs_extra("evaluate --html", "reports"):
            from yomite.reports.page_page import write_page_evaluation
    sources = [(one, open_set(one, data_root, PAGE_TASK)) for one in data]
    reader = yomite.load(page=find_model(model))
    name = Path(model).stem
    reports = []
    for one, source in sources:
        report = evaluate_pages(
            partial(reader.read, language_model=language_model),
            source,
            data=one,
            model=name,
            language_model=language_model,
        )
        reports.append(report)
        if as_json:
            typer.echo(json.dumps(report.to_full_json(), ensure_ascii=False))
        else:
            how = "with" if language_model else "without"
            typer.echo(f"{name} on {one}, {how} language model")
            typer.echo(report.format())
    if html:
        notes = [f"{date.today()}: {shlex.join(['yomite', *sys.argv[1:]])}"]
        page = write_page_evaluation(reports, title=f"yomite evaluate: {name}", notes=notes)
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
        typer.echo(f"report: {html}", err=True)
