"""What a family may be asked for: each check raises ConfigError with one line that says what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from yomite.errors import ConfigError, find_nearest, suggest

MANY = 30  # more than a line can list
_CUTOFF = 0.5


def check_whole(name: str, value: Any, low: int = 1, high: int | None = None, why: str = "") -> None:
    """A whole number from low to high."""
    if type(value) is not int or value < low or (high is not None and value > high):
        allowed = f"a whole number from {low}" if high is None else f"{low} to {high}"
        raise ConfigError(f"model argument {name}={value!r}; it takes {allowed}{f' ({why})' if why else ''}")


def check_counts(name: str, values: Any, example: Sequence[int], length: int | None = None) -> None:
    """A list of whole numbers from 1, one for each stage."""
    is_list = isinstance(values, list | tuple) and len(values) > 0
    if not is_list or any(type(n) is not int or n < 1 for n in values):
        raise ConfigError(
            f"model argument {name}={values!r}; it takes whole numbers from 1, as {list(example)}"
        )
    if length is not None and len(values) != length:
        raise ConfigError(
            f"model argument {name}={list(values)!r} has {len(values)} numbers; give one for each of the "
            f"{length} stages"
        )


def check_share(name: str, value: Any) -> None:
    """A number from 0, below 1: what is dropped while learning."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ConfigError(f"model argument {name}={value!r}; it takes 0 <= {name} < 1")


def check_multiple(name: str, value: int, divisor: int, of: str) -> None:
    """Something that is cut into equal parts."""
    if value % divisor:
        raise ConfigError(f"model argument {name}={value}; it must be a multiple of {of}, {divisor}")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """One of a few names."""
    choices = list(choices)
    if value not in choices:
        raise ConfigError(f"model argument {name}={value!r}{list_choices(str(value), choices)}")


def check_input_size(family: str, input_size: int, multiple: int, why: str) -> None:
    """The canvas must divide into the family's places."""
    if input_size < multiple or input_size % multiple:
        nearest = max(multiple, round(input_size / multiple) * multiple)
        raise ConfigError(
            f"input_size {input_size} does not fit {family}; it must be a multiple of {multiple} ({why}), "
            f"as model.input_size={nearest}"
        )


def list_choices(came: str, choices: Iterable[str]) -> str:
    """`; did you mean 'vit'? there are: resnet, vit`; of many choices only some."""
    choices = list(choices)
    hint = f"; {suggest(came, choices, _CUTOFF)}there are"
    if len(choices) <= MANY:
        return f"{hint}: {', '.join(choices)}"
    nearest = find_nearest(came, choices, 5, _CUTOFF)
    rest = [choice for choice in choices if choice not in nearest]
    return f"{hint} {len(choices)}, such as {', '.join([*nearest, *rest][:8])}"
