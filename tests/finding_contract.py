"""What the gallery must find in every database: by values with their counts, by words, and once corrected.

Subclass `FindingContract` as `Test…` in a test file, and give it `opened`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from gallery_samples import (
    OpenedSql,
    bring_in,
    came_to_nothing,
    counts,
    having,
    keep,
    looked_at,
    names,
    shown,
)
from manyeyes.model.descriptor import Camera, Lighting, PaletteColor, StyleLabel
from manyeyes.model.errors import SettingsError
from manyeyes.model.outcome import Analyzed
from manyeyes.store import corrections, gallery
from manyeyes.store.facets import FIELDS
from manyeyes.store.gallery import Filters
from manyeyes.store.latest import latest
from manyeyes.store.reports import history, pages
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import RunRecord
from store_samples import OPENING


class FindingContract(OpenedSql):
    """The contract, as tests."""

    # Filters and their counts

    def test_every_field_that_names_something_can_be_filtered_by(self) -> None:
        says: dict[str, Any] = {
            "garment_type": "dress", "silhouette": "a-line", "fit": "slim", "neckline": "crew",
            "sleeve_length": "long", "fabric": "silk", "finish": "matte", "texture": "smooth",
            "pattern": "stripe", "is_patterned": True, "is_two_piece": False, "is_garment": True,
            "color_palette": (PaletteColor("navy", "#1b2a41"), PaletteColor("white")),
            "embellishments": ("lace",), "style_labels": (StyleLabel("boho", 0.4),),
            "lighting": Lighting("soft", "side"), "camera": Camera("front", "low"),
        }  # fmt: skip
        expected = {
            **{field: said for field, said in says.items() if isinstance(said, str)},
            "is_patterned": "true", "is_two_piece": "false", "is_garment": "true", "color_palette": "white",
            "embellishments": "lace", "style_labels": "boho", "lighting.type": "soft",
            "lighting.direction": "side", "camera.angle": "front", "camera.height": "low",
            "status": "analyzed", "corrected": "false",
        }  # fmt: skip
        assert set(expected) == set(FIELDS)

        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, looked_at(run, 0, "a.jpg", **says), looked_at(run, 1, "b.jpg"))
            both = {"status", "corrected"}
            for field, value in expected.items():
                wanted = ["a.jpg", "b.jpg"] if field in both else ["a.jpg"]
                found = await names(store, run.portfolio.id, Filters({field: frozenset({value})}))
                assert found == wanted, field
                if field not in both:
                    unseen = Filters({field: frozenset({"none"})})
                    assert await names(store, run.portfolio.id, unseen) == ["b.jpg"], field

        self.with_run(test)

    def test_each_field_is_counted_with_the_filters_on_the_others(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            given = [("dress", "silk"), ("dress", "wool"), ("coat", "wool"), ("coat", None)]
            await keep(
                store,
                *[
                    looked_at(run, place, f"{place}.jpg", garment_type=garment, fabric=fabric)
                    for place, (garment, fabric) in enumerate(given)
                ],
            )
            portfolio, filters = run.portfolio.id, having(garment_type="dress")
            assert await counts(store, portfolio, "garment_type", filters) == {"coat": 2, "dress": 2}
            assert await counts(store, portfolio, "fabric", filters) == {"silk": 1, "wool": 1}
            filters = having(garment_type="dress", fabric=["wool", "none"])
            assert await names(store, portfolio, filters) == ["1.jpg"]
            assert await counts(store, portfolio, "garment_type", filters) == {"coat": 2, "dress": 1}
            assert await counts(store, portfolio, "fabric", filters) == {"silk": 1, "wool": 1, "none": 0}

        self.with_run(test)

    def test_a_value_that_is_chosen_is_told_even_where_nothing_has_it(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, looked_at(run, 0, "a.jpg", fabric="silk"))
            filters = having(fabric="a \0 hostile \ud800 '\" value")
            assert await names(store, run.portfolio.id, filters) == []
            told = await counts(store, run.portfolio.id, "fabric", filters)
            assert told == {"silk": 1, "a \0 hostile \ud800 '\" value": 0}

        self.with_run(test)

    def test_a_colour_is_told_with_a_hex_that_was_seen(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(
                store,
                looked_at(run, 0, "a.jpg", color_palette=(PaletteColor("white"),)),
                looked_at(run, 1, "b.jpg", color_palette=(PaletteColor("navy", "#1b2a41"),)),
                looked_at(run, 2, "c.jpg", color_palette=(PaletteColor("navy"),)),
            )
            facets = await store.carry_out(partial(gallery.facets, portfolio=run.portfolio.id))
            told = [(facet.value, facet.count, facet.hex) for facet in facets["color_palette"]]
            assert told == [("navy", 2, "#1b2a41"), ("white", 1, None)]

        self.with_run(test)

    # Words

    @pytest.mark.parametrize(
        ("question", "found"),
        [
            ("dress", True), ("DRESS", True), ("dre", True), ("ress", False), ("silk dress", True),
            ("silk dresses", False), ("cafe", True), ("Café", True), ("cafés", False), ("v-neck", True),
            ("neck v", True), ("eye level", True), ("lace", True), ("boho", True), ("leaning", True),
            ("studio", True), ("because", True), ("summer", True), ("07", True), ("jpg", True),
            ("красное", True), ("крас", True), ("красная", False), ("连衣裙", True), ("裙", True),
            ("红", False),
            ("", True), ("   ", True), ("!?*", True), ('"', True), ("dress OR coat", False),
            ("dress AND", False), ("NOT dress", False), ("dress*", True), ("garment_type:dress", False),
            ('silk" OR "coat', False), ("(dress", True), ("dress:*", True), ("'dress' & !silk", True),
            ("{dress} NEAR", False), ("\0dress\0", True), ("\ud800", True), ("🧵", True), ("ﬁt", True),
            ("d" * 5000, False), ("dress " * 5000, True), ("_dress", True),
            ("dress; DROP TABLE words", False),
        ],
    )  # fmt: skip
    def test_words_are_found_whatever_signs_stand_among_them(self, question: str, found: bool) -> None:
        says: dict[str, Any] = {
            "garment_type": "dress", "fabric": "silk", "neckline": "v-neck", "embellishments": ("lace",),
            "style_labels": (StyleLabel("boho"),), "camera": Camera(height="eye level"),
            "background": "a café, no studio", "pose": "leaning; fit",
            "reasoning": "because: красное 连衣裙", "color_palette": (PaletteColor("navy"),),
        }  # fmt: skip

        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, looked_at(run, 0, "summer/07.jpg", **says))
            assert await names(store, run.portfolio.id, Filters(text=question)) == (
                ["summer/07.jpg"] if found else []
            )

        self.with_run(test)

    def test_words_filter_together_with_values(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(
                store,
                looked_at(run, 0, "a.jpg", fabric="silk", pose="standing"),
                looked_at(run, 1, "b.jpg", fabric="wool", pose="standing"),
                looked_at(run, 2, "c.jpg", fabric="wool", pose="sitting"),
            )
            filters = replace(having(fabric="wool"), text="stand")
            assert await names(store, run.portfolio.id, filters) == ["b.jpg"]
            told = await counts(store, run.portfolio.id, "fabric", filters)
            assert told == {"silk": 1, "wool": 1}

        self.with_run(test)

    # Corrections

    def test_a_correction_shows_wherever_the_descriptor_does(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, looked_at(run, 0, "a.jpg", garment_type="coat", pattern="solid"))
            (card,) = await shown(store, run.portfolio.id)
            before = await store.carry_out(partial(gallery.changed, portfolio=run.portfolio.id))
            fix = partial(corrections.correct, picture=card.id)
            assert await store.carry_out(partial(fix, field="garment_type", value="Dresses")) == "dress"
            assert await store.carry_out(partial(fix, field="pattern", value=None)) is None
            assert await bring_in(store, run.portfolio.id) == 1
            (card,) = await shown(store, run.portfolio.id, having(garment_type="dress", pattern="none"))
            assert card.corrected == ("garment_type", "pattern")
            assert card.descriptor is not None
            assert (card.descriptor.garment_type, card.descriptor.is_garment) == ("dress", True)
            assert await counts(store, run.portfolio.id, "corrected") == {"true": 1}
            assert await names(store, run.portfolio.id, Filters(text="coat")) == []
            assert await names(store, run.portfolio.id, Filters(text="dress", corrected=True)) == ["a.jpg"]
            assert await store.carry_out(partial(gallery.changed, portfolio=run.portfolio.id)) > before
            (one,) = [kept async for page in pages(store, run.id, raw=True) for kept in page]
            (look,) = await store.carry_out(partial(history, picture=card.id))
            (last,) = [kept async for page in latest(store, run.portfolio.id, raw=True) for kept in page]
            for kept in (one, look.kept, last):
                assert isinstance(kept.outcome, Analyzed)
                assert kept.outcome.descriptor == card.descriptor
                assert kept.corrected == ("garment_type", "pattern")
                assert kept.raw == '{"garment_type": "dress"}'

        self.with_run(test)

    def test_a_correction_that_is_withdrawn_shows_the_models_word_again(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, looked_at(run, 0, "a.jpg", fabric="silk"))
            (card,) = await shown(store, run.portfolio.id)
            for value in ("wool", "linen"):
                fix = partial(corrections.correct, picture=card.id, field="fabric", value=value)
                await store.carry_out(fix)
                await bring_in(store, run.portfolio.id)
                assert await counts(store, run.portfolio.id, "fabric") == {value: 1}
            await store.carry_out(partial(corrections.withdraw, picture=card.id, field="fabric"))
            await bring_in(store, run.portfolio.id)
            assert await counts(store, run.portfolio.id, "fabric") == {"silk": 1}
            assert await counts(store, run.portfolio.id, "corrected") == {"false": 1}
            with pytest.raises(SettingsError, match="'sleeves' cannot be corrected: choose one of"):
                await store.carry_out(partial(corrections.withdraw, picture=card.id, field="sleeves"))

        self.with_run(test)

    def test_a_correction_holds_for_every_copy_and_for_later_answers(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            other = await store.open_run(replace(OPENING, sources=("/more",)))
            await keep(store, looked_at(run, 0, "a.jpg", number=7, fabric="silk"))
            await keep(store, looked_at(other, 0, "b.jpg", number=7, fabric="silk"))
            (card,) = await shown(store, run.portfolio.id)
            await store.carry_out(partial(corrections.correct, picture=card.id, field="fabric", value="wool"))
            await bring_in(store, other.portfolio.id)
            assert await counts(store, other.portfolio.id, "fabric") == {"wool": 1}
            again = await store.open_run(OPENING)
            await keep(store, looked_at(again, 0, "a.jpg", number=7, fabric="linen", fit="slim"))
            assert await counts(store, run.portfolio.id, "fabric") == {"wool": 1}
            assert await counts(store, run.portfolio.id, "fit") == {"slim": 1}

        self.with_run(test)

    def test_what_has_no_descriptor_cannot_be_corrected(self) -> None:
        async def test(store: SqlStore, run: RunRecord) -> None:
            await keep(store, came_to_nothing(run, 0, "a.jpg"))
            (card,) = await shown(store, run.portfolio.id)
            fix = partial(corrections.correct, field="fabric", value="wool")
            with pytest.raises(SettingsError, match="no descriptor to correct yet"):
                await store.carry_out(partial(fix, picture=card.id))
            with pytest.raises(SettingsError, match="is no picture of this store"):
                await store.carry_out(partial(fix, picture="nobody's"))

        self.with_run(test)
