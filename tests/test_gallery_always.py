"""Whatever a portfolio holds and however it is asked for: pages, counts and words say what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery_samples import bring_in, came_to_nothing, looked_at, shown
from manyeyes.model.descriptor import Lighting, PaletteColor, StyleLabel
from manyeyes.store import facets as facets_of_store
from manyeyes.store import gallery, sorting
from manyeyes.store.facets import FIELDS, in_all, members_of, numbers_in, size_of, values_of
from manyeyes.store.gallery import Card, Filters
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Result, RunRecord
from manyeyes.store.words import words_of
from store_samples import OPENING

T = TypeVar("T")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few pictures are many: several segments, and more than are named one by one."""
    monkeypatch.setattr(facets_of_store, "SEGMENT", 4)
    monkeypatch.setattr(sorting, "SEGMENT", 4)
    monkeypatch.setattr(sorting, "FEW", 3)
    monkeypatch.setattr(sorting, "STEP", 2)


maybe = st.sampled_from
looks = st.fixed_dictionaries(
    {
        "garment_type": maybe([None, "dress", "coat"]),
        "fabric": maybe([None, "silk", "wool"]),
        "lighting": st.builds(Lighting, maybe([None, "soft"])),
        "color_palette": st.lists(
            st.builds(PaletteColor, maybe(["navy", "white"])), max_size=2, unique_by=lambda one: one.name
        ).map(tuple),
        "style_labels": st.lists(st.builds(StyleLabel, maybe(["boho", "street"])), max_size=1).map(tuple),
        "is_garment": maybe([None, True, False]),
        "confidence": maybe([None, 0.2, 0.5, 0.8]),
        "pose": maybe([None, "standing tall", "sitting"]),
    }
)
#: A picture's name and what is seen in it; None where it fails.
pictures = st.tuples(maybe(["a", "B", "b", "c2", "c10", "ç"]), st.none() | looks)
portfolios = st.lists(pictures, max_size=14)
filters = st.builds(
    Filters,
    st.dictionaries(
        maybe(["garment_type", "fabric", "color_palette", "lighting.type", "is_garment"]),
        st.frozensets(maybe(["dress", "coat", "silk", "wool", "navy", "soft", "true", "none"]), max_size=3),
        max_size=2,
    ),
    maybe(["", "", "stand", "tall stand", "sitting", "nothing of it"]),
    maybe([frozenset(), frozenset({"analyzed"}), frozenset({"failed"}), frozenset({"waiting", "failed"})]),
    maybe([None, None, 0.5, 1.0]),
    maybe([None, None, False, True]),
)
Portfolio = list[tuple[str, dict[str, Any] | None]]


def results(run: RunRecord, portfolio: Portfolio, start: int = 0) -> list[Result]:
    return [
        came_to_nothing(run, place, f"{place}/{name}.jpg")
        if says is None
        else looked_at(run, place, f"{place}/{name}.jpg", **says)
        for place, (name, says) in enumerate(portfolio, start)
    ]


def with_portfolio(portfolio: Portfolio, test: Callable[[SqlStore, RunRecord], Awaitable[T]]) -> T:
    async def main() -> T:
        async with SqlStore("sqlite://") as store:
            run = await store.open_run(OPENING)
            await asyncio.gather(*map(store.save, results(run, portfolio)))
            await bring_in(store, run.portfolio.id)
            return await test(store, run)

    return asyncio.run(main())


def values(card: Card) -> dict[str, set[str]]:
    """What a card is filtered by, found out from the card."""
    found: dict[str, set[str]] = {}
    for field, value, _ in values_of(card.descriptor, card.status, corrected=bool(card.corrected)):
        found.setdefault(field, set()).add(value)
    return found


def passes(card: Card, asked: Filters, but: str = "") -> bool:
    """Whether a picture is to be found, reckoned the slow way; the filter on one field may be left out."""
    has = values(card)
    wanted = dict(asked.values)
    if asked.statuses:
        wanted["status"] = asked.statuses
    if asked.corrected is not None:
        wanted["corrected"] = frozenset({str(asked.corrected).lower()})
    said = set(words_of(f"{card.name} {card.descriptor.pose if card.descriptor else ''}"))
    *whole, last = words_of(asked.text) or [""]
    return (
        all(has.get(field, set()) & some for field, some in wanted.items() if some and field != but)
        and (asked.below is None or (card.confidence is not None and card.confidence < asked.below))
        and said.issuperset(whole)
        and any(word.startswith(last) for word in said)
    )


@settings(max_examples=60)
@given(portfolios, filters, st.sampled_from(sorting.SORTS), st.integers(1, 5))
def test_all_pages_together_are_all_that_pass_the_filters_each_once(
    portfolio: Portfolio, asked: Filters, sort: gallery.Sort, limit: int
) -> None:
    async def test(store: SqlStore, run: RunRecord) -> None:
        every = await shown(store, run.portfolio.id, sort=sort)
        assert len(every) == len(portfolio)
        read = await shown(store, run.portfolio.id, asked, sort, limit)
        assert read == [card for card in every if passes(card, asked)]
        page = await store.carry_out(partial(gallery.page, portfolio=run.portfolio.id, filters=asked))
        assert page.total == len(read)

    with_portfolio(portfolio, test)


@settings(max_examples=60)
@given(portfolios, filters)
def test_facets_count_what_there_is_with_the_other_filters(portfolio: Portfolio, asked: Filters) -> None:
    async def test(store: SqlStore, run: RunRecord) -> None:
        every = await shown(store, run.portfolio.id)
        told = await store.carry_out(partial(gallery.facets, portfolio=run.portfolio.id, filters=asked))
        assert list(told) == list(FIELDS)
        for field, facets in told.items():
            naive: dict[str, int] = {}
            for card in every:
                if passes(card, asked, but=field):
                    for value in values(card).get(field, set()):
                        naive[value] = naive.get(value, 0) + 1
            assert {facet.value: facet.count for facet in facets if facet.count} == naive, field
            assert facets == sorted(facets, key=lambda facet: (-facet.count, facet.value))

    with_portfolio(portfolio, test)


@settings(max_examples=40)
@given(portfolios, portfolios, st.sampled_from(sorting.SORTS), st.integers(1, 3))
def test_pages_keep_to_their_places_while_pictures_arrive(
    portfolio: Portfolio, arriving: Portfolio, sort: gallery.Sort, limit: int
) -> None:
    async def test(store: SqlStore, run: RunRecord) -> None:
        before = await shown(store, run.portfolio.id, sort=sort)
        more = iter(results(run, arriving, start=len(portfolio)))
        read: list[Card] = []
        cursor = None
        while True:
            look = partial(gallery.page, portfolio=run.portfolio.id, sort=sort, cursor=cursor, limit=limit)
            page = await store.carry_out(look)
            read += page.cards
            if (cursor := page.cursor) is None:
                break
            if (result := next(more, None)) is not None:
                await store.save(result)
                await bring_in(store, run.portfolio.id)
        old = {card.id for card in before}
        assert [card for card in read if card.id in old] == before
        assert len({card.id for card in read}) == len(read)

    with_portfolio(portfolio, test)


@settings(max_examples=40)
@given(st.lists(portfolios, min_size=1, max_size=3), st.integers(1, 4))
def test_the_gallery_is_the_same_however_it_is_brought_up_to_date(
    analyses: list[Portfolio], most: int
) -> None:
    async def shown_after(*, at_once: bool) -> list[object]:
        async with SqlStore("sqlite://") as store:
            for portfolio in analyses:
                run = await store.open_run(OPENING)
                for result in results(run, [("a", says) for _, says in portfolio]):
                    await store.save(result)
                some = partial(gallery.refresh, portfolio=run.portfolio.id, most=most)
                if at_once:
                    continue
                while await store.carry_out(some):
                    """Some at a time, after each run."""
            await bring_in(store, run.portfolio.id)
            cards = await shown(store, run.portfolio.id)
            facets = await store.carry_out(partial(gallery.facets, portfolio=run.portfolio.id))
            return [[(card.name, card.status, card.descriptor) for card in cards], facets]

    assert asyncio.run(shown_after(at_once=True)) == asyncio.run(shown_after(at_once=False))


numbers = st.sets(st.integers(0, 40))


@given(numbers, numbers)
def test_sets_of_pictures_are_sets(one: set[int], other: set[int]) -> None:
    members = members_of(one)
    assert list(numbers_in(members)) == sorted(one)
    assert size_of(members) == len(one)
    assert in_all([]) is None
    both = in_all([members, members_of(other)])
    assert both is not None
    assert set(numbers_in(both)) == one & other


@given(st.text())
def test_words_are_letters_and_digits_whatever_they_are_made_of(text: str) -> None:
    for word in words_of(text):
        assert word
        assert word.isascii()
        assert word.replace("_", "").isalnum()
        assert word == word.lower()
    assert len(words_of(text)) == len(set(words_of(text)))


@given(st.text(), st.integers(1, 8))
def test_a_words_beginning_is_the_beginning_of_a_word(text: str, length: int) -> None:
    for word in words_of(text):
        if word.isascii() and "_" not in word:
            assert words_of(word) == [word]
            assert words_of(word[:length])[-1:] == [word[:length]]


def test_a_word_is_found_by_its_beginning_in_any_writing() -> None:
    (whole,) = words_of("красное")
    (beginning,) = words_of("крас")
    assert whole.startswith(beginning)


def test_pictures_that_are_gone_leave_no_trace_in_the_counts() -> None:
    async def test(store: SqlStore, run: RunRecord) -> None:
        again = await store.open_run(OPENING)
        for place in range(6):
            await store.save(looked_at(again, place, f"{place}/a.jpg", fabric="wool"))
        await bring_in(store, run.portfolio.id)
        facets = await store.carry_out(partial(gallery.facets, portfolio=run.portfolio.id))
        assert [(facet.value, facet.count) for facet in facets["fabric"]] == [("wool", 6)]

    silk: dict[str, Any] = {"fabric": "silk"}
    with_portfolio([("a", silk)] * 6, test)


def test_an_empty_filter_filters_nothing() -> None:
    async def test(store: SqlStore, run: RunRecord) -> None:
        nothing = replace(Filters(), values={"fabric": frozenset()}, text="  ")
        assert len(await shown(store, run.portfolio.id, nothing)) == 1

    with_portfolio([("a", {})], test)
