"""The official Replicate client 2.0.0b4, in an environment of its own, talks to the stand-in."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from manyeyes.stand_in.replicate import serve_replicate
from manyeyes.stand_in.world import world_from
from stand_in_client import FAST

ROOT = Path(__file__).parent.parent
PYTHON = Path(os.environ.get("MANYEYES_REPLICATE2_PYTHON") or ROOT / ".venv-replicate2" / "bin" / "python")
SCRIPT = ROOT / "tests" / "official_clients" / "replicate2.py"

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason=f"needs the official client 2.0.0b4: set MANYEYES_REPLICATE2_PYTHON, or make {PYTHON}",
)
ways = pytest.mark.parametrize("way", ["sync", "async"])


def said(scene: str, **settings: object) -> tuple[dict[str, Any], dict[str, int]]:
    """What the client says in a scene, by way, and what the journal counted."""

    async def play() -> tuple[dict[str, Any], dict[str, int]]:
        async with serve_replicate(world_from(FAST | settings)) as server:
            process = await asyncio.create_subprocess_exec(
                PYTHON, SCRIPT, server.origin, scene,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, errors = await process.communicate()
            assert process.returncode == 0, errors.decode()
            return json.loads(out), dict(server.counts)

    return asyncio.run(play())


@pytest.fixture(scope="module")
def wire() -> dict[str, Any]:
    """All that goes well; five predictions are bought each way, by one account, and a page holds three."""
    return said("wire", page=3)[0]


@ways
def test_a_create_is_parsed_as_starting_and_waited_for(wire: dict[str, Any], way: str) -> None:
    created, ended = wire[way]["created"], wire[way]["ended"]
    assert (created["status"], created["output"], created["metrics"]) == ("starting", None, None)
    assert (created["logs"], created["started_at"], created["version"]) == ("", None, "hidden")
    assert (ended["status"], ended["id"]) == ("succeeded", created["id"])
    assert json.loads("".join(ended["output"]))["color_palette"][0]["name"] == "navy"
    assert ended["metrics"]["predict_time"] <= ended["metrics"]["total_time"]
    assert "Input token count: 262\nOutput token count: " in ended["logs"]
    assert ended["created_at"] <= ended["started_at"] < ended["completed_at"]


@ways
def test_a_create_that_waits_is_processing_with_all_output_a_deadline_and_its_headers(
    wire: dict[str, Any], way: str
) -> None:
    waited, headers = wire[way]["waited"], wire[way]["waited_headers"]
    assert (waited["status"], waited["metrics"], waited["completed_at"]) == ("processing", None, None)
    assert json.loads("".join(waited["output"]))["is_garment"] is True
    assert waited["deadline"] > waited["created_at"]
    assert headers["preference-applied"] == "wait=5"
    assert int(headers["ratelimit-remaining"]) > 590
    assert headers["ratelimit-reset"] == "1"


@ways
def test_run_gives_the_chunks_with_a_data_uri_and_with_an_uploaded_file(
    wire: dict[str, Any], way: str
) -> None:
    for name in ("run", "run_file"):
        assert json.loads("".join(wire[way][name]))["color_palette"][0]["name"] == "navy"
    assert (wire[way]["by_version"]["status"], wire[way]["by_version"]["version"]) == ("starting", "b" * 64)


def test_the_clients_own_paging_sees_every_prediction_once_newest_first(wire: dict[str, Any]) -> None:
    first, second = wire["sync"]["listed"], wire["async"]["listed"]
    assert (len(first), len(second)) == (5, 10)
    assert len(set(second)) == 10
    assert second[5:] == first
    assert first[0] == wire["sync"]["by_version"]["id"]
    assert first[-1] == wire["sync"]["created"]["id"]


@ways
def test_files_account_model_and_secret_are_parsed(wire: dict[str, Any], way: str) -> None:
    stored = wire[way]["file"]
    assert (stored["content_type"], stored["size"]) == ("image/png", 69)
    assert len(stored["checksums"]["sha256"]) == 64
    assert wire[way]["file_again"] == stored
    assert (wire[way]["file_gone"]["class"], wire[way]["file_gone"]["status"]) == ("NotFoundError", 404)
    assert wire[way]["account"]["type"] == "user"
    assert (wire[way]["model"]["owner"], wire[way]["model"]["name"]) == ("google", "gemini-2.5-flash")
    assert wire[way]["secret"]["key"].startswith("whsec_")


def test_cancelled_and_aborted_are_both_tolerated() -> None:
    answers, counts = said("stopped", median=60.0, capacity=1, least_cancel_after=0.0)
    for way in ("sync", "async"):
        assert answers[way]["canceled"]["status"] == "canceled"
        assert (answers[way]["aborted"]["status"], answers[way]["aborted"]["started_at"]) == ("aborted", None)
    assert (counts["canceled"], counts["aborted"]) == (2, 2)


def test_each_refusal_has_its_class_and_its_body() -> None:
    answers, counts = said("refusals")
    classes = {
        "401": "AuthenticationError",
        "402": "APIStatusError",
        "404": "NotFoundError",
        "422": "UnprocessableEntityError",
    }
    for way in ("sync", "async"):
        told = answers[way]
        assert {status: error["class"] for status, error in told.items()} == classes
        assert all(error["body"]["status"] == int(status) for status, error in told.items())
        fields = [(wrong["type"], wrong["field"]) for wrong in told["422"]["body"]["invalid_fields"]]
        assert fields == [("required", "input"), ("number_lte", "input.temperature")]
    assert counts == {"rejected": 8}


def test_a_429_carries_its_wait_in_headers_and_body() -> None:
    answers, counts = said("throttled", low_credit=True, throttle_form="reduced+header+body")
    for way in ("sync", "async"):
        error = answers[way]
        assert (error["class"], error["body"]["retry_after"]) == ("RateLimitError", 20)
        assert error["headers"]["retry-after"] == "20"
        assert error["headers"]["ratelimit-remaining"] == "0"
    assert (counts["create"], counts["refused"]) == (2, 2)


def test_resets_and_html_are_errors_of_their_own() -> None:
    answers, _ = said("broken", reset_before=1.0)
    assert [answers[way]["class"] for way in ("sync", "async")] == ["APIConnectionError"] * 2
    answers, _ = said("broken", edge_before=1.0)
    for way in ("sync", "async"):
        assert (answers[way]["class"], answers[way]["status"]) == ("InternalServerError", 502)
        assert answers[way]["body"].startswith("<html>")


def test_a_client_that_tries_again_after_a_reset_buys_twice_and_the_journal_shows_it() -> None:
    _, counts = said("retried", reset_after=1.0)
    assert (counts["create"], counts["reset"]) == (4, 4)
