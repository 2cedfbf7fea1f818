"""Token buckets, and the many ways in which Replicate says that one is empty."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product

from manyeyes.stand_in.world import Quotas


@dataclass(frozen=True, slots=True)
class Rate:
    """What flows into a bucket, and what it holds."""

    per_minute: float
    burst: int

    @property
    def per_second(self) -> float:
        """Tokens that flow back in one second."""
        return self.per_minute / 60

    @classmethod
    def of(cls, quotas: Quotas, *, create: bool) -> Rate:
        """The rate that holds for creates, or for all other requests."""
        if create and quotas.low_credit:
            return cls(6, 1)
        per_minute = quotas.creates_per_minute if create else quotas.others_per_minute
        burst = quotas.create_burst if create else quotas.other_burst
        return cls(per_minute, burst or max(1, round(per_minute)))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens at a moment; below zero it is in debt for calls that were refused."""

    level: float
    at: float

    def after(self, now: float, rate: Rate) -> Bucket:
        """The bucket at `now`, refilled but never above its burst."""
        level = self.level + (now - self.at) * rate.per_second
        return Bucket(min(level, rate.burst), now)

    def taken(self, now: float, rate: Rate, *, refused_count: bool, cost: float = 1) -> tuple[Bucket, float]:
        """The bucket after one call at `now`, and the seconds that call must wait: 0.0 where it may pass.

        With `refused_count` a refused call takes its cost as well, down to a debt of one burst; the wait
        allows for it, so that a caller who waits so long and is alone gets in.
        """
        full = self.after(now, rate)
        if full.level >= cost - 1e-9:
            return replace(full, level=full.level - cost), 0.0
        if refused_count:
            full = replace(full, level=max(full.level - cost, -float(rate.burst)))
        return full, (cost - full.level) / rate.per_second

    def headers(self, rate: Rate, reset_to: str) -> dict[str, str]:
        """The service's `ratelimit-remaining` and `ratelimit-reset` (whole seconds, rounded up)."""
        goal = rate.burst if reset_to == "full" else 1
        reset = max(0.0, (goal - self.level) / rate.per_second)
        return {
            "ratelimit-remaining": str(max(0, math.floor(self.level + 1e-9))),
            "ratelimit-reset": str(math.ceil(reset - 1e-9)),
        }


@dataclass(frozen=True, slots=True)
class ThrottleForm:
    """How one 429 speaks."""

    #: Which of the sentences: `resets`, `reduced`, `expected`, or `silent`, which names no time.
    text: str
    #: `Retry-After` is among the headers.
    header: bool = False
    #: `retry_after` (and `status`) stand in the body.
    body: bool = False
    #: `title` stands in the body.
    title: bool = False
    #: The `ratelimit-*` headers are there.
    limits: bool = True

    def answer(self, wait: float, rate: Rate) -> tuple[dict[str, object], dict[str, str]]:
        """Body and extra headers for a call that must wait `wait` seconds: told in whole ones, rounded up."""
        told = max(1, math.ceil(wait - 1e-9))
        body: dict[str, object] = {"detail": "Request was throttled." + _sentence(self.text, told, rate)}
        if self.title:
            body["title"] = "Request was throttled"
        if self.body:
            body |= {"status": 429, "retry_after": told}
        return body, {"Retry-After": str(told)} if self.header else {}


def _sentence(text: str, told: int, rate: Rate) -> str:
    match text:
        case "resets":
            return f" Your rate limit resets in ~{told}s."
        case "reduced":
            return (
                " Your rate limit for creating predictions is reduced to"
                f" {rate.per_minute:g} requests per minute with a burst of {rate.burst} requests"
                " while you have less than $5.0 in credit."
                f" Your rate limit resets in ~{told}s."
            )
        case "expected":
            return f" Expected available in {told} second{'' if told == 1 else 's'}."
        case _:
            return ""


TEXTS = ("resets", "reduced", "expected", "silent")

#: Every combination of sentence, `Retry-After`, `retry_after` and `ratelimit-*`; the last tells nothing.
FORMS: tuple[ThrottleForm, ...] = tuple(
    ThrottleForm(text, header, body, limits=limits)
    for text, header, body, limits in product(TEXTS, (True, False), (True, False), (True, False))
)


def throttle_form(name: str, refusals: int, *, low_credit: bool) -> ThrottleForm:
    """The form of the 429 after `refusals` others, as the setting `throttle_form` names it.

    `natural` speaks as was seen: `reduced` with `retry_after` under low credit, else `resets` alone.
    Raises `ValueError` for a name that is none.
    """
    if name == "natural":
        return ThrottleForm("reduced", body=True) if low_credit else ThrottleForm("resets")
    if name == "each":
        return FORMS[refusals % len(FORMS)]
    text, *tells = name.split("+")
    if text not in TEXTS or set(tells) - {"header", "body", "title", "no-limits"}:
        raise ValueError(
            f"throttle form {name!r}: say natural, each, or one of {', '.join(TEXTS)} with any of "
            "+header +body +title +no-limits"
        )
    return ThrottleForm(text, "header" in tells, "body" in tells, "title" in tells, "no-limits" not in tells)


class Gate:
    """The buckets of every account."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, bool], Bucket] = {}
        self._refusals = 0

    def take(self, account: str, quotas: Quotas, now: float, *, create: bool) -> Passage:
        """Let one call of `account` in, or refuse it."""
        rate = Rate.of(quotas, create=create)
        bucket = self._buckets.get((account, create), Bucket(rate.burst, now))
        bucket, wait = bucket.taken(now, rate, refused_count=quotas.refused_count)
        self._buckets[account, create] = bucket
        limits = bucket.headers(rate, quotas.reset_to)
        if not wait:
            return Passage(0.0, {}, limits)
        low_credit = create and quotas.low_credit
        form = throttle_form(quotas.throttle_form, self._refusals, low_credit=low_credit)
        self._refusals += 1
        body, extra = form.answer(wait, rate)
        return Passage(wait, body, extra | (limits if form.limits else {}))


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate says to one call."""

    #: Seconds that a refused call must wait; 0.0 where it may pass.
    wait: float
    #: Body of the 429; empty where it may pass.
    body: dict[str, object]
    #: Headers that the answer must carry.
    headers: dict[str, str]
