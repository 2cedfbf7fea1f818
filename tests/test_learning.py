"""What one run learns of a provider is where the next one starts."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from manyeyes.analyzers.scripted import SCRIPTED, Scripted
from manyeyes.assemble import Wish, assembled
from manyeyes.imaging.threads import cores
from manyeyes.lab import virtual_time
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.knowledge import FRESH, STALE, Knowledge, knowledge_of
from manyeyes.pacing.limit import FixedLimit, Limit
from manyeyes.pacing.limiter import Limiter
from manyeyes.pacing.limiters import KEPT, Limiters, together
from manyeyes.pacing.threshold import ThresholdLimit
from manyeyes.settings import read_settings
from manyeyes.store.memory import MemoryStore

FAR = replace(SCRIPTED, base_url="http://far", start=7)
LEARNING = AdaptiveLimit(limit=33.0, starting=False)
KNOWN = Knowledge(limit=33.0, baseline=1.1, cap=40.0, rate=5.0, burst=30.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    return tmp_path


def limit_in(folder: Path, store: MemoryStore, concurrency: str, traits: object = FAR) -> Limit:
    """The limit that a run starts with; nothing is analyzed."""

    async def main() -> Limit:
        settings = read_settings({"concurrency": concurrency, "min_concurrency": "2"})
        script = Scripted({}, traits=traits)  # type: ignore[arg-type]
        async with assembled(settings, Wish([folder]), analyzer=script, store=store) as assembly:
            return assembly.parts.limiter.limit

    return asyncio.run(main())


def test_where_nothing_is_known_it_starts_where_the_analyzer_says(folder: Path) -> None:
    limit = limit_in(folder, MemoryStore(), "auto")
    assert isinstance(limit, AdaptiveLimit)
    assert (limit.limit, limit.floor, limit.ceiling, limit.starting) == (7, 2, 256, True)


def test_the_next_run_starts_where_the_last_one_was(folder: Path) -> None:
    store = MemoryStore()
    limit_in(folder, store, "auto")
    (name,) = store._lessons
    assert "far" in name
    store._lessons[name] = json.dumps({"limit": 33.0, "baseline": 1.1, "rate": 5.0, "burst": 30.0})
    limit = limit_in(folder, store, "auto")
    assert isinstance(limit, AdaptiveLimit)
    assert (limit.limit, limit.baseline, limit.starting) == (33.0, 1.1, False)
    # A run with a pinned number learns nothing of the limit, and forgets nothing.
    assert limit_in(folder, store, "3") == FixedLimit(3)
    assert json.loads(store._lessons[name])["limit"] == 33.0


def test_runs_of_a_process_share_what_paces_them(folder: Path) -> None:
    async def main() -> list[Limiter]:
        shared = []
        for flags in ({}, {}, {"concurrency": "3"}, {"rpm": "50"}, {}):
            settings, wish = read_settings(flags), Wish([folder])
            async with assembled(settings, wish, analyzer=far(), store=store) as run:
                async with assembled(settings, wish, analyzer=far(), store=store) as other:
                    assert other.parts.limiter is run.parts.limiter
                shared.append(run.parts.limiter)
        return shared

    def far() -> Scripted:
        return Scripted({}, traits=FAR)

    store = MemoryStore()
    first, second, pinned, paced, last = asyncio.run(main())
    assert first is second is pinned is last
    assert paced is not first


@pytest.mark.parametrize(
    ("now", "wanted", "alone", "beside"),
    [
        (FixedLimit(3), FixedLimit(5), FixedLimit(5), FixedLimit(5)),
        (FixedLimit(5), FixedLimit(3), FixedLimit(3), FixedLimit(5)),
        (FixedLimit(3), LEARNING, LEARNING, LEARNING),
        (LEARNING, FixedLimit(3), FixedLimit(3), LEARNING),
        (LEARNING, AdaptiveLimit(limit=7.0, floor=2), replace(LEARNING, floor=2), LEARNING),
        (ThresholdLimit(), LEARNING, LEARNING, ThresholdLimit()),
    ],
)
def test_runs_that_differ_in_what_they_pin_have_one_limit(
    now: Limit, wanted: Limit, alone: Limit, beside: Limit
) -> None:
    assert together(now, wanted, alone=True) == alone
    assert together(now, wanted, alone=False) == beside


def test_a_limiter_that_nobody_has_used_for_a_while_is_made_anew() -> None:
    async def main() -> tuple[bool, bool]:
        limiters = Limiters()
        with limiters.taken("far", Limiter, FixedLimit(1)) as limiter:
            await asyncio.sleep(2 * KEPT)
            kept = limiters.find("far") is limiter
        await asyncio.sleep(KEPT + 1)
        return kept, limiters.find("far") is None

    assert virtual_time.run(main()) == (True, True)


def test_another_model_or_account_is_another_provider(folder: Path) -> None:
    store = MemoryStore()
    for traits in (FAR, replace(FAR, model="other"), replace(FAR, payer="other")):
        limit_in(folder, store, "auto", traits)
    assert len(store._lessons) == 3


def test_a_rule_and_a_machine_bound_analyzer_are_not_hunted_for(folder: Path) -> None:
    assert limit_in(folder, MemoryStore(), "threshold") == ThresholdLimit()
    assert limit_in(folder, MemoryStore(), "auto", replace(FAR, cpu_bound=True)) == FixedLimit(cores())


def test_knowledge_fades() -> None:
    assert KNOWN.aged(FRESH) == KNOWN
    assert KNOWN.aged(FRESH + 1) == Knowledge(limit=16.5, baseline=1.1)
    assert KNOWN.aged(STALE + 1) == Knowledge()


def test_what_is_known_of_refusals_is_kept_to_from_the_start() -> None:
    learned = KNOWN.learned()
    assert learned.wait(0.0) == 0.0
    for _ in range(30):
        learned = learned.taken(0.0)
    assert learned.wait(0.0) == pytest.approx(0.2)
    assert KNOWN.adaptive(10, 1, 256).value == 33


def test_what_nothing_but_a_quota_held_back_starts_with_all_that_the_quota_lets_go() -> None:
    held = replace(KNOWN, cap=None, is_open=True).adaptive(10, 1, 256)
    assert held.starting
    assert held.value == int(30 + 5 * math.exp(1.1))
    assert replace(KNOWN, cap=None, is_open=False).adaptive(10, 1, 256).value == 33


def test_where_the_limit_was_cut_is_known_to_the_next_run() -> None:
    limit = AdaptiveLimit.warm(20.0, 1.1, cut_from=30.0)
    assert knowledge_of(limit, None).cut_from == 30.0
    assert knowledge_of(limit, None).adaptive(10, 1, 256).cut_from == 30.0
    assert knowledge_of(AdaptiveLimit.warm(20.0, 1.1), None).cut_from is None


def test_a_known_rate_that_no_header_has_told_anew_is_kept_with_its_burst() -> None:
    limiter = Limiter(KNOWN.adaptive(10, 1, 256), learned=KNOWN.learned())
    assert replace(limiter.knowledge, work=None) == replace(KNOWN, is_open=False)
