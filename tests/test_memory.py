"""Row 9: memory is bounded by what is in flight, not by the portfolio."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from command_line import clean_environment

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import memory

MEASURE = Path(memory.__file__)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's peak memory figures")
@pytest.mark.parametrize(("concurrency", "goal"), memory.GOALS.items())
def test_row_9_the_peak_over_the_idle_process_is_bounded(
    tmp_path: Path, concurrency: int, goal: float
) -> None:
    memory.write(tmp_path / "pictures", memory.photographs(), 30)
    words = [str(MEASURE), "--child", str(tmp_path / "pictures"), "local", str(concurrency)]
    done = subprocess.run(
        [sys.executable, *words],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    idle, peak = map(float, done.stdout.split())
    assert peak - idle <= goal
    assert peak <= memory.MOST_IN_ALL
