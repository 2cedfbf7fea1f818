"""A provider that goes down in mid-run costs time, and no picture."""

from __future__ import annotations

import asyncio
from math import inf

import pytest

from engine_world import DRESS, PAID, adds_up, album, analyze, go_on, limiter_of, starts
from manyeyes.analyzers.scripted import After, Scripted
from manyeyes.engine.run import Run
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import Broken, Refused
from manyeyes.model.event import ProviderBack, ProviderDown
from manyeyes.model.image import PreparedImage
from manyeyes.model.ticket import Intent, Ticket


class Down(Scripted):
    """Answers after three seconds, and from one time to another not at all."""

    def __init__(self, start: float, end: float) -> None:
        super().__init__(DRESS, seconds=3.0, traits=PAID)
        self._from, self._until = start, end
        #: Creates that nobody took.
        self.knocks: list[float] = []

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        now = asyncio.get_running_loop().time()
        if self._from <= now < self._until:
            self.knocks.append(now)
            raise Broken("connection refused", ended=True)
        return await super().start(image, ask, intent)


def test_no_picture_is_lost_while_the_provider_is_away_for_some_minutes() -> None:
    script = Down(20.0, 320.0)
    told = analyze(album(100), script)
    assert told.report.stopped is None
    assert (told.progress.analyzed, told.progress.failed) == (100, 0)
    assert adds_up(told, 100)
    assert len(starts(script)) == 100
    # Twelve minutes of retries would have knocked hundreds of times.
    assert len(script.knocks) < 30
    assert told.progress.elapsed < 320 + 30 + 3 * 100 / 5


def test_a_short_absence_among_the_first_calls_is_waited_out_and_told() -> None:
    script = Down(4.0, 12.0)
    told = analyze(album(60), script)
    assert (told.report.stopped, told.progress.analyzed) == (None, 60)
    news = [event for event, _ in told.events if isinstance(event, ProviderDown | ProviderBack)]
    down, back = news
    assert isinstance(down, ProviderDown)
    assert isinstance(back, ProviderBack)
    assert down.message == ("The provider is down: connection refused. Waiting for it, 10 minutes at most...")
    assert back.at > down.at


def test_a_provider_that_was_never_there_is_not_waited_for() -> None:
    told = analyze(album(60), Down(0.0, inf))
    assert told.report.stopped is not None
    assert told.report.stopped.startswith("10 of the first 20 calls failed for one reason")
    assert told.progress.elapsed < 120


def test_pictures_that_take_longer_than_their_deadline_are_no_outage() -> None:
    script = Scripted(After(60.0, DRESS, ticket=True), traits=PAID)
    told = analyze(album(20), script, deadline=10.0, consent=go_on)
    assert (told.progress.failed, told.report.stopped) == (20, None)
    # Five at once, ten seconds each.
    assert told.progress.elapsed == 40.0
    assert not any(isinstance(event, ProviderDown) for event, _ in told.events)


def test_refused_pictures_are_answers() -> None:
    script = Scripted(Refused("declined"), traits=PAID)
    told = analyze(album(40), script, consent=go_on)
    assert told.progress.failed == 40
    assert not any(isinstance(event, ProviderDown) for event, _ in told.events)


def test_a_run_that_ends_at_once_gives_every_permit_back() -> None:
    limiter = limiter_of(5)

    def end(run: Run) -> None:
        asyncio.get_running_loop().call_later(4.0, run.end_now)

    told = analyze(album(50), Down(0.0, 0.0), limiter=limiter, meanwhile=end)
    assert told.progress.current == 5
    assert limiter.in_flight == 0


def test_a_provider_that_stays_away_stops_the_run_which_goes_on_later() -> None:
    script = Down(20.0, inf)
    told = analyze(album(100), script)
    assert told.report.stopped is not None
    assert told.report.stopped.startswith("the provider is down, lastly: connection refused")
    assert 620 < told.progress.elapsed < 660
    assert told.progress.failed == 0
    again = analyze(album(100), Down(inf, inf), store=told.store)
    assert (again.progress.analyzed, again.progress.reused) == (100, told.progress.analyzed)


@pytest.mark.parametrize("patience", [{"stops_when_down": True}, {"wait_at_most": 0.0}])
def test_whoever_will_not_wait_is_not_kept_waiting(patience: dict[str, object]) -> None:
    told = analyze(album(100), Down(20.0, inf), **patience)
    assert told.report.stopped is not None
    assert told.progress.elapsed < 25
    assert told.progress.failed == 0
