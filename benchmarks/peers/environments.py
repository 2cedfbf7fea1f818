"""An environment of its own for each peer, made when it is first needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"


class NotInstalled(Exception):
    """It cannot be had here; the reason."""


def python_of(name: str, folder: Path) -> Path:
    """The Python of the environment `name` below `folder`. Raises NotInstalled."""
    wanted = (REQUIREMENTS / f"{name}.txt").read_text()
    python, made = folder / name / "bin" / "python", folder / name / "installed.txt"
    if made.exists() and made.read_text() == wanted:
        return python
    print(f"installing {', '.join(wanted.split())}", file=sys.stderr)
    _do(sys.executable, "-m", "venv", "--clear", str(folder / name))
    _do(str(python), "-m", "pip", "install", "-q", "-r", str(REQUIREMENTS / f"{name}.txt"))
    made.write_text(wanted)
    return python


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise NotInstalled(lines[-1][:200])
