"""A portfolio as it stands: the newest answer for each picture, whichever run brought it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import islice

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, tuple_

from manyeyes.store.facets import Members, numbers_in
from manyeyes.store.gallery import Filters, matching, refresh
from manyeyes.store.page_tables import gallery
from manyeyes.store.reports import PAGE, Kept, ended, kept_of
from manyeyes.store.sql import SqlStore
from manyeyes.store.tables import outcomes, runs

_OTHER, _ITS_RUN = outcomes.alias("other"), runs.alias("its_run")
#: Another outcome of the same picture that is shown rather than this one, as the gallery does it: any
#: answer before any failure, and the newest of each.
_SURPASSED = exists().where(
    _OTHER.c.picture == outcomes.c.picture,
    _ITS_RUN.c.id == _OTHER.c.run,
    or_(
        and_(_OTHER.c.kind.is_(None), outcomes.c.kind.is_not(None)),
        and_(
            _OTHER.c.kind.is_(None) == outcomes.c.kind.is_(None),
            tuple_(_ITS_RUN.c.started, _ITS_RUN.c.id, _OTHER.c.position)
            > tuple_(runs.c.started, runs.c.id, outcomes.c.position),
        ),
    ),
)
_PAGE = (
    ended()
    .where(
        outcomes.c.run == bindparam("of_run"),
        outcomes.c.position > bindparam("after"),
        ~_SURPASSED,
    )
    .order_by(outcomes.c.position)
    .limit(PAGE)
)
_RUNS = (
    select(runs.c.id)
    .where(runs.c.portfolio == bindparam("of_portfolio"))
    .order_by(runs.c.started.desc(), runs.c.id.desc())
)


#: What the gallery shows of some pictures.
_SHOWN = (
    ended()
    .join(gallery, (gallery.c.run == outcomes.c.run) & (gallery.c.position == outcomes.c.position))
    .where(gallery.c.id.in_(bindparam("numbers", expanding=True)))
    .order_by(runs.c.started.desc(), outcomes.c.position)
)


async def latest(
    store: SqlStore, portfolio: str, filters: Filters | None = None, *, raw: bool = False
) -> AsyncIterator[Sequence[Kept]]:
    """How the pictures of a portfolio ended, each once, some at a time: the newest answer; where there is
    none, the newest failure. `raw` adds the model's own words.

    The pictures of the newest run come first, in listing order. Filters are those of the gallery, which is
    brought up to date for them; so they need a store that may be written.
    """
    meant = None
    if filters is not None and filters != Filters():
        while await store.carry_out(partial(refresh, portfolio=portfolio)):
            """Until it is up to date."""
        meant = await store.carry_out(partial(matching, portfolio=portfolio, filters=filters))
    read = _by_run(store, portfolio, raw) if meant is None else _by_number(store, meant, raw)
    async for page in read:
        yield page


async def _by_run(store: SqlStore, portfolio: str, raw: bool) -> AsyncIterator[Sequence[Kept]]:
    for run in await store.carry_out(partial(_runs, portfolio=portfolio)):
        after = -1
        while page := await store.carry_out(partial(_page, run=run, after=after, raw=raw)):
            yield page
            after = page[-1].outcome.position


def _runs(connection: Connection, portfolio: str) -> list[str]:
    return list(connection.execute(_RUNS, {"of_portfolio": portfolio}).scalars())


def _page(connection: Connection, run: str, after: int, raw: bool) -> list[Kept]:
    rows = connection.execute(_PAGE, {"of_run": run, "after": after}).all()
    return kept_of(connection, rows, raw=raw)


async def _by_number(store: SqlStore, meant: Members, raw: bool) -> AsyncIterator[Sequence[Kept]]:
    numbers = iter(numbers_in(meant))
    while some := list(islice(numbers, PAGE)):
        if page := await store.carry_out(partial(_shown, numbers=some, raw=raw)):
            yield page


def _shown(connection: Connection, numbers: Sequence[int], raw: bool) -> list[Kept]:
    return kept_of(connection, connection.execute(_SHOWN, {"numbers": numbers}).all(), raw=raw)
