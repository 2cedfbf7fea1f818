"""Runs go on whoever looks away, and everybody who looks sees the same."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser import Visitor, visiting
from browser_world import command_environment, counted, garments, paid_service, run_of, wait_for_end
from command_line import begin, end, journal
from web_server import Server, wait_until

pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(180)]

PICTURES = 24
#: Seconds that each picture takes: long enough to be met in the middle.
SLOW = ("--median", "1.2")
FOUR_AT_ONCE = {"ANALYSIS_CONCURRENCY": "4"}


def begun(server: Server, place: Path, visitor: Visitor) -> str:
    """A run that the visitor has begun and that has come some way; its portfolio."""
    garments(place / "spring", PICTURES)
    portfolio = server.portfolio("Spring", place / "spring")
    page = visitor.go(f"/portfolios/{portfolio}")
    page.get_by_role("button", name="Analyze", exact=True).click()
    expect(page.locator("#run")).to_have_attribute("data-state", "running")
    wait_until(lambda: counted(page) >= 4, "the first pictures")
    return portfolio


def bought(place: Path) -> list[str]:
    """The pictures that were paid for, as the service saw them."""
    return [row["sha256"] for row in journal(place, "create")]


def test_a_tab_closed_and_opened_again_shows_the_run_as_it_stands(chromium: Browser, tmp_path: Path) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        portfolio = begun(server, tmp_path, visitor)
        run, before = run_of(visitor.page), counted(visitor.page)
        visitor.page.close()
        server.wait_for(run, before + 4)
        visitor.page = visitor.another()
        page = visitor.go(f"/portfolios/{portfolio}")
        assert run_of(page) == run
        assert counted(page) >= before + 4
        expect(page.locator("#run-title")).to_have_text(re.compile(r"^Analyzing image \d+ of 24\.\.\.$"))
        wait_for_end(page)
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 24 images.")
        assert len(bought(tmp_path)) == PICTURES


def test_a_server_killed_in_mid_run_takes_it_up_and_pays_nothing_twice(
    chromium: Browser, tmp_path: Path
) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        visitor.forgive(
            "ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY"
        )
        portfolio = begun(server, tmp_path, visitor)
        killed = run_of(visitor.page)
        server.kill()
        server.start()
        taken_up = wait_until(lambda: server.get(f"/runs/{killed}")["continuedBy"], "the run taken up")
        page = visitor.go(f"/portfolios/{portfolio}")
        assert run_of(page) == taken_up != killed
        wait_for_end(page)
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 24 images.")
        expect(page.locator("#cards > li[data-status=analyzed]")).to_have_count(PICTURES)
        assert server.get(f"/runs/{killed}")["state"] == "broken off"
        assert server.get(f"/runs/{taken_up}")["progress"].get("possiblyPaidTwice", 0) == 0
        assert len(bought(tmp_path)) == len(set(bought(tmp_path))) == PICTURES


def test_a_page_left_open_finds_the_server_again_after_a_crash(chromium: Browser, tmp_path: Path) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        visitor.forgive(
            "ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY"
        )
        begun(server, tmp_path, visitor)
        server.kill()
        server.start()
        expect(visitor.page.locator("#run-title")).to_have_text(
            "Complete! Analyzed 24 images.", timeout=60_000
        )
        assert len(set(bought(tmp_path))) == PICTURES


def test_two_people_see_the_same_and_what_one_does_the_other_sees(chromium: Browser, tmp_path: Path) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as one,
        visiting(chromium, server.origin) as other,
    ):
        portfolio = begun(server, tmp_path, one)
        theirs = other.go(f"/portfolios/{portfolio}")
        assert run_of(theirs) == run_of(one.page)
        theirs.get_by_role("button", name="Pause").click()
        for page in (one.page, theirs):
            expect(page.get_by_role("button", name="Go on")).to_be_visible()
            expect(page.locator("#run-title")).to_have_text(re.compile("^Paused"))
        address = f"/runs/{run_of(theirs)}"
        wait_until(lambda: server.get(address)["vitals"]["inFlight"] == 0, "a standstill")
        stands = server.get(address)["progress"]["current"]
        for page in (one.page, theirs):
            expect(page.locator("#run progress")).to_have_attribute("value", str(stands))
        one.page.get_by_role("button", name="Go on").click()
        for page in (one.page, theirs):
            wait_for_end(page)
            expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 24 images.")
        assert len(bought(tmp_path)) == PICTURES


def test_a_double_click_buys_once(chromium: Browser, tmp_path: Path) -> None:
    with paid_service(tmp_path, "--median", "0.2") as server, visiting(chromium, server.origin) as visitor:
        garments(tmp_path / "spring", 6)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        page = visitor.go(f"/portfolios/{portfolio}")
        page.get_by_role("button", name="Analyze", exact=True).dblclick()
        wait_for_end(page)
        assert len(server.get(f"/portfolios/{portfolio}/runs")["runs"]) == 1
        assert len(bought(tmp_path)) == 6


def test_a_run_is_stopped_and_gone_on_with_from_the_page(chromium: Browser, tmp_path: Path) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        begun(server, tmp_path, visitor)
        page = visitor.page
        page.get_by_role("button", name="Stop").click()
        wait_for_end(page)
        expect(page.locator("#run-title")).to_have_text(re.compile(r"Analyzed \d+ of 24 images\."))
        page.get_by_role("button", name="Analyze what waits").click()
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 24 images.")
        assert len(bought(tmp_path)) == PICTURES


def test_a_run_of_the_command_line_is_watched_paused_and_stopped_from_the_page(
    chromium: Browser, tmp_path: Path
) -> None:
    with (
        paid_service(tmp_path, *SLOW, **FOUR_AT_ONCE) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        pictures = garments(tmp_path / "mine", 3 * PICTURES)
        process = begin("analyze", str(tmp_path / "mine"), place=tmp_path, **command_environment(server))
        try:
            listed = wait_until(
                lambda: server.get("/portfolios")["portfolios"], "the run of the command line"
            )
            page = visitor.go(f"/portfolios/{listed[0]['id']}")
            wait_until(lambda: counted(page) >= 4, "the first pictures")
            page.get_by_role("button", name="Pause").click()
            expect(page.get_by_role("button", name="Go on")).to_be_visible()
            run = run_of(page)
            wait_until(lambda: server.get(f"/runs/{run}")["vitals"]["inFlight"] == 0, "a standstill")
            page.get_by_role("button", name="Go on").click()
            stood = counted(page)
            wait_until(lambda: counted(page) > stood, "that it goes on")
            page.get_by_role("button", name="Stop").click()
            wait_for_end(page)
            done = end(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
        assert done.code != 0
        assert len(bought(tmp_path)) < len(pictures)
        assert all(path.exists() for path in pictures)
