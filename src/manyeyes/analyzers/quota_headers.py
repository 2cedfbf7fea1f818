"""Reads what responses say of quotas and waits, in the forms of all providers."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from manyeyes.model.ask import Allowance

#: Names in lower case.
Headers = Mapping[str, str]

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_PART = r"\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|μs|ns)"
_DURATION = re.compile(rf"(?:{_PART})+")
_WAIT_IN_WORDS = re.compile(
    rf"(?:try again|retry|resets|available)\s+(?:in|after)\s+~?"
    rf"(?:(?P<go>(?:{_PART})+)\b|(?P<s>\d+(?:\.\d+)?)\s*s)",
    re.IGNORECASE,
)
#: `"default";r=50;t=30` and `limit=100, remaining=50, reset=5`.
_FIELD = re.compile(r"\b(r|t|remaining|reset)\s*=\s*(\d+(?:\.\d+)?)")
_FIELD_NAMES = {"r": "remaining", "remaining": "remaining", "t": "reset", "reset": "reset"}
#: A reset that is so large is a moment rather than a span: seconds since the epoch, or milliseconds.
_A_MOMENT, _IN_MILLISECONDS = 1e9, 1e11


def number(value: object) -> float | None:
    """A finite number of at least 0, from a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def http_date(text: str) -> float | None:
    """Seconds since the epoch, or None where `text` is no HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def duration(text: str | None) -> float | None:
    """Seconds of `6m0s`, `120ms`, `8.64s` (as Go writes them) or of a bare number of seconds."""
    text = (text or "").strip()
    if _DURATION.fullmatch(text):
        parts = re.findall(r"(\d+(?:\.\d+)?)([a-zµμ]+)", text)
        return number(sum(float(count) * _UNITS[unit] for count, unit in parts))
    return number(text)


def retry_after(headers: Headers) -> float | None:
    """Seconds to wait by `retry-after-ms`, or by `Retry-After`, given as such or as an HTTP date
    (RFC 9110, 10.2.3) by the service's own clock."""
    if (milliseconds := number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    if (seconds := duration(text)) is not None:
        return seconds
    then = http_date(text)
    return None if then is None else max(0.0, then - _now(headers))


def wait_in_words(text: str) -> float | None:
    """Seconds of `Please try again in 6m0s`, `Please retry in 19.4s`, `resets in ~30s`, `available in 1
    second`; None where no wait is named."""
    match = _WAIT_IN_WORDS.search(text)
    if match is None:
        return None
    return duration(match["go"]) if match["go"] else float(match["s"])


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one quota."""

    remaining: int
    #: Seconds until there is more.
    reset: float = 0.0

    @classmethod
    def of_bucket(cls, remaining: float | None, limit: float | None, full_in: float | None) -> Told | None:
        """Of a bucket that will be full in so many seconds: each unit that is missing takes an equal part."""
        if remaining is None:
            return None
        missing = 0.0 if limit is None else limit - remaining
        return cls(int(remaining), (full_in or 0.0) / max(1.0, missing))


def openai_allowance(headers: Headers) -> Allowance | None:
    """`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`; a reset is when the bucket is full again."""

    def told(what: str) -> Told | None:
        return Told.of_bucket(
            number(headers.get(f"x-ratelimit-remaining-{what}")),
            number(headers.get(f"x-ratelimit-limit-{what}")),
            duration(headers.get(f"x-ratelimit-reset-{what}")),
        )

    return _allowance(told("requests"), told("tokens"))


def anthropic_allowance(headers: Headers) -> Allowance | None:
    """`anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}`; a reset is the moment (RFC 3339) at
    which the bucket is full again. Where tokens are told by kind alone, the scarcer kind counts."""

    def told(what: str) -> Told | None:
        name = f"anthropic-ratelimit-{what}"
        return Told.of_bucket(
            number(headers.get(f"{name}-remaining")),
            number(headers.get(f"{name}-limit")),
            _seconds_until(headers.get(f"{name}-reset"), headers),
        )

    kinds = [kind for kind in map(told, ("input-tokens", "output-tokens")) if kind is not None]
    scarcer = min(kinds, key=lambda kind: kind.remaining, default=None)
    return _allowance(told("requests"), told("tokens") or scarcer)


def replicate_allowance(headers: Headers) -> Allowance | None:
    """`ratelimit-remaining` and `ratelimit-reset` (seconds)."""
    remaining, reset = number(headers.get("ratelimit-remaining")), number(headers.get("ratelimit-reset"))
    return None if remaining is None or reset is None else Allowance(int(remaining), reset)


def plain_allowance(headers: Headers) -> Allowance | None:
    """`RateLimit: "name";r=50;t=30`, its older forms (draft-ietf-httpapi-ratelimit-headers), or
    `X-RateLimit-Remaining` and `-Reset`, where the reset may be a moment: in seconds or milliseconds since
    the epoch. Of several policies the one with least left counts."""
    policies = [told for told in map(_policy, _policies(headers.get("ratelimit", ""))) if told is not None]
    if policies:
        return _allowance(min(policies, key=lambda told: told.remaining), None)
    if (found := replicate_allowance(headers)) is not None:
        return found
    remaining, reset = number(headers.get("x-ratelimit-remaining")), headers.get("x-ratelimit-reset")
    return None if remaining is None else Allowance(int(remaining), _seconds_until(reset, headers) or 0.0)


def _policies(field: str) -> list[str]:
    """The newer form has a policy between commas, the older one a value."""
    return field.split(",") if ";" in field else [field]


def _policy(text: str) -> Told | None:
    values = {_FIELD_NAMES[name]: float(value) for name, value in _FIELD.findall(text)}
    if "remaining" not in values:
        return None
    return Told(int(values["remaining"]), values.get("reset", 0.0))


def _allowance(requests: Told | None, tokens: Told | None) -> Allowance | None:
    if requests is None and tokens is None:
        return None
    return Allowance(
        None if requests is None else requests.remaining,
        0.0 if requests is None else requests.reset,
        None if tokens is None else tokens.remaining,
        0.0 if tokens is None else tokens.reset,
    )


def _seconds_until(text: str | None, headers: Headers) -> float | None:
    """Seconds until a moment, by the service's own clock, or the span that `text` is."""
    span = duration(text)
    if span is not None and span < _A_MOMENT:
        return span
    moment = _moment(text or "") if span is None else span / 1000 if span > _IN_MILLISECONDS else span
    return None if moment is None else max(0.0, moment - _now(headers))


def _moment(text: str) -> float | None:
    """Seconds since the epoch of an RFC 3339 date-time."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _now(headers: Headers) -> float:
    """Seconds since the epoch, by the service's clock where it says."""
    theirs = http_date(headers.get("date", ""))
    return time.time() if theirs is None else theirs


@dataclass(frozen=True, slots=True)
class GoogleRefusal:
    """What the details of a `google.rpc.Status` say of a refusal."""

    #: Seconds of `RetryInfo`, or of the message; None where neither names a wait.
    wait: float | None = None
    #: A quota of a whole day is used up: no wait within the day would help.
    for_the_day: bool = False


def google_refusal(body: Mapping[str, object]) -> GoogleRefusal:
    """Reads `RetryInfo` and `QuotaFailure` in the body of Gemini's 429s, which have no headers for them."""
    error = body.get("error")
    if not isinstance(error, Mapping):
        return GoogleRefusal()
    wait, for_the_day = wait_in_words(str(error.get("message") or "")), False
    for detail in _mappings(error.get("details")):
        kind = str(detail.get("@type"))
        if kind.endswith("google.rpc.RetryInfo"):
            named = duration(str(detail.get("retryDelay")))
            wait = wait if named is None else named
        elif kind.endswith("google.rpc.QuotaFailure"):
            ids = [str(each.get("quotaId")) for each in _mappings(detail.get("violations"))]
            for_the_day = any("PerDay" in each for each in ids)
    return GoogleRefusal(wait, for_the_day)


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else iter(())
