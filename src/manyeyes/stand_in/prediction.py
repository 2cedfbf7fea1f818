"""A prediction, and the object that the service shows of it at each stage of its life."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from manyeyes.stand_in.order import Order
from manyeyes.stand_in.pictures import Picture
from manyeyes.stand_in.replies import Answer
from manyeyes.stand_in.weather import Draw

#: From any byte to a letter or digit.
_BASE36 = (b"0123456789abcdefghijklmnopqrstuvwxyz" * 8)[:256]
_BASE32 = b"abcdefghijklmnopqrstuvwxyz234567" * 8

#: Share of the running time that passes before the first piece of output.
FIRST_OUTPUT = 0.3


def new_id(length: int = 26, alphabet: bytes = _BASE36) -> str:
    """A random id in the service's manner: 26 of [a-z0-9]."""
    return secrets.token_bytes(length).translate(alphabet).decode()


class Clock:
    """Seconds since the stand-in began, and what the wall clock shows at them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._zero = loop.time()
        self._began = datetime.now(UTC)

    def now(self) -> float:
        """Seconds since the beginning, on the loop's monotonic clock."""
        return self._loop.time() - self._zero

    def wall(self, t: float, precision: str = "microseconds") -> str:
        """The moment `t` as RFC 3339, with a Z."""
        return (self._began + timedelta(seconds=t)).isoformat(timespec=precision).replace("+00:00", "Z")

    def moment(self, t: float) -> datetime:
        """The moment `t`, aware of its zone."""
        return self._began + timedelta(seconds=t)

    def call_later(self, delay: float, callback: Callable[..., None], *args: object) -> asyncio.TimerHandle:
        """As the loop does it."""
        return self._loop.call_later(delay, callback, *args)


@dataclass(slots=True, eq=False)
class Prediction:
    """One piece of work that was bought. All moments are seconds of the stand-in's clock."""

    account: str
    order: Order
    draw: Draw
    created: float
    pictures: list[Picture]
    #: Picture bytes in all, and the first one's sha256; they outlive the pictures.
    bytes: int
    sha256: str | None
    id: str = field(default_factory=new_id)
    stream: str = field(default_factory=lambda: new_id(52, _BASE32))
    #: Order of creation.
    number: int = 0
    status: str = "starting"
    #: Set when it has left the queue and holds a slot.
    holds_slot: bool = False
    started: float | None = None
    #: Seconds from its start to its end, known at the start.
    runs: float = 0.0
    completed: float | None = None
    removed: bool = False
    #: Worked out when first needed, and dropped with the rest of the data.
    answer: Answer | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def speaks(self, now: float) -> bool:
        """Whether it runs and its first pieces may be out."""
        return (
            self.started is not None and not self.completed and now >= self.started + FIRST_OUTPUT * self.runs
        )

    def due(self, piece: int, pieces: int) -> float:
        """When piece `piece` (from 0) of `pieces` leaves the model, once started."""
        assert self.started is not None
        share = FIRST_OUTPUT + (1 - FIRST_OUTPUT) * (piece + 1) / (pieces + 1)
        return self.started + share * self.runs

    def remove(self) -> None:
        """Forget input, output and logs, as the service does after an hour."""
        self.removed = True
        self.answer = None
        self.order = Order(self.order.model, self.order.version, {}, cancel_after=self.order.cancel_after)


@dataclass(frozen=True, slots=True)
class Showing:
    """How predictions are shown, and whose address they carry."""

    origin: str
    clock: Clock

    def created(self, prediction: Prediction, *, output_before: str) -> dict[str, object]:
        """As a create answers that is not finished, or whose wait ran out: `starting`, whatever is true."""
        shown = self._base(prediction, "starting", "milliseconds") | {"logs": ""}
        return shown | {"output": None} if output_before == "null" else shown

    def waited(self, prediction: Prediction, *, pieces: int | None = None) -> dict[str, object]:
        """As a create answers whose wait was met: `processing` with the output, or its first `pieces`."""
        chunks = prediction.answer.chunks if prediction.answer else ()
        shown = self._base(prediction, "processing", "milliseconds")
        return shown | {"logs": "", "output": list(chunks[:pieces])}

    def read(self, prediction: Prediction) -> dict[str, object]:
        """As GET, the list and cancel show it: each key from the moment on that it has a meaning."""
        shown = self._base(prediction, prediction.status, "microseconds")
        shown |= {"output": self._output(prediction), "logs": self._logs(prediction)}
        if prediction.status == "failed" and prediction.answer is not None:
            shown["error"] = prediction.answer.error
        if prediction.started is not None:
            shown["started_at"] = self.clock.wall(prediction.started)
        if prediction.completed is not None:
            shown["completed_at"] = self.clock.wall(prediction.completed)
            shown["metrics"] = _metrics(prediction)
        return shown

    def _base(self, prediction: Prediction, status: str, precision: str) -> dict[str, object]:
        order = prediction.order
        url = f"{self.origin}/v1/predictions/{prediction.id}"
        shown: dict[str, object] = {
            "id": prediction.id,
            "model": order.model,
            "version": order.version,
            "input": dict(order.input),
            "data_removed": prediction.removed,
            "error": None,
            "status": status,
            "source": "api",
            "created_at": self.clock.wall(prediction.created, precision),
            "urls": {
                "cancel": f"{url}/cancel",
                "get": url,
                "stream": f"{self.origin}/v1/streams/{prediction.stream}",
                "web": f"https://replicate.com/p/{prediction.id}",
            },
        }
        if order.cancel_after is not None:
            shown["deadline"] = self.clock.wall(prediction.created + order.cancel_after)
        if order.webhook is not None:
            shown["webhook"] = order.webhook
        return shown

    def _output(self, prediction: Prediction) -> list[str] | None:
        """All of it at the end; the pieces that are out while running; None before the first."""
        if prediction.removed or prediction.answer is None:
            return None
        chunks = prediction.answer.chunks
        if prediction.status == "succeeded":
            return list(chunks)
        if prediction.status != "processing":
            return None
        now = self.clock.now()
        out = [chunk for index, chunk in enumerate(chunks) if prediction.due(index, len(chunks)) <= now]
        return out or None

    def _logs(self, prediction: Prediction) -> str | None:
        if prediction.removed or prediction.status in ("canceled", "aborted"):
            return None
        if prediction.started is None:
            return ""
        name = prediction.order.model.partition("/")[2]
        lines = [f"Generating text with {name}..."]
        if prediction.order.pictures:
            lines.append(f"Processing {len(prediction.order.pictures)} images...")
        answer = prediction.answer
        if prediction.status == "succeeded" and answer is not None and prediction.completed is not None:
            lines += [
                f"Text generation completed in {prediction.completed - prediction.started:.2f}s",
                f"Input token count: {answer.input_tokens}",
                f"Output token count: {answer.output_tokens}",
            ]
        return "\n".join(lines)


def _metrics(prediction: Prediction) -> dict[str, float]:
    """Seconds of running, and of running and waiting; what never started has no running time."""
    assert prediction.completed is not None
    total = {"total_time": round(prediction.completed - prediction.created, 9)}
    if prediction.started is None:
        return total
    return {"predict_time": round(prediction.completed - prediction.started, 9)} | total
