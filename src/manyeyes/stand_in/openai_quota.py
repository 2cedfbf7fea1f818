"""Requests and tokens a minute as OpenAI counts them, and how it says what is left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from manyeyes.stand_in.openai_problems import LIMITS_PAGE, ApiError
from manyeyes.stand_in.openai_world import Limits
from manyeyes.stand_in.quota import Bucket, Rate


@dataclass(frozen=True, slots=True)
class Counted:
    """One of the two buckets after a call."""

    #: `requests` or `tokens`.
    what: str
    rate: Rate
    bucket: Bucket
    #: Seconds that the call must wait for this one; 0.0 where it may pass.
    wait: float
    cost: float

    def undone(self) -> Counted:
        """The same where the call is refused for the other bucket, and takes nothing from this one."""
        if self.wait:
            return self
        return replace(self, bucket=replace(self.bucket, level=self.bucket.level + self.cost))

    @property
    def headers(self) -> dict[str, str]:
        """Its limit, what remains, and when it would be full again."""
        full_in = max(0.0, (self.rate.burst - self.bucket.level) / self.rate.per_second)
        return {
            f"x-ratelimit-limit-{self.what}": str(self.rate.burst),
            f"x-ratelimit-remaining-{self.what}": str(max(0, math.floor(self.bucket.level + 1e-9))),
            f"x-ratelimit-reset-{self.what}": duration(full_in),
        }

    def sentence(self, model: str) -> str:
        """What a 429 says of it, without the wait."""
        short = "RPM" if self.what == "requests" else "TPM"
        limit = round(self.rate.per_minute)
        used = max(0, round(self.rate.burst - self.bucket.level))
        return (
            f"Rate limit reached for {model} in organization org-standin on {self.what} per min ({short}): "
            f"Limit {limit}, Used {used}, Requested {round(self.cost)}."
        )


class OpenAIGate:
    """The buckets of every account and model."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def take(self, account: str, model: str, tokens: int, limits: Limits, now: float) -> dict[str, str]:
        """Let one call in; the headers that its answer must carry. Raises `ApiError` (429) with its own."""
        counted = [
            self._count((account, model, what), rate, cost, limits, now)
            for what, rate, cost in _rates(limits, tokens)
        ]
        held = max(counted, key=lambda each: each.wait)
        if held.wait and not limits.refused_count:
            counted = [each.undone() for each in counted]
        headers: dict[str, str] = {}
        for each in counted:
            self._buckets[account, model, each.what] = each.bucket
            headers |= each.headers if limits.announced else {}
        if held.wait:
            raise _refusal(held, model, limits, headers)
        return headers

    def told(self, account: str, model: str, limits: Limits, now: float) -> dict[str, str]:
        """The headers of an answer for which nothing was taken."""
        if not limits.announced:
            return {}
        headers: dict[str, str] = {}
        for what, rate, _ in _rates(limits, 0):
            bucket = self._buckets.get((account, model, what), Bucket(rate.burst, now)).after(now, rate)
            headers |= Counted(what, rate, bucket, 0.0, 0.0).headers
        return headers

    def _count(
        self, key: tuple[str, str, str], rate: Rate, cost: float, limits: Limits, now: float
    ) -> Counted:
        bucket = self._buckets.get(key, Bucket(rate.burst, now))
        bucket, wait = bucket.taken(now, rate, refused_count=limits.refused_count, cost=cost)
        return Counted(key[2], rate, bucket, wait, cost)


def _rates(limits: Limits, tokens: int) -> list[tuple[str, Rate, float]]:
    requests = limits.request_burst or max(1, round(limits.requests_per_minute))
    rates = [("requests", Rate(limits.requests_per_minute, requests), 1.0)]
    if limits.tokens_per_minute:
        burst = limits.token_burst or max(1, round(limits.tokens_per_minute))
        # What could never pass would be refused for ever.
        rates.append(("tokens", Rate(limits.tokens_per_minute, burst), float(min(tokens, burst))))
    return rates


def _refusal(held: Counted, model: str, limits: Limits, told: Mapping[str, str]) -> ApiError:
    headers, message, tells = dict(told), held.sentence(model), limits.tells
    if "header" in tells:
        headers["retry-after"] = str(math.ceil(held.wait - 1e-9))
    elif "date" in tells:
        then = datetime.now(UTC) + timedelta(seconds=math.ceil(held.wait))
        headers["retry-after"] = format_datetime(then, usegmt=True)
    if "ms" in tells:
        headers["retry-after-ms"] = str(math.ceil(held.wait * 1000))
    if "words" in tells:
        message += f" Please try again in {duration(held.wait)}."
    # A proxy that passes no waits on has no such words of its own either.
    says_nothing = tells == {"nothing"} and not told
    message = "Slow down." if says_nothing else f"{message} Visit {LIMITS_PAGE} to learn more."
    error = ApiError(429, message, held.what, "rate_limit_exceeded", headers=headers)
    error.wait = held.wait
    return error


def duration(seconds: float) -> str:
    """As Go writes it, to the millisecond: `120ms`, `8.64s`, `1m0s`, `2h0m0s`."""
    milliseconds = math.ceil(seconds * 1000 - 1e-6)
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    whole, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(whole, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}" if minutes else text
