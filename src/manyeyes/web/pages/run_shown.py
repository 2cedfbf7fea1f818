"""A run as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from manyeyes.model.portfolio import Portfolio
from manyeyes.store.reports import RunSummary
from manyeyes.web.pages.words import binds_words, interval, moment, number, percent, took

#: Why a run stopped that a person ended.
_BY_REQUEST = ("stopped on the page", "stopped by request")
#: Lines of the table below the charts.
_LINES = 24
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Spark:
    """A small chart: a line over time in a field 100 wide and 30 high."""

    #: The line of `Vitals.lines` that it draws.
    line: str
    label: str
    #: What it comes to just now.
    now: str
    points: str
    kind: str = ""
    #: A second line to compare with.
    second: str = ""


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run, in figures and in words."""

    id: str
    portfolio: Portfolio
    #: `running`, `complete`, `stopped`, `interrupted` or `broken off`.
    state: str
    paused: bool
    #: What is said of one that goes on.
    message: str
    #: What is said of one that has ended, and below.
    headline: str
    subline: str
    analyzer: str
    started: float
    took: str
    current: int
    total: int | None
    analyzed: int
    failed: int
    reused: int
    left: str
    binds_words: str
    in_flight: int
    flights: Sequence[str]
    sparks: Sequence[Spark]
    table: Sequence[Sequence[str]]
    #: Why it stopped, where nobody wanted it to, and what to do.
    stopped: str = ""
    remedy: str = ""
    continued_by: str | None = None
    order: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, in a line."""

    id: str
    started: float
    analyzer: str
    state: str
    analyzed: int
    failed: int
    reused: int
    took: str


def run_shown(told: Mapping[str, Any]) -> RunShown:
    """A run of which the API tells this."""
    progress, vitals = told.get("progress") or {}, told.get("vitals") or {}
    series = vitals.get("series") or {}
    started, paused = _seconds(told["started"]), bool(told.get("paused"))
    analyzer = f"{told['analyzer']}, {told['model']}" if told.get("model") else str(told["analyzer"])
    stopped, remedy = _trouble(told)
    length = took(_length(told, progress, started))
    message = str(progress.get("message", "Starting analysis..."))
    return RunShown(
        id=told["id"],
        portfolio=Portfolio(told["portfolio"], told["portfolioName"]),
        state=told["state"],
        paused=paused,
        message=f"Paused. {message}" if paused else message,
        headline=_headline(told["state"], told.get("stopped"), progress),
        subline=f"{analyzer} · {moment(started)} · {length}",
        analyzer=analyzer,
        started=started,
        took=length,
        current=progress.get("current", 0),
        total=progress.get("total"),
        analyzed=progress.get("analyzed", 0),
        failed=progress.get("failed", 0),
        reused=progress.get("reused", 0),
        left=_left(progress, paused=paused),
        binds_words=binds_words(progress.get("bindingGate")),
        in_flight=vitals.get("inFlight", 0),
        flights=[str(flight["name"]) for flight in vitals.get("flights", ())],
        sparks=_sparks(vitals, series)
        if told["state"] == "running" or len(series.get("limit") or ()) > 1
        else (),
        table=_table(series),
        stopped=stopped,
        remedy=remedy,
        continued_by=told.get("continuedBy"),
        order=told.get("order") or {},
    )


def _seconds(moment_told: str) -> float:
    return datetime.fromisoformat(moment_told).timestamp()


def _length(told: Mapping[str, Any], progress: Mapping[str, Any], started: float) -> float:
    if told.get("ended"):
        return _seconds(told["ended"]) - started
    return float(progress.get("elapsedSeconds", 0.0))


def _left(progress: Mapping[str, Any], *, paused: bool) -> str:
    if paused:
        return "It goes on when you say so"
    return interval(progress.get("etaLowSeconds"), progress.get("etaHighSeconds"))


def _headline(state: str, stopped: str | None, progress: Mapping[str, Any]) -> str:
    if state == "complete":
        return str(progress.get("message", "Complete!"))
    of = "" if progress.get("total") is None else f" of {number(progress['total'])}"
    so_far = f"Analyzed {number(progress.get('analyzed', 0))}{of} images."
    began = {"interrupted": "Interrupted.", "broken off": "Broke off."}.get(state, "Stopped.")
    return f"{began} {so_far}" if stopped not in _BY_REQUEST else f"Stopped as you wished. {so_far}"


def _trouble(told: Mapping[str, Any]) -> tuple[str, str]:
    """Why a run has not ended as it should, and what to do."""
    kept = "Analyze again to go on: what was answered is kept, and not paid for twice."
    match told["state"]:
        case "stopped" if told.get("stopped") not in _BY_REQUEST:
            return str(told.get("stopped") or "Nobody said why it stopped."), kept
        case "broken off":
            return "Its program was killed, or the machine went down.", kept
    return "", ""


def _sparks(vitals: Mapping[str, Any], series: Mapping[str, Any]) -> list[Spark]:
    times = series.get("elapsedSeconds", [])

    def line(name: str, most: float | None = None, beside: str | None = None) -> tuple[str, str]:
        values, other = series.get(name, []), series.get(beside, []) if beside else []
        top = most or max((each for each in (*values, *other) if each is not None), default=0) or 1
        return _points(times, values, top), _points(times, other, top)

    def seconds(value: float | None) -> str:
        return _UNKNOWN if value is None else f"{value:.1f} s"

    errors = vitals.get("errorRate")
    flights, limit = line("inFlight", beside="limit")
    in_flight = f"{number(vitals.get('inFlight', 0))} of {number(vitals.get('limit', 0))}"
    return [
        Spark(
            "callsPerSecond",
            "Rate",
            f"{vitals.get('callsPerSecond', 0):.1f} a second",
            line("callsPerSecond")[0],
        ),
        Spark("errorRate", "Errors", _share(errors), line("errorRate", 1)[0], "error"),
        Spark("inFlight", "At once", in_flight, flights, "", limit),
        Spark(
            "responseSeconds",
            "Response",
            seconds(vitals.get("responseSecondsP50")),
            line("responseSeconds")[0],
        ),
    ]


def _points(times: Sequence[float], values: Sequence[float | None], most: float) -> str:
    last = times[-1] if times and times[-1] else 1
    told = (
        (100 * at / last, 29 - 27 * value / most)
        for at, value in zip(times, values, strict=False)
        if value is not None
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in told)


def _table(series: Mapping[str, Any]) -> list[list[str]]:
    """The charts' figures, newest first, thinned so that they can be read."""
    rows = list(
        zip(
            series.get("elapsedSeconds", ()),
            series.get("callsPerSecond", ()),
            series.get("errorRate", ()),
            series.get("inFlight", ()),
            series.get("limit", ()),
            series.get("responseSeconds", ()),
            strict=False,
        )
    )
    thinned = rows[:: -max(1, -(-len(rows) // _LINES))]
    return [
        [f"{at:.1f}", f"{rate:.2f}", _share(errors), f"{flight:g}", f"{limit}", _told(response)]
        for at, rate, errors, flight, limit, response in thinned
    ]


def _share(value: float | None) -> str:
    return _UNKNOWN if value is None else percent(value)


def _told(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.2f}"


def row_shown(run: RunSummary) -> RunRow:
    """A run as a list shows it."""
    length = "–" if run.ended is None else took(run.ended - run.started)
    analyzer = f"{run.adapter}, {run.model}" if run.model else run.adapter
    return RunRow(run.id, run.started, analyzer, run.state, run.analyzed, run.failed, run.reused, length)
