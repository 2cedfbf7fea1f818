"""How far a run is: one value, folded from events, that every display renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, assert_never

from manyeyes.model.event import (
    Ended,
    Event,
    GroupEnded,
    Listed,
    Paused,
    ProviderBack,
    ProviderDown,
    Resumed,
    RunEnded,
    RunStarted,
    Skipped,
    Waiting,
)
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.model.time_left import TimeLeft

#: What is said to hold calls back while a run is paused.
PAUSED = "paused"
#: Calls that must have ended before their rate is worth showing.
CALLS_BEFORE_RATE = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run after its latest event. Times are seconds of the loop's clock."""

    #: Pictures that have ended, failed ones too.
    current: int = 0
    #: None until listing has ended.
    total: int | None = None
    #: Name of the picture that ended last.
    current_image: str | None = None
    analyzed: int = 0
    failed: int = 0
    #: Of `analyzed`, those answered without a call.
    reused: int = 0
    passed_over: int = 0
    #: Creates that nobody could find again after a crash or a broken connection.
    possibly_paid_twice: int = 0
    #: What was wrong with `current_image`, where it failed.
    error: str | None = None
    #: Maps this run into a caller's larger bar: per cent at its start and end.
    overall_range: tuple[float, float] = (0, 100)
    started_at: float = 0.0
    at: float = 0.0
    #: Pictures that ended by a call of this run rather than by an answer already there.
    called: int = 0
    #: Bytes of pictures that went over the line.
    sent_bytes: int = 0
    #: What held the next call back when the latest picture ended: `concurrency`, `requests`, `tokens`,
    #: `cool-down`, `upload`, `down`, `first word`, `bytes`, `preparation`, `paused`, or `nothing left`; None
    #: where nothing did.
    binds: str | None = None
    #: How long the rest will take, as it was told last; None while nobody can tell.
    left: TimeLeft | None = None
    #: Nothing more is sent for now; and the seconds that pauses have cost before.
    paused: bool = False
    lost: float = 0.0
    finished: bool = False
    #: Why the run stopped before its end.
    stopped: str | None = None

    @property
    def percentage(self) -> int | None:
        """Whole per cent, halves rounded up; None while the total is unknown."""
        if self.total is None:
            return None
        return (200 * self.current + self.total) // (2 * self.total) if self.total else 100

    @property
    def overall(self) -> float:
        """Where the larger bar stands, in its own per cent."""
        start, end = self.overall_range
        done = self.current / self.total if self.total else float(self.finished)
        return round(start + (end - start) * done, 2)

    @property
    def elapsed(self) -> float:
        """Seconds from the start of the run to its latest event."""
        return self.at - self.started_at

    @property
    def rate(self) -> float | None:
        """Pictures a second by calls of this run, pauses left out; None until it means something, and while
        the run is paused."""
        if self.paused or self.called < CALLS_BEFORE_RATE or self._worked <= 0:
            return None
        return self.called / self._worked

    @property
    def upload_rate(self) -> float | None:
        """Bytes of pictures sent a second, over the run so far but for its pauses; None where none were sent,
        and while it is paused."""
        if self.paused or not self.sent_bytes or self._worked <= 0:
            return None
        return self.sent_bytes / self._worked

    @property
    def _worked(self) -> float:
        """Seconds of the run without its pauses."""
        return self.elapsed - self.lost

    @property
    def eta_seconds(self) -> float | None:
        """Seconds left, as likely too many as too few; None while nobody can tell."""
        return None if self.left is None else self.left.by(self.at).p50

    @property
    def eta_interval(self) -> tuple[float, float] | None:
        """Between so many seconds and so many: of ten runs that stand so, eight are to end in between."""
        if self.left is None:
            return None
        left = self.left.by(self.at)
        return left.p10, left.p90

    @property
    def message(self) -> str:
        """The line that a person reads."""
        if self.finished and self.stopped is None:
            return self._complete()
        if self.current == 0:
            return "Starting analysis..."
        of = "" if self.total is None else f" of {self.total}"
        return f"Analyzing image {self.current}{of}..."

    def _complete(self) -> str:
        if self.failed:
            return f"Complete! Analyzed {self.analyzed} of {self.total} images, {self.failed} failed."
        return f"Complete! Analyzed {self.analyzed} images."

    def after(self, event: Event) -> Progress:
        """This progress once `event` has happened."""
        match event:
            case RunStarted(at=at):
                return replace(self, started_at=at, at=at)
            case Listed(total=total, at=at, left=left):
                return replace(self, total=total, at=at, left=left)
            case Ended():
                return self._ended(event)
            case Skipped() | GroupEnded() | Waiting() | ProviderDown() | ProviderBack():
                return self._aside(event)
            case Paused(at=at):
                return replace(self, at=at, paused=True, binds=PAUSED, left=None)
            case Resumed() | RunEnded():
                return self._unpaused(event)
            case _:
                assert_never(event)

    def _aside(self, event: Skipped | GroupEnded | Waiting | ProviderDown | ProviderBack) -> Progress:
        match event:
            case Skipped():
                return replace(self, at=event.at, passed_over=self.passed_over + 1)
            case ProviderDown() | ProviderBack() if not self.paused:
                down = isinstance(event, ProviderDown)
                return replace(self, at=event.at, binds="down" if down else None, left=None)
            case _:
                return replace(self, at=event.at)

    def _unpaused(self, event: Resumed | RunEnded) -> Progress:
        binds, lost = None if self.paused else self.binds, self.lost + event.lost
        now = replace(self, at=event.at, paused=False, binds=binds, lost=lost)
        if isinstance(event, Resumed):
            return replace(now, left=event.left)
        return replace(now, finished=True, stopped=event.stopped)

    def _ended(self, event: Ended) -> Progress:
        outcome = event.outcome
        analyzed = isinstance(outcome, Analyzed)
        # Every field by name: `replace` would take longer than all the rest that is told of a picture.
        return Progress(
            current=self.current + 1,
            total=self.total,
            current_image=outcome.image.name,
            analyzed=self.analyzed + analyzed,
            failed=self.failed + (not analyzed),
            reused=self.reused + (analyzed and outcome.reused),
            passed_over=self.passed_over,
            possibly_paid_twice=self.possibly_paid_twice + outcome.possibly_paid_twice,
            error=outcome.message if isinstance(outcome, Failed) else None,
            overall_range=self.overall_range,
            started_at=self.started_at,
            at=event.at,
            called=self.called + (outcome.attempts > 0),
            sent_bytes=self.sent_bytes + outcome.sent_bytes,
            binds=event.binds,
            left=event.left,
            paused=self.paused,
            lost=self.lost,
        )

    def as_json(self) -> dict[str, object]:
        """The fields as `--progress json`, the API and the page spell them."""
        left = None if self.left is None else self.left.by(self.at)
        fields: dict[str, object] = {
            "current": self.current,
            "total": self.total,
            "percentage": self.percentage,
            "currentImage": self.current_image,
            "analyzed": self.analyzed,
            "failed": self.failed,
            "reused": self.reused,
            "overall": self.overall,
            "sentBytes": self.sent_bytes,
            "message": self.message,
            "elapsedSeconds": round(self.elapsed, 3),
            "etaSeconds": None if left is None else round(left.p50, 1),
            "etaLowSeconds": None if left is None else round(left.p10, 1),
            "etaHighSeconds": None if left is None else round(left.p90, 1),
            "bindingGate": self.binds,
        }
        if self.paused:
            fields["paused"] = True
        if self.error is not None:
            fields["error"] = self.error
        if self.possibly_paid_twice:
            fields["possiblyPaidTwice"] = self.possibly_paid_twice
        return fields

    @classmethod
    def from_json(
        cls, fields: Mapping[str, Any], *, finished: bool = False, stopped: str | None = None
    ) -> Self:
        """The progress that `as_json` told, its times counted from the start of the run.

        What is not told is taken as usual: the range of the larger bar, what was passed over, and that every
        picture that was not reused took a call. Raises KeyError, TypeError and ValueError where it is none.
        """
        at = float(fields["elapsedSeconds"])
        eta = [fields[f"eta{which}Seconds"] for which in ("Low", "", "High")]
        return cls(
            current=int(fields["current"]),
            total=None if fields["total"] is None else int(fields["total"]),
            current_image=fields["currentImage"],
            analyzed=int(fields["analyzed"]),
            failed=int(fields["failed"]),
            reused=int(fields["reused"]),
            possibly_paid_twice=int(fields.get("possiblyPaidTwice", 0)),
            error=fields.get("error"),
            at=at,
            called=int(fields["current"]) - int(fields["reused"]),
            sent_bytes=int(fields["sentBytes"]),
            binds=fields["bindingGate"],
            left=None if None in eta else TimeLeft(float(eta[0]), float(eta[1]), float(eta[2]), at),
            paused=bool(fields.get("paused", False)),
            finished=finished,
            stopped=stopped,
        )
