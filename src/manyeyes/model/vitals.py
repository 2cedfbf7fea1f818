"""How a run is going just now, and how it has gone since it began: what a chart of it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Seconds that "now" reaches back: rates, shares and response times are those of the last so many.
LATELY = 10.0
#: Calls in flight that are named at most.
NAMED = 50
#: Points of the series at most, however long the run is.
POINTS = 240


@dataclass(frozen=True, slots=True)
class Flight:
    """A call that is in flight."""

    #: Of the picture that it is about.
    name: str
    #: Since it was sent.
    seconds: float


@dataclass(frozen=True, slots=True)
class Point:
    """A span of a run: what its calls came to."""

    #: Seconds from the start of the run to the end of the span.
    elapsed: float
    #: Calls that ended in it, a second.
    rate: float
    #: Of these, the share that ended in an error; None where none ended.
    error_rate: float | None
    #: Calls in flight, on average.
    in_flight: float
    #: Calls that might have been in flight, at its end.
    limit: int
    #: Mean seconds of its answered calls; None where none was answered.
    response_seconds: float | None


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a run is going: rates and response times are those of the last ten seconds.

    A call is an attempt at a picture; an error is one that brought no answer: a refusal such as 429 or 503, a
    broken line, time that ran out.
    """

    #: Calls in flight, and the first of them to be sent: at most 50.
    in_flight: int = 0
    flights: tuple[Flight, ...] = ()
    #: Calls that may be in flight.
    limit: int = 0
    #: Calls that ended, a second.
    calls_per_second: float = 0.0
    #: Of these, the share that ended in an error; None where none ended.
    error_rate: float | None = None
    #: Of answered calls: as many took less as took more, and one in twenty took longer. None where none was
    #: answered.
    response_p50: float | None = None
    response_p95: float | None = None
    #: Bytes of pictures that ended calls had sent, a second.
    bytes_per_second: float = 0.0
    #: What holds the next call back (`Progress.binds`).
    binds: str | None = None
    #: The same over time since the start, in spans of one width: at most 240, the wider the longer the run.
    series: tuple[Point, ...] = ()

    def as_json(self, *, series: bool = True) -> dict[str, object]:
        """The fields as the API and the page spell them; `series` as one list for each of its lines.

        Without `series` it is small enough to be told many times a second.
        """
        fields: dict[str, object] = {
            "inFlight": self.in_flight,
            "flights": [{"name": each.name, "seconds": round(each.seconds, 2)} for each in self.flights],
            "limit": self.limit,
            "callsPerSecond": round(self.calls_per_second, 3),
            "errorRate": _rounded(self.error_rate, 4),
            "responseSecondsP50": _rounded(self.response_p50, 3),
            "responseSecondsP95": _rounded(self.response_p95, 3),
            "bytesPerSecond": round(self.bytes_per_second),
            "bindingGate": self.binds,
        }
        return fields | {"series": self.lines()} if series else fields

    def lines(self) -> Mapping[str, list[float | None]]:
        """The series as lines of a chart, all of one length."""
        return {
            "elapsedSeconds": [round(each.elapsed, 2) for each in self.series],
            "callsPerSecond": [round(each.rate, 3) for each in self.series],
            "errorRate": [_rounded(each.error_rate, 4) for each in self.series],
            "inFlight": [round(each.in_flight, 1) for each in self.series],
            "limit": [each.limit for each in self.series],
            "responseSeconds": [_rounded(each.response_seconds, 3) for each in self.series],
        }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
