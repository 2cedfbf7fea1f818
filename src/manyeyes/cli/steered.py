"""What `pause`, `resume` and `stop` share: a run of another process is asked, and what it says is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from manyeyes.cli.codes import ALL_ANALYZED, STOPPED
from manyeyes.cli.places import consult
from manyeyes.cli.reading import SHORT
from manyeyes.cli.records import Records
from manyeyes.cli.words import printable
from manyeyes.model.errors import SettingsError
from manyeyes.store.reports import BROKEN_OFF, RunSummary
from manyeyes.store.steering import Standing, Wish

#: Seconds that a run is given to hear what is asked of it: it listens every two seconds.
HEARS_WITHIN = 15.0
#: Seconds between looks at whether it has.
LOOK_EVERY = 0.1

RunArgument = Annotated[str, typer.Argument(help="A run's id or the beginning of it.", metavar="RUN")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a run, and what is said when it has heard."""

    wish: Wish
    #: Whether a run that has nothing more to hear has done it.
    is_done: Callable[[Standing], bool]
    done: str
    #: What is said where it was so before; None where it never is.
    already: str | None


def steer(asked: Asked, text: str, store: str | None, server: str | None) -> None:
    """Ask the run that `text` names, wait until it has heard, and say what came of it.

    Exits with 1 where it does not hear in time. Raises SettingsError where nobody is there to hear.
    """
    said, code = consult(store, server, partial(_steer, asked, text), writes=True)
    typer.echo(printable(said), err=True)
    raise typer.Exit(code)


async def _steer(asked: Asked, text: str, records: Records) -> tuple[str, int]:
    run = await records.run(text)
    now = await records.standing(run)
    if asked.already is not None and _has_done(asked, now):
        return _sentence(run, asked.already), ALL_ANALYZED
    if not await records.want(run, asked.wish):
        raise SettingsError(_nobody_hears(run, asked.wish))
    try:
        async with asyncio.timeout(HEARS_WITHIN):
            return await _heard(asked, run, records), ALL_ANALYZED
    except TimeoutError:
        slow = f"has not answered for {HEARS_WITHIN:.0f} s, and will {asked.wish} when it comes to it"
        return _sentence(run, slow), STOPPED


async def _heard(asked: Asked, run: RunSummary, records: Records) -> str:
    """What came of it, as soon as something has."""
    while True:
        now = await records.standing(run)
        if now.state != "running":
            return _sentence(run, f"has ended: {now.stopped or now.state}")
        if _has_done(asked, now):
            return _sentence(run, asked.done)
        await asyncio.sleep(LOOK_EVERY)


def _has_done(asked: Asked, now: Standing) -> bool:
    return now.state == "running" and now.wanted is None and asked.is_done(now)


def _nobody_hears(run: RunSummary, wish: Wish) -> str:
    if run.state in ("running", BROKEN_OFF):
        return (
            f"run {run.id[:SHORT]} broke off, so nobody is there to {wish} it: "
            "run the same `manyeyes analyze` again, which goes on where it was"
        )
    return (
        f"run {run.id[:SHORT]} has ended ({run.state}), so there is nothing to {wish}: "
        "`manyeyes runs` lists those that go on"
    )


def _sentence(run: RunSummary, said: str) -> str:
    return f"Run {run.id[:SHORT]} {said}."
