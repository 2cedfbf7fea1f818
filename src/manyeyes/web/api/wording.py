"""Routes of what models write about portfolios: ordered, which costs a call, and read."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends

from manyeyes.web.api import told
from manyeyes.web.api.asking import PortfolioId, TheSite, only_known, problems
from manyeyes.web.api.runs import Key
from manyeyes.web.api.whole_shapes import WordsAsked, WordsStanding
from manyeyes.web.site import Site

router = APIRouter(prefix="/api/portfolios", tags=["gallery"], dependencies=[Depends(only_known)])


@router.get("/{portfolio}/words", response_model=WordsStanding, responses=problems(404))
async def read_words(site: TheSite, portfolio: PortfolioId) -> dict[str, object]:
    """What a model wrote about a portfolio, and how the newest order of words stands."""
    await site.gallery.exists(portfolio)
    return await _standing(site, portfolio)


@router.post(
    "/{portfolio}/words", response_model=WordsStanding, status_code=202, responses=problems(404, 409)
)
async def order_words(
    site: TheSite, portfolio: PortfolioId, asked: WordsAsked | None = None, key: Key = None
) -> dict[str, object]:
    """Have a model write about a portfolio from its figures and contact sheet: one call.

    The same figures are not put to the same model twice: then the words that are there are told.
    """
    wanted = asked or WordsAsked()
    begin = partial(site.writing.begin, portfolio, wanted.analyzer, wanted.model)
    whole = f"words {portfolio} {wanted.model_dump_json()}".encode()
    await site.once.answer(None if key is None else f"words {key}", whole, begin)
    return await _standing(site, portfolio)


async def _standing(site: Site, portfolio: str) -> dict[str, object]:
    found, written = await site.writing.standing(portfolio), (await site.writing.profile(portfolio)).written
    return {
        "state": "none" if found is None else found.state,
        "analyzer": None if found is None else found.adapter,
        "model": None if found is None else told.shown(found.model),
        "message": None if found is None or found.message is None else told.shown(found.message),
        "possibly_paid_twice": 0 if found is None else found.possibly_paid_twice,
        "words": None if written is None else told.clean(written.as_json()),
    }
