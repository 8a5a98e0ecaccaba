"""Which model takes which sets: for the verb evaluate."""

from pathlib import Path
from typing import TYPE_CHECKING

from yomite.errors import DataError, YomiteError
from yomite.reading.line_file import DEFAULT_LINE_MODEL
from yomite.reading.line_file import TASK as LINE_TASK
from yomite.reading.model_file import DEFAULT_MODEL, find_model, open_session
from yomite.reading.model_file import TASK as CHARACTER_TASK
from yomite.reading.page_file import DEFAULT_PAGE_MODEL
from yomite.reading.page_file import TASK as PAGE_TASK

if TYPE_CHECKING:
    from yomite.data.sources import Source

_KINDS = {
    CHARACTER_TASK: ("characters",),
    LINE_TASK: ("lines", "characters"),  # a character is a short line
    PAGE_TASK: ("pages",),
}
_MODELS = {"characters": DEFAULT_MODEL, "lines": DEFAULT_LINE_MODEL, "pages": DEFAULT_PAGE_MODEL}
_EXAMPLES = {CHARACTER_TASK: "dev/touchscreen-100", LINE_TASK: "dev/lines", PAGE_TASK: "dev/pages"}


def find_task(model: str | None) -> str:
    """Find the task of a released name or a file; what cannot be opened counts as a model of characters."""
    if model is None:
        return CHARACTER_TASK
    try:
        session = open_session(find_model(model), 1, is_optimized=False)
    except YomiteError:
        return CHARACTER_TASK  # whoever opens it says what is wrong
    return session.get_modelmeta().custom_metadata_map.get("task", CHARACTER_TASK)


def open_set(name: str, data_root: Path | None, task: str) -> "Source":
    """Open a set for a model of a task.

    Raises:
        DataError: There is no such set, or it holds what such a model does not read.
    """
    from yomite.data.sources import open_source

    source = open_source(name, data_root)
    if source.kind not in _KINDS[task]:
        raise DataError(
            f"{name} holds {source.kind}, and the model reads {_KINDS[task][0]}; type --data "
            f"{_EXAMPLES[task]}, or: yomite evaluate {_MODELS[source.kind]} --data {name}"
        )
    return source
