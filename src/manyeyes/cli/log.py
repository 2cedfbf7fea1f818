"""The log of runs: a file that people tail and machines read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO, cast

import typer

from manyeyes.cli.faults import reason
from manyeyes.cli.streams import Steady
from manyeyes.cli.words import printable
from manyeyes.model.errors import SettingsError
from manyeyes.model.event import (
    Ended,
    Event,
    GroupEnded,
    Paused,
    ProviderBack,
    ProviderDown,
    Resumed,
    RunEnded,
    RunStarted,
    Skipped,
    Waiting,
)
from manyeyes.model.outcome import Failed, Outcome
from manyeyes.model.progress import Progress

Entry = MutableMapping[str, Any]


def _as_text(_: object, __: str, entry: Entry) -> str:
    """`2026-11-23T10:00:00Z info Batch complete { batchIndex: 1, totalBatches: 9 }`."""
    time, level, event = entry.pop("timestamp"), entry.pop("level"), entry.pop("event")
    fields = ", ".join(f"{key}: {_shown(value)}" for key, value in entry.items())
    return f"{time} {level} {event}" + (f" {{ {fields} }}" if fields else "")


def _shown(value: object) -> str:
    return json.dumps(printable(value), ensure_ascii=False) if isinstance(value, str) else json.dumps(value)


@contextmanager
def run_log(path: Path | None, form: Literal["text", "json"], level: str) -> Iterator[RunLog | None]:
    """A listener that writes what happens in a run to the end of `path`; None where no path is given.

    Raises SettingsError where the file cannot be opened. Where it cannot be written later, the log ends
    there, which is told at the end.
    """
    if path is None:
        yield None
        return
    import structlog  # noqa: PLC0415 - few runs write a log, and it takes as long as many another start

    try:
        file = path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    except OSError as error:
        raise SettingsError(f"--log-file {str(path)!r} cannot be written: {error.strerror}") from error
    lines = Steady(file)
    render = structlog.processors.JSONRenderer() if form == "json" else _as_text
    logger = structlog.wrap_logger(
        structlog.WriteLogger(cast(TextIO, lines)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    try:
        yield RunLog(logger)
    finally:
        _close(path, file, lines)


def _close(path: Path, file: TextIO, lines: Steady) -> None:
    """Close the log; say so where it ends too early."""
    fault = lines.fault
    try:
        file.close()
    except OSError as error:
        fault = fault or error
    if fault is not None:
        says = f"the log {str(path)!r} could not be written to its end: {reason(fault)}"
        typer.echo(printable(says), err=True)


class RunLog:
    """Writes the events of a run to a logger."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._gate: str | None = None
        self._tenths = 0

    def for_another(self) -> RunLog:
        """The log of a run beside this one, in the same file."""
        return RunLog(self._logger)

    def __call__(self, event: Event, progress: Progress) -> None:
        """Write what is worth a line."""
        match event:
            case RunStarted(run=run):
                self._logger.info("Run started", run=run)
            case Ended():
                self._ended(event, progress)
            case Skipped(what=what):
                self._logger.info("Passed over", name=what.name, reason=what.reason)
            case GroupEnded():
                self._logger.info("Batch complete", **_group(event))
                self._tell_gate(progress.binds)
            case RunEnded(stopped=stopped):
                self._logger.info("Run ended", **_counts(progress), stopped=stopped)
            case _:
                self._tell_standstill(event)

    def _tell_standstill(self, event: Event) -> None:
        """That nothing is sent for a while, and that it is again."""
        match event:
            case ProviderDown(said=said):
                self._logger.warning("Provider down", said=said)
            case ProviderBack():
                self._logger.info("Provider back")
            case Paused(in_flight=in_flight):
                self._logger.info("Paused", inFlight=in_flight)
            case Resumed(lost=lost):
                self._logger.info("Resumed", lostSeconds=round(lost, 3))
            case Waiting(pictures=pictures, holder=holder):
                self._logger.info("Waiting", pictures=pictures, holder=holder)
            case _:
                pass

    def _tell_gate(self, gate: str | None) -> None:
        """What holds calls back, where that has changed since it was last told."""
        if gate != self._gate:
            self._gate = gate
            self._logger.info("Held back", by=gate)

    def _ended(self, event: Ended, progress: Progress) -> None:
        outcome = event.outcome
        if isinstance(outcome, Failed):
            told = {"kind": outcome.kind, "message": outcome.message}
            self._logger.warning("Image failed", **_picture(outcome), **told)
        else:
            # What may have cost more than it had to is worth a line wherever failures are.
            tell = self._logger.warning if outcome.possibly_paid_twice else self._logger.debug
            tell("Image analyzed", **_picture(outcome), reused=outcome.reused, heldBy=event.binds)
        self._tell_time_left(progress)

    def _tell_time_left(self, progress: Progress) -> None:
        """At each tenth of the way, once it is known."""
        if progress.total is None or progress.left is None or progress.current == progress.total:
            return
        if (tenths := 10 * progress.current // progress.total) > self._tenths:
            self._tenths = tenths
            left = progress.left.by(progress.at)
            low, high = round(left.p10, 1), round(left.p90, 1)
            self._logger.info("Time left", seconds=round(left.p50, 1), low=low, high=high)


def _picture(outcome: Outcome) -> Mapping[str, object]:
    told = {"name": outcome.name, "attempts": outcome.attempts, "seconds": round(outcome.seconds, 3)}
    return {**told, **_paid_twice(outcome.possibly_paid_twice)}


def _paid_twice(count: int) -> Mapping[str, object]:
    return {"possiblyPaidTwice": count} if count else {}


def _group(event: GroupEnded) -> Mapping[str, object]:
    return {
        "batchIndex": event.index,
        "totalBatches": event.of,
        "processed": event.processed,
        "total": event.total,
    }


def _counts(progress: Progress) -> Mapping[str, object]:
    return {
        "total": progress.total,
        "analyzed": progress.analyzed,
        "failed": progress.failed,
        "reused": progress.reused,
        "seconds": round(progress.elapsed, 3),
        **_paid_twice(progress.possibly_paid_twice),
    }
