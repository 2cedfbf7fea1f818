"""What the figures were measured on, and how they are summed up."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """One line: processor, cores, system, Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = named[0].partition(": ")[2] if named else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def spread(values: Sequence[float], digits: int = 3) -> str:
    """`median (least to most)`."""
    return f"{statistics.median(values):.{digits}g} ({min(values):.{digits}g} to {max(values):.{digits}g})"


def calibration() -> float:
    """CPU seconds of a fixed loop, to tell a slow machine from slow code."""
    started = time.process_time()
    total = 0
    for number in range(3_000_000):
        total += number * number % 7
    assert total > 0
    return time.process_time() - started
