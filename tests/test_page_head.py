"""HEAD: what GET answers, without its body."""

from __future__ import annotations

import asyncio
from pathlib import Path

from manyeyes.analyzers.scripted import Scripted
from page_place import A_DRESS, Page, served, server

#: Of these an answer may tell another value the next time.
VARYING = {"date", "set-cookie"}


async def routes(page: Page) -> list[str]:
    """Addresses of every kind that GET answers."""
    portfolio = await page.portfolio("a.png")
    run = (await page.run(portfolio))["id"]
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    one, whole = f"/api/images/{image['id']}", f"/api/portfolios/{portfolio}"
    token = (await page.client.post(f"{whole}/shares")).json()["token"]
    return [
        *("/healthz", "/readyz", "/openapi.json", "/static/page.css"),
        *("/", f"/portfolios/{portfolio}", f"/shared/{token}"),
        *(one, f"{one}/thumbnail", f"{one}/original", f"{one}/nothing"),
        *(whole, f"{whole}/images", f"{whole}/export", f"{whole}/export?format=csv", f"{whole}/profile"),
        *(f"/api/runs/{run}", f"/api/runs/{run}/events", "/api/portfolios/nothing"),
    ]


@served()
async def test_head_answers_what_get_does_without_its_body(page: Page) -> None:
    for path in await routes(page):
        # A page holds a token that is new each time, and compresses to another length.
        plain = {"accept-encoding": "identity"}
        whole = await page.client.get(path, headers=plain)
        head = await page.client.head(path, headers=plain)
        assert head.status_code == whole.status_code, path
        assert {name: value for name, value in head.headers.items() if name not in VARYING} == {
            name: value for name, value in whole.headers.items() if name not in VARYING
        }, path
        assert head.content == b"", path


@served()
async def test_head_of_what_only_takes_other_methods_is_refused_and_says_which(page: Page) -> None:
    portfolio = await page.portfolio()
    refused = await page.client.head(f"/api/portfolios/{portfolio}/estimate")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    refused = await page.client.put(f"/api/portfolios/{portfolio}/images")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


def test_head_of_a_run_under_way_is_answered_at_once_and_leaves_nobody_watching(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, lambda: Scripted(A_DRESS, seconds=60)) as page:
            portfolio = await page.portfolio("a.png")
            started = await page.client.post(f"/api/portfolios/{portfolio}/runs")
            async with asyncio.timeout(10):
                head = await page.client.head(f"/api/runs/{started.json()['id']}/events")
            assert head.headers["content-type"].startswith("text/event-stream")
            assert page.site.live.watchers == 0
            page.site.runs.end_now()

    asyncio.run(scene())
