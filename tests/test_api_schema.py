"""The API against its own description: Schemathesis makes requests of `/openapi.json`, and none may fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from browser_world import garments
from command_line import clean_environment
from web_server import Server, serving

#: It takes some 25 s of CPU.
pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(300)]

#: Requests for each route and kind of trial; more of them find more, and take longer.
EXAMPLES = 8
#: The same requests every time. With others, `?corrected=true` is now and then taken for a fault: true and
#: "true" are one and the same in a query.
SEED = 1


def asked_by_schemathesis(server: Server, place: Path, *more: str) -> str:
    """What Schemathesis says once it has tried the routes; whatever it finds is a failure."""
    words = [f"{server.origin}/openapi.json", "--max-examples", str(EXAMPLES), "--continue-on-failure"]
    quiet = ["--no-color", "--generation-database", "none", "--seed", str(SEED)]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", *words, *quiet, *more],
        capture_output=True,
        text=True,
        cwd=place,
        env=clean_environment(place),
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def check_faults(server: Server) -> None:
    """The server has nothing to say of faults of its own, and ends as it should."""
    server.stop()
    faults = server.data / "faults.log"
    assert not faults.exists() or "Traceback" not in faults.read_text()


def test_no_request_that_schemathesis_makes_of_the_description_fails(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        told = asked_by_schemathesis(server, tmp_path)
        assert re.search(r"Tested: +4\d", told), "every route is to be tried"
        check_faults(server)


def test_no_request_about_what_is_there_fails_either(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        garments(tmp_path / "spring", 6)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        run = server.run(portfolio)
        server.wait_for_end(run)
        picture = server.get(f"/portfolios/{portfolio}/images")["images"][0]["id"]
        share = server.post(f"/portfolios/{portfolio}/shares")["token"]
        (tmp_path / "schemathesis.toml").write_text(
            f"""
            [parameters]
            portfolio = "{portfolio}"
            run = "{run}"
            picture = "{picture}"
            token = "{share}"

            # Which values a field takes depends on the field: more than the description of a path can say.
            [[operations]]
            include-path = "/api/images/{{picture}}/corrections/{{field}}"
            checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "422"]
            """
        )
        # What is deleted would be missing afterwards.
        lasting = ("--exclude-method", "DELETE", "--phases", "examples,coverage,fuzzing")
        told = asked_by_schemathesis(server, tmp_path, *lasting)
        assert "Missing test data" not in told, told[-3000:]
        check_faults(server)
