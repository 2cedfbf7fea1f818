"""A run's own page, those of a portfolio, and the buttons that steer them."""

from __future__ import annotations

import secrets
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.portrait.failures import Cause, causes_of
from manyeyes.store.gallery import Filters
from manyeyes.store.latest import latest
from manyeyes.store.reports import pages
from manyeyes.web.pages.looking import newest_run, place_of
from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.pages.run_shown import RunShown, row_shown, run_shown
from manyeyes.web.sessions import checked_form
from manyeyes.web.site import Site, site_of

router = APIRouter(include_in_schema=False)

_FAILED = Filters(statuses=frozenset({"failed"}))


@router.get("/portfolios/{portfolio}/runs")
async def runs(request: Request, portfolio: str) -> Response:
    """The runs of a portfolio, newest first."""
    place = await place_of(request, portfolio)
    told = await site_of(request).runs.of(portfolio)
    name = place.summary.portfolio.name
    return show(
        request, "runs.html", title=f"Runs of {name}", runs=[row_shown(one) for one in told], **place.head()
    )


@router.get("/runs/{run}")
async def one(request: Request, run: str) -> Response:
    """A run: how it goes, or how it went and what failed in it."""
    site = site_of(request)
    shown = run_shown(await site.runs.one(run))
    causes = (
        [] if shown.state == "running" else await causes_of(pages(site.house.store, run, only_failed=True))
    )
    return show(
        request,
        "run.html",
        title=f"Run of {shown.portfolio.name}",
        run=shown,
        base=f"{at_of(request)}/portfolios/{shown.portfolio.id}",
        causes=causes,
        failed=sum(cause.count for cause in causes),
        facts=_facts(shown),
        once=secrets.token_urlsafe(18),
    )


def _facts(run: RunShown) -> list[tuple[str, str]]:
    wanted = {
        "Pictures at once": run.order.get("concurrency") or run.order.get("preset"),
        "Strategy": run.order.get("strategy"),
        "Calls at most": run.order.get("budget"),
    }
    return [("Analyzer", run.analyzer), *((name, str(value)) for name, value in wanted.items() if value)]


@router.get("/portfolios/{portfolio}/failures")
async def failures(request: Request, portfolio: str) -> Response:
    """What failed, by cause, each with its remedy."""
    place = await place_of(request, portfolio)
    causes = await failed_now(site_of(request), portfolio)
    return show(
        request,
        "failures.html",
        title=f"Failures of {place.summary.portfolio.name}",
        causes=causes,
        failed=sum(cause.count for cause in causes),
        run=await newest_run(request, place.summary),
        once=secrets.token_urlsafe(18),
        **place.head(),
    )


async def failed_now(site: Site, portfolio: str) -> list[Cause]:
    """The causes of the failures that a portfolio's gallery shows."""
    return await causes_of(latest(site.house.store, portfolio, _FAILED))


@router.post("/runs/{run}/pause")
async def pause(request: Request, run: str) -> Response:
    """Admit no more pictures for now."""
    await checked_form(request)
    await site_of(request).runs.pause(run)
    return await _back(request, run)


@router.post("/runs/{run}/resume")
async def resume(request: Request, run: str) -> Response:
    """Go on."""
    await checked_form(request)
    await site_of(request).runs.resume(run)
    return await _back(request, run)


@router.post("/runs/{run}/stop")
async def stop(request: Request, run: str) -> Response:
    """Stop for good."""
    await checked_form(request)
    await site_of(request).runs.cancel(run)
    return await _back(request, run)


@router.post("/runs/{run}/retry-failed")
async def retry_failed(request: Request, run: str) -> Response:
    """A new run that asks again for what failed."""
    form, site = await checked_form(request), site_of(request)
    again = partial(site.runs.retry_failed, run)
    await site.once.answer(form.get("once") or None, f"retry form of {run}".encode(), again)
    return await _back(request, run)


async def _back(request: Request, run: str) -> Response:
    """To the portfolio, or to the run's own page where the form stood there."""
    told = run_shown(await site_of(request).runs.one(run))
    return RedirectResponse(f"{at_of(request)}/portfolios/{told.portfolio.id}", 303)
