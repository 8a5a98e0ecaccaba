"""The verb evaluate for line models: what they get right on real lines."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import typer

from yomite.errors import YomiteError
from yomite.reading.line_file import TASK as LINE_TASK
from yomite.reading.model_file import find_model, open_session


def is_line_model(model: str | None) -> bool:
    """Whether a released name or a file is a line model; what cannot be opened is none."""
    if model is None:
        return False
    try:
        session = open_session(find_model(model), 1)
    except YomiteError:
        return False  # whoever opens it as a character model says what is wrong
    return session.get_modelmeta().custom_metadata_map.get("task") == LINE_TASK


def evaluate_line_model(
    model: str, data: Sequence[str], *, data_root: Path | None, as_json: bool, language_model: bool
) -> None:
    """Read the lines of each set with a line model and print what is right.

    Args:
        model: A released name or a file.
        data: Sets of lines.
        data_root: The data folder.
        as_json: Print JSON, one object a line for each set.
        language_model: Whether the language model has a say.
    """
    import yomite
    from yomite.data.sources import open_source
    from yomite.evaluation.lines import evaluate_lines

    reader = yomite.load(line=find_model(model))
    name = Path(model).stem
    for one in data:
        report = evaluate_lines(
            partial(reader.read_line, language_model=language_model),
            open_source(one, data_root),
            data=one,
            model=name,
            language_model=language_model,
        )
        if as_json:
            typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
        else:
            how = "with" if language_model else "without"
            typer.echo(f"{name} on {one}, {how} language model")
            typer.echo(report.format())
