"""Names and arguments in a configuration: parts of one's own, as `package.module:callable`, and checks."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from yomite.errors import ConfigError, find_nearest, suggest

Built = TypeVar("Built")

_CUSTOM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_custom(name: str) -> bool:
    """Whether a name has the form `package.module:callable`."""
    return _CUSTOM.fullmatch(name) is not None


def find_callable(name: str, built_in: Mapping[str, Callable[..., Built]], key: str) -> Callable[..., Built]:
    """Find what a name stands for: a built-in, or a callable of one's own.

    Args:
        name: A key of built_in, or `package.module:callable`.
        built_in: By name.
        key: Where the name stands, such as `model.name`, for the message.

    Raises:
        ConfigError: If it is neither, or its module cannot be imported.
    """
    if name in built_in:
        return built_in[name]
    if is_custom(name):
        return load_callable(name, key)
    raise refuse_name(name, built_in, key)


def refuse_name(name: str, built_in: Iterable[str], key: str) -> ConfigError:
    """Return the error for a name that nothing has: which there are, and the nearest."""
    built_in = list(built_in)
    return ConfigError(
        f"{key} {name!r} is unknown; {suggest(name, built_in)}built in: {', '.join(built_in)}; "
        "your own: package.module:callable"
    )


def load_callable(name: str, key: str) -> Callable[..., Any]:
    """Import `package.module:callable`; modules are looked for as installed, then in the current folder.

    This runs the module's code: never call it with a name that came with a file from somebody else.

    Raises:
        ConfigError: If the module is not there or fails, or holds no such callable.
    """
    module_name, _, attribute = name.partition(":")
    # A console script, unlike `python -m`, does not look where it is run. Last: nothing installed is hidden.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ConfigError(f"{key} {name!r}: {module_name} needs {error.name}; install it") from error
        raise ConfigError(
            f"{key} {name!r}: no module {error.name!r} is installed or in {os.getcwd()}; "
            "run the command in the folder that holds it"
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{key} {name!r}: importing {module_name} failed: {type(error).__name__}: {reason}"
        ) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ConfigError(
            f"{key} {name!r}: {module_name} has no callable {attribute!r}; "
            f"it has: {', '.join(known) or 'none'}"
        )
    return found


MANY = 30  # more than a line can list
_CUTOFF = 0.5


def check_whole(name: str, value: Any, low: int = 1, high: int | None = None, why: str = "") -> None:
    """Check a whole number from low to high."""
    if type(value) is not int or value < low or (high is not None and value > high):
        allowed = f"a whole number from {low}" if high is None else f"{low} to {high}"
        raise ConfigError(f"model argument {name}={value!r}; it takes {allowed}{f' ({why})' if why else ''}")


def check_counts(name: str, values: Any, example: Sequence[int], length: int | None = None) -> None:
    """Check a list of whole numbers from 1, one for each stage."""
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
    """Check a number from 0, below 1: what is dropped while learning."""
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
    """Check that the canvas divides into the family's places."""
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
