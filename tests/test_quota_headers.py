"""What responses say of quotas and waits, provider by provider."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.analyzers.quota_headers import (
    GoogleRefusal,
    anthropic_allowance,
    duration,
    google_refusal,
    openai_allowance,
    plain_allowance,
    replicate_allowance,
    retry_after,
    wait_in_words,
)
from manyeyes.model.ask import Allowance
from manyeyes.stand_in.openai_quota import duration as written

NOON = "Thu, 21 Aug 2025 12:00:00 GMT"
NOON_SECONDS = 1_755_777_600
QUOTA = "generativelanguage.googleapis.com/generate_content_free_tier_requests"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1), ("6m0s", 360), ("120ms", 0.12), ("8.64s", 8.64), ("1m0s", 60), ("1h2m3.5s", 3723.5),
        ("2m59.56s", 179.56), ("250us", 0.00025), ("250µs", 0.00025), ("0s", 0), ("20", 20), (" 2.5 ", 2.5),
        ("", None), (None, None), ("soon", None), ("-1s", None), ("1d", None), ("1s2", None), ("nan", None),
        ("inf", None), ("9" * 400 + "s", None), ("s", None), ("1 s", None),
    ],
)  # fmt: skip
def test_a_span_of_time_is_read_as_go_writes_it_or_as_seconds(
    text: str | None, seconds: float | None
) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@given(st.integers(0, 10**9))
def test_what_the_stand_in_writes_is_read_to_the_millisecond(milliseconds: int) -> None:
    assert duration(written(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "2s"}, 2),
        ({"retry-after-ms": "130"}, 0.13),
        ({"retry-after-ms": "130", "retry-after": "1"}, 0.13),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1),
        ({"retry-after": "Thu, 21 Aug 2025 12:00:30 GMT", "date": NOON}, 30),
        ({"retry-after": "Thu, 21 Aug 2025 11:00:00 GMT", "date": NOON}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_from_its_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == (None if seconds is None else pytest.approx(seconds))


def test_a_date_without_the_services_clock_is_measured_by_ours() -> None:
    wait = retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert wait is not None
    assert 25 < wait <= 31


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://a.test.", 20),
        ("Requested 512. Please try again in 108ms.", 0.108),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 1h2m3.5s. Visit", 3723.5),
        ("Please retry in 19.424395716s.", 19.424395716),
        ("Request was throttled. Your rate limit resets in ~30s.", 30),
        ("Expected available in 1 second.", 1),
        ("Please retry after 12 seconds.", 12),
        ("Please try again later.", None),
        ("in 20s", None),
        ("", None),
    ],
)
def test_a_wait_is_read_from_words(text: str, seconds: float | None) -> None:
    assert wait_in_words(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        (
            {
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": "149400",
                "x-ratelimit-reset-tokens": "240ms",
            },
            Allowance(59, 1.0, 149_400, 0.0004),
        ),
        (
            # Thirty are missing and come back in three minutes: one in six seconds.
            {
                "x-ratelimit-limit-requests": "14400",
                "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s",
            },
            Allowance(14_370, 179.56 / 30),
        ),
        (
            {"x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "6m0s"},
            Allowance(None, 0, 7, 360),
        ),
        ({"x-ratelimit-remaining-requests": "99"}, Allowance(99)),
        (
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-limit-requests": "0",
             "x-ratelimit-reset-requests": "1s"},
            Allowance(0, 1.0),
        ),
        ({"x-ratelimit-remaining-requests": "many"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_openai_tells_requests_and_tokens(headers: dict[str, str], allowance: Allowance | None) -> None:
    assert told(openai_allowance(headers)) == told(allowance)


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        (
            {
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "40",
                "anthropic-ratelimit-requests-reset": "2025-08-21T12:00:12Z",
                "anthropic-ratelimit-tokens-limit": "30000",
                "anthropic-ratelimit-tokens-remaining": "29000",
                "anthropic-ratelimit-tokens-reset": "2025-08-21T12:00:02Z",
                "date": NOON,
            },
            Allowance(40, 1.2, 29_000, 0.002),
        ),
        (
            {
                "anthropic-ratelimit-input-tokens-remaining": "9000",
                "anthropic-ratelimit-output-tokens-remaining": "0",
                "anthropic-ratelimit-output-tokens-limit": "1000",
                "anthropic-ratelimit-output-tokens-reset": "2025-08-21T14:01:00+02:00",
                "date": NOON,
            },
            Allowance(None, 0, 0, 0.06),
        ),
        (
            {
                "anthropic-ratelimit-requests-remaining": "1",
                "anthropic-ratelimit-requests-reset": "2025-08-21T11:00:00",
                "date": NOON,
            },
            Allowance(1, 0.0),
        ),
        ({"anthropic-ratelimit-requests-reset": "2025-08-21T12:00:12Z"}, None),
    ],
)
def test_anthropic_tells_moments(headers: dict[str, str], allowance: Allowance | None) -> None:
    assert told(anthropic_allowance(headers)) == told(allowance)


def test_replicate_tells_seconds() -> None:
    assert replicate_allowance({"ratelimit-remaining": "599", "ratelimit-reset": "1"}) == Allowance(599, 1.0)
    assert replicate_allowance({"ratelimit-remaining": "599"}) is None


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        ({"ratelimit": '"default";r=50;t=30'}, Allowance(50, 30.0)),
        ({"ratelimit": '"minute";r=50;t=30, "day";r=4;t=7000'}, Allowance(4, 7000.0)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, Allowance(50, 5.0)),
        ({"ratelimit": '"default";r=50'}, Allowance(50, 0.0)),
        ({"ratelimit-remaining": "9", "ratelimit-reset": "2"}, Allowance(9, 2.0)),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOON_SECONDS + 7}000", "date": NOON},
            Allowance(0, 7.0),
        ),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOON_SECONDS + 7), "date": NOON},
            Allowance(0, 7.0),
        ),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "12"}, Allowance(3, 12.0)),
        ({"x-ratelimit-remaining": "3"}, Allowance(3, 0.0)),
        ({"ratelimit": "unlimited"}, None),
        ({"x-ratelimit-limit": "20"}, None),
        ({}, None),
    ],
)
def test_others_tell_by_the_draft_of_a_standard_or_by_custom(
    headers: dict[str, str], allowance: Allowance | None
) -> None:
    assert told(plain_allowance(headers)) == told(allowance)


@pytest.mark.parametrize(
    ("details", "message", "refusal"),
    [
        (
            [retry := {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "19s"}],
            "",
            (19, False),
        ),
        ([retry | {"retryDelay": "45.25s"}], "Please retry in 99s.", (45.25, False)),
        ([retry | {"retryDelay": "52758s"}], "", (52_758, False)),
        ([], "Please retry in 19.5s.", (19.5, False)),
        (
            [
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [
                        {"quotaMetric": QUOTA, "quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
                    ],
                },
                retry,
            ],
            "",
            (19, True),
        ),
        (
            [
                {
                    "@type": "x/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerMinute"}],
                }
            ],
            "",
            (None, False),
        ),
        ([retry | {"retryDelay": None}, "odd", {}], "", (None, False)),
        ("odd", None, (None, False)),
    ],
)
def test_gemini_tells_in_the_body(
    details: object, message: object, refusal: tuple[float | None, bool]
) -> None:
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": details}}
    assert google_refusal(body) == GoogleRefusal(*refusal)


@pytest.mark.parametrize("body", [{}, {"error": "x"}, {"error": None}])
def test_a_body_without_an_error_object_tells_nothing(body: dict[str, object]) -> None:
    assert google_refusal(body) == GoogleRefusal(None, for_the_day=False)


WORDS = st.text("0123456789.smhu-:,;=TZ \"'rt", max_size=20)


@given(st.dictionaries(st.sampled_from([
    "retry-after", "retry-after-ms", "date", "ratelimit", "ratelimit-remaining", "ratelimit-reset",
    "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-remaining-requests",
    "x-ratelimit-limit-requests", "x-ratelimit-reset-requests", "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
]), WORDS))  # fmt: skip
def test_whatever_stands_there_gives_counts_and_finite_waits_or_nothing(headers: dict[str, str]) -> None:
    wait = retry_after(headers)
    assert wait is None or 0 <= wait < math.inf
    for read in (openai_allowance, anthropic_allowance, replicate_allowance, plain_allowance):
        allowance = read(headers)
        if allowance is not None:
            assert all(0 <= reset < math.inf for reset in (allowance.reset, allowance.tokens_reset))
            assert all(left is None or left >= 0 for left in (allowance.remaining, allowance.tokens))


def told(allowance: Allowance | None) -> object:
    """An allowance to compare, its waits to the microsecond."""
    if allowance is None:
        return None
    waits = (round(allowance.reset, 6), round(allowance.tokens_reset, 6))
    return allowance.remaining, allowance.tokens, *waits
