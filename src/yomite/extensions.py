"""Code of one's own beside what is built in: names such as `my_project.models:TinyNet`.

Built-ins are plain dictionaries; any other name is `package.module:callable`. See docs/extending.md.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from yomite.errors import ConfigError, suggest

Built = TypeVar("Built")

_CUSTOM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_custom(name: str) -> bool:
    """Whether a name has the form `package.module:callable`."""
    return _CUSTOM.fullmatch(name) is not None


def find_callable(name: str, built_in: Mapping[str, Callable[..., Built]], key: str) -> Callable[..., Built]:
    """What a name stands for: a built-in, or a callable of one's own.

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
    """The error for a name that nothing has: which there are, and the nearest."""
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
