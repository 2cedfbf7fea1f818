"""Portfolios to look at, filled in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Answer, Failed
from manyeyes.store import gallery
from manyeyes.store.gallery import Card, Filters, Sort
from manyeyes.store.portfolios import NewPicture
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Result, RunRecord
from store_samples import ANSWER, OPENING, key

#: Nothing is filtered.
ALL = Filters()

T = TypeVar("T")


class OpenedSql:
    """A store in a database to test."""

    def opened(self) -> AbstractAsyncContextManager[SqlStore]:
        """An empty store, entered on `async with`."""
        raise NotImplementedError

    def with_run(self, test: Callable[[SqlStore, RunRecord], Awaitable[T]]) -> T:
        """What `test` makes of an empty store with one run."""

        async def main() -> T:
            async with self.opened() as store:
                return await test(store, await store.open_run(OPENING))

        return asyncio.run(main())


def named(name: str) -> ImageRef:
    return ImageRef(name, Locator(f"/photos/{name}"), "1", 1000)


def arrived(name: str, number: int, size: int = 1000) -> NewPicture:
    return NewPicture(Locator(f"/photos/{name}"), name, "1", size, key(number).sha256)


def looked_at(
    run: RunRecord, position: int, name: str, *, number: int | None = None, **says: object
) -> Result:
    """A picture with a descriptor that says so; `number` stands for its bytes."""
    image = named(name)
    descriptor = StyleDescriptor(**says)  # type: ignore[arg-type]
    answer = Answer(descriptor, ANSWER.raw, id=f"{run.id}.{position}")
    bytes_key = key(position if number is None else number)
    id_ = run.portfolio.picture_id(image.locator)
    outcome = Analyzed(image, id_, position, bytes_key.sha256, descriptor, answer=answer.id)
    return Result(run, outcome, bytes_key, answer)


def came_to_nothing(run: RunRecord, position: int, name: str, message: str = "it broke off") -> Result:
    image = named(name)
    id_ = run.portfolio.picture_id(image.locator)
    return Result(run, Failed(image, id_, position, key(position).sha256, "broken", message))


async def keep(store: SqlStore, *results: Result) -> None:
    """Save these, and bring them into the gallery."""
    for result in results:
        await store.save(result)
    if results:
        await bring_in(store, results[0].run.portfolio.id)


async def bring_in(store: SqlStore, portfolio: str) -> int:
    """Bring the gallery up to date; how many outcomes were brought in."""
    brought = 0
    while count := await store.carry_out(partial(gallery.refresh, portfolio=portfolio)):
        brought += count
    return brought


async def shown(
    store: SqlStore, portfolio: str, filters: Filters = ALL, sort: Sort = "name", limit: int = 200
) -> list[Card]:
    """The cards of every page, one page after the other."""
    cards: list[Card] = []
    cursor = None
    while True:
        page = await store.carry_out(
            partial(gallery.page, portfolio=portfolio, filters=filters, sort=sort, cursor=cursor, limit=limit)
        )
        cards += page.cards
        if (cursor := page.cursor) is None:
            return cards


async def names(store: SqlStore, portfolio: str, filters: Filters = ALL, sort: Sort = "name") -> list[str]:
    return [card.name for card in await shown(store, portfolio, filters, sort)]


async def counts(store: SqlStore, portfolio: str, field: str, filters: Filters = ALL) -> dict[str, int]:
    facets = await store.carry_out(partial(gallery.facets, portfolio=portfolio, filters=filters))
    return {facet.value: facet.count for facet in facets[field]}


def having(**values: str | Sequence[str]) -> Filters:
    """Filters by fields; two underscores stand for a dot."""
    return Filters(
        {
            field.replace("__", "."): frozenset([said] if isinstance(said, str) else said)
            for field, said in values.items()
        }
    )
