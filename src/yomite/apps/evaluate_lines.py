"""The verb evaluate for line models: what they get right on real lines."""

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
from yomite.reading.line_file import TASK as LINE_TASK
from yomite.reading.model_file import find_model


def evaluate_line_model(
    model: str,
    data: Sequence[str],
    *,
    data_root: Path | None,
    as_json: bool,
    html: Path | None,
    language_model: bool,
    segmenter: str,
) -> None:
    """Read the lines of each set with a line model and print what is right.

    Args:
        model: A released name or a file.
        data: Sets of lines.
        data_root: The data folder.
        as_json: Print JSON, one object a line for each set.
        html: Where a report goes.
        language_model: Whether the language model has a say.
        segmenter: What divides words.
    """
    import yomite
    from yomite.evaluation.lines import evaluate_lines

    if html:
        with needs_extra("evaluate --html", "reports"):
            from yomite.reports.line_page import write_line_evaluation
    reader = yomite.load(line=find_model(model))
    name = Path(model).stem
    reports = []
    for one in data:
        report = evaluate_lines(
            partial(reader.read_line, language_model=language_model),
            open_set(one, data_root, LINE_TASK),
            data=one,
            model=name,
            language_model=language_model,
            segmenter=segmenter,
            charset=reader.line_characters,
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
        page = write_line_evaluation(reports, title=f"yomite evaluate: {name}", notes=notes)
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
        typer.echo(f"report: {html}", err=True)
