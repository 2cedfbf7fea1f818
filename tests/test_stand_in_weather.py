"""The stand-in's draws, slots and deadlines, in virtual time and without a socket."""

from __future__ import annotations

import asyncio
import io
import statistics
from base64 import b64encode
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from manyeyes.lab.virtual_time import run
from manyeyes.stand_in.order import parse_order
from manyeyes.stand_in.pictures import Picture
from manyeyes.stand_in.prediction import Prediction
from manyeyes.stand_in.service import Service
from manyeyes.stand_in.weather import draw
from manyeyes.stand_in.world import (
    OPTIONS,
    Faults,
    Habits,
    ReplicateWorld,
    Weather,
    world_from,
)


def buy(service: Service, number: int = 0, cancel_after: str | None = None) -> Prediction:
    """Buy an answer about the picture of that number."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(buffer, "PNG")
    uri = f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"
    headers = {} if cancel_after is None else {"Cancel-After": cancel_after}
    body = {"input": {"prompt": "JSON", "images": [uri]}}
    asked = parse_order(body, headers, service.world, "google/gemini-2.5-flash")
    pictures = service.pictures("t", asked)
    return service.buy("t", asked, pictures, service.draw("t", pictures), 201)


def live(scene: Callable[[Service], Coroutine[Any, Any, None]], weather: Weather) -> None:
    """Play the scene in virtual time."""

    async def play() -> None:
        await scene(Service(ReplicateWorld(weather=weather)))

    run(play())


# Draws


def test_the_same_seed_picture_and_repeat_face_the_same_weather() -> None:
    calm = ReplicateWorld()
    stormy = ReplicateWorld(faults=Faults(reset_after=0.5), habits=Habits(prose=0.5))
    assert draw(calm, "a", 0) == draw(calm, "a", 0)
    assert draw(calm, "a", 0).seconds == draw(stormy, "a", 0).seconds
    seeds = ReplicateWorld(weather=Weather(seed=2))
    assert len({draw(calm, "a", 0), draw(calm, "a", 1), draw(calm, "b", 0), draw(seeds, "a", 0)}) == 4


def test_a_second_account_meets_the_weather_of_the_first() -> None:
    async def scene(service: Service) -> None:
        pictures = [Picture.of(b"one"), Picture.of(b"other")]
        first, second = (
            [service.draw(account, [each]) for each in (*pictures, *pictures)] for account in ("a", "b")
        )
        assert first == second
        assert len(set(first)) == 4

    live(scene, Weather(cv=0.5))


def test_latency_has_the_median_and_the_cv_it_was_given() -> None:
    world = ReplicateWorld(weather=Weather(median=2.0, cv=0.5, time_factor=0.1))
    seconds = [draw(world, str(number), 0).seconds for number in range(20_000)]
    assert statistics.median(seconds) == pytest.approx(0.2, rel=0.02)
    assert statistics.stdev(seconds) / statistics.fmean(seconds) == pytest.approx(0.5, rel=0.05)


def test_stragglers_and_faults_come_as_often_as_asked() -> None:
    weather = Weather(median=1.0, cv=0.0, straggler_share=0.1, straggler_factor=10)
    faults = Faults(reset_before=0.1, stall_after=0.05)
    drawn = [draw(ReplicateWorld(weather=weather, faults=faults), str(n), 0) for n in range(10_000)]
    share = {key: sum(each.fault == key for each in drawn) / 1e4 for key in ("reset_before", "stall_after")}
    assert share == {
        "reset_before": pytest.approx(0.1, abs=0.01),
        "stall_after": pytest.approx(0.05, abs=0.01),
    }
    assert sum(each.seconds == 10 for each in drawn) / 1e4 == pytest.approx(0.1, abs=0.01)
    assert {each.seconds for each in drawn} == {1.0, 10.0}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"drip": 0.6, "html": 0.6}, "shares add up to at most 1"),
        ({"prose": 1.1}, "shares add up to at most 1"),
        ({"drip": -0.1}, "drip is -0.1; it takes 0 or more"),
        ({"creates_per_minute": 0.0}, "creates_per_minute is 0.0; it takes more than 0"),
        ({"median": float("nan")}, "median is nan"),
        ({"unfinished_status": 204}, "unfinished_status is 204; it takes 201, 202"),
        ({"state": "sideways"}, "it takes up, down, overloaded"),
        ({"medain": 1.0}, "'medain' is no setting"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        world_from(settings)


def test_every_setting_has_its_help_and_a_name_of_its_own() -> None:
    names = [option.name for option in OPTIONS]
    assert len(names) == len(set(names))
    assert all(option.help.endswith(".") and len(option.help) < 160 for option in OPTIONS)
    assert world_from({option.name: option.default for option in OPTIONS}) == ReplicateWorld()


# Slots and the life of a prediction


def test_capacity_lets_so_many_run_and_the_others_queue_in_order() -> None:
    async def scene(service: Service) -> None:
        bought = [buy(service, number) for number in range(6)]
        await asyncio.sleep(100)
        assert [each.completed for each in bought] == pytest.approx([3, 3, 6, 6, 9, 9])
        started = [entry.id for entry in service.journal.entries if entry.event == "started"]
        assert started == [each.id for each in bought]
        assert service.journal.counts == {"create": 6, "started": 6, "succeeded": 6}

    live(scene, Weather(median=3.0, cv=0.0, capacity=2))


def test_a_prediction_is_starting_then_processing_then_succeeded() -> None:
    async def scene(service: Service) -> None:
        bought = buy(service)
        seen = [bought.status]
        for _ in range(3):
            await asyncio.sleep(1.5)
            seen.append(bought.status)
        assert seen == ["starting", "processing", "processing", "succeeded"]
        assert (bought.started, bought.completed) == (1.0, 4.0)

    live(scene, Weather(median=4.0, cv=0.0, queue_seconds=1.0))


def test_more_capacity_while_it_runs_starts_those_who_queue() -> None:
    async def scene(service: Service) -> None:
        bought = [buy(service, number) for number in range(3)]
        await asyncio.sleep(1)
        service.change(replace(service.world, weather=replace(service.world.weather, capacity=3)))
        await asyncio.sleep(10)
        assert [each.completed for each in bought] == pytest.approx([3, 4, 4])

    live(scene, Weather(median=3.0, cv=0.0, capacity=1, queue_seconds=0.0))


def test_a_cold_model_starts_nothing_before_it_has_booted() -> None:
    async def scene(service: Service) -> None:
        bought = buy(service)
        await asyncio.sleep(39)
        assert bought.status == "starting"
        await asyncio.sleep(10)
        assert bought.completed == pytest.approx(43, abs=0.01)
        assert buy(service, 1).holds_slot

    live(scene, Weather(median=3.0, cv=0.0, cold_boot=40.0))


def test_a_deadline_aborts_what_has_not_started_and_cancels_what_has() -> None:
    async def scene(service: Service) -> None:
        running, queued = buy(service, 0, "5s"), buy(service, 1, "5")
        await asyncio.sleep(4.9)
        assert (running.status, queued.status) == ("processing", "starting")
        await asyncio.sleep(0.2)
        assert (running.status, queued.status) == ("canceled", "aborted")
        shown = service.showing.read(queued)
        assert shown["status"] == "aborted"
        assert "started_at" not in shown
        assert shown["deadline"] == service.clock.wall(5.0)
        assert service.journal.counts["aborted"] == service.journal.counts["canceled"] == 1

    live(scene, Weather(median=60.0, cv=0.0, capacity=1))


def test_a_cancelled_prediction_gives_its_slot_away() -> None:
    async def scene(service: Service) -> None:
        first, second = buy(service, 0), buy(service, 1)
        await asyncio.sleep(1)
        service.runner.cancel(first)
        await asyncio.sleep(10)
        assert (first.status, second.status, second.completed) == ("canceled", "succeeded", 4.0)
        service.runner.cancel(second)
        assert second.status == "succeeded"

    live(scene, Weather(median=3.0, cv=0.0, capacity=1))


def test_data_is_removed_an_hour_after_the_end_and_the_output_key_stays() -> None:
    async def scene(service: Service) -> None:
        bought = buy(service)
        await asyncio.sleep(3600)
        service.tidy()
        assert service.showing.read(bought)["data_removed"] is False
        await asyncio.sleep(5)
        service.tidy()
        shown = service.showing.read(bought)
        assert (shown["data_removed"], shown["output"], shown["logs"], shown["input"]) == (
            True,
            None,
            None,
            {},
        )
        assert shown["status"] == "succeeded"

    live(scene, Weather(median=3.0, cv=0.0))


def test_output_grows_while_it_runs_and_half_of_it_is_out_halfway() -> None:
    async def scene(service: Service) -> None:
        bought = buy(service)
        service.think(bought)
        sizes = []
        for _ in range(10):
            await asyncio.sleep(1)
            sizes.append(len(service.showing.read(bought)["output"] or []))  # type: ignore[arg-type]
        assert sizes[0] == 0
        assert sizes == sorted(sizes)
        assert 0 < sizes[6] < sizes[-1]

    live(scene, Weather(median=9.5, cv=0.0))


@pytest.mark.parametrize(("seconds", "ended"), [(2.9, False), (3.0, True), (60.0, True)])
def test_waiting_for_the_end_takes_no_longer_than_asked(seconds: float, ended: bool) -> None:
    async def scene(service: Service) -> None:
        bought = buy(service)
        assert await service.runner.wait_ended(bought, seconds + 0.001) is ended
        assert service.clock.now() == pytest.approx(min(seconds, 3.0), abs=0.002)

    live(scene, Weather(median=3.0, cv=0.0))
