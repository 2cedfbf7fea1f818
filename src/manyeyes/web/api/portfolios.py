"""Routes of portfolios as a whole: made, listed, renamed, deleted, shared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from manyeyes.web.api import told
from manyeyes.web.api.asking import PortfolioId, ShareId, TheSite, at, only_known, problems
from manyeyes.web.api.shapes import ID, PortfolioAsked, PortfolioPage, PortfolioShape
from manyeyes.web.api.whole_shapes import ShareAsked, ShareMade, SharesShape

router = APIRouter(prefix="/api/portfolios", tags=["portfolios"], dependencies=[Depends(only_known)])


@router.get("", response_model=PortfolioPage, responses=problems())
async def list_portfolios(
    site: TheSite,
    after: Annotated[str | None, Query(pattern=ID, description="The `after` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """The portfolios, newest first: uploaded ones, and those that the command line made."""
    rows, following = await site.portfolios.page(after, limit)
    return {"portfolios": [told.portfolio(row) for row in rows], "after": following}


@router.post("", response_model=PortfolioShape, status_code=201, responses=problems())
async def create_portfolio(
    site: TheSite, asked: PortfolioAsked, request: Request, response: Response
) -> dict[str, object]:
    """Make an empty portfolio, to upload pictures to."""
    made = await site.portfolios.create(asked.name)
    response.headers["Location"] = at(request, f"/api/portfolios/{made.portfolio.id}")
    return told.portfolio(made)


@router.get("/{portfolio}", response_model=PortfolioShape, responses=problems(404))
async def read_portfolio(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """One portfolio, with what is in it."""
    return told.portfolio(await site.portfolios.one(portfolio))


@router.patch("/{portfolio}", response_model=PortfolioShape, responses=problems(404))
async def rename_portfolio(site: TheSite, portfolio: PortfolioId, asked: PortfolioAsked) -> dict[str, object]:
    """Call a portfolio something else."""
    return told.portfolio(await site.portfolios.rename(portfolio, asked.name))


@router.delete("/{portfolio}", status_code=204, responses=problems(404, 409))
async def delete_portfolio(site: TheSite, portfolio: PortfolioId) -> None:
    """Forget a portfolio with its answers. Uploaded pictures are deleted; files of others are left alone."""
    await site.portfolios.delete(portfolio)


@router.get("/{portfolio}/shares", response_model=SharesShape, responses=problems(404))
async def list_shares(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """The read-only links to a portfolio, newest first. Their tokens are kept nowhere."""
    await site.portfolios.one(portfolio)
    return {"shares": [told.share(one) for one in await site.shares.of(portfolio)]}


@router.post("/{portfolio}/shares", response_model=ShareMade, status_code=201, responses=problems(404))
async def share_portfolio(
    site: TheSite, portfolio: PortfolioId, asked: ShareAsked | None = None
) -> dict[str, object]:
    """Make a link that shows this portfolio to whoever has it: its address is told this once."""
    await site.portfolios.one(portfolio)
    share, token = await site.shares.make(portfolio, None if asked is None else asked.days)
    return told.share(share) | {"token": token, "path": f"/shared/{token}"}


@router.delete("/{portfolio}/shares/{share}", status_code=204, responses=problems(404))
async def withdraw_share(site: TheSite, portfolio: PortfolioId, share: ShareId) -> None:
    """Let a link open nothing any more."""
    await site.portfolios.one(portfolio)
    await site.shares.withdraw(portfolio, share)
