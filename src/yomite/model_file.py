"""Moved to :mod:`yomite.reading.model_file`; the names here still work."""

from yomite.reading.metadata import FORMAT_VERSION, PRIORS
from yomite.reading.model_file import (
    DEFAULT_MODEL,
    TASK,
    Calibration,
    ModelFile,
    find_model,
    open_model_file,
    released_models,
)

__all__ = [
    "DEFAULT_MODEL",
    "FORMAT_VERSION",
    "PRIORS",
    "TASK",
    "Calibration",
    "ModelFile",
    "find_model",
    "open_model_file",
    "released_models",
]
