"""What the Replicate adapter makes of everything that goes wrong."""

import asyncio
import time
from email.utils import formatdate
from typing import Any, get_args

import pytest

from manyeyes.analyzers.line import Answer
from manyeyes.analyzers.replicate import Replicate
from manyeyes.analyzers.replicate_errors import Call, error_for, failure_of, wait_named
from manyeyes.model.ask import Allowance
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    OutOfTime,
    Overloaded,
    RateLimited,
    Refused,
)
from replicate_service import (
    CREATE,
    ID,
    QUOTA,
    TICKET,
    TOKEN,
    Service,
    breaks_off,
    hangs_up,
    prediction,
    run,
    says,
    serving,
    stalls,
    start,
    start_error,
)


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("An unknown error occurred (E1000)", Broken),
        ("Out of memory (E1001)", Broken),
        ("Timeout starting prediction for this image (E6716)", Broken),
        ("Something else", Broken),
        (None, Broken),
        (
            "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
            Refused,
        ),
        ("Response was blocked: SAFETY", Refused),
        ("Invalid image format", Refused),
        ("cannot identify image file", Refused),
        ("Unable to process input image. Please retry or report in the issue tracker", Refused),
        ("Service is temporarily unavailable due to high demand", Overloaded),
        ("429 RESOURCE_EXHAUSTED", Overloaded),
    ],
)
def test_a_failed_prediction_is_sorted_by_its_reason(reason: str | None, error: type[AnalyzerError]) -> None:
    found = start_error(says(prediction("failed", error=reason)))
    assert type(found) is error
    assert reason is None or reason in str(found)


@pytest.mark.parametrize("status", ["canceled", "aborted"])
def test_a_prediction_stopped_at_its_deadline_is_out_of_time(status: str) -> None:
    assert type(start_error(says(prediction(status, output=None)))) is OutOfTime
    assert isinstance(failure_of({"status": status}), OutOfTime)


# What goes wrong

THROTTLED = "Request was throttled. "


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({"detail": THROTTLED + "Your rate limit resets in ~30s."}, {}, 30),
        ({"detail": THROTTLED + "Your rate limit resets in ~5s.", "status": 429, "retry_after": 6}, {}, 6),
        ({"detail": THROTTLED + "Expected available in 1 second."}, {}, 1),
        ({"detail": THROTTLED + "Expected available in 12 seconds."}, {"ratelimit-reset": "4"}, 12),
        ({"detail": "slow down", "retry_after": 6}, {"Retry-After": "7", "ratelimit-reset": "4"}, 7),
        ({"detail": "slow down"}, {"Retry-After": "0.5"}, 0.5),
        ({"detail": "slow down"}, {"Retry-After": "soon", "ratelimit-reset": "4"}, 4),
        ({"detail": "slow down", "retry_after": None}, {"ratelimit-reset": "4"}, 4),
        ({"detail": "slow down", "retry_after": "nan"}, {"Retry-After": "-1"}, None),
        ({"detail": "slow down"}, {}, None),
        ({}, {}, None),
    ],
)
def test_every_429_names_its_wait(body: dict[str, Any], headers: dict[str, str], wait: float | None) -> None:
    found = start_error(says(body, 429, headers=headers))
    assert type(found) is RateLimited
    assert found.retry_after == wait


def test_a_429_without_json_is_a_429() -> None:
    found = start_error(says(text="<html>slow down</html>", status=429, headers={"Retry-After": "3"}))
    assert isinstance(found, RateLimited)
    assert found.retry_after == 3


def test_a_429_tells_the_quota() -> None:
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "6"}
    found = start_error(says({"detail": "x"}, 429, headers=headers))
    assert isinstance(found, RateLimited)
    assert found.allowance == Allowance(0, 6.0)


@pytest.mark.parametrize("dated", [True, False])
def test_a_wait_named_as_a_date_is_counted_from_the_services_own_clock(dated: bool) -> None:
    now = time.time() + (86_400 if dated else 0)
    headers = {"retry-after": formatdate(now + 30, usegmt=True)}
    if dated:
        headers["date"] = formatdate(now, usegmt=True)
    wait = wait_named(Answer(429, headers, {}))
    assert wait is not None
    assert 28 <= wait <= 31


@pytest.mark.parametrize(
    ("status", "body", "error", "names"),
    [
        (
            401,
            {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"},
            AccessDenied,
            "REPLICATE_API_TOKEN",
        ),
        (403, {"detail": "no"}, AccessDenied, "REPLICATE_API_TOKEN"),
        (
            402,
            {"title": "Insufficient credit", "detail": "You have insufficient credit"},
            AccessDenied,
            "billing",
        ),
        (404, {"detail": "The requested resource could not be found."}, AccessDenied, "--model"),
        (
            422,
            {"title": "Invalid version or not permitted", "detail": "The specified version does not exist"},
            AccessDenied,
            "--model",
        ),
        (
            422,
            {
                "detail": "- input: prompt is required\n",
                "invalid_fields": [{"type": "required", "field": "input"}],
            },
            AccessDenied,
            "--model",
        ),
        (
            422,
            {
                "detail": "- input.images.0: Does not match format 'uri'\n",
                "invalid_fields": [{"field": "input.images.0"}],
            },
            Refused,
            "picture",
        ),
        (422, {"detail": "- input.images: too many\n"}, Refused, "picture"),
        (
            422,
            {"invalid_fields": [{"field": "input.images"}, {"field": "input.prompt"}]},
            AccessDenied,
            "--model",
        ),
        (413, {"detail": "Request entity too large"}, Refused, "too large"),
        (308, {}, AccessDenied, "REPLICATE_BASE_URL"),
        (500, {"detail": "Internal error"}, Broken, "Internal error"),
        (502, {}, Broken, "502"),
        (503, {}, Broken, "503"),
        (504, {}, Broken, "504"),
        (418, {}, Broken, "418"),
        (200, {}, Broken, "no JSON"),
        (201, {"status": "starting"}, Broken, "no id"),
        (201, {"id": ID}, Broken, "no status"),
        (201, {"id": "../../files/x", "status": "starting"}, Broken, "no id"),
        (201, {"id": 7, "status": "starting"}, Broken, "no id"),
    ],
)
def test_answers_are_sorted_by_what_is_done_about_them(
    status: int, body: dict[str, Any], error: type[AnalyzerError], names: str
) -> None:
    found = start_error(says(body, status))
    assert type(found) is error
    assert names in str(found)


def test_a_503_that_names_its_wait_is_an_overload() -> None:
    found = start_error(says({}, 503, headers={"Retry-After": "9"}))
    assert isinstance(found, Overloaded)
    assert found.retry_after == 9


@pytest.mark.parametrize(
    "step",
    [
        hangs_up,
        breaks_off,
        says(text="<html>Bad gateway</html>", status=502),
        says(text="<html>", status=201),
        says([1]),
        says(text="", status=201),
    ],
)
def test_a_line_that_breaks_is_broken(step: Any) -> None:
    assert type(start_error(step)) is Broken


def test_a_service_that_stalls_is_broken_after_the_patience() -> None:
    found = start_error(stalls, patience=0.05)
    assert type(found) is Broken
    assert "did not answer" in str(found)


def test_nobody_at_the_other_end_is_broken() -> None:
    async def main() -> str:
        async with serving(Service([stalls])) as service:
            origin = service.origin
        async with Replicate(TOKEN, base_url=origin) as replicate:
            with pytest.raises(Broken) as caught:
                await start(replicate)
            return str(caught.value)

    assert "127.0.0.1" in asyncio.run(main())


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 201 \x00\r\n\r\n",
        b"HTTP/1.1 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"",
    ],
)
def test_anything_but_http_is_broken(raw: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Replicate(TOKEN, base_url=f"http://127.0.0.1:{port}", patience=5) as replicate:
            with pytest.raises(Broken):
                await start(replicate)

    asyncio.run(main())


def test_a_service_that_repeats_the_token_does_not_get_it_into_a_message() -> None:
    echo = says({"detail": f"bad header Authorization: Bearer {TOKEN}"}, 401)
    assert "[token]" in str(start_error(echo))
    assert "[token]" in str(start_error(says(prediction("failed", error=f"oh {TOKEN}"))))


def test_a_redirect_is_not_followed_with_the_token() -> None:
    async def main() -> None:
        async with serving(Service([says(prediction())])) as other:
            step = says({}, 307, headers={"Location": f"{other.origin}{CREATE}"})
            async with (
                serving(Service([step])) as service,
                Replicate(TOKEN, base_url=service.origin) as replicate,
            ):
                with pytest.raises(AccessDenied, match="redirects to"):
                    await start(replicate)
            assert other.received == []

    asyncio.run(main())


def test_being_cancelled_is_passed_on() -> None:
    async def main() -> None:
        async with (
            serving(Service([stalls])) as service,
            Replicate(TOKEN, base_url=service.origin) as replicate,
        ):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await start(replicate)

    asyncio.run(main())


@pytest.mark.parametrize("status", [404, 422, 500])
def test_a_ticket_that_is_no_longer_known_is_broken(status: int) -> None:
    with pytest.raises(Broken):
        run([says({"detail": "gone"}, status)], lambda replicate: replicate.check(TICKET))


def test_a_look_that_is_pushed_back_says_so() -> None:
    with pytest.raises(RateLimited) as caught:
        run([says({"retry_after": 2}, 429, headers=QUOTA)], lambda replicate: replicate.check(TICKET))
    assert (caught.value.retry_after, caught.value.allowance) == (2, None)


def test_an_answer_that_was_removed_meanwhile_is_broken() -> None:
    gone = prediction(output=None, data_removed=True)
    with pytest.raises(Broken, match="removed"):
        run([says(gone)], lambda replicate: replicate.check(TICKET))


def test_every_status_gives_an_error_with_a_message_for_people() -> None:
    for status in range(300, 600):
        for call in get_args(Call):
            error = error_for(Answer(status, {}, {}), call, "a/b")
            assert len(str(error)) > 20


def test_a_token_of_few_letters_does_not_garble_the_answers() -> None:
    answered = start_error(says(prediction("failed", error="E1001: any of it")), token="any")
    assert "any of it" in str(answered)


@pytest.mark.parametrize(
    ("status", "said"), [(502, "HTTP 502 (Bad Gateway)"), (599, "HTTP 599 (without a reason)")]
)
def test_a_status_without_a_reason_is_put_into_words_once(status: int, said: str) -> None:
    assert str(error_for(Answer(status, {}, {}), "create", "a/b")) == f"Replicate answered with {said}."
