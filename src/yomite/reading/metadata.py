"""The metadata of a model file (ONNX): its version and task, and each field checked as it is read."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError

Prior = Literal["text", "uniform"]

FORMAT_VERSION = "1"
PRIORS: tuple[Prior, ...] = get_args(Prior)

_MISSING = object()


@dataclass(frozen=True)
class Metadata:
    """What a model file says of itself, read field by field.

    Attributes:
        where: Its path, or what stands for it in messages.
        fields: Value by name.
    """

    where: str
    fields: Mapping[str, str]

    def read(self, name: str, convert: Callable[[Any], Any], default: Any = _MISSING) -> Any:
        """Read one field from JSON.

        Args:
            name: Of the field.
            convert: Checks the value; any error of it means that the value is not allowed.
            default: What a file without the field has; without a default the field must be there.

        Raises:
            ModelFileError: The field is missing or not valid.
        """
        if name not in self.fields and default is not _MISSING:
            return default
        try:
            return convert(json.loads(self.fields[name]))
        except (LookupError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            came = "is missing" if name not in self.fields else "is not valid"
            raise ModelFileError(
                f"{self.where}: its metadata field {name!r} {came}; export the model again"
            ) from error


def read_metadata(where: str, session: onnxruntime.InferenceSession, task: str) -> Metadata:
    """Read what a file says of itself.

    Args:
        where: Its path, or what stands for it in messages.
        session: Of the file.
        task: What the file must be for.

    Raises:
        ModelFileError: It is no model of yomite, of another version or task, or holds bytes that are no text.
    """
    try:
        fields = session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError as error:
        raise ModelFileError(
            f"{where}: its metadata is damaged (not UTF-8); fetch or export it again"
        ) from error
    if "format_version" not in fields:
        raise ModelFileError(
            f"{where}: an ONNX file, but no yomite model (no format_version); see yomite export"
        )
    if fields["format_version"] != FORMAT_VERSION:
        raise ModelFileError(
            f"{where}: model format {fields['format_version']!r}, this yomite reads {FORMAT_VERSION!r}; "
            "type: pip install -U yomite, or export the model again"
        )
    if fields.get("task") != task:
        raise ModelFileError(
            f"{where}: a model for the task {fields.get('task')!r}; this reader needs {task!r}"
        )
    return Metadata(where, fields)


def to_characters(value: Any) -> tuple[str, ...]:
    """Check a charset: distinct texts."""
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise ValueError("not a list of distinct characters")
    if not all(isinstance(character, str) and character for character in value):
        raise ValueError("not a list of characters")
    "".join(value).encode()  # half a surrogate pair is no text
    return tuple(value)


def to_groups(value: Any) -> tuple[str, ...]:
    """Check groups of look-alikes: strings that share no character."""
    if not isinstance(value, list) or not all(isinstance(group, str) for group in value):
        raise ValueError("not a list of strings")
    if len(set(characters := "".join(value))) != len(characters):
        raise ValueError("a character in two groups")
    return tuple(value)


def to_number(value: Any) -> float:
    """Check a finite number."""
    if not math.isfinite(number := float(value)):
        raise ValueError("a number that is not finite")
    return number


def to_weight(value: Any) -> float:
    """Check a finite number from 0."""
    if (weight := to_number(value)) < 0:
        raise ValueError("a number below 0")
    return weight


def to_numbers_by_prior(value: Any) -> dict[Prior, float]:
    """Check a number from 0 for each choice of prior."""
    return {prior: to_weight(value[prior]) for prior in PRIORS}


def to_temperatures(value: Any) -> dict[Prior, float]:
    """Check a number above 0 for each choice of prior."""
    temperatures = to_numbers_by_prior(value)
    lowest, highest = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    if not all(lowest <= temperature <= highest for temperature in temperatures.values()):
        raise ValueError("a temperature that is 0, or beyond what a float32 can hold")
    return temperatures


def to_vector(value: Any) -> np.ndarray:
    """Check a list of finite numbers; return it as float32."""
    with np.errstate(over="ignore"):  # becomes infinite
        vector = np.asarray(value, np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("a number that is not finite")
    return vector
