"""`manyeyes serve`: its doors, its port, its end, and what is taken up after it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from command_line import begin, draw, end, manyeyes

A_TOKEN = "a-token-of-many-letters"


@contextmanager
def serving(place: Path, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a free port, with its address; killed if it is still there at the end."""
    process = begin("serve", "--port", "0", "--data", "data", *words, place=place, **environment)
    assert process.stderr is not None
    try:
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None
        yield process, found.group().rstrip("/")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def ask(url: str, body: object = None, **headers: str) -> Any:
    """The JSON that is answered to a GET, or to a POST of a body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def uploaded(address: str, count: int, place: Path) -> str:
    """A portfolio with so many pictures; its id."""
    portfolio = ask(f"{address}/api/portfolios", {"name": "Spring"})["id"]
    for each in sorted(draw(place / "shop", count).iterdir()):
        request = urllib.request.Request(
            f"{address}/api/portfolios/{portfolio}/images?name={each.name}",
            each.read_bytes(),
            {"content-type": "image/png"},
        )
        urllib.request.urlopen(request, timeout=20).close()
    return str(portfolio)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])
def test_elsewhere_than_on_this_machine_it_wants_a_token(tmp_path: Path, host: str) -> None:
    done = manyeyes("serve", "--host", host, place=tmp_path)
    assert done.code == 2
    assert "MANYEYES_TOKEN" in done.err
    assert host in done.err


def test_a_token_that_is_easily_guessed_is_refused(tmp_path: Path) -> None:
    done = manyeyes("serve", place=tmp_path, MANYEYES_TOKEN="secret")
    assert done.code == 2
    assert "16 characters" in done.err
    assert "secret" not in done.err


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manyeyes("serve", "--port", str(port), "--data", "data", place=tmp_path)
    assert done.code == 2
    assert f"127.0.0.1:{port}" in done.err
    assert "--port" in done.err


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = manyeyes("serve", "--data", "file", place=tmp_path)
    assert done.code == 2
    assert "'file'" in done.err


def test_a_secret_for_webhooks_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    done = manyeyes("serve", "--data", "data", place=tmp_path, MANYEYES_WEBHOOK_SECRET="whsec_short")
    assert done.code == 2
    assert "MANYEYES_WEBHOOK_SECRET" in done.err
    assert "whsec_short" not in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, address):
        assert ask(f"{address}/healthz") == {"status": "ok"}
        process.send_signal(number)
        done = end(process)
    assert done.code == 0


def test_with_a_token_it_answers_whoever_has_it(tmp_path: Path) -> None:
    with serving(tmp_path, MANYEYES_TOKEN=A_TOKEN) as (process, address):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(f"{address}/api/portfolios")
        assert refused.value.code == 401
        refused.value.close()
        assert ask(f"{address}/api/portfolios", authorization=f"Bearer {A_TOKEN}")["portfolios"] == []
        process.send_signal(signal.SIGTERM)
        assert A_TOKEN not in end(process).err


@pytest.mark.parametrize("words", [b"GET /api/runs?q=%s HTTP/1.1" % (b"a" * 70_000), b"no HTTP at all"])
def test_what_is_no_request_is_told_so_as_a_problem(tmp_path: Path, words: bytes) -> None:
    with serving(tmp_path) as (_, address):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(words + b"\r\nHost: 127.0.0.1\r\n\r\n")
            with line.makefile("rb") as answer:
                head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["type"] == "urn:manyeyes:problem:unreadable-request"


def test_a_run_goes_on_in_the_log_and_is_shown_by_the_command_line(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, address):
        portfolio = uploaded(address, 7, tmp_path)
        run = ask(f"{address}/api/portfolios/{portfolio}/runs", {"concurrency": 5})["id"]
        watched = urllib.request.urlopen(f"{address}/api/runs/{run}/events", timeout=30).read().decode()
        assert "event: ended" in watched
        process.send_signal(signal.SIGINT)
        assert end(process).code == 0
    lines = [
        line
        for line in (tmp_path / "data" / "server.log").read_text().splitlines()
        if "Batch complete" in line
    ]
    assert [line.partition("Batch complete ")[2] for line in lines] == [
        "{ batchIndex: 1, totalBatches: 2, processed: 5, total: 7 }",
        "{ batchIndex: 2, totalBatches: 2, processed: 7, total: 7 }",
    ]
    shown = manyeyes("runs", "--json", "--store", "sqlite:///data/manyeyes.db", place=tmp_path)
    assert run in shown.out
    folder = next((tmp_path / "data" / "portfolios").iterdir())
    again = manyeyes("analyze", str(folder), "--json", place=tmp_path, MANYEYES_DATA="data")
    assert (again.object["reused"], again.object["total"]) == (7, 7)


def test_a_server_that_is_killed_takes_its_run_up_again_when_it_starts(tmp_path: Path) -> None:
    environment = {"MANYEYES_ANALYZER": "modelled"}
    with serving(tmp_path, **environment) as (process, address):
        portfolio = uploaded(address, 4, tmp_path)
        run = ask(f"{address}/api/portfolios/{portfolio}/runs", {"concurrency": 1})["id"]
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    with serving(tmp_path, MANYEYES_ANALYZER="local") as (process, address):
        [after, before] = ask(f"{address}/api/portfolios/{portfolio}/runs")["runs"]
        assert (before["id"], before["state"]) == (run, "broken off")
        urllib.request.urlopen(f"{address}/api/runs/{after['id']}/events", timeout=30).read()
        told = ask(f"{address}/api/runs/{after['id']}")
        assert (told["continues"], told["state"], told["progress"]["analyzed"]) == (run, "complete", 4)
        assert ask(f"{address}/api/runs/{run}")["continuedBy"] == after["id"]
        process.send_signal(signal.SIGTERM)
        end(process)


def test_watchers_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with serving(tmp_path, MANYEYES_ANALYZER="modelled") as (process, address):
        portfolio = uploaded(address, 3, tmp_path)
        run = ask(f"{address}/api/portfolios/{portfolio}/runs", {"concurrency": 1})["id"]
        with urllib.request.urlopen(f"{address}/api/runs/{run}/events", timeout=30) as watched:
            watched.readline()
            process.send_signal(signal.SIGTERM)
            watched.read()
        done = end(process)
    assert done.code == 0
    assert "what is in flight is finished" in done.err


def test_the_page_costs_other_commands_nothing(tmp_path: Path) -> None:
    shown = "print(*[name for name in sys.modules if name.startswith(('fastapi', 'uvicorn'))])"
    script = f"import sys, manyeyes.cli.analyze; {shown}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == ""
