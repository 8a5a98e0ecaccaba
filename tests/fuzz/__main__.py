"""Run it: python -m tests.fuzz --minutes 2; one input again: ... --kind pictures --number 17."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

from tests.fuzz.run import KINDS, Tally, build_kind, run_kind, try_input

_NEEDS = {"model-files": "onnx", "line-files": "onnx", "configs": "pydantic", "requests": "gradio"}


def main() -> int:
    """Run, report, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="of all kinds together")
    parser.add_argument("--count", type=int, help="at most so many inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    kinds = f"only this one: {', '.join(KINDS)}, or module:Class; may be repeated"
    parser.add_argument("--kind", action="append", help=kinds)
    parser.add_argument("--number", type=int, help="try this one input again, here, with its traceback")
    options = parser.parse_args()
    names = options.kind or list(KINDS)
    if unknown := [name for name in names if name not in KINDS and ":" not in name]:
        parser.error(f"unknown kind {unknown[0]!r}; type one of {', '.join(KINDS)}")
    if options.number is not None:
        seconds, is_answer, fault = try_input(build_kind(names[0]), names[0], options.seed, options.number)
        print(fault or ("an answer" if is_answer else "refused in one line"), f"({seconds:.2f} s)")
        return bool(fault)
    missing = [name for name in names if not find_spec(_NEEDS.get(name, "yomite"))]
    for name in missing:
        print(f"{name}: skipped, needs {_NEEDS[name]}")
    names = [name for name in names if name not in missing]
    tallies = []
    print(f"{'kind':<12} {'inputs':>8} {'answers':>8} {'faults':>6} {'slowest':>9} {'peak':>8}")
    for name in names:
        seconds = 60 * options.minutes / len(names)
        tally = run_kind(name, seed=options.seed, seconds=seconds, count=options.count)
        tallies.append(tally)
        sizes = f"{tally.tried:>8,} {tally.answers:>8,} {len(tally.faults):>6}"
        print(f"{name:<12} {sizes} {tally.slowest_s:>7.2f} s {tally.peak_mb:>5} MB", flush=True)
    for tally in tallies:
        _show_faults(tally, options.seed)
    return int(any(tally.faults for tally in tallies))


def _show_faults(tally: Tally, seed: int) -> None:
    for fault in tally.faults[:5]:
        print(f"\n{fault.what.strip()}")
        print(f"again: python -m tests.fuzz --seed {seed} --kind {tally.kind} --number {fault.number}")


if __name__ == "__main__":
    sys.exit(main())
