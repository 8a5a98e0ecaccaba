"""What a figure was measured on, for the line above a table."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

from yomite.cores import count_cores


def read_commit() -> str:
    """Return the short commit of this checkout, "unknown" without one."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    return found.stdout.strip() or "unknown"


def read_processor() -> str:
    """Return the processor's name, or its kind where the system does not tell."""
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]
    return names[0] if names else platform.machine()


def describe_machine() -> str:
    """Return date, commit, processor, cores and load."""
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{datetime.date.today()}, commit {read_commit()}, {read_processor()}, {count_cores()} cores{load}"
