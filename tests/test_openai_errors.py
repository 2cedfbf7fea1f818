"""What the OpenAI adapter makes of everything that goes wrong, at OpenAI and elsewhere."""

from typing import Any

import pytest

from manyeyes.analyzers.line import Answer
from manyeyes.analyzers.openai_errors import error_for, fault_in
from manyeyes.analyzers.openai_wire import place_of
from manyeyes.model.ask import Allowance
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    Overloaded,
    Pushback,
    RateLimited,
    Refused,
)
from openai_service import LIMITS, completion, fault, start_error
from replicate_service import says

RPM = (
    "Rate limit reached for gpt-4o-mini in organization org-x on requests per min (RPM): Limit 3, Used 3, "
    "Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits. "
    "You can increase your rate limit by adding a payment method to your account at "
    "https://platform.openai.com/account/billing."
)
TPM = "Rate limit reached on tokens per min (TPM): Limit 200000, Used 199850. Please try again in 108ms."
PLACE = place_of("https://api.openai.com/v1")


def error(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> AnalyzerError:
    answer = Answer(status, headers or {}, body)
    found = fault_in(answer)
    assert found is not None
    return error_for(found, answer, "gpt-4o-mini", PLACE)


def limited(body: dict[str, Any], headers: dict[str, str] | None = None) -> RateLimited:
    found = error(429, body, headers)
    assert isinstance(found, RateLimited)
    return found


# Slow down


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        (fault(RPM, "requests", "rate_limit_exceeded"), {}, 20),
        (fault(TPM, "tokens", "rate_limit_exceeded"), {}, 0.108),
        (fault(RPM, "requests", "rate_limit_exceeded"), {"retry-after": "7"}, 7),
        (fault(RPM, "requests", "rate_limit_exceeded"), {"retry-after": "7", "retry-after-ms": "6500"}, 6.5),
        (fault("Too many requests", code=429), {}, None),
        ({"detail": "Rate limit exceeded"}, {}, None),
        ({}, {}, None),
        ({"error": "server busy, please try again.  maximum pending requests exceeded"}, {}, None),
    ],
)
def test_a_429_names_its_wait_in_headers_or_in_words(
    body: dict[str, Any], headers: dict[str, str], wait: float | None
) -> None:
    found = limited(body, headers).retry_after
    assert found == (None if wait is None else pytest.approx(wait))


def test_a_429_without_a_wait_names_that_of_the_quota_that_is_used_up() -> None:
    spent = LIMITS | {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"}
    found = limited(fault("Slow down."), spent)
    assert found.retry_after == 1.0
    assert found.allowance == Allowance(0, 1.0, 149_000, 0.0004)
    assert limited(fault("Slow down."), LIMITS).retry_after is None


def test_a_router_that_tells_moments_is_understood() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1755777607000"}
    headers["date"] = "Thu, 21 Aug 2025 12:00:00 GMT"
    assert limited(fault("Rate limit exceeded: free-models-per-min", code=429), headers).retry_after == 7.0


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait"),
    [
        (503, fault("The engine is currently overloaded, please try again later", "server_error"), {}, None),
        (503, fault("Loading model", "unavailable_error", 503), {}, None),
        (503, {"error": "server busy, please try again.  maximum pending requests exceeded"}, {}, None),
        (503, {}, {"retry-after": "5"}, 5),
        (529, fault("Overloaded"), {"retry-after": "2"}, 2),
    ],
)
def test_a_service_short_of_capacity_is_overloaded(
    status: int, body: dict[str, Any], headers: dict[str, str], wait: float | None
) -> None:
    found = error(status, body, headers)
    assert isinstance(found, Overloaded)
    assert found.retry_after == wait


# No picture would fare better


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("insufficient_quota", "insufficient_quota"),
        ("insufficient_quota", None),
        ("insufficient_quota", "credit_balance_exhausted"),
        (None, "billing_hard_limit_reached"),
    ],
)
def test_an_account_without_credit_is_told_apart_from_a_rate_by_type_or_code(
    kind: str | None, code: str | None
) -> None:
    found = error(429, fault("You exceeded your current quota.", kind, code), {"retry-after": "1"})
    assert isinstance(found, AccessDenied)
    assert "credit" in str(found)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, fault("Incorrect API key provided", code="invalid_api_key"), "OPENAI_API_KEY"),
        (401, {}, "OPENAI_API_KEY"),
        (402, fault("Insufficient credits", code=402), "credit"),
        (403, fault("Country not supported", code="unsupported_country_region_territory"), "OPENAI_API_KEY"),
        (404, fault("The model `gpt-9` does not exist", code="model_not_found"), "--model"),
        (404, {"detail": "Not Found"}, "OPENAI_BASE_URL"),
        (400, fault("This model does not support image inputs."), "--model"),
        (400, fault("Invalid content type. image_url is only supported by certain models."), "--model"),
        (400, {"object": "error", "message": "llama-3 is not a multimodal model", "code": 400}, "--model"),
        (400, fault("Unsupported parameter: 'temperature'", param="temperature"), "temperature"),
        (302, {}, "redirects"),
    ],
)
def test_what_concerns_every_picture_stops_the_run(status: int, body: dict[str, Any], said: str) -> None:
    found = error(status, body, {"location": "https://elsewhere.test"})
    assert isinstance(found, AccessDenied)
    assert said in str(found)


# This picture alone


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, fault("Your request was rejected by our safety system.", code="content_policy_violation")),
        (400, fault("The response was filtered", code="content_filter")),
        (403, fault("Input was flagged", code=403, metadata={"reasons": ["violence"]})),
        (400, fault("You uploaded an unsupported image.", code="invalid_image_format")),
        (400, fault("Failed to decode", param="messages[0].content[1].image_url.url")),
        (400, fault("invalid image input", "invalid_request_error")),
        (413, {}),
        (413, fault("Request body is larger than 52428800 bytes.")),
        (429, fault("Request too large for gpt-4o on tokens per min (TPM): Limit 100.", "tokens")),
    ],
)
def test_what_concerns_one_picture_fails_that_one(status: int, body: dict[str, Any]) -> None:
    assert isinstance(error(status, body), Refused)


# Nobody's fault


@pytest.mark.parametrize(
    ("status", "body", "ended"),
    [
        (500, fault("The server had an error while processing your request.", "server_error"), True),
        (500, {}, False),
        (502, {}, False),
        (503, {}, False),
        (504, {}, False),
        (408, fault("Timed out"), True),
    ],
)
def test_a_breakdown_has_ended_the_work_only_where_the_service_itself_says_so(
    status: int, body: dict[str, Any], ended: bool
) -> None:
    found = error(status, body)
    assert isinstance(found, Broken)
    assert (found.heard, found.ended) == (True, ended)


# Success that is none


@pytest.mark.parametrize(
    ("code", "kind"),
    [(429, RateLimited), (402, AccessDenied), (502, Broken), ("odd", Broken), (None, Broken)],
)
def test_an_error_in_the_body_of_a_200_counts_by_its_code(code: object, kind: type[AnalyzerError]) -> None:
    found = start_error(says(fault("Provider returned error", code=code), 200))
    assert type(found) is kind


def test_an_error_beside_a_choice_counts_too() -> None:
    body = completion("", "error")
    body["choices"][0]["error"] = {"code": 503, "message": "Provider overloaded"}
    assert isinstance(start_error(says(body, 200)), Overloaded)


@pytest.mark.parametrize("error_key", [None, {}, ""])
def test_an_empty_error_is_none(error_key: object) -> None:
    assert fault_in(Answer(200, {}, completion() | {"error": error_key})) is None


@pytest.mark.parametrize("status", [100, 299, 300, 400, 418, 422, 499, 500, 599, 777])
def test_whatever_comes_is_an_error_of_ours_with_a_sentence(status: int) -> None:
    odd: list[dict[str, Any]] = [{"error": 7}, {"error": ["x"]}, {"detail": [{"loc": []}]}, {"error": {}}]
    for body in ({}, fault("x"), *odd):
        found = error(status, body)
        assert str(found).endswith(".")
        assert len(str(found)) < 700
        assert not isinstance(found, Pushback) or status in (429, 503, 529)
