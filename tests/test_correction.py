"""Corrections by hand: what a field may hold, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.correction import CORRECTABLE, LONGEST_TEXT, corrected, parse_correction
from manyeyes.model.descriptor import (
    Camera,
    Lighting,
    PaletteColor,
    StyleDescriptor,
    StyleLabel,
    as_json,
    from_json,
)
from manyeyes.model.errors import SettingsError
from manyeyes.model.vocabulary import WORDS
from store_samples import DESCRIPTOR


@pytest.mark.parametrize(
    ("field", "said", "held"),
    [
        ("neckline", "V neck", "v-neck"),
        ("lighting.type", "Soft", "soft"),
        ("fabric", None, None),
        ("fabric", "", None),
        ("is_two_piece", "yes", True),
        ("is_garment", False, False),
        ("background", "a  grey wall", "a grey wall"),
        ("embellishments", ["Lace", "lace", "bow"], ["lace", "bow"]),
        ("embellishments", [], []),
        ("style_labels", ["Boho"], [{"name": "boho", "score": None}]),
        ("style_labels", [{"name": "boho", "score": "40%"}], [{"name": "boho", "score": 0.4}]),
        ("color_palette", ["Navy"], [{"name": "navy", "hex": None, "share": None}]),
        (
            "color_palette",
            [{"name": "grey", "hex": "ABC", "share": 0.5}],
            [{"name": "gray", "hex": "#aabbcc", "share": 0.5}],
        ),
    ],
)
def test_what_a_person_says_is_read_as_an_answer_is(field: str, said: object, held: object) -> None:
    assert parse_correction(field, said) == held


@pytest.mark.parametrize(
    ("field", "said", "complaint"),
    [
        ("fabric", "paper", "'paper' is nothing that fabric can be: choose one of linen, silk"),
        ("fabric", ["silk", "wool"], "is nothing that fabric can be"),
        ("is_garment", "maybe", "give true, false or null"),
        ("pose", {"arms": 2}, "give a text or null"),
        ("color_palette", ["red", "green", "blue", "white"], "give at most 3 colours"),
        ("color_palette", [{"name": "red", "hex": "reddish"}], "give at most 3 colours"),
        ("style_labels", [{"name": "boho", "score": 7}], r"score \(0 to 1\)"),
        ("embellishments", [3.5, True], "give a list of texts"),
        ("confidence", 0.5, "'confidence' cannot be corrected: choose one of garment_type"),
        ("unrecognized", {}, "cannot be corrected"),
        ("lighting", "soft", "cannot be corrected"),
        ("pose", "x" * (LONGEST_TEXT + 1), "may hold 2000 characters, not 2001"),
        ("embellishments", ["x"] * 51, "may hold 50 elements, not 51"),
        ("embellishments", ["x" * 5000], "is too long: shorten it"),
    ],
)
def test_what_a_field_cannot_be_is_refused_with_what_is_allowed(
    field: str, said: object, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        parse_correction(field, said)


def test_only_what_was_corrected_changes() -> None:
    changes = {"fabric": "wool", "camera.height": "low", "background": None}
    assert corrected(DESCRIPTOR, changes) == replace(
        DESCRIPTOR, fabric="wool", camera=Camera(None, "low"), background=None
    )
    assert corrected(DESCRIPTOR, {}) is DESCRIPTOR


def test_both_parts_of_a_field_can_be_corrected() -> None:
    changes = {"lighting.type": "hard", "lighting.direction": "back"}
    assert corrected(DESCRIPTOR, changes).lighting == Lighting("hard", "back")


def test_lists_come_back_as_the_descriptor_holds_them() -> None:
    changes = {
        field: parse_correction(field, said)
        for field, said in {
            "color_palette": [{"name": "red", "share": 1}],
            "embellishments": ["bow"],
            "style_labels": ["boho"],
        }.items()
    }
    after = corrected(DESCRIPTOR, changes)
    assert after.color_palette == (PaletteColor("red", None, 1.0),)
    assert after.embellishments == ("bow",)
    assert after.style_labels == (StyleLabel("boho"),)


@pytest.mark.parametrize(
    ("before", "changes", "told"),
    [
        ({}, {"pattern": "stripe"}, {"is_patterned": True}),
        ({"is_patterned": True}, {"pattern": "solid"}, {"is_patterned": False}),
        ({"is_patterned": True}, {"pattern": None}, {"is_patterned": None}),
        ({}, {"pattern": "solid", "is_patterned": True}, {"is_patterned": True}),
        ({"is_garment": False}, {"garment_type": "hat"}, {"is_garment": True}),
        ({"is_garment": False}, {"garment_type": None}, {"is_garment": False}),
        ({}, {"garment_type": "co-ord"}, {"is_two_piece": True}),
        ({"is_two_piece": True}, {"garment_type": "dress"}, {"is_two_piece": None}),
        ({"is_two_piece": False}, {"garment_type": "dress"}, {"is_two_piece": False}),
        ({"garment_type": "suit", "is_two_piece": True}, {"garment_type": "coat"}, {"is_two_piece": True}),
        ({"garment_type": "co-ord", "is_two_piece": True}, {"garment_type": "coat"}, {"is_two_piece": None}),
        ({}, {"garment_type": "co-ord", "is_two_piece": False}, {"is_two_piece": False}),
    ],
)
def test_what_follows_from_a_correction_follows_as_in_an_answer(
    before: dict[str, object], changes: dict[str, object], told: dict[str, object]
) -> None:
    after = corrected(StyleDescriptor(**before), changes)  # type: ignore[arg-type]
    assert {field: getattr(after, field) for field in told} == told


def test_a_field_of_another_version_is_left_alone() -> None:
    assert corrected(DESCRIPTOR, {"hemline": "midi"}) == DESCRIPTOR


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(CORRECTABLE), st.one_of(anything, st.sampled_from(sum(WORDS.values(), ()))))
def test_whatever_is_said_either_fits_the_descriptor_or_is_refused(field: str, said: object) -> None:
    try:
        held = parse_correction(field, said)
    except SettingsError:
        return
    after = corrected(DESCRIPTOR, {field: held})
    assert from_json(as_json(after)) == after
    # What was understood once is understood again, as the same.
    assert parse_correction(field, held) == held
