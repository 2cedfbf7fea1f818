"""A designer drops a portfolio, watches it, and uses what comes out."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pyarrow import parquet

from browser import Visitor, visiting
from browser_world import LISTEN, garments, paid_service, portfolio_of, wait_for_end
from command_line import journal
from web_server import Server, serving

pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(180)]

PICTURES = 44
PROGRESS = re.compile(r"Analysis progress: \{current: (\d+), total: 44, percentage: (\d+)\}")


@dataclass(frozen=True, slots=True)
class Shop:
    """A server with one portfolio of 44 analyzed pictures."""

    server: Server
    portfolio: str

    @property
    def base(self) -> str:
        return f"/portfolios/{self.portfolio}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Analyzed by a service that tells of every field."""
    place = tmp_path_factory.mktemp("shop")
    with paid_service(place, "--median", "0.02") as server:
        garments(place / "spring", PICTURES)
        portfolio = server.portfolio("Spring", place / "spring")
        server.wait_for_end(server.run(portfolio))
        yield Shop(server, portfolio)


@pytest.fixture
def visitor(chromium: Browser, shop: Shop) -> Iterator[Visitor]:
    with visiting(chromium, shop.server.origin) as somebody:
        yield somebody


def half_up(current: int, total: int) -> int:
    return (200 * current + total) // (2 * total)


def choose(page: Page, field: str, value: str) -> None:
    """Tick a value of a facet."""
    facet = page.locator(f'details.facet[data-field="{field}"]')
    if facet.get_attribute("open") is None:
        facet.locator("summary").click()
    facet.locator(f'input[value="{value}"]').check()


def found(page: Page) -> int:
    """How many pictures the gallery says that it shows."""
    return int(re.sub(r"\D.*", "", page.locator("#found").inner_text().replace("\u202f", "")))


def taken(page: Page, words: str) -> bytes:
    """What a link of this name downloads."""
    with page.expect_download() as download:
        page.get_by_role("link", name=words).first.click()
    return Path(download.value.path()).read_bytes()


def test_44_pictures_are_dropped_analyzed_and_watched_to_the_end(chromium: Browser, tmp_path: Path) -> None:
    pictures = garments(tmp_path / "spring", PICTURES)
    batches = {"ANALYSIS_STRATEGY": "batch", "ANALYSIS_CONCURRENCY": "5"}
    with (
        paid_service(tmp_path, "--median", "0.5", **batches) as server,
        visiting(chromium, server.origin) as visitor,
    ):
        page = visitor.go("/")
        visitor.drop(pictures)
        page.wait_for_url("**/portfolios/*")
        expect(page.locator(".facts")).to_contain_text("44 pictures")
        expect(page.locator("#cards > li[data-status=waiting]")).to_have_count(PICTURES)
        expect(page.locator("#estimate")).to_contain_text("44")
        page.evaluate(LISTEN)
        page.get_by_role("button", name="Analyze", exact=True).click()
        wait_for_end(page)
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 44 images.")
        expect(page.locator("#cards > li[data-status=analyzed]")).to_have_count(PICTURES)
        expect(page.locator("#cards .strip").first).to_be_attached()
        messages = page.evaluate("() => window.messages")
        assert len(journal(tmp_path, "create")) == PICTURES
    watched = [line for line in messages if re.fullmatch(r"Analyzing image \d+ of 44\.\.\.", line)]
    assert set(messages) - set(watched) <= {
        "Analyze 44 pictures", "Starting analysis...", "Complete! Analyzed 44 images.",
    }  # fmt: skip
    assert watched == sorted(watched, key=lambda line: int(line.split()[2]))
    lines = [tuple(map(int, match.groups())) for match in map(PROGRESS.fullmatch, visitor.progress) if match]
    assert len(lines) == len(visitor.progress)
    assert lines == sorted(set(lines))
    assert all(percentage == half_up(current, PICTURES) for current, percentage in lines)
    assert {(5, 11), (10, 23), (15, 34), (20, 45), (25, 57), (30, 68), (35, 80), (40, 91), (44, 100)} <= set(
        lines
    )


def test_pictures_are_chosen_from_the_disk_and_what_is_no_picture_is_named(
    chromium: Browser, tmp_path: Path
) -> None:
    chosen = garments(tmp_path / "spring", 3)
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    twice = tmp_path / "twice.jpg"
    twice.write_bytes(chosen[0].read_bytes())
    with serving(tmp_path) as server, visiting(chromium, server.origin) as visitor:
        page = visitor.go("/")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose pictures or a ZIP").click()
        chooser.value.set_files([*chosen, notes, twice])
        told = page.locator("[data-told=upload]")
        expect(told).to_have_text("3 pictures added, 1 there already, 1 not taken.")
        expect(page.locator("[data-told=refused]")).to_contain_text("notes.txt")
        expect(page.locator("[data-told=refused]")).to_contain_text("twice.jpg")
        page.get_by_role("link", name="See the portfolio").click()
        expect(page.locator("#cards > li")).to_have_count(3)


def test_a_portfolio_that_nothing_came_into_is_not_left_behind(chromium: Browser, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    with serving(tmp_path) as server, visiting(chromium, server.origin) as visitor:
        # A bundle of which nothing is taken is refused as a whole.
        visitor.forgive("status of 4")
        page = visitor.go("/")
        with page.expect_response(lambda each: each.request.method == "DELETE"):
            visitor.drop([notes])
        expect(page.locator("[data-told=upload]")).to_have_text("0 pictures added, 1 not taken.")
        expect(page.locator("[data-told=refused]")).to_contain_text("notes.txt")
        expect(page.locator("[data-told=onward] a")).to_have_count(0)
        assert server.get("/portfolios")["portfolios"] == []


def test_filters_show_what_they_say_with_counts_that_know_of_each_other(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(shop.base)
    facets = shop.server.get(f"{shop.base}/facets")["fields"]
    field, values = max(facets.items(), key=lambda item: len(item[1]))
    value, count = values[0]["value"], values[0]["count"]
    assert 0 < count < PICTURES
    choose(page, field, value)
    expect(page.locator("#found")).to_have_text(re.compile(rf"^{count} pictures? of 44$"))
    expect(page.locator("#cards > li")).to_have_count(count)
    assert f"{field}={value}".replace(" ", "+") in page.url
    others = shop.server.get(f"{shop.base}/facets", **{field: value})["fields"]
    narrowed, choices = next((name, rows) for name, rows in others.items() if name != field and len(rows) > 1)
    shown = page.locator(f'details.facet[data-field="{narrowed}"] .count').all_text_contents()
    assert sorted(map(int, shown)) == sorted(row["count"] for row in choices)
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#found")).to_have_text("44 pictures")
    page.go_back()
    expect(page.locator("#cards > li")).to_have_count(count)


def test_words_are_looked_for_as_they_are_typed(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(shop.base)
    page.get_by_label("Search").press_sequentially("look-07", delay=20)
    expect(page.locator("#cards > li")).to_have_count(1)
    expect(page.locator("#cards > li")).to_contain_text("look-07.jpg")
    page.get_by_label("Search").fill("zebra crossing")
    expect(page.locator("#results")).to_contain_text("No picture fits")


def test_a_correction_shows_in_gallery_and_exports_and_can_be_undone(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(shop.base)
    page.locator("#cards > li a").first.click()
    neckline = page.locator("#field-neckline")
    before = neckline.input_value()
    neckline.select_option("halter")
    page.get_by_role("button", name="Save corrections").click()
    expect(page.locator(".field.corrected #field-neckline")).to_have_value("halter")
    picture = page.url.rpartition("/")[2].partition("?")[0]
    corrected = shop.server.get(f"/images/{picture}")
    assert (corrected["descriptor"]["neckline"], corrected["corrected"]) == ("halter", ["neckline"])
    page.goto(f"{visitor.origin}{shop.base}?neckline=halter")
    expect(page.locator(f"#picture-{picture}")).to_contain_text("Corrected")
    rows = exported(shop, "jsonl")
    said = [row["raw"] for row in exported(shop, "jsonl", raw="true") if row["id"] == picture]
    assert [row["descriptor"]["neckline"] for row in rows if row["id"] == picture] == ["halter"]
    assert [json.loads(raw)["neckline"] or "" for raw in said] == [before]
    page.goto(f"{visitor.origin}/images/{picture}")
    page.get_by_role("button", name="Undo the correction of Neckline").click()
    expect(page.locator("#field-neckline")).to_have_value(before)
    assert shop.server.get(f"/images/{picture}")["corrected"] == []


def exported(shop: Shop, form: str, **query: str) -> list[dict[str, Any]]:
    told = shop.server.ask("GET", f"/api{shop.base}/export", params={"format": form, **query})
    return [json.loads(line) for line in told.text.splitlines()]


def test_the_style_profile_is_drawn_with_a_table_for_each_plot(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(shop.base)
    page.get_by_role("link", name="Style profile").click()
    expect(page.locator(".summary")).to_contain_text("44")
    figures = page.locator("figure.plotted")
    expect(figures.locator("svg").first).to_be_visible()
    assert figures.count() >= 4
    for place in range(figures.count()):
        figure = figures.nth(place)
        figure.locator("details > summary").click()
        expect(figure.locator("table tbody tr").first).to_be_visible()


def test_exports_agree_in_all_three_forms(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(f"{shop.base}/profile")
    page.get_by_text("For programs").click()
    lines = [json.loads(line) for line in taken(page, "JSON lines").decode().splitlines()]
    table = list(csv.DictReader(io.StringIO(taken(page, "CSV").decode("utf-8-sig"))))
    columns = parquet.read_table(io.BytesIO(taken(page, "Parquet"))).to_pylist()
    assert len(lines) == len(table) == len(columns) == PICTURES
    by_id = {row["id"]: row for row in lines}
    assert set(by_id) == {row["id"] for row in table} == {row["id"] for row in columns}
    for flat, typed in zip(table, columns, strict=True):
        descriptor = by_id[flat["id"]]["descriptor"]
        assert typed["neckline"] == descriptor["neckline"]
        assert flat["neckline"] == (descriptor["neckline"] or "")


def test_the_profile_is_one_file_that_needs_nothing_else(
    visitor: Visitor, shop: Shop, tmp_path: Path
) -> None:
    page = visitor.go(f"{shop.base}/profile")
    html = taken(page, "HTML").decode()
    assert "<svg" in html
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert "http-equiv" not in html or "Content-Security-Policy" in html


def test_the_least_sure_are_reviewed_one_after_another(visitor: Visitor, shop: Shop) -> None:
    page = visitor.go(f"{shop.base}/review")
    first = page.locator("input[name=picture]").input_value()
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("input[name=picture]")).not_to_have_value(first)


def test_a_portfolio_is_renamed_and_deleted_with_its_pictures(chromium: Browser, tmp_path: Path) -> None:
    garments(tmp_path / "autumn", 2)
    with serving(tmp_path) as server, visiting(chromium, server.origin) as visitor:
        portfolio = server.portfolio("Autumn", tmp_path / "autumn")
        page = visitor.go(f"/portfolios/{portfolio}")
        page.get_by_role("link", name="Rename").click()
        page.get_by_label("Name", exact=True).fill("Winter")
        page.locator("dialog[open]").get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Winter")
        assert portfolio_of(page) == portfolio
        kept = server.data / "portfolios"
        assert len(list(kept.rglob("*.jpg"))) == 2
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete the portfolio").click()
        page.wait_for_url(re.compile(r"/$|/\?"))
        assert list(kept.rglob("*")) == []
        assert server.get("/portfolios")["portfolios"] == []
