"""What a start of the command line imports: only what the chosen command, analyzer and store need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from command_line import clean_environment, draw

#: Carries out a command and then prints the modules that are there.
_MODULES_AFTER = """
import sys
from manyeyes.cli.main import app
try:
    app(sys.argv[1:])
finally:
    sys.stderr.write("\\n".join(sys.modules))
"""

#: Package to what brings it in; each takes a tenth of a second or so.
_ELSEWHERE = {
    "aiohttp": "services are asked by way of it",
    "sqlalchemy.dialects.postgresql": "the store is SQLite",
    "structlog": "no log is written",
    "manyeyes.stand_in": "nothing is stood in for",
    "manyeyes.lab": "nothing is predicted",
}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a process that analyzed one picture with `local`."""
    place = tmp_path_factory.mktemp("startup")
    pictures = draw(place / "shop", 1)
    words = ["analyze", str(pictures), "--store", "sqlite:///runs.db", "--progress", "none"]
    ended = subprocess.run(
        [sys.executable, "-c", _MODULES_AFTER, *words],
        cwd=place,
        env=clean_environment(place),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ended.stderr.split())


def test_a_start_imports_what_it_needs(modules: set[str]) -> None:
    assert {"manyeyes.analyzers.local", "sqlalchemy.dialects.sqlite", "numpy"} <= modules


@pytest.mark.parametrize("package", _ELSEWHERE)
def test_a_start_with_local_and_sqlite_leaves_alone_what_only_others_need(
    modules: set[str], package: str
) -> None:
    assert [name for name in modules if name == package or name.startswith(f"{package}.")] == []
