"""Compiled code that outlives the process: the next one, and every loader process, reads it from the disk."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from pathlib import Path

import numba
from numba.core import config as compiler

_CALLED = [*(Path(__file__).parents[1] / "ink").glob("*.py"), Path(__file__).with_name("repertoire.py")]
"""Files that hold what kernels call."""


def compile_kernel(function: Callable, **compiled: Callable) -> Callable:
    """Compile a function that may stand in another module, or read what an earlier process compiled.

    numba looks at the file of a function, and not at the files of what it calls, so it would take old code
    for new. Here the folder of the cache is named for all that kernels call: the room of ink, and
    what streams share.

    Args:
        function: In the part of Python and numpy that numba knows.
        compiled: By name, what stands in for what the function calls.
    """
    scope = {**function.__globals__, **compiled}
    again = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
    before = compiler.CACHE_DIR  # type: ignore[attr-defined]
    compiler.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]
    try:
        return numba.njit(cache=True, nogil=True)(again)
    finally:
        compiler.CACHE_DIR = before  # type: ignore[attr-defined]


def _hash_called() -> str:
    digest = hashlib.sha256()
    for path in sorted(_CALLED):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


FOLDER = Path(__file__).with_name("__pycache__") / f"kernels-{_hash_called()}"
