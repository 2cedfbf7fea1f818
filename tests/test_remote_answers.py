"""What a server's answers come to: a sentence that says what to do, and whether to try again."""

from __future__ import annotations

import json

import pytest

from manyeyes.model.errors import ManyeyesError, ServerError, SettingsError, Unreachable
from manyeyes.remote.address import parse_address
from manyeyes.remote.answers import PREFIX, Answer, NotThere, Refusal, content_of, understood, without

SERVER = parse_address("https://eyes.example.com")


def problem(status: int, kind: str, detail: str, remedy: str = "", **headers: str) -> Answer:
    told = {"type": PREFIX + kind, "status": status, "detail": detail, "remedy": remedy}
    return Answer(status, headers, json.dumps(told).encode())


def fault(answer: Answer, *, with_token: bool = False) -> ManyeyesError:
    with pytest.raises(ManyeyesError) as raised:
        content_of(answer, SERVER, with_token=with_token)
    assert "https://eyes.example.com" in str(raised.value)
    return raised.value


def test_a_success_is_its_json() -> None:
    assert content_of(Answer(201, {}, b'{"id": "x"}'), SERVER, with_token=False) == {"id": "x"}


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            problem(404, "not-found", "there is no such run", "see GET /api/runs"),
            NotThere,
            "no such run; see GET",
        ),
        (problem(422, "not-usable", "no analyzer 'x'", "name another"), SettingsError, "name another"),
        (problem(422, "no-pictures", "it is empty"), Refusal, "it is empty"),
        (problem(409, "under-way", "is being analyzed already"), Refusal, "already"),
        (problem(413, "too-large", "more than 4 MB", "send less"), Refusal, "send less"),
        (problem(507, "no-space", "the disk is nearly full", "free some space"), Refusal, "free some space"),
        (problem(429, "too-many-requests", "too many"), Unreachable, "too many"),
        (problem(503, "store-error", "the store is locked"), Unreachable, "locked"),
        (problem(404, "not-found", "there is nothing at this address"), ServerError, "same version"),
        (problem(405, "method-not-allowed", "other methods"), ServerError, "same version"),
        (Answer(200, {}, b"<html>"), SettingsError, "no manyeyes server"),
        (Answer(404, {}, b"<h1>Not Found</h1>"), SettingsError, "no manyeyes server"),
        (Answer(404, {}, b'{"detail": "Not Found"}'), SettingsError, "no manyeyes server"),
        (Answer(401, {}, b""), SettingsError, "asks for a password"),
        (Answer(413, {}, b"<html>nginx"), Refusal, "allow larger ones"),
        (Answer(502, {}, b"Bad Gateway"), Unreachable, "502: see whether the server runs"),
        (Answer(500, {}, b"oops"), ServerError, "500: see whether the server runs"),
        (problem(500, "fault-of-ours", "a fault of ours", "try again"), Refusal, "try again"),
        (Answer(302, {"location": "https://other.example/x"}, b""), SettingsError, "nothing was sent there"),
    ],
)
def test_every_other_answer_says_what_to_do(answer: Answer, kind: type[ManyeyesError], says: str) -> None:
    raised = fault(answer)
    assert type(raised) is kind
    with pytest.raises(kind, match=says):
        raise raised


def test_a_token_that_is_missing_is_told_from_one_that_is_wrong() -> None:
    locked = problem(401, "sign-in", "this server asks for its token")
    assert str(fault(locked)).endswith("asks for its token: set MANYEYES_TOKEN to it")
    assert str(fault(locked, with_token=True)).startswith("MANYEYES_TOKEN is not the token of ")


def test_a_server_that_names_a_wait_is_believed() -> None:
    raised = fault(problem(429, "too-many-requests", "too many", **{"retry-after": "7"}))
    assert isinstance(raised, Unreachable)
    assert (raised.retry_after, raised.met) == (7.0, True)


def test_the_token_is_crossed_out_of_whatever_is_echoed() -> None:
    assert without("s3cret-s3cret", b"no s3cret-s3cret here") == b"no [token] here"


@pytest.mark.parametrize("wrong", [KeyError("state"), TypeError(), ValueError()])
def test_what_another_version_writes_is_no_fault_of_ours(wrong: Exception) -> None:
    with pytest.raises(ServerError, match="same version"), understood(SERVER):
        raise wrong
