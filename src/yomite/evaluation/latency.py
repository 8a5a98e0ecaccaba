"""How long a reader takes for one picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NUM_TIMED = 100
"""Pictures that a reader's time is measured on."""

_NUM_WARM_UP = 5


@dataclass(frozen=True)
class Latency:
    """Time from a picture in memory to its candidates, one picture after the other.

    Attributes:
        num_pictures: How many were read.
        median_ms: What half of them stay below.
        slow_ms: What 95 % of them stay below.
    """

    num_pictures: int
    median_ms: float
    slow_ms: float


def measure_latency(read: Callable[[list[Any]], Sequence[object]], pictures: Sequence[Any]) -> Latency | None:
    """Read pictures one by one; the first few are read before the clock runs.

    Returns:
        None without pictures.
    """
    if not pictures:
        return None
    for picture in pictures[:_NUM_WARM_UP]:
        read([picture])
    times_ms = []
    for picture in pictures:
        start = time.perf_counter()
        read([picture])
        times_ms.append(1000 * (time.perf_counter() - start))
    return Latency(len(times_ms), float(np.median(times_ms)), float(np.percentile(times_ms, 95)))
