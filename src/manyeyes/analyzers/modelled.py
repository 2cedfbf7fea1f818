"""An analyzer that behaves like a service by the numbers: latency, capacity, quota and faults."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Traits
from manyeyes.model.ask import Allowance, Ask, Reply, Usage
from manyeyes.model.errors import AnalyzerError, Broken, Overloaded, RateLimited, Refused, SettingsError
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket

_STANDARD_NORMAL = NormalDist()
_ANSWER = '{"garment_type": "dress", "is_garment": true}'
#: Where a draw falls in the bytes of a picture's hash; each is 8 bytes wide.
_LATENCY, _FAULT = 0, 1


@dataclass(frozen=True, slots=True)
class Latency:
    """Log-normal service times: `seconds` is their median or mean, `cv` deviation over mean; 0 is exact."""

    seconds: float = 3.0
    cv: float = 0.0
    of: Literal["median", "mean"] = "median"

    def at(self, quantile: float) -> float:
        """Seconds below which a share `quantile` of the service times lies, 0 < quantile < 1."""
        if self.cv == 0:
            return self.seconds
        # With σ² = ln(1 + cv²), median = e^μ and mean = e^(μ + σ²/2).
        variance = math.log1p(self.cv**2)
        shift = -variance / 2 if self.of == "mean" else 0.0
        return self.seconds * math.exp(shift + math.sqrt(variance) * _STANDARD_NORMAL.inv_cdf(quantile))


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `per_minute` requests, up to `burst` at once."""

    per_minute: float
    burst: int = 1
    #: Whether a refusal says how long to wait.
    names_wait: bool = True
    #: Whether every answer tells what is left.
    announced: bool = False

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        return 60.0 / self.per_minute


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of the calls, 0 to 1, that end badly once their time is over; what is left ends well."""

    #: The connection breaks and nothing was done.
    broken: float = 0.0
    #: The connection breaks and the work was done all the same: `find` knows of it.
    lost: float = 0.0
    overloaded: float = 0.0
    refused: float = 0.0
    #: An answer that is no descriptor.
    nonsense: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """What a modelled service can do at once, and how often it fails."""

    #: Calls worked on at once; None for any number.
    slots: int | None = None
    #: Calls beyond `slots` wait their turn; otherwise they are refused as Overloaded.
    queues: bool = True
    rate: Rate | None = None
    faults: Faults = Faults()


class Modelled:
    """A service by the numbers. It waits with `asyncio.sleep` alone, so it also runs in virtual time.

    What befalls a picture is drawn from `seed`, its sha256 (its name where that is empty) and the
    number of the attempt, and from nothing else: whoever calls in whatever order meets the same draws.
    """

    def __init__(
        self,
        latency: Latency = Latency(),
        *,
        seed: int = 1,
        service: Service = Service(),
        paid: bool = False,
        answer: str = _ANSWER,
    ) -> None:
        self._latency = latency
        self._seed = seed
        self._service = service
        self._answer = Reply(answer, Usage(263, 150))
        self._draws = latency.cv > 0 or service.faults != Faults()
        self._attempts: Counter[str] = Counter()
        self._lost: dict[str, Reply] = {}
        self._slots: asyncio.Semaphore | None = None
        #: When the bucket will be full again, in the loop's time.
        self._full_at = -math.inf
        self._traits = Traits(
            adapter="modelled",
            model="modelled",
            base_url="",
            preparation=Preparation(longest_edge=768),
            paid=paid,
            announces_quota=service.rate is not None and service.rate.announced,
        )

    @property
    def traits(self) -> Traits:
        """Those of a service that takes small JPEGs."""
        return self._traits

    async def __aenter__(self) -> Modelled:
        if self._service.slots is not None:
            self._slots = asyncio.Semaphore(self._service.slots)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._slots = None

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:  # noqa: ARG002
        """An answer after the picture's service time, or what the numbers have in store for it."""
        allowance = None if self._service.rate is None else self._admit(self._service.rate)
        seconds, fault = self._drawn(image) if self._draws else (self._latency.seconds, None)
        if self._slots is None:
            await asyncio.sleep(seconds)
        elif self._slots.locked() and not self._service.queues:
            raise Overloaded("The modelled service is at work on as much as it can.")
        else:
            async with self._slots:
                await asyncio.sleep(seconds)
        reply = self._answer if allowance is None else Reply(self._answer.text, self._answer.usage, allowance)
        return reply if fault is None else self._failed(fault, reply, intent)

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """Knows of no tickets, since it never gives one."""
        raise Broken(f"The modelled service knows nothing of ticket {ticket.id}.")

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """The answer that was lost on its way."""
        return self._lost.get(intent.id)

    async def cancel(self, ticket: Ticket) -> None:
        """Nothing is ever left to cancel."""

    def _admit(self, rate: Rate) -> Allowance | None:
        """Takes one request from the bucket, or raises RateLimited; refusals cost nothing.

        The bucket is kept as the time when it will be full again (the generic cell rate algorithm,
        ITU-T I.371): one number, and no rounding to drift.
        """
        now = asyncio.get_running_loop().time()
        full_at = max(self._full_at, now) + rate.interval
        wait = full_at - now - rate.burst * rate.interval
        # A caller that keeps to the very same rate must not be refused for the last bit of a float.
        if wait > 1e-6:
            raise RateLimited(
                "The modelled service limits the rate.",
                retry_after=wait if rate.names_wait else None,
                allowance=Allowance(0, wait) if rate.announced else None,
            )
        self._full_at = full_at
        if not rate.announced:
            return None
        left = rate.burst - (full_at - now) / rate.interval
        whole = max(0, math.floor(left + 1e-6))
        return Allowance(whole, max(0.0, (whole + 1 - left) * rate.interval))

    def _drawn(self, image: PreparedImage) -> tuple[float, str | None]:
        """Seconds that this attempt takes and the fault it ends in, if any."""
        name = image.sha256 or image.ref.name
        self._attempts[name] += 1
        text = f"{self._seed}:{name}:{self._attempts[name]}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()
        return self._latency.at(_quantile(digest, _LATENCY)), self._fault(_quantile(digest, _FAULT))

    def _fault(self, quantile: float) -> str | None:
        faults = self._service.faults
        reached = 0.0
        for name in ("broken", "lost", "overloaded", "refused", "nonsense"):
            reached += getattr(faults, name)
            if quantile < reached:
                return name
        return None

    def _failed(self, fault: str, reply: Reply, intent: Intent) -> Reply:
        if fault == "nonsense":
            return Reply("I cannot say.", reply.usage, reply.allowance)
        if fault == "lost":
            self._lost[intent.id] = reply
        raise _ERRORS[fault](f"The modelled service has this call end as {fault}.")


def opened(model: str | None, access: Access) -> Modelled:  # noqa: ARG001 - no account
    """The analyzer. Raises SettingsError where a model is named: it has none."""
    if model is not None:
        raise SettingsError("the modelled analyzer has no models: leave --model out")
    return Modelled()


_ERRORS: dict[str, type[AnalyzerError]] = {
    "broken": Broken,
    "lost": Broken,
    "overloaded": Overloaded,
    "refused": Refused,
}


def _quantile(digest: bytes, which: int) -> float:
    """A number between 0 and 1, never either, from 8 bytes of `digest`."""
    drawn = int.from_bytes(digest[8 * which : 8 * which + 8], "big")
    # 52 bits and a half: a float holds that exactly, so that nothing is rounded to 1.
    return ((drawn >> 12) + 0.5) / 2**52
