"""Runs in figures that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import HTTPServer

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, start_http_server

from manyeyes.model.event import Ended, Event
from manyeyes.model.outcome import Failed, Outcome
from manyeyes.model.progress import Progress

#: What may hold calls back (`Progress.binds`), and the word for nothing.
GATES = (
    "concurrency", "requests", "tokens", "bytes", "cool-down", "upload", "down", "first word", "preparation",
    "paused", "nothing left", "none",
)  # fmt: skip
#: Seconds: calls to a vision model take from half a second to minutes.
_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)


class Metrics:
    """Counts what happens in any number of runs, in a registry of its own; `hear` is a run's listener."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._pictures = Counter(
            "manyeyes_pictures", "Pictures that have ended, by how.", ["outcome"], registry=registry
        )
        for outcome in ("analyzed", "reused", "failed"):
            self._pictures.labels(outcome)
        self._calls = Counter("manyeyes_calls", "Billable tries.", registry=registry)
        self._twice = Counter(
            "manyeyes_possibly_paid_twice", "Tries that nobody could find again.", registry=registry
        )
        self._sent = Counter("manyeyes_sent_bytes", "Bytes of pictures sent.", registry=registry)
        self._seconds = Histogram(
            "manyeyes_picture_seconds",
            "What the tries at a picture took together.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._left = Gauge("manyeyes_pictures_left", "Pictures of the latest run to go.", registry=registry)
        self._eta = Gauge(
            "manyeyes_eta_seconds", "Seconds left of the latest run; NaN while unknown.", registry=registry
        )
        self._gate = Enum(
            "manyeyes_binding_gate", "What holds calls back.", registry=registry, states=list(GATES)
        )
        self._gate.state("none")

    def watch(self, in_flight: Callable[[], float], limit: Callable[[], float]) -> None:
        """Show the calls in flight and how many there may be, whenever somebody looks."""
        flight = Gauge("manyeyes_calls_in_flight", "Calls in flight.", registry=self.registry)
        flight.set_function(in_flight)
        most = Gauge("manyeyes_concurrency_limit", "Calls that may be in flight.", registry=self.registry)
        most.set_function(limit)

    def hear(self, event: Event, progress: Progress) -> None:
        """Take an event of a run into account."""
        if isinstance(event, Ended):
            self._ended(event.outcome)
        if progress.total is not None:
            self._left.set(progress.total - progress.current)
        eta = progress.eta_seconds
        self._eta.set(float("nan") if eta is None else eta)
        self._gate.state("none" if progress.binds is None else progress.binds)

    def _ended(self, outcome: Outcome) -> None:
        failed = isinstance(outcome, Failed)
        self._pictures.labels("failed" if failed else "reused" if outcome.reused else "analyzed").inc()
        self._calls.inc(outcome.attempts)
        self._twice.inc(outcome.possibly_paid_twice)
        self._sent.inc(outcome.sent_bytes)
        if outcome.attempts:
            self._seconds.observe(outcome.seconds)


@contextmanager
def served(metrics: Metrics, port: int) -> Iterator[None]:
    """`/metrics` on this machine for as long as the block lasts. Raises OSError where the port is taken."""
    server, thread = start_http_server(port, "127.0.0.1", metrics.registry)
    try:
        yield
    finally:
        _end(server)
        thread.join()


def _end(server: HTTPServer) -> None:
    server.shutdown()
    server.server_close()
