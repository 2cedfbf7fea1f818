"""The library as developers use it: awaited, streamed, and from plain scripts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from command_line import draw
from manyeyes import (
    Analyzed,
    Progress,
    SettingsError,
    analyze,
    analyze_portfolio,
    analyze_portfolio_sync,
)
from manyeyes.analyzers.scripted import After, Scripted
from manyeyes.model.errors import Refused
from manyeyes.settings import Settings, read_settings

DRESS = '{"garment_type": "dress", "is_garment": true}'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return read_settings({"store": f"sqlite:///{tmp_path / 'runs.db'}"})


def test_a_portfolio_is_analyzed_with_the_analyzer_in_the_box(tmp_path: Path, settings: Settings) -> None:
    draw(tmp_path / "shop", 6)
    (tmp_path / "shop/broken.png").write_bytes((tmp_path / "shop/picture-1.png").read_bytes()[:50])
    report = asyncio.run(analyze_portfolio(tmp_path / "shop", settings=settings))
    assert (report.total, report.analyzed, report.reused, report.stopped) == (7, 6, 0, None)
    assert [(failed.name, failed.kind) for failed in report.failed] == [("broken.png", "unreadable_image")]
    assert [outcome.position for outcome in report.outcomes] == list(range(7))
    described = [outcome for outcome in report.outcomes if isinstance(outcome, Analyzed)]
    assert all(outcome.descriptor.color_palette for outcome in described)


def test_progress_is_told_after_every_picture_and_maps_into_a_larger_bar(
    tmp_path: Path, settings: Settings
) -> None:
    draw(tmp_path / "shop", 4)
    told: list[Progress] = []
    asyncio.run(
        analyze_portfolio(
            tmp_path / "shop", on_progress=told.append, overall_range=(30, 50), settings=settings
        )
    )
    assert [(progress.current, progress.total) for progress in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [progress.overall for progress in told] == [35, 40, 45, 50]


def test_outcomes_stream_as_they_end_and_leaving_early_stops_the_run(
    tmp_path: Path, settings: Settings
) -> None:
    draw(tmp_path / "shop", 30)
    analyzer = Scripted({f"picture-{index}.png": [After(0.01, DRESS)] for index in range(1, 31)})

    async def first_three() -> list[str]:
        names = []
        async with analyze(tmp_path / "shop", analyzer=analyzer, concurrency=2, settings=settings) as run:
            async for outcome in run:
                names.append(outcome.name)
                assert run.progress.current >= len(names)
                if len(names) == 3:
                    break
        return names

    assert len(set(asyncio.run(first_three()))) == 3
    assert 3 <= len(analyzer.calls) < 15


def test_an_analyzer_of_ones_own_is_welcome(tmp_path: Path, settings: Settings) -> None:
    draw(tmp_path / "shop", 2)
    analyzer = Scripted({"picture-1.png": [DRESS], "picture-2.png": [Refused("not this one")]})
    report = asyncio.run(analyze_portfolio(tmp_path / "shop", analyzer=analyzer, settings=settings))
    assert report.analyzed == 1
    assert [(f.name, f.kind, f.message, f.attempts) for f in report.failed] == [
        ("picture-2.png", "refused", "not this one", 1)
    ]


def test_a_plain_script_needs_no_event_loop(tmp_path: Path, settings: Settings) -> None:
    draw(tmp_path / "shop", 2)
    assert analyze_portfolio_sync(tmp_path / "shop", settings=settings).analyzed == 2


def test_inside_a_running_loop_the_plain_call_says_what_to_do(tmp_path: Path, settings: Settings) -> None:
    async def as_in_a_notebook() -> None:
        analyze_portfolio_sync(tmp_path, settings=settings)

    with pytest.raises(SettingsError, match="await analyze_portfolio"):
        asyncio.run(as_in_a_notebook())


def test_what_is_not_usable_is_an_error_of_ours(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        asyncio.run(analyze_portfolio(tmp_path / "nowhere", settings=settings))
    with pytest.raises(SettingsError, match="oracle"):
        asyncio.run(analyze_portfolio(draw(tmp_path / "shop", 1), analyzer="oracle", settings=settings))
    with pytest.raises(SettingsError, match="concurrency"):
        asyncio.run(analyze_portfolio(tmp_path / "shop", concurrency=0, settings=settings))


def test_a_store_may_be_a_url_and_settings_a_mapping(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    first = analyze_portfolio_sync(tmp_path / "shop", store=url, settings={"strategy": "sequential"})
    again = analyze_portfolio_sync(tmp_path / "shop", store=url)
    assert (first.reused, again.reused) == (0, 2)
    assert (tmp_path / "elsewhere.db").exists()
    with pytest.raises(SettingsError, match="strategy"):
        analyze_portfolio_sync(tmp_path / "shop", store=url, settings={"strategy": "random"})


def test_a_listener_that_would_never_be_awaited_is_refused(tmp_path: Path, settings: Settings) -> None:
    async def listen(progress: Progress) -> None: ...

    with pytest.raises(SettingsError, match="on_progress"):
        analyze_portfolio_sync(draw(tmp_path / "shop", 1), on_progress=listen, settings=settings)
