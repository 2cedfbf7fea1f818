"""The API against its own description: Schemathesis makes requests of `/openapi.json`, and none may fail."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from command_line import clean_environment, end
from test_cli_serve import serving

#: Requests for each route and kind of trial; more of them find more, and take longer.
EXAMPLES = 8


def test_no_request_that_schemathesis_makes_of_the_description_fails(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, address):
        words = [f"{address}/openapi.json", "--max-examples", str(EXAMPLES), "--continue-on-failure"]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                *words,
                "--no-color",
                "--generation-database",
                "none",
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=clean_environment(tmp_path),
            check=False,
        )
        process.send_signal(signal.SIGTERM)
        ended = end(process)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"Tested: +4\d", done.stdout), "every route is to be tried"
    assert ended.code == 0
    faults = tmp_path / "data" / "faults.log"
    assert not faults.exists() or "Traceback" not in faults.read_text()
