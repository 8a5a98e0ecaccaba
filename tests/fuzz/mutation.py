"""Bytes and values that are nearly right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_EXTREMES = (b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x01", b"\x80")
NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 0.5, 1e-300, 1e9, 1e308, -1e308, 10**400, float("nan"), float("inf"), True, 2**63,
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None,
    "",
    "あ",
    "1",
    b"\x00",
    [],
    {},
    (),
    [[]],
    1j,
    object,
    "\ud800",
    "x" * 10_000,
)


def choose(values: Sequence[Any], rng: np.random.Generator) -> Any:
    """Choose one of some values as it is."""
    return values[int(rng.integers(len(values)))]


def mutate(content: bytes, others: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """Change a few places of a file: bits, numbers, cuts, repeats, or a part of another file."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        if not changed:
            break
        place = int(rng.integers(len(changed)))
        if rng.random() < 0.4:  # what decides stands at the beginning
            place = int(rng.integers(min(len(changed), 128)))
        length = int(rng.integers(1, 64))
        match int(rng.integers(7)):
            case 0:
                changed[place] ^= 1 << int(rng.integers(8))
            case 1:
                value = choose(_EXTREMES, rng)
                changed[place : place + len(value)] = value
            case 2:
                del changed[place:]
            case 3:
                del changed[place : place + length]
            case 4:
                changed[place:place] = changed[place : place + length] * int(rng.integers(1, 20))
            case 5:
                changed[place : place + length] = rng.bytes(length)
            case 6:
                other = choose(others, rng)
                first = int(rng.integers(len(other)))
                changed[place:place] = other[first : first + 8 * length]
    return bytes(changed)


def draw_value(rng: np.random.Generator, depth: int = 0) -> Any:
    """Draw a number, something odd, or a list of such values."""
    which = rng.random()
    if which < 0.45 or depth > 4:
        if rng.random() < 0.6:
            return float(np.round(100 * rng.normal(), 2))
        return choose(NUMBERS, rng)
    if which < 0.6:
        return choose(ODD, rng)
    values = [draw_value(rng, depth + 1) for _ in range(int(rng.integers(6)))]
    return tuple(values) if rng.random() < 0.3 else values
