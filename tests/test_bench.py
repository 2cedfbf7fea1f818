"""Trials of a benchmark: each a real run, here in virtual time, where its figures are exact."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.analyzers.modelled import Faults, Latency, Modelled, Rate, Service
from manyeyes.analyzers.prompt import default_ask
from manyeyes.analyzers.scripted import SCRIPTED, After, Scripted
from manyeyes.engine.feed import Listener
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.lab import virtual_time
from manyeyes.lab.bench import SEQUENTIAL, USUAL, Call, Measured, Way, draw_pictures, measure, ways_of
from manyeyes.lab.numbered import Inline, Numbered
from manyeyes.lab.plot import lanes_of
from manyeyes.lab.report import most_at_once, rows_of
from manyeyes.model.ask import Recipe
from manyeyes.model.descriptor import parse_descriptor
from manyeyes.model.errors import Broken, Refused, SettingsError
from manyeyes.model.event import Event
from manyeyes.model.progress import Progress
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.limit import FixedLimit
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.memory import MemoryStore

FIVE = Way("continuous", 5)
BATCHES = Way("batch", 5)


def tried(
    way: Way, service: Modelled | Scripted, images: int = 44, listener: Listener = lambda *_: None
) -> Measured:
    """The trial of a way on so many pictures, in virtual time."""

    async def trial() -> Measured:
        async with service as analyzer, MemoryStore() as store:
            limit = FixedLimit(way.calls) if isinstance(way.calls, int) else AdaptiveLimit(limit=10.0)
            parts = Parts(Numbered(images), Inline(), analyzer, store, Limiter(limit), parse_descriptor)
            traits = analyzer.traits
            recipe = Recipe(traits.adapter, traits.base_url, traits.model, default_ask(), traits.preparation)
            group = way.calls if isinstance(way.calls, int) else 5
            plan = Plan(recipe, group=group, barrier=way.strategy == "batch")
            return await measure(way, parts, plan, listener)

    return virtual_time.run(trial())


@pytest.mark.parametrize(
    ("way", "seconds", "per_cent", "speed_up", "efficiency"),
    [
        (SEQUENTIAL, 132, 0, 1, 1),
        (BATCHES, 27, 80, 44 / 9, 44 / 45),
        (Way("continuous", 3), 45, 66, 44 / 15, 44 / 45),
        (Way("continuous", 10), 15, 89, 8.8, 0.88),
        (Way("continuous", 20), 9, 93, 44 / 3, 44 / 60),
    ],
    ids=lambda each: each.name if isinstance(each, Way) else "",
)
def test_row_12_the_figures_of_44_pictures_of_3_seconds_are_those_of_the_mission(
    way: Way, seconds: float, per_cent: int, speed_up: float, efficiency: float
) -> None:
    _, row = rows_of([tried(SEQUENTIAL, Modelled()), tried(way, Modelled())])
    assert row.seconds == pytest.approx(seconds)
    assert row.saved == pytest.approx(132 - seconds)
    assert row.saved_per_cent == per_cent
    assert row.speed_up == pytest.approx(speed_up)
    assert row.efficiency == pytest.approx(efficiency)
    assert row.p95 == pytest.approx(3)
    assert row.refused == row.failed == 0


def test_every_call_is_noted_from_the_start_of_its_run() -> None:
    measured = tried(FIVE, Modelled(Latency(3.0, 0.5)))
    assert len(measured.calls) == 44
    assert {call.end for call in measured.calls} == {"answered"}
    assert min(call.began for call in measured.calls) == 0
    assert max(call.ended for call in measured.calls) == pytest.approx(measured.seconds)
    assert most_at_once(measured.calls) == len(lanes_of(measured.calls)) == 5


def test_the_calls_of_auto_tell_how_many_there_were_at_once() -> None:
    measured = tried(Way("continuous", "auto"), Modelled(Latency(3.0, 0.5)))
    (row,) = rows_of([measured])
    assert row.at_once >= 10
    assert (row.sequential, row.speed_up, row.saved) == (None, None, None)
    assert measured.knowledge is not None
    assert measured.knowledge.limit is not None


def test_refusals_and_failures_are_told_apart_from_answers() -> None:
    service = Service(rate=Rate(60, 5), faults=Faults(refused=0.2))
    measured = tried(Way("continuous", 8), Modelled(Latency(1.0, 0.1), service=service))
    ends = [call.end for call in measured.calls]
    assert measured.refused == ends.count("refused") > 0
    assert measured.failed == ends.count("failed") > 0
    assert ends.count("answered") == 44 - measured.failed


def test_a_call_by_ticket_lasts_until_its_answer_and_a_lost_one_ends_where_it_broke() -> None:
    answer = '{"garment_type": "dress", "is_garment": true}'
    script = {
        "image-1.jpg": After(3.0, answer, ticket=True),
        "image-2.jpg": After(2.0, Refused("No."), ticket=True),
        "image-3.jpg": [After(1.0, Broken("The line broke.")), After(1.0, answer)],
    }
    measured = tried(FIVE, Scripted(script, traits=replace(SCRIPTED, paid=True)), images=3)
    noted = sorted((round(call.seconds, 6), call.end) for call in measured.calls)
    assert noted == [(1.0, "answered"), (1.0, "failed"), (2.0, "failed"), (3.0, "answered")]
    assert (measured.images, measured.failed, measured.refused) == (3, 1, 0)


def test_the_listener_hears_of_every_picture() -> None:
    heard: list[int] = []

    def hear(_: Event, progress: Progress) -> None:
        heard.append(progress.current)

    tried(Way("continuous", 2), Modelled(), images=4, listener=hear)
    assert sorted(set(heard)) == [0, 1, 2, 3, 4]


# What is tried


def test_the_usual_ways_are_those_of_the_mission() -> None:
    assert [way.name for way in ways_of([])] == [
        "sequential", "batch 5", "continuous 3", "continuous 5", "continuous 8", "continuous 10",
        "continuous 15", "continuous 20", "auto",
    ]  # fmt: skip


def test_row_3_the_number_that_is_set_is_tried_too_where_it_is_not_among_them() -> None:
    assert Way("continuous", 7) in ways_of([], 7)
    assert ways_of([], 7)[-1].calls == "auto"
    assert ways_of([], 8) == ways_of([], "auto") == USUAL
    assert ways_of(["3"], 7) == (SEQUENTIAL, Way("continuous", 3))


def test_what_is_asked_for_is_tried_once_after_one_after_another() -> None:
    ways = ways_of(["8,batch:4", "auto", "threshold,8", "sequential"])
    assert [way.name for way in ways] == ["sequential", "continuous 8", "batch 4", "auto", "threshold"]
    assert ways_of(["1,sequential,01"]) == (SEQUENTIAL,) == ways_of(["1"], 7)
    assert ways_of([], 1) == USUAL


@pytest.mark.parametrize("word", ["", "0", "-1", "2.5", "abc", "batch:", "batch:0", "fixed:3", "٣", "3 5"])
def test_what_is_no_way_is_named(word: str) -> None:
    with pytest.raises(SettingsError, match="--concurrency takes numbers from 1 to 9999") as caught:
        ways_of([f"3,{word}"])
    assert repr(word) in str(caught.value)


def test_drawn_pictures_are_small_and_no_two_alike(tmp_path: Path) -> None:
    drawn = list(draw_pictures(tmp_path / "new", 6))
    assert len({path.read_bytes() for path in drawn}) == len(list((tmp_path / "new").iterdir())) == 6
    assert max(path.stat().st_size for path in drawn) < 100_000


spans = st.tuples(st.floats(0, 50), st.floats(0.01, 20))


@given(st.lists(spans, max_size=40))
def test_there_are_as_many_lanes_as_calls_at_once(drawn: list[tuple[float, float]]) -> None:
    calls = [Call(began, began + seconds, "answered") for began, seconds in drawn]
    lanes = lanes_of(calls)
    assert sorted((call.began, call.ended) for lane in lanes for call in lane) == sorted(
        (call.began, call.ended) for call in calls
    )
    for lane in lanes:
        assert all(one.ended <= other.began for one, other in pairwise(lane))
    assert len(lanes) == (most_at_once(calls) if calls else 0)
