"""How many cores this process may use: fewer than the machine has, where it is pinned or in a container."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")


def count_cores() -> int:
    """Count the cores that this process may use: those it is pinned to, within the quota of its cgroup."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(usable, read_quota(_CGROUPS, _OWN_CGROUPS))))


def read_quota(cgroups: Path, own_cgroups: Path) -> float:
    """Read how many cores' time the control groups of a process leave it; infinity where nothing limits it.

    Args:
        cgroups: Where the groups are mounted, version 1 or 2.
        own_cgroups: The file that lists the groups of the process, a line `number:controllers:path` each.
    """
    try:
        lines = own_cgroups.read_text().splitlines()
    except OSError:  # no Linux
        return math.inf
    quotas = [math.inf]
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if not controllers or "cpu" in controllers.split(","):
            # A container reads the path that the host knows, and finds its own group at the mount.
            group = cgroups / controllers / path.strip("/")
            quotas += [_read_quota_of_group(folder) for folder in (group, *group.parents)]
    return min(quotas)


def _read_quota_of_group(folder: Path) -> float:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (OSError, ValueError):  # there is none, or it is "max"
        return math.inf
