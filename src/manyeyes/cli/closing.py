"""What is said when a run has ended: the counts, what failed and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from manyeyes.cli.words import printable, size, span
from manyeyes.model.progress import Progress
from manyeyes.portrait.failures import Cause


def counts(run: str | None, progress: Progress) -> Mapping[str, object]:
    """The object that `--json` prints; `run` is None where none was begun. Of a run that stopped, `total`
    counts what has ended, and `remaining` what has not."""
    fields: dict[str, object] = {
        "run": run,
        "total": progress.current,
        "analyzed": progress.analyzed,
        "failed": progress.failed,
        "reused": progress.reused,
        "seconds": round(progress.elapsed, 3),
    }
    if progress.possibly_paid_twice:
        fields["possiblyPaidTwice"] = progress.possibly_paid_twice
    if progress.total is None or progress.current < progress.total:
        left = None if progress.total is None else progress.total - progress.current
        fields |= {"remaining": left, "stopped": progress.stopped}
    return fields


def closing_line(progress: Progress) -> str:
    """One line on how the run as a whole ended."""
    if progress.stopped is None and progress.finished:
        return progress.message
    of = "" if progress.total is None else f" of {progress.total}"
    why = (progress.stopped or "interrupted").rstrip(".")
    return (
        f"Stopped ({why}). Analyzed {progress.analyzed}{of} images, {progress.failed} failed; "
        "nothing is lost: run the same command to go on."
    )


def asides(progress: Progress) -> list[str]:
    """What else is worth knowing of the run."""
    said = [f"Took {span(progress.elapsed)}."]
    if progress.reused:
        said.append(f"{progress.reused} were answered before and cost nothing.")
    if progress.passed_over:
        said.append(f"Passed over: {progress.passed_over} (no pictures).")
    if progress.sent_bytes:
        said.append(f"Sent {size(progress.sent_bytes)}.")
    if progress.possibly_paid_twice:
        said.append(
            f"{progress.possibly_paid_twice} possibly paid twice: a connection broke, and nobody could "
            "tell whether the call before had been carried out."
        )
    return said


def failure_lines(causes: list[Cause]) -> list[str]:
    """The causes of failures, each with its remedy and a few names."""
    lines: list[str] = []
    for cause in causes:
        names = ", ".join(map(printable, cause.examples))
        more = f" and {cause.count - len(cause.examples)} more" if cause.count > len(cause.examples) else ""
        lines.append(f"{cause.count} failed: {printable(cause.message)}")
        lines.append(f"  {names}{more}")
        lines.append(f"  {cause.remedy}")
    return lines
