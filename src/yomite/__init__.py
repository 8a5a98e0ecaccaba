"""yomite reads handwritten Japanese.

The rooms, in the order in which data flows through them: ``ink`` draws and normalizes, ``data`` makes
batches of it, ``models`` maps images to logits, ``training`` fits them, ``evaluation`` counts what they
get right, ``reading`` reads pictures with the released file, ``apps`` puts it on the command line.

    import yomite
    print(yomite.load().recognize("picture.png"))

Nothing heavy is imported until it is asked for, and reading never imports torch.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from yomite.errors import (
    CharsetError,
    ConfigError,
    DataError,
    MissingExtraError,
    ModelFileError,
    PictureError,
    YomiteError,
)

# ONNX Runtime reports to its makers unless this stands before it is loaded; whoever reads with yomite asked
# for a reading. Set to 0 beforehand, it stays 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from yomite.reading.characters import Recognizer, load
    from yomite.reading.results import Candidate, Line, LineCharacter, Page, Recognition

    __version__: str

_MODULE_BY_NAME = {
    "Candidate": "yomite.reading.results",
    "Line": "yomite.reading.results",
    "LineCharacter": "yomite.reading.results",
    "Page": "yomite.reading.results",
    "Recognition": "yomite.reading.results",
    "Recognizer": "yomite.reading.characters",
    "load": "yomite.reading.characters",
}

__all__ = [
    "Candidate",
    "CharsetError",
    "ConfigError",
    "DataError",
    "Line",
    "LineCharacter",
    "MissingExtraError",
    "ModelFileError",
    "Page",
    "PictureError",
    "Recognition",
    "Recognizer",
    "YomiteError",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_BY_NAME:
        value = getattr(importlib.import_module(_MODULE_BY_NAME[name]), name)
    elif name == "__version__":
        value = importlib.import_module("importlib.metadata").version("yomite")
    else:
        raise AttributeError(f"module 'yomite' has no attribute {name!r}")
    globals()[name] = value  # asked for once; afterwards an ordinary attribute
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
