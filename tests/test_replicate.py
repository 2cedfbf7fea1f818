"""What the Replicate adapter sends, and what it makes of the answers."""

import base64
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import web

from analyzer_contract import AnalyzerContract
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.prompt import default_ask, full_prompt
from manyeyes.analyzers.replicate import Replicate
from manyeyes.analyzers.replicate_wire import text_of, usage_of
from manyeyes.model.ask import Allowance, Generation, Reply, Usage
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    RateLimited,
    Refused,
    SettingsError,
    Untraceable,
)
from manyeyes.model.ticket import Intent, Ticket
from replicate_service import (
    ASK,
    CREATE,
    DATA,
    ID,
    IMAGE,
    INTENT,
    LOGS,
    QUOTA,
    TICKET,
    TOKEN,
    VERSION,
    Received,
    Service,
    Step,
    hangs_up,
    prediction,
    run,
    says,
    serving,
    start,
    start_error,
    start_twice,
)

# What is sent


def test_a_create_sends_the_prompt_the_picture_and_every_setting() -> None:
    _, (received,) = run([says(prediction())], start)
    assert (received.method, received.path) == ("POST", CREATE)
    assert received.headers["authorization"] == f"Bearer {TOKEN}"
    assert received.headers["cancel-after"] == "300s"
    assert received.headers["content-type"] == "application/json"
    assert received.json == {
        "input": {
            "prompt": full_prompt(ASK, INTENT.mark),
            "images": ["data:image/jpeg;base64," + base64.b64encode(DATA).decode()],
            "max_output_tokens": 1024,
            "temperature": 0.0,
            "thinking_budget": 0,
            "dynamic_thinking": False,
        }
    }


def test_thinking_is_left_to_the_model_when_it_is_asked_for() -> None:
    ask = default_ask(Generation(max_output_tokens=9, temperature=0.5, thinking=True))
    _, (received,) = run([says(prediction())], lambda replicate: replicate.start(IMAGE, ask, INTENT))
    sent = received.json["input"]
    assert (sent["max_output_tokens"], sent["temperature"], sent["dynamic_thinking"]) == (9, 0.5, True)
    assert "thinking_budget" not in sent


def test_a_correction_is_sent_before_the_mark() -> None:
    ask = ASK.corrected("There is no JSON object.")
    _, (received,) = run([says(prediction())], lambda replicate: replicate.start(IMAGE, ask, INTENT))
    prompt = received.json["input"]["prompt"]
    assert "There is no JSON object." in prompt
    assert prompt.splitlines()[-1] == INTENT.mark


def test_the_first_create_asks_for_the_quota_at_once_and_later_ones_wait() -> None:
    _, (first, second) = run([says(prediction())], start_twice, wait=7)
    assert "prefer" not in first.headers
    assert second.headers["prefer"] == "wait=7"


def test_a_first_create_that_broke_off_leaves_the_quota_to_be_asked_for() -> None:
    async def use(replicate: Replicate) -> object:
        with pytest.raises(Broken):
            await start(replicate)
        return await start_twice(replicate)

    _, received = run([hangs_up, says(prediction())], use)
    assert ["prefer" in each.headers for each in received] == [False, False, True]


@pytest.mark.parametrize(("seconds", "header"), [(300.0, "300s"), (2.0, "5s"), (30.4, "31s")])
def test_every_create_says_when_to_give_up(seconds: float, header: str) -> None:
    intent = Intent(INTENT.id, INTENT.key, INTENT.created, seconds)
    _, (received,) = run([says(prediction())], lambda replicate: replicate.start(IMAGE, ASK, intent))
    assert received.headers["cancel-after"] == header


@pytest.mark.parametrize("model", [VERSION, f"google/gemini-2.5-flash:{VERSION}"])
def test_a_version_goes_by_the_route_of_versions(model: str) -> None:
    _, (received,) = run([says(prediction())], start, model=model)
    assert received.path == "/v1/predictions"
    assert received.json["version"] == VERSION


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "//"])
def test_the_origin_is_taken_with_and_without_v1(suffix: str) -> None:
    async def use(replicate: Replicate) -> str:
        await start(replicate)
        return replicate.traits.base_url

    base_url, (received,) = run([says(prediction())], use, suffix=suffix)
    assert received.path == CREATE
    assert base_url.startswith("http://127.0.0.1:")
    assert base_url[-1].isdigit()


@pytest.mark.parametrize("model", ["", "gemini", "a/b/c", "a/b:latest", "../x", "a/..", "a/b\n", "A" * 64])
def test_a_model_that_is_none_is_named(model: str) -> None:
    with pytest.raises(SettingsError, match="--model"):
        Replicate(TOKEN, model)


@pytest.mark.parametrize(
    "url", ["", "api.replicate.com", "ftp://x", "http://", "http://me:pw@host", "http://h:x", "http://h/?a"]
)
def test_a_base_url_that_is_none_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="REPLICATE_BASE_URL"):
        Replicate(TOKEN, base_url=url)


@pytest.mark.parametrize("token", ["", "r8 x", "r8\n", "r8é"])
def test_a_token_that_cannot_be_one_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(SettingsError, match="REPLICATE_API_TOKEN") as caught:
        Replicate(token)
    assert not token or token not in str(caught.value)


def test_a_large_picture_is_uploaded_under_a_name_that_tells_nothing() -> None:
    file = {"id": "f1", "urls": {"get": "https://api.replicate.com/v1/files/f1"}}
    _, (upload, create) = run([says(file), says(prediction())], start, upload_above=3)
    assert (upload.method, upload.path) == ("POST", "/v1/files")
    assert upload.headers["content-type"].startswith("multipart/form-data")
    assert b'name="content"' in upload.body
    assert b"Content-Type: image/jpeg" in upload.body
    assert DATA in upload.body
    assert b"a.jpg" not in upload.body
    assert create.json["input"]["images"] == ["https://api.replicate.com/v1/files/f1"]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (says({"detail": "too big"}, 413), Refused),
        (says({"detail": "content: not a picture"}, 422), Refused),
        (says({"detail": "no such route"}, 404), Broken),
        (says({"detail": "wait"}, 429, headers=QUOTA), RateLimited),
        (says({"id": "f1"}), Broken),
        (says(text="<html>", status=502), Broken),
    ],
)
def test_an_upload_that_fails_creates_nothing(step: Any, error: type[AnalyzerError]) -> None:
    found = start_error(step, upload_above=3)
    assert type(found) is error
    # The quota of uploads is another than that of creates.
    assert getattr(found, "allowance", None) is None


# What comes back


def test_a_finished_answer_is_a_reply() -> None:
    reply, _ = run([says(prediction(), headers=QUOTA)], start)
    assert reply == Reply('{"garment_type": "dress"}', Usage(263, 515), Allowance(599, 1.0))


@pytest.mark.parametrize("status", [200, 201, 202])
def test_work_that_goes_on_is_a_ticket(status: int) -> None:
    ticket, _ = run([says(prediction("starting"), status, headers=QUOTA)], start)
    assert ticket == Ticket(INTENT, ID, 0.5, Allowance(599, 1.0))


@pytest.mark.parametrize("output", [["{}"], ["{"], "{"])
def test_output_of_work_that_goes_on_is_looked_at_again_at_once(output: object) -> None:
    ticket, _ = run([says(prediction("processing", output=output))], start)
    assert ticket == Ticket(INTENT, ID, 0.0)


def test_looks_become_rarer_and_end_in_the_reply() -> None:
    async def use(replicate: Replicate) -> list[Reply | Ticket]:
        found = [await start(replicate)]
        while isinstance(ticket := found[-1], Ticket):
            found.append(await replicate.check(ticket))
        return found

    working = says(prediction("processing"), headers={"ratelimit-remaining": "2999", "ratelimit-reset": "1"})
    found, received = run([working] * 8 + [says(prediction())], use)
    waits = [ticket.check_after for ticket in found if isinstance(ticket, Ticket)]
    assert waits == [0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5.0, 5.0]
    assert isinstance(found[-1], Reply)
    # What a look tells is the quota of looks, which must not be taken for that of creates.
    assert [each.allowance for each in found[1:]] == [None] * 8
    # The addresses in the body point elsewhere; the token stays with us.
    assert {(each.method, each.path) for each in received[1:]} == {("GET", f"/v1/predictions/{ID}")}


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (["a", "b"], "ab"),
        ("ab", "ab"),
        (None, ""),
        ([], ""),
        ({"a": 1}, '{"a":1}'),
        ([{"a": 1}, None], '{"a":1}'),
    ],
)
def test_output_is_read_in_any_form(output: object, text: str) -> None:
    assert text_of(output) == text


def test_tokens_are_read_from_the_log_or_the_metrics() -> None:
    metrics = {"input_token_count": 3, "output_token_count": 4}
    assert usage_of({"logs": LOGS, "metrics": metrics}) == Usage(263, 515)
    assert usage_of({"logs": None, "metrics": metrics}) == Usage(3, 4)
    assert usage_of({"logs": "nothing", "metrics": {"input_token_count": "3"}}) == Usage(None, None)


@pytest.mark.parametrize(
    ("fields", "truncated"),
    [
        ({}, False),
        ({"logs": LOGS.replace("515", "1024")}, True),
        ({"output": ['{"garment_type": "dre']}, True),
        ({"output": "no object"}, False),
    ],
)
def test_a_reply_says_whether_it_was_cut_off(fields: dict[str, Any], truncated: bool) -> None:
    reply, _ = run([says(prediction(**fields))], start)
    assert isinstance(reply, Reply)
    assert reply.truncated is truncated


@pytest.mark.parametrize(
    "headers", [{}, {"ratelimit-remaining": "5"}, {"ratelimit-remaining": "x", "ratelimit-reset": "1"}]
)
def test_headers_that_do_not_tell_the_quota_give_none(headers: dict[str, str]) -> None:
    reply, _ = run([says(prediction(), headers=headers)], start)
    assert reply.allowance is None


# What became of an intent


def listing(*results: object, following: str | None = None) -> Step:
    return says({"next": following, "previous": None, "results": list(results)}, 200)


def at(seconds: float) -> str:
    """A `created_at` so many seconds from now, as the API writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.123456Z", time.gmtime(time.time() + seconds))


def found(*steps: Any) -> tuple[Reply | Ticket | None, list[Received]]:
    return run(list(steps), lambda replicate: replicate.find(INTENT))


OTHER = {"prompt": "Describe.\n[manyeyes zyxwvutsrqponmlkjihgfedcba]"}


def test_finished_work_is_found_by_its_mark() -> None:
    reply, (received,) = found(
        listing(prediction(created_at=at(1), input=OTHER), prediction(created_at=at(0)))
    )
    assert reply == Reply('{"garment_type": "dress"}', Usage(263, 515))
    assert (received.method, received.path) == ("GET", "/v1/predictions")


@pytest.mark.parametrize("status", ["starting", "processing", "a status of tomorrow"])
def test_work_that_goes_on_is_found_as_a_ticket(status: str) -> None:
    ticket, _ = found(listing(prediction(status, created_at=at(0))))
    assert ticket == Ticket(INTENT, ID)


def test_finished_work_is_preferred_to_what_goes_on_and_to_what_failed() -> None:
    ended = prediction("failed", error="x")
    going = prediction("processing", id="going")
    assert isinstance(found(listing(ended, going, prediction()))[0], Reply)
    ticket, _ = found(listing(ended, going))
    assert isinstance(ticket, Ticket)
    assert ticket.id == "going"


def test_a_success_that_is_listed_without_its_output_is_a_ticket() -> None:
    slim = prediction()
    del slim["output"]
    assert isinstance(found(listing(slim))[0], Ticket)


@pytest.mark.parametrize(
    "results",
    [
        [],
        [prediction("failed", error="x")],
        [prediction("canceled")],
        [prediction("aborted")],
        [prediction(input=OTHER)],
        [prediction(input={})],
        [prediction(input=None, output=None, data_removed=True)],
        [prediction("failed", error="x", created_at=at(0), data_removed=True)],
        [prediction(input={"prompt": f"{INTENT.mark}\nmore"})],
        ["nonsense", 1, None],
    ],
)
def test_where_nothing_can_be_found_there_is_none(results: list[object]) -> None:
    assert found(listing(*results))[0] is None


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_without_a_list_cannot_know(status: int) -> None:
    with pytest.raises(Untraceable, match="keeps no list"):
        found(says({}, status))


@pytest.mark.parametrize(
    "removed",
    [
        prediction(output=None, data_removed=True),
        prediction(input=None, output=None, data_removed=True, created_at=at(0)),
        prediction(input=None, output=None, data_removed=True, created_at=None),
    ],
    ids=["ours", "of the right time", "of any time"],
)
def test_what_may_have_been_ours_and_was_removed_cannot_be_known(removed: dict[str, Any]) -> None:
    with pytest.raises(Untraceable, match=ID):
        found(listing(removed))
    assert isinstance(found(listing(removed, prediction()))[0], Reply)
    assert isinstance(found(listing(removed, prediction("processing")))[0], Ticket)


@pytest.mark.parametrize(("age", "traceable"), [(3_200.0, True), (3_400.0, False), (7_200.0, False)])
def test_after_an_hour_nobody_can_know_what_is_not_found(age: float, traceable: bool) -> None:
    old = replace(INTENT, created=time.time() - age)
    pages = [listing(prediction(input=OTHER))]
    if traceable:
        assert run(pages, lambda replicate: replicate.find(old))[0] is None
    else:
        with pytest.raises(Untraceable, match="too long ago"):
            run(pages, lambda replicate: replicate.find(old))
    # What is there is found, however old.
    assert isinstance(run([listing(prediction())], lambda replicate: replicate.find(old))[0], Reply)


def test_a_list_that_does_not_go_back_far_enough_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manyeyes.analyzers.replicate._MOST_PAGES", 2)
    young = [
        listing(prediction(input=OTHER, created_at=at(0)), following=f"https://x.test/?cursor={number}")
        for number in range(2)
    ]
    with pytest.raises(Untraceable, match="far enough"):
        found(*young)
    end = listing(prediction(input=OTHER, created_at=at(0)))
    assert found(young[0], end)[0] is None


@pytest.mark.parametrize(
    ("step", "ended", "heard"),
    [
        (hangs_up, False, False),
        (says(text="<html>", status=502), False, True),
        (says(text="<html>", status=200), False, False),
        (says(prediction("failed", error="unknown (E1000)")), True, False),
    ],
    ids=["reset", "HTML 502", "HTML 200", "failed"],
)
def test_a_broken_create_says_what_is_known_of_its_end(step: Step, ended: bool, heard: bool) -> None:
    with pytest.raises(Broken) as caught:
        run([step], start)
    assert (caught.value.ended, caught.value.heard) == (ended, heard)


def test_where_the_upload_broke_nothing_was_created() -> None:
    with pytest.raises(Broken) as caught:
        run([hangs_up], start, upload_above=1)
    assert caught.value.ended


def test_an_answer_that_is_no_list_is_an_error_and_not_a_no() -> None:
    with pytest.raises(Broken, match="no list"):
        found(says({"detail": "soon"}, 200))


def test_payers_are_told_apart_without_telling_the_token() -> None:
    one, same, other, elsewhere = (
        Replicate(token, base_url=origin).traits.payer
        for token, origin in (
            (TOKEN, "https://a.test"),
            (TOKEN, "https://a.test/v1/"),
            ("r8_other0123456789", "https://a.test"),
            (TOKEN, "https://b.test"),
        )
    )
    assert one == same
    assert len({one, other, elsewhere}) == 3
    assert re.fullmatch("[0-9a-f]{16}", one)


def test_pages_are_followed_on_our_own_origin() -> None:
    page = listing(
        prediction(input=OTHER, created_at=at(0)),
        following="https://elsewhere.test/v1/predictions?cursor=c%3D1",
    )
    reply, received = found(page, listing(prediction()))
    assert isinstance(reply, Reply)
    assert [each.path for each in received] == ["/v1/predictions", "/v1/predictions?cursor=c%3D1"]


def test_pages_older_than_the_intent_are_not_read() -> None:
    following = "https://api.replicate.com/v1/predictions?cursor=2"
    old = [prediction(input=OTHER, created_at=at(-seconds)) for seconds in (3_000, 4_000)]
    young = listing(prediction(input=OTHER, created_at=at(-100)), *old, following=following)
    assert len(found(young, listing(*old, following=following + "1"), listing(prediction()))[1]) == 2


def test_a_clock_that_is_off_does_not_hide_the_work() -> None:
    # The service's clock is a day behind ours; its Date header says so.
    behind = {"Date": formatdate(time.time() - 86_400, usegmt=True)}
    other = prediction(input=OTHER, created_at=at(-86_400))
    page = says({"results": [other], "next": "https://x.test/?cursor=2"}, 200, headers=behind)
    assert isinstance(found(page, listing(prediction()))[0], Reply)


def test_pages_that_go_in_circles_come_to_an_end() -> None:
    circle = listing(prediction(input=OTHER, created_at=at(0)), following="https://x.test/?cursor=1")
    with pytest.raises(Untraceable):
        found(circle)


def test_a_list_that_cannot_be_had_is_an_error_and_not_a_no() -> None:
    with pytest.raises(Broken):
        found(says(text="<html>", status=502))
    with pytest.raises(RateLimited):
        found(says({}, 429))


# Cancelling


def test_cancelling_posts_to_the_prediction() -> None:
    _, (received,) = run([says(prediction("canceled"), 200)], lambda replicate: replicate.cancel(TICKET))
    assert (received.method, received.path, received.body) == ("POST", f"/v1/predictions/{ID}/cancel", b"")


@pytest.mark.parametrize("status", [200, 404, 409, 422])
def test_that_there_is_nothing_left_to_cancel_is_no_error(status: int) -> None:
    run([says({}, status)], lambda replicate: replicate.cancel(TICKET))


@pytest.mark.parametrize(("status", "error"), [(401, AccessDenied), (429, RateLimited), (500, Broken)])
def test_a_cancel_that_did_not_get_through_says_so(status: int, error: type[AnalyzerError]) -> None:
    with pytest.raises(error):
        run([says({}, status)], lambda replicate: replicate.cancel(TICKET))


class Books:
    """A service that keeps books of its predictions, as far as the contract asks for it."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removesuffix("/cancel").rpartition("/")[2]
        if request.path == CREATE:
            name = f"{len(self.known):026d}"
            self.known.add(name)
            return web.json_response(prediction("processing", id=name, output=["{"]), status=201)
        if request.path == "/v1/predictions":
            return web.json_response({"next": None, "results": []})
        if name not in self.known:
            return web.json_response({"detail": "not found"}, status=404)
        return web.json_response(prediction(id=name))


class TestReplicateKeepsTheContract(AnalyzerContract):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Analyzer]:
        service = Service([Books().answer])
        async with serving(service), Replicate(TOKEN, base_url=service.origin) as replicate:
            yield replicate
