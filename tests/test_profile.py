"""The style profile of a portfolio: its counts, shares, colours, likenesses and words."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.descriptor import Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.model.vocabulary import WORDS
from manyeyes.portrait.export import json_line
from manyeyes.portrait.picks import ENOUGH, SHEET
from manyeyes.portrait.shares import MOST_VALUES, TOLD, Share
from manyeyes.portrait.summary import FEW, said_of
from manyeyes.store.reports import Kept
from portfolio_answers import answered, broken, profile

NAVY, WHITE = PaletteColor("navy", "#1d2440", 0.75), PaletteColor("white", "#f3f3f2", 0.25)
DRESS = StyleDescriptor(
    garment_type="dress",
    pattern="solid",
    color_palette=(NAVY, WHITE),
    embellishments=("buttons", "Buttons ", "lace"),
    lighting=Lighting("soft", None),
    style_labels=(StyleLabel("casual", 0.5), StyleLabel("boho")),
    confidence=0.9,
)
COAT = StyleDescriptor(garment_type="coat", color_palette=(PaletteColor("red", "#cb2530"),), confidence=0.3)
LANDSCAPE = StyleDescriptor(is_garment=False, garment_type="hat", lighting=Lighting("hard", None))

unit = st.floats(0, 1)
colours = st.builds(
    PaletteColor,
    st.sampled_from(["navy", "Navy", "white", "red", "sea green", ""]),
    st.none() | st.integers(0, 0xFFFFFF).map("#{:06x}".format) | st.just("javascript:"),
    st.none() | unit,
)
descriptors = st.builds(
    StyleDescriptor,
    garment_type=st.none() | st.sampled_from(WORDS["garment_type"][:5]),
    pattern=st.none() | st.sampled_from(WORDS["pattern"]),
    fit=st.none() | st.sampled_from(WORDS["fit"]),
    color_palette=st.lists(colours, max_size=3).map(tuple),
    embellishments=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    style_labels=st.lists(st.builds(StyleLabel, st.text(max_size=3), st.none() | unit), max_size=3).map(
        tuple
    ),
    background=st.none() | st.text(max_size=20),
    is_garment=st.none() | st.booleans(),
    confidence=st.none() | unit,
)


@st.composite
def portfolios(draw: st.DrawFn) -> list[Kept]:
    said = draw(st.lists(st.none() | descriptors, max_size=25))
    return [broken(i) if one is None else answered(i, one) for i, one in enumerate(said)]


def test_every_count_says_of_how_many() -> None:
    found = profile(
        answered(0, DRESS, corrected=("fit",)), answered(1, COAT), answered(2, LANDSCAPE), broken(3)
    )
    counts = (found.pictures, found.analyzed, found.failed, found.corrected, found.no_garment, found.coloured)
    assert counts == (4, 3, 1, 1, 1, 2)
    assert found.failures == {"unreadable_image": 1}
    garments = found.distributions["garment_type"]
    assert (garments.of, garments.known, garments.missing) == (2, 2, 0)
    assert garments.values == (Share("coat", 1, 0.5), Share("dress", 1, 0.5))
    light = found.distributions["lighting.type"]
    assert (light.of, light.known, light.missing_share) == (3, 2, 0.333333)
    pattern = found.distributions["pattern"]
    assert (pattern.of, pattern.known, pattern.values) == (2, 1, (Share("solid", 1, 1.0),))


def test_a_word_counts_once_a_picture_however_it_is_written() -> None:
    told = profile(answered(0, DRESS), answered(1, COAT)).distributions["embellishments"]
    assert told.values == (Share("buttons", 1, 1.0), Share("lace", 1, 1.0))
    assert told.several
    assert told.known == 1


def test_style_labels_weigh_by_their_scores_and_in_full_without_one() -> None:
    told = profile(answered(0, DRESS)).distributions["style_labels"]
    assert told.values == (Share("boho", 1, 0.666667), Share("casual", 1, 0.333333))


def test_colours_weigh_by_their_share_of_each_garment_and_each_garment_alike() -> None:
    found = profile(answered(0, DRESS), answered(1, COAT))
    assert [(one.name, one.hex, one.share, one.main_of) for one in found.palette] == [
        ("red", "#cb2530", 0.5, 1),
        ("navy", "#1d2440", 0.375, 1),
        ("white", "#f3f3f2", 0.125, 0),
    ]


def test_colours_that_look_alike_are_one_under_the_name_that_most_of_it_has() -> None:
    def in_colour(number: int, name: str, hex_: str | None) -> Kept:
        return answered(number, StyleDescriptor(color_palette=(PaletteColor(name, hex_),)))

    alike = [in_colour(0, "navy", "#1d2440"), in_colour(1, "Navy", "#1e2441"), in_colour(2, "ink", "#20263f")]
    found = profile(*alike, in_colour(3, "navy", None), in_colour(4, "oxblood", None))
    assert [(one.name, one.share) for one in found.palette] == [("navy", 0.8), ("oxblood", 0.2)]
    assert found.palette[1].hex is None


def test_garments_are_crossed_with_colours_where_there_are_enough_to_compare() -> None:
    dresses = [answered(number, DRESS) for number in range(3)]
    assert profile(*dresses, answered(3, COAT)).crossed is None
    crossed = profile(*dresses, *(answered(number, COAT) for number in range(3, 7))).crossed
    assert crossed is not None
    assert (crossed.garments, crossed.counts) == (("coat", "dress"), (4, 3))
    assert crossed.colours == ("red", "navy", "white")
    assert crossed.shares == ((1.0, 0.0, 0.0), (0.0, 0.75, 0.25))


def test_how_sure_the_answers_are_is_told_by_a_histogram_quantiles_and_type() -> None:
    sure = profile(answered(0, DRESS), answered(1, COAT), answered(2, DRESS), answered(3, LANDSCAPE)).sureness
    assert (sure.of, sure.known, sure.unsure, sure.median, sure.mean) == (4, 3, 1, 0.9, 0.7)
    assert sure.histogram == (0, 0, 0, 1, 0, 0, 0, 0, 0, 2)
    assert [(one.garment_type, one.median, one.unsure) for one in sure.by_garment] == [
        ("coat", 0.3, 1), ("dress", 0.9, 0),
    ]  # fmt: skip


def test_the_picture_with_rare_values_is_least_like_the_rest_and_told_why() -> None:
    odd = StyleDescriptor(garment_type="hat", pattern="paisley", lighting=Lighting("soft", None))
    usual = StyleDescriptor(garment_type="dress", pattern="solid", lighting=Lighting("soft", None))
    found = profile(*(answered(number, usual) for number in range(15)), answered(15, odd))
    (outlier,) = found.outliers
    assert (outlier.name, [str(reason) for reason in outlier.reasons]) == (
        "15.jpg", ["hat, 1 of 16", "paisley, 1 of 16"],
    )  # fmt: skip
    # Two of three fields have one value in sixteen: (4 + 4 + 0) / 3 bits.
    assert outlier.bits == pytest.approx(8 / 3, abs=1e-3)
    entropy = -(15 / 16 * math.log2(15 / 16) + 1 / 16 * math.log2(1 / 16))
    assert found.usual_bits == pytest.approx(2 * entropy / 3, abs=1e-3)


def test_among_few_pictures_none_is_an_outlier() -> None:
    odd = StyleDescriptor(garment_type="hat", pattern="paisley")
    assert profile(*(answered(n, DRESS) for n in range(ENOUGH - 2)), answered(20, odd)).outliers == ()


def test_an_outlier_among_thousands_is_found() -> None:
    usual = [answered(number, DRESS) for number in range(3000)]
    odd = answered(1400, StyleDescriptor(garment_type="hat", pattern="paisley", color_palette=(NAVY,)))
    usual[1400] = odd
    assert [pick.name for pick in profile(*usual, size=200).outliers] == ["1400.jpg"]


def test_the_contact_sheet_begins_with_one_picture_of_each_garment() -> None:
    sheet = profile(*(answered(n, DRESS) for n in range(20)), answered(20, COAT)).contact_sheet
    assert [pick.role for pick in sheet[:2]] == ["typical: dress", "typical: coat"]
    assert len(sheet) == SHEET
    assert len({pick.id for pick in sheet}) == SHEET


def test_words_that_models_choose_freely_are_held_in_a_bounded_number() -> None:
    words = [StyleDescriptor(embellishments=(f"bead {number}", "lace")) for number in range(MOST_VALUES + 50)]
    told = profile(*(answered(number, each) for number, each in enumerate(words))).distributions
    found = told["embellishments"]
    assert (found.values[0].value, found.values[0].count) == ("lace", MOST_VALUES + 50)
    assert found.rest is not None
    assert found.rest.count == MOST_VALUES + 50 - (TOLD - 1)
    assert found.rest.value.startswith("more than")


def test_an_empty_portfolio_and_one_that_failed_say_so() -> None:
    assert profile().summary == ("No picture has been analyzed yet.",)
    assert profile(broken(0)).summary == ("1 picture: 0 analyzed, 1 failed.",)


def test_a_share_has_a_word_only_where_its_rule_says_so() -> None:
    said = [said_of(share) for share in (1, 0.99, 0.9, 0.6, 0.56, 0.5, 0.4, 0.3, 0.25, 0.21)]
    assert said == [
        "All", "Nearly all", "Nearly all", "Most", "More than half", "About half", "About two in five",
        "About a third", "About a quarter", None,
    ]  # fmt: skip


def test_the_summary_speaks_of_what_the_figures_show_and_says_when_they_are_few() -> None:
    summary = profile(answered(0, DRESS), answered(1, DRESS), answered(2, COAT)).summary
    assert summary[:4] == (
        "3 pictures: 3 analyzed, 0 failed.",
        f"With fewer than {FEW} pictures, one more or less changes these figures.",
        "Most show: dress (2 of 3); then coat (1).",
        "Colours by their share of the garments' area: navy (50 %), red (33 %), white (17 %).",
    )
    assert "All are solid (2 of 2)." in summary
    assert not any(sentence.startswith("With fewer") for sentence in profile(
        *(answered(n, DRESS) for n in range(FEW))
    ).summary)  # fmt: skip


def test_shades_of_one_name_are_one_colour_in_words() -> None:
    shades = (PaletteColor("brown", "#6b4226", 0.5), PaletteColor("brown", "#8b5a2b", 0.3))
    coat = replace(COAT, color_palette=(*shades, PaletteColor("navy", "#1b2a49", 0.2)))
    told = profile(*(answered(number, coat) for number in range(FEW)))
    assert [colour.name for colour in told.palette].count("brown") == 2
    assert "Colours by their share of the garments' area: brown (80 %), navy (20 %)." in told.summary


@given(portfolios())
def test_shares_come_to_one(kept: list[Kept]) -> None:
    found = profile(*kept)
    assert found.pictures == found.analyzed + found.failed == len(kept)
    for told in found.distributions.values():
        rest = told.rest.share if told.rest else 0.0
        whole = sum(share.share for share in told.values) + rest
        if told.values and not told.several and any(share.share for share in told.values):
            assert whole == pytest.approx(1, abs=1e-4)
        assert 0 <= told.known <= told.of <= found.analyzed
    if found.palette:
        assert sum(one.share for one in found.palette) + found.other_colours == pytest.approx(1, abs=1e-4)
    assert sum(found.sureness.histogram) == found.sureness.known


@given(portfolios(), st.randoms(use_true_random=False), st.integers(1, 9))
def test_the_order_and_the_pages_do_not_matter(kept: list[Kept], random: Random, size: int) -> None:
    before = profile(*kept)
    random.shuffle(kept)
    assert profile(*kept, size=size) == before


@given(portfolios())
def test_a_profile_can_be_written_as_json(kept: list[Kept]) -> None:
    assert json_line(profile(*kept).as_json()).startswith(b'{"pictures"')
