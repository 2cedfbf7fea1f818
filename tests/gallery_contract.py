"""What the gallery must do in every database: show pictures, page by page, and their newest answers.

Subclass `GalleryContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from gallery_samples import (
    OpenedSql,
    arrived,
    bring_in,
    came_to_nothing,
    counts,
    having,
    keep,
    looked_at,
    names,
    shown,
)
from manyeyes.model.errors import SettingsError
from manyeyes.model.outcome import Analyzed
from manyeyes.store import gallery
from manyeyes.store.facets import FIELDS
from manyeyes.store.gallery import Failure, Filters
from manyeyes.store.latest import latest
from manyeyes.store.portfolios import add_pictures
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import RunRecord
from store_samples import OPENING


class GalleryContract(OpenedSql):
    """The contract, as tests."""

    # What is shown

    def test_an_empty_gallery_is_empty(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            portfolio = run.portfolio.id
            assert await bring_in(store, portfolio) == 0
            page = await store.carry_out(partial(gallery.page, portfolio=portfolio))
            assert (page.cards, page.cursor, page.total) == ([], None, 0)
            facets = await store.carry_out(partial(gallery.facets, portfolio=portfolio))
            assert facets == {field: [] for field in FIELDS}
            assert await store.carry_out(partial(gallery.changed, portfolio=portfolio)) == 0

        self.with_run(test)

    def test_a_picture_is_shown_once_it_has_been_brought_in(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            result = looked_at(run, 0, "a.jpg", garment_type="dress", confidence=0.7)
            await store.save(result)
            assert await shown(store, run.portfolio.id) == []
            assert await bring_in(store, run.portfolio.id) == 1
            (card,) = await shown(store, run.portfolio.id)
            assert isinstance(result.outcome, Analyzed)
            assert (card.id, card.name, card.size) == (result.outcome.id, "a.jpg", 1000)
            assert (card.status, card.descriptor) == ("analyzed", result.outcome.descriptor)
            assert (card.confidence, card.run, card.error, card.corrected) == (0.7, run.id, None, ())
            assert await store.carry_out(partial(gallery.card, picture=card.id)) == card
            assert await bring_in(store, run.portfolio.id) == 0

        self.with_run(test)

    def test_a_failed_picture_is_shown_with_its_cause(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, came_to_nothing(run, 0, "a.jpg", "the line broke"))
            (card,) = await shown(store, run.portfolio.id)
            assert (card.status, card.descriptor) == ("failed", None)
            assert card.error == Failure("broken", "the line broke")

        self.with_run(test)

    def test_an_uploaded_picture_waits_until_it_is_looked_at(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            (id_,) = await store.carry_out(
                partial(add_pictures, portfolio=run.portfolio, arrived=[arrived("a.jpg", 0, 77)])
            )
            (card,) = await shown(store, run.portfolio.id)
            assert (card.id, card.status, card.size, card.run) == (id_, "waiting", 77, None)
            assert await counts(store, run.portfolio.id, "status") == {"waiting": 1}
            assert await counts(store, run.portfolio.id, "garment_type") == {}
            await keep(store, looked_at(run, 0, "a.jpg"))
            (card,) = await shown(store, run.portfolio.id)
            assert (card.id, card.status) == (id_, "analyzed")
            assert await counts(store, run.portfolio.id, "status") == {"analyzed": 1}

        self.with_run(test)

    def test_a_newer_answer_takes_the_place_of_an_older_one_whichever_is_brought_in_first(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            newer = await store.open_run(OPENING)
            await keep(store, looked_at(newer, 0, "a.jpg", garment_type="coat"))
            await keep(store, looked_at(run, 0, "a.jpg", garment_type="dress"))
            assert await counts(store, run.portfolio.id, "garment_type") == {"coat": 1}
            newest = await store.open_run(OPENING)
            await keep(store, looked_at(newest, 0, "a.jpg", garment_type="skirt"))
            assert await counts(store, run.portfolio.id, "garment_type") == {"skirt": 1}
            (card,) = await shown(store, run.portfolio.id)
            assert card.run == newest.id
            assert card.descriptor is not None
            assert card.descriptor.garment_type == "skirt"

        self.with_run(test)

    def test_a_failure_does_not_take_the_place_of_an_answer(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, came_to_nothing(run, 0, "a.jpg", "first"))
            later = await store.open_run(OPENING)
            await keep(store, looked_at(later, 0, "a.jpg"))
            last = await store.open_run(OPENING)
            await keep(store, came_to_nothing(last, 0, "a.jpg", "last"))
            (card,) = await shown(store, run.portfolio.id)
            assert (card.status, card.run) == ("analyzed", later.id)

        self.with_run(test)

    def test_of_outcomes_that_are_brought_in_together_the_best_is_shown(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            second, third = await store.open_run(OPENING), await store.open_run(OPENING)
            await store.save(came_to_nothing(third, 0, "a.jpg"))
            await store.save(looked_at(second, 0, "a.jpg", fabric="silk"))
            await keep(store, looked_at(run, 0, "a.jpg", fabric="wool"))
            assert await counts(store, run.portfolio.id, "fabric") == {"silk": 1}

        self.with_run(test)

    def test_the_gallery_of_one_portfolio_shows_nothing_of_another(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            other = await store.open_run(replace(OPENING, sources=("/more",)))
            await keep(store, looked_at(run, 0, "a.jpg", fabric="silk", reasoning="shiny"))
            await keep(store, looked_at(other, 0, "b.jpg", fabric="silk", reasoning="shiny"))
            for portfolio, name in ((run.portfolio.id, "a.jpg"), (other.portfolio.id, "b.jpg")):
                assert await names(store, portfolio) == [name]
                assert await names(store, portfolio, having(fabric="silk")) == [name]
                assert await names(store, portfolio, Filters(text="shiny")) == [name]
                assert await counts(store, portfolio, "fabric") == {"silk": 1}

        self.with_run(test)

    def test_every_change_of_the_gallery_has_a_higher_number(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            seen = [0]
            for deed in (
                keep(store, looked_at(run, 0, "a.jpg")),
                keep(store, came_to_nothing(run, 1, "b.jpg")),
                keep(store, looked_at(run, 1, "b.jpg")),
            ):
                await deed
                seen.append(await store.carry_out(partial(gallery.changed, portfolio=run.portfolio.id)))
            assert seen == sorted(set(seen))
            assert await names(store, run.portfolio.id, sort="latest") == ["b.jpg", "a.jpg"]

        self.with_run(test)

    def test_duplicates_stand_together(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(
                store,
                looked_at(run, 0, "a.jpg", number=7),
                looked_at(run, 1, "b.jpg", number=8),
                looked_at(run, 2, "c.jpg", number=7),
            )
            (same,) = await store.carry_out(partial(gallery.duplicates, portfolio=run.portfolio.id))
            assert [card.name for card in same] == ["a.jpg", "c.jpg"]

        self.with_run(test)

    # Orders and cursors

    def test_names_are_ordered_as_people_expect(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            given = ["img10.jpg", "Img2.jpg", "émail.jpg", "zoo.jpg", "img1.jpg"]
            await keep(store, *[looked_at(run, place, name) for place, name in enumerate(given)])
            assert await names(store, run.portfolio.id) == [
                "img1.jpg", "Img2.jpg", "img10.jpg", "zoo.jpg", "émail.jpg",
            ]  # fmt: skip

        self.with_run(test)

    def test_a_confidence_that_nobody_told_comes_last_either_way(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            sure = {"a.jpg": 0.5, "b.jpg": None, "c.jpg": 0.9, "d.jpg": 0.1}
            await keep(
                store,
                *[looked_at(run, place, name, confidence=sure[name]) for place, name in enumerate(sure)],
            )
            portfolio = run.portfolio.id
            assert await names(store, portfolio, sort="confidence") == ["d.jpg", "a.jpg", "c.jpg", "b.jpg"]
            assert await names(store, portfolio, sort="-confidence") == ["c.jpg", "a.jpg", "d.jpg", "b.jpg"]
            assert await names(store, portfolio, Filters(below=0.5)) == ["d.jpg"]

        self.with_run(test)

    def test_a_page_tells_how_many_there_are_and_where_the_next_begins(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, *[looked_at(run, place, f"{place}.jpg") for place in range(5)])
            look = partial(gallery.page, portfolio=run.portfolio.id, limit=2)
            first = await store.carry_out(look)
            assert (len(first.cards), first.total) == (2, 5)
            second = await store.carry_out(partial(look, cursor=first.cursor))
            third = await store.carry_out(partial(look, cursor=second.cursor))
            assert [card.name for card in third.cards] == ["4.jpg"]
            assert third.cursor is None

        self.with_run(test)

    @pytest.mark.parametrize(
        "cursor",
        [
            "", "x", "====", "é", "bnVsbA", "W10", "WyJuYW1lIiwgMSwgImEiXQ", "WyJsYXRlc3QiLCAxZTQwMCwgImEiXQ",
            "WyJuYW1lIiwgIlx1ZDgwMCIsICJhIl0", "WyJuYW1lIiwgImEiLCAiXHUwMDAwIl0",
            "WyJsYXRlc3QiLCAxMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCwgImEiXQ", "W" * 5000,
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("sort", ["name", "latest", "status"])
    def test_a_cursor_that_is_none_of_ours_is_refused(self, cursor: str, sort: gallery.Sort) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            with pytest.raises(SettingsError, match="start again from the first page"):
                await store.carry_out(
                    partial(gallery.page, portfolio=run.portfolio.id, cursor=cursor, sort=sort)
                )

        self.with_run(test)

    def test_a_cursor_of_another_order_is_refused(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, *[looked_at(run, place, f"{place}.jpg") for place in range(3)])
            look = partial(gallery.page, portfolio=run.portfolio.id, limit=1)
            page = await store.carry_out(look)
            with pytest.raises(SettingsError, match="no page in this order"):
                await store.carry_out(partial(look, cursor=page.cursor, sort="size"))

        self.with_run(test)

    def test_an_order_or_a_field_that_does_not_exist_is_refused_by_name(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            look = partial(gallery.page, portfolio=run.portfolio.id)
            with pytest.raises(SettingsError, match=r"'loudness' is no order.*name, latest"):
                await store.carry_out(partial(look, sort="loudness"))
            with pytest.raises(SettingsError, match=r"'loudness' is nothing to filter by.*garment_type"):
                await store.carry_out(partial(look, filters=having(loudness="high")))

        self.with_run(test)

    # The portfolio as it stands

    def test_the_latest_of_a_portfolio_is_each_picture_once(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(
                store,
                looked_at(run, 0, "a.jpg", fabric="silk"),
                looked_at(run, 1, "b.jpg", fabric="silk"),
                came_to_nothing(run, 2, "c.jpg", "first"),
                came_to_nothing(run, 3, "d.jpg"),
            )
            later = await store.open_run(OPENING)
            await keep(
                store,
                looked_at(later, 0, "a.jpg", fabric="wool"),
                came_to_nothing(later, 1, "b.jpg"),
                came_to_nothing(later, 2, "c.jpg", "last"),
            )
            read = [kept.outcome async for page in latest(store, run.portfolio.id) for kept in page]
            told = [
                (one.name, one.descriptor.fabric if isinstance(one, Analyzed) else one.message)
                for one in read
            ]
            assert told == [
                ("a.jpg", "wool"),
                ("c.jpg", "last"),
                ("b.jpg", "silk"),
                ("d.jpg", "it broke off"),
            ]
            wool = latest(store, run.portfolio.id, having(fabric="wool"))
            assert [kept.outcome.name async for page in wool for kept in page] == ["a.jpg"]

        self.with_run(test)
