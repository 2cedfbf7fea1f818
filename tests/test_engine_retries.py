"""What fails is tried again: in its turn, within bounds, and never for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_world import (
    DRESS,
    PAID,
    Album,
    adds_up,
    album,
    analyze,
    failure,
    go_on,
    limiter_of,
    starts,
    success,
)
from manyeyes.analyzers.modelled import Latency, Modelled, Rate, Service
from manyeyes.analyzers.scripted import SCRIPTED, After, Scripted, Step
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.model.ask import Reply, Usage
from manyeyes.model.errors import AnalyzerError, Broken, Overloaded, RateLimited, Refused
from manyeyes.model.ticket import Ticket
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.uplink import Uplink

ONE = {"0": "picture"}
passing = pytest.mark.parametrize(
    "error", [Broken("reset"), RateLimited("429"), Overloaded("busy")], ids=lambda error: error.kind
)


def times(script: Scripted) -> list[float]:
    return [call.at for call in script.calls if call.method == "start"]


@passing
def test_five_tries_and_no_more(error: AnalyzerError) -> None:
    script = Scripted([error] * 9)
    told = analyze(Album(ONE), script)
    outcome = failure(told.outcomes[0])
    assert (len(starts(script)), outcome.attempts, outcome.kind) == (5, 5, error.kind)


@passing
@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_each_wait_is_drawn_within_its_bound(error: AnalyzerError, seed: int) -> None:
    script = Scripted([error] * 9)
    analyze(Album(ONE), script, seed=seed)
    waits = [after - before for before, after in pairwise(times(script))]
    assert all(0 <= wait <= bound for wait, bound in zip(waits, (0.5, 1, 2, 4), strict=True))


def test_pictures_that_fail_together_come_back_at_different_times() -> None:
    script = Scripted([Overloaded("busy")] * 5 + [DRESS] * 5)
    analyze(album(5), script)
    assert len(set(times(script)[5:])) == 5


def test_a_refusal_is_not_repeated() -> None:
    script = Scripted([Refused("declined")])
    told = analyze(Album(ONE), script)
    assert (failure(told.outcomes[0]).kind, len(starts(script))) == ("refused", 1)


# Named waits


def test_a_named_wait_is_kept_to_the_letter_by_everyone() -> None:
    script = Scripted({"0": [RateLimited("429", retry_after=11.0), DRESS], "*": After(1.0, DRESS)})
    told = analyze(album(8), script, limiter=limiter_of(2))
    assert told.progress.analyzed == 8
    # One call was in flight when the wait was named; nobody else went before it was over.
    assert sorted(times(script))[:2] == [0.0, 0.0]
    assert min(sorted(times(script))[2:]) == 11.0


def test_a_named_wait_uses_up_no_try() -> None:
    script = Scripted([*[RateLimited("429", retry_after=2.0)] * 30, DRESS])
    told = analyze(Album(ONE), script)
    outcome = success(told.outcomes[0])
    assert (outcome.attempts, outcome.seconds) == (1, 0.0)
    assert told.progress.elapsed == pytest.approx(60.0)


def test_a_wait_of_nothing_does_not_go_on_for_ever() -> None:
    script = Scripted(RateLimited("429", retry_after=0.0))
    told = analyze(Album(ONE), script)
    assert failure(told.outcomes[0]).kind == "rate_limited"
    assert len(starts(script)) == 5


def test_a_very_long_named_wait_stops_the_run_until_then() -> None:
    script = Scripted({"0": RateLimited("429", retry_after=3600.0), "*": After(5.0, DRESS)})
    told = analyze(album(20), script)
    now = datetime.now().astimezone()
    then = {(now + timedelta(minutes=minutes)).strftime("%H:%M on %d %B") for minutes in (60, 61, 62)}
    words = "the provider asks to wait 60 minutes: run the same command again after "
    assert told.report.stopped in {words + time for time in then}
    assert told.progress.analyzed == 4


def test_a_low_credit_account_meets_one_429_at_most() -> None:
    class Counting(Modelled):
        refused = 0

        async def start(self, *of: object) -> Reply | Ticket:
            try:
                return await super().start(*of)  # type: ignore[arg-type]
            except RateLimited:
                self.refused += 1
                raise

    for listens_first in (True, False):
        service = Counting(Latency(3.0), service=Service(rate=Rate(6, burst=1, announced=True)), paid=True)
        limiter = Limiter(FixedLimit(5), listens_first=listens_first)
        told = analyze(Numbered(12), service, preparer=Inline(), limiter=limiter)
        assert told.progress.analyzed == 12
        if listens_first:
            assert service.refused == 0
        # Six a minute: one at once, and one each ten seconds, refused or not.
        assert told.progress.elapsed == pytest.approx(113.0, abs=1.0)


# Asking again


def test_an_answer_outside_the_schema_is_asked_about_at_most_twice() -> None:
    script = Scripted(["I cannot say."] * 9)
    told = analyze(Album(ONE), script)
    outcome = failure(told.outcomes[0])
    assert (outcome.kind, outcome.attempts, len(starts(script))) == ("bad_reply", 3, 3)
    # What was said to the model is not said to people.
    assert outcome.message == "the model's answer could not be used: there is no JSON object in the answer"


def test_asking_again_says_what_was_wrong() -> None:
    script = Scripted(["I cannot say.", Reply('{"garment_type": "dr', truncated=True), DRESS])
    analyze(Album(ONE), script)
    said = [call.ask.correction for call in script.calls if call.ask is not None]
    assert said[0] is None
    no_json = "There is no JSON object in the answer. Answer with one JSON object and nothing else."
    assert said[1:] == [no_json, "The answer was cut off. Be briefer."]


def test_the_usage_of_all_tries_is_summed_up() -> None:
    script = Scripted([Reply("hm", Usage(100, 10)), Reply(DRESS, Usage(110, 20))])
    told = analyze(Album(ONE), script)
    assert told.outcomes[0].usage == Usage(210, 30)


# Who goes next


def test_retries_wait_without_holding_anyone_up() -> None:
    script = Scripted({"0": [Overloaded("busy")] * 4 + [DRESS], "*": After(1.0, DRESS)}, seconds=1.0)
    told = analyze(album(9), script, limiter=limiter_of(1))
    assert adds_up(told, 9)
    # Nobody holds the only place while it waits: nine seconds of answers, four of refusals.
    assert told.progress.elapsed == 13.0


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(0, 80))
def test_no_more_are_parked_than_twice_the_limit(limit: int, count: int) -> None:
    script = Scripted({str(n): [Overloaded("busy")] * 2 + [DRESS] for n in range(count)}, seconds=1.0)
    told = analyze(album(count), script, limiter=limiter_of(limit), consent=go_on)
    assert adds_up(told, count)
    tried: dict[str, int] = {}
    for name in starts(script):
        tried[name] = tried.get(name, 0) + 1
        # Begun and neither answered nor given up: in flight, or parked.
        assert sum(0 < tries < 3 for tries in tried.values()) <= 2 * limit


def test_two_retries_in_a_row_at_most_while_fresh_pictures_wait() -> None:
    steps: dict[str, list[Step]] = {str(n): [After(1.0, Overloaded("busy")), DRESS] for n in range(10)}
    steps |= {str(n): [DRESS] for n in range(10, 60)}
    script = Scripted(steps, seconds=1.0)
    analyze(album(60), script, limiter=limiter_of(10), consent=go_on)
    # Ten fail, ten fresh ones take their places; when those end, retries are due and fresh ones wait.
    turns = ["retry" if int(name) < 10 else "fresh" for name in starts(script)[20:35]]
    assert turns == ["retry", "retry", "fresh"] * 5


# The deadline


def test_the_deadline_counts_attempts_and_not_the_waits_between_them() -> None:
    script = Scripted({"0": [RateLimited("429", retry_after=500.0), After(8.0, DRESS)]})
    told = analyze(Album(ONE), script, deadline=10.0)
    assert success(told.outcomes[0]).seconds == 8.0


def test_the_wait_for_the_upload_counts_for_no_deadline_and_holds_no_permit() -> None:
    script = Scripted(DRESS, seconds=1.0, traits=replace(SCRIPTED, base_url="http://far"))
    # Contents of 9 bytes go as 12 over a line that takes one a second.
    limiter = Limiter(FixedLimit(5), uplink=Uplink(1.0))
    told = analyze(album(10), script, limiter=limiter, deadline=5.0)
    assert told.progress.failed == 0
    assert [call.at for call in script.calls] == [12.0 * number for number in range(10)]
    assert {success(outcome).seconds for outcome in told.outcomes} == {1.0}
    assert told.progress.sent_bytes == 120


def test_what_takes_longer_than_the_deadline_has_failed() -> None:
    script = Scripted([After(30.0, DRESS)])
    told = analyze(Album(ONE), script, deadline=10.0)
    outcome = failure(told.outcomes[0])
    assert (outcome.kind, outcome.seconds) == ("out_of_time", 10.0)
    assert outcome.message == "'0' had no answer within its deadline of 10 s: raise --deadline"


def test_attempts_share_one_deadline() -> None:
    script = Scripted([After(6.0, Broken("reset")), After(6.0, DRESS)])
    told = analyze(Album(ONE), script, deadline=10.0)
    assert failure(told.outcomes[0]).seconds == 10.0


def test_no_attempt_is_begun_when_nothing_is_left_of_the_deadline() -> None:
    script = Scripted([After(10.0, Broken("reset")), DRESS])
    told = analyze(Album(ONE), script, deadline=10.0)
    assert failure(told.outcomes[0]).kind == "out_of_time"
    assert starts(script) == ["0"]


def test_work_that_is_out_of_time_is_cancelled_at_the_provider() -> None:
    script = Scripted([After(30.0, DRESS, ticket=True)], traits=PAID)
    told = analyze(Album(ONE), script, deadline=10.0)
    assert [call.method for call in script.calls][-1] == "cancel"
    assert failure(told.outcomes[0]).kind == "out_of_time"


def test_a_picture_out_of_time_gives_its_place_to_the_next() -> None:
    script = Scripted({"0": After(99.0, DRESS), "*": After(1.0, DRESS)})
    told = analyze(album(4), script, limiter=limiter_of(1), deadline=10.0)
    assert told.progress.elapsed == 13.0
    assert (told.progress.analyzed, told.progress.failed) == (3, 1)


def test_work_given_by_a_ticket_holds_its_place_until_it_ends() -> None:
    script = Scripted(After(4.0, DRESS, ticket=True), traits=PAID)
    told = analyze(album(6), script, limiter=limiter_of(2))
    assert times(script) == [0.0, 0.0, 4.0, 4.0, 8.0, 8.0]
    assert told.progress.elapsed == 12.0
