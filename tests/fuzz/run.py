"""Tries inputs in a process of their own, which may die or hang without ending the run."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {
    "pictures": ("tests.fuzz.kinds", "Pictures"),
    "strokes": ("tests.fuzz.kinds", "Strokes"),
    "model-files": ("tests.fuzz.kinds", "ModelFiles"),
    "line-files": ("tests.fuzz.kinds", "LineFiles"),
    "configs": ("tests.fuzz.kinds", "Configs"),
    "requests": ("tests.fuzz.page", "Requests"),
}
"""Where each kind stands."""

HANGS_S = 60.0
"""An input that takes so long has failed."""


@dataclass
class Fault:
    """An input that did not end as it should."""

    number: int
    what: str


@dataclass
class Tally:
    """What came of one kind of input."""

    kind: str
    tried: int = 0
    answers: int = 0
    slowest_s: float = 0.0
    slowest: int = 0
    peak_mb: int = 0
    faults: list[Fault] = field(default_factory=list)


def build_kind(name: str) -> Any:
    """Make a kind by its name in `KINDS`, or by `module:Class`."""
    module, attribute = KINDS[name] if name in KINDS else name.split(":")
    return getattr(importlib.import_module(module), attribute)()


def draw_input(kind: Any, name: str, seed: int, number: int) -> Any:
    """Draw an input, a pure function of (seed, kind, number)."""
    return kind.draw(np.random.default_rng([seed, number, *name.encode()]))


def run_kind(name: str, *, seed: int, seconds: float, count: int | None) -> Tally:
    """Try inputs of one kind for some seconds, or so many of them.

    Args:
        name: Of the kind.
        seed: Of the run.
        seconds: After which no further input is tried.
        count: How many inputs; None for as many as the time allows.
    """
    context, tally = multiprocessing.get_context("spawn"), Tally(name)
    end, first = time.monotonic() + seconds, 0
    while (count is None or first < count) and time.monotonic() < end:
        mine, theirs = context.Pipe()
        arguments = (name, seed, first, count, end - time.monotonic(), theirs)
        process = context.Process(target=_work, args=arguments, daemon=False)
        process.start()
        theirs.close()
        died_at = _follow(mine, process, tally)
        process.join()
        if died_at is None:
            break
        first = died_at + 1
    return tally


def _follow(pipe: Any, process: Any, tally: Tally) -> int | None:
    """Take what the process tells; return the number of the input that ended it, None for its own end."""
    number, is_begun = -1, False
    while True:
        try:
            if not pipe.poll(HANGS_S if is_begun else 5 * HANGS_S):
                process.kill()
                tally.faults.append(Fault(number, f"no end after {HANGS_S:.0f} s"))
                return number
            word, *rest = pipe.recv()
        except EOFError:
            process.join()
            if not is_begun:
                raise SystemExit(f"{tally.kind}: the process ended before its first input") from None
            tally.faults.append(Fault(number, f"the process died with exit code {process.exitcode}"))
            return number
        if word == "begin":
            number, is_begun = rest[0], True
        elif word == "end":
            tally.peak_mb = max(tally.peak_mb, rest[0])
            return None
        else:
            seconds, is_answer, fault = rest
            tally.tried += 1
            tally.answers += is_answer
            if seconds > tally.slowest_s:
                tally.slowest_s, tally.slowest = seconds, number
            if fault:
                tally.faults.append(Fault(number, fault))


def _work(name: str, seed: int, first: int, count: int | None, seconds: float, pipe: Any) -> None:
    kind = build_kind(name)
    warnings.simplefilter("ignore")  # Pillow's, of damaged files
    warnings.simplefilter("error", RuntimeWarning)  # numpy's, of numbers that we should have looked at
    with open(os.devnull, "wb") as nowhere:  # what libraries written in C have to say
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    end, number = time.monotonic() + seconds, first
    while (count is None or number < count) and time.monotonic() < end:
        pipe.send(("begin", number))
        pipe.send(("done", *try_input(kind, name, seed, number)))
        number += 1
    pipe.send(("end", read_peak_mb()))
    if hasattr(kind, "close"):
        kind.close()


def try_input(kind: Any, name: str, seed: int, number: int) -> tuple[float, bool, str]:
    """Try an input: seconds, whether it was answered, and what went wrong, "" for nothing."""
    from yomite.errors import YomiteError

    drawn = draw_input(kind, name, seed, number)
    begin = time.perf_counter()
    is_answer, fault = False, ""
    try:
        kind.attempt(drawn)
        is_answer = True
    except YomiteError as error:
        if "\n" in str(error) and not getattr(kind, "has_several_lines", False):
            fault = f"more than one line: {error}"
    except BaseException:  # whatever else it is, it is a fault
        fault = traceback.format_exc(limit=-6)
    return time.perf_counter() - begin, is_answer, fault


def read_peak_mb() -> int:
    """Return the most memory that this process has held, MB; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0
    words = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()
    return int(words[0]) // 1024
