"""Tells an address that a run has ended, signed by the rules of Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from manyeyes.model.arrival import Refused
from manyeyes.model.errors import SettingsError

#: Seconds before the second try, and before the third.
WAITS = (5.0, 60.0)
_PREFIX = "whsec_"

#: Sends a body with headers to an address, under the rules for URLs; the status of the answer, or why not.
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int | Refused]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How telling went, as a run's JSON shows it."""

    state: Literal["waiting", "delivered", "failed"]
    tries: int = 0
    #: What was wrong at the last try.
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Its fields."""
        return {"state": self.state, "tries": self.tries, "error": self.error}


def key_of(secret: str) -> bytes:
    """The key in a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`. Raises SettingsError."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise SettingsError(
            f"MANYEYES_WEBHOOK_SECRET must be {_PREFIX} and then 24 to 64 random bytes in base64: "
            "`echo whsec_$(openssl rand -base64 32)` makes one"
        )
    return key


def signed(key: bytes, id_: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message: HMAC-SHA256 over its id, its time (seconds since the epoch) and its body."""
    signature = base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
    }


async def deliveries(
    post: Post,
    secret: str | None,
    url: str,
    id_: str,
    message: Mapping[str, object],
    *,
    made: int = 0,
    wait: float = 0.0,
) -> AsyncIterator[Delivery]:
    """Send a message, three times at most, until somebody takes it; how it stands after each try.

    Its id is the same every time, so that whoever hears it twice can know. Without a secret it is sent
    unsigned. `made` tries were made before, and the next one is due in `wait` seconds.
    """
    body = orjson.dumps(message)
    for tries, pause in enumerate((wait, *WAITS[made:]), made + 1):
        await asyncio.sleep(pause)
        at = int(time.time())
        headers = {"webhook-id": id_, "webhook-timestamp": str(at), "content-type": "application/json"}
        if secret is not None:
            headers = signed(key_of(secret), id_, at, body)
        error = await _tried(post, url, body, headers)
        if error is None:
            yield Delivery("delivered", tries)
            return
        yield Delivery("waiting" if tries <= len(WAITS) else "failed", tries, error)


async def _tried(post: Post, url: str, body: bytes, headers: Mapping[str, str]) -> str | None:
    """What went wrong; None where the message was taken."""
    status = await post(url, body, headers)
    if isinstance(status, Refused):
        return status.reason
    return None if 200 <= status < 300 else f"it answered {status}"
