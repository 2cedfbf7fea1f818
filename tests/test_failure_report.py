"""Failures grouped by cause, each with its remedy; and the colours of a run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.descriptor import PaletteColor, StyleDescriptor
from manyeyes.model.errors import Broken, OutOfTime, UnreadableImage, remedy_for
from manyeyes.model.portfolio import Portfolio
from manyeyes.portrait.failures import EXAMPLES, Cause, causes_of, named
from manyeyes.portrait.palette import palette_of
from manyeyes.store.reports import Kept
from manyeyes.store.values import RunRecord
from store_samples import analyzed, failed, picture

RUN = RunRecord("r" * 26, Portfolio("p" * 26, "photos"), 0.0)


async def paged(kept: Sequence[Kept], size: int = 3) -> AsyncIterator[Sequence[Kept]]:
    for start in range(0, len(kept), size):
        yield kept[start : start + size]


def failure(number: int, kind: str, message: str, name: str | None = None) -> Kept:
    image = picture(number)
    return Kept(
        replace(
            failed(RUN, number, kind, message),
            image=replace(image, name=image.name if name is None else name),
        )
    )


def causes(*kept: Kept) -> list[Cause]:
    return asyncio.run(causes_of(paged(kept)))


def test_pictures_that_failed_for_one_reason_are_one_cause_with_its_remedy() -> None:
    found = causes(*(failure(number, "broken", "the service broke off (502)") for number in range(7)))
    names = tuple(f"{number}.jpg" for number in range(EXAMPLES))
    assert found == [Cause("broken", "the service broke off (502)", 7, names, Broken.remedy)]


def test_names_and_numbers_do_not_part_what_has_one_cause() -> None:
    found = causes(
        failure(1, "out_of_time", "'1.jpg' had no answer within its deadline of 300 s: raise --deadline"),
        failure(2, "out_of_time", "'2.jpg' had no answer within its deadline of 300 s: raise --deadline"),
    )
    assert [(cause.message, cause.count) for cause in found] == [
        ("… had no answer within its deadline of 300 s: raise --deadline", 2)
    ]
    assert found[0].remedy == OutOfTime.remedy


def test_a_single_failure_keeps_its_whole_message() -> None:
    message = "'1.jpg' has 120 megapixels, over the cap of 100"
    assert causes(failure(1, "image_too_large", message))[0].message == message


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("has 120 megapixels, cap 100", "has 900.5 megapixels, cap 100", "has … megapixels, cap 100"),
        ("prediction 8f3a9b2c71 failed", "prediction 0012ffab90 failed", "prediction … failed"),
        ("it isn't here, and 'a' isn't 1", "it isn't here, and 'b' isn't 2", "it isn't here, and … isn't …"),
        (r"'it\'s.jpg' broke", '"it\'s.jpg" broke', "… broke"),
        ("plain.jpg is truncated", "other.jpg is truncated", "… is truncated"),
        (
            "answered with HTTP 502 (Bad Gateway)",
            "answered with HTTP 503 (Slow)",
            "answered with HTTP … (Bad Gateway) / (Slow)",
        ),
        (
            "it failed: out of memory.",
            "it failed: E1000 unknown.",
            "it failed: out of memory / E1000 unknown.",
        ),
        ("it failed: took 5 s; go on", "it failed: took 7 s; go on", "it failed: took … s; go on"),
        (
            "'plain.jpg' cannot be decoded as JPEG (cut (3 bytes)): it is corrupt; copy it",
            "'other.jpg' cannot be decoded as PNG (broken): it is corrupt; copy it",
            "… cannot be decoded as JPEG / PNG (cut (3 bytes)) / (broken): it is corrupt; copy it",
        ),
        (
            "'plain.jpg' is in the format Photoshop (PSD), which is not read",
            "'other.jpg' is in the format SVG, which is not read",
            "… is in the format Photoshop (PSD) / SVG, which is not read",
        ),
    ],
)
def test_only_what_differs_is_left_out(one: str, other: str, together: str) -> None:
    (cause,) = causes(failure(1, "broken", one, "plain.jpg"), failure(2, "broken", other, "other.jpg"))
    assert cause.message == together


def test_causes_that_differ_in_words_or_kind_stay_apart_and_the_most_frequent_comes_first() -> None:
    found = causes(
        failure(1, "broken", "reset"),
        failure(2, "overloaded", "reset"),
        failure(3, "broken", "timed out"),
        failure(4, "broken", "timed out"),
    )
    assert [(cause.kind, cause.message, cause.count) for cause in found] == [
        ("broken", "timed out", 2),
        ("broken", "reset", 1),
        ("overloaded", "reset", 1),
    ]


def test_what_happened_in_other_ways_is_not_one_cause_though_the_kind_is_the_same() -> None:
    found = causes(
        failure(1, "unreadable_image", "'1.jpg' is gone since it was listed; copy it back and run again"),
        failure(2, "unreadable_image", "'2.jpg' cannot be read: Permission denied; mend that and run again"),
        failure(3, "unreadable_image", "'3.jpg' cannot be read: Is a directory; mend that and run again"),
    )
    assert [(cause.message, cause.count) for cause in found] == [
        ("… cannot be read: Permission denied / Is a directory; mend that and run again", 2),
        ("'1.jpg' is gone since it was listed; copy it back and run again", 1),
    ]


def test_of_many_reasons_a_few_are_told() -> None:
    (cause,) = causes(*(failure(n, "broken", f"it failed: {word}.") for n, word in enumerate("abcdef")))
    assert (cause.message, cause.count) == ("it failed: a / b / c / ….", 6)


def test_no_remedy_says_what_the_messages_of_its_kind_say() -> None:
    """Two messages of one kind may have different ways out: the remedy must fit all of them."""
    for kind in ("unreadable_image", "image_too_large", "refused", "broken", "bad_reply", "rate_limited"):
        assert not re.search(
            r"copy it|export it|shrink|declined|unsteady|schema", remedy_for(kind), re.IGNORECASE
        )


def test_a_message_without_the_pictures_name_gets_it() -> None:
    assert named("1.jpg", "the line broke") == "'1.jpg': the line broke"
    assert named("1.jpg", "'1.jpg' is gone") == "'1.jpg' is gone"


def test_pictures_that_were_analyzed_are_no_failures() -> None:
    assert causes(Kept(analyzed(RUN, 1))) == []


def test_a_kind_of_another_version_has_general_advice() -> None:
    (cause,) = causes(failure(1, "from_the_future", "who knows"))
    assert cause.remedy == remedy_for("from_the_future") != ""


def test_a_cause_is_spelt_as_json() -> None:
    (cause,) = causes(failure(1, "unreadable_image", "'1.jpg' is truncated"))
    assert cause.as_json() == {
        "kind": "unreadable_image",
        "message": "'1.jpg' is truncated",
        "count": 1,
        "examples": ["1.jpg"],
        "remedy": UnreadableImage.remedy,
    }


messages = st.lists(st.sampled_from(["no", "'a'", '"b', "12", "…", "isn't", "0.5", "deadbeef99"]), max_size=5)


@given(st.lists(st.tuples(st.sampled_from(["broken", "refused"]), messages.map(" ".join)), max_size=20))
def test_every_failure_is_counted_once(told: list[tuple[str, str]]) -> None:
    found = causes(*(failure(number, kind, message) for number, (kind, message) in enumerate(told)))
    assert sum(cause.count for cause in found) == len(told)
    assert all(len(cause.examples) == min(cause.count, EXAMPLES) for cause in found)
    assert len({(cause.kind, cause.message) for cause in found}) <= len(found)
    assert {cause.kind for cause in found} == {kind for kind, _ in told}


# The colours of a run


def palette(*garments: Sequence[PaletteColor]) -> list[PaletteColor]:
    kept = [
        Kept(analyzed(RUN, number, descriptor=StyleDescriptor(color_palette=tuple(colours))))
        for number, colours in enumerate(garments)
    ]
    return asyncio.run(palette_of(paged([*kept, Kept(failed(RUN, 99))]), most=2))


def test_colours_are_ranked_by_their_share_of_all_garments() -> None:
    found = palette(
        [PaletteColor("navy", "#000080", 0.75), PaletteColor("white", "#ffffff", 0.25)],
        [PaletteColor("navy", "#10106a", 0.5), PaletteColor("red", "#ff0000", 0.5)],
    )
    assert found == [PaletteColor("navy", "#000080", 0.625), PaletteColor("red", "#ff0000", 0.25)]


def test_colours_without_shares_count_alike_and_may_have_no_hex() -> None:
    found = palette([PaletteColor("navy"), PaletteColor("white")], [PaletteColor("navy")])
    assert found == [PaletteColor("navy", None, 0.75), PaletteColor("white", None, 0.25)]


def test_no_garments_have_no_colours() -> None:
    assert palette() == []
