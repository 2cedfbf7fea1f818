"""An answer becomes a descriptor, or says what was wrong with it; nothing is made up."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from manyeyes.model.descriptor import (
    Camera,
    Lighting,
    PaletteColor,
    StyleDescriptor,
    StyleLabel,
    as_json,
    descriptor_schema,
    from_json,
    parse_descriptor,
)
from manyeyes.model.errors import BadReply
from manyeyes.model.reply_json import LONGEST_REPLY, is_cut_off
from manyeyes.model.vocabulary import WORDS

FULL = StyleDescriptor(
    garment_type="dress",
    silhouette="a-line",
    fit="regular",
    neckline="v-neck",
    sleeve_length="3/4",
    fabric="cotton",
    finish="matte",
    texture="smooth",
    pattern="polka dot",
    is_patterned=True,
    color_palette=(PaletteColor("navy", "#000080", 0.6), PaletteColor("white", "#ffffff", 0.25)),
    embellishments=("buttons", "lace trim"),
    lighting=Lighting("soft", "45deg"),
    camera=Camera("3/4 front", "eye level"),
    background="a plain, white wall",
    pose="standing; one hand on the hip",
    style_labels=(StyleLabel("casual", 0.8), StyleLabel("vintage", 0.4)),
    is_two_piece=False,
    is_garment=True,
    confidence=0.9,
    reasoning='The "A" shape is {plain} to see, [really]',
)


def said(**fields: object) -> StyleDescriptor:
    """What becomes of an answer that names a dress and these fields."""
    return parse_descriptor(json.dumps({"garment_type": "dress"} | fields))


# Where the object stands


@pytest.mark.parametrize(
    "wrapping",
    [
        "{}",
        "```json\n{}\n```",
        "```\n{}```",
        "Here is what I see:\n\n{}\n\nI hope that this is of use [1].",
        "As asked [see above] {{not this}} but\n{}",
        'The form is {{"name": 1}} and so: {}',
        "[{}]",
        '{{"descriptor": {}}}',
        '{{"status": "ok", "result": [{{"data": {}}}]}}',
        "\ufeff{}",
    ],
)
def test_the_object_is_found_wherever_it_stands(wrapping: str) -> None:
    text = wrapping.format(json.dumps(as_json(FULL)))
    assert parse_descriptor(text) == FULL


def test_an_object_written_as_a_json_string_is_found() -> None:
    assert parse_descriptor(json.dumps(json.dumps(as_json(FULL)))) == FULL


def test_chunks_split_anywhere_join_to_the_same_answer() -> None:
    text = json.dumps(as_json(FULL))
    assert parse_descriptor("".join(text[i : i + 7] for i in range(0, len(text), 7))) == FULL


@pytest.mark.parametrize(
    "sloppy",
    [
        "{'garment_type': 'dress', 'background': 'a wall',}",
        '{garment_type: "dress", background: "a wall"}',
        '{"garment_type": "dress" /* sure */, "background": "a wall"}',
        '{"garment_type": "dress"\n "background": "a wall"}',
        '{"garment_type": "dress", "background": "a wall", "pose": None, "is_two_piece": False,}',
        '{"garment_type": "dress",, "background": "a wall"}',
        '{"garment_type": "dress", "background": "a\nwall"}',
    ],
)
def test_sloppy_json_is_mended(sloppy: str) -> None:
    found = parse_descriptor(sloppy)
    assert (found.garment_type, found.background) == ("dress", "a wall")


def test_an_unescaped_quote_inside_a_text_is_part_of_it() -> None:
    found = parse_descriptor('{"garment_type": "dress", "background": "a "white" wall", "pose": "seated"}')
    assert (found.background, found.pose) == ('a "white" wall', "seated")


def test_a_model_that_corrects_itself_is_taken_at_its_last_word() -> None:
    draft, final = '{"garment_type": "skirt"}', '{"garment_type": "dress"}'
    assert parse_descriptor(f"First {draft}. No, wait: {final}").garment_type == "dress"


def test_of_several_garments_the_first_counts_and_the_others_are_kept() -> None:
    found = parse_descriptor('[{"garment_type": "dress"}, {"garment_type": "hat"}]')
    assert found.garment_type == "dress"
    assert found.unrecognized == {"other_objects": [{"garment_type": "hat"}]}


# What was cut off


@given(st.integers(0, len(json.dumps(as_json(FULL)))))
def test_of_a_truncated_answer_only_whole_values_are_kept(length: int) -> None:
    text = json.dumps(as_json(FULL))
    try:
        found = as_json(parse_descriptor(text[:length]))
    except BadReply:
        assert length < 40  # Nothing of the first value is whole yet.
        return
    for name, whole in as_json(FULL).items():
        _assert_part_of(found[name], whole)


def _assert_part_of(found: Any, whole: Any) -> None:
    """`found` is `whole`, or some of it, or nothing; never half a word or half a number."""
    if isinstance(whole, list) and isinstance(found, list):
        assert len(found) <= len(whole)
        for one, other in zip(found, whole, strict=False):
            _assert_part_of(one, other)
    elif isinstance(whole, dict) and isinstance(found, dict):
        assert set(found) == set(whole)
        for key, part in found.items():
            _assert_part_of(part, whole[key])
    else:
        assert found is None or found == whole


@pytest.mark.parametrize(
    "cut",
    [
        '{"garment_type": "dress", "background": "white wa',
        '{"garment_type": "dress", "background": "white, clean wa',
        '```json\n{"garment_type": "dress", "background": "white wa\n```',
        '{"garment_type": "dress", "background": ',
        '{"garment_type": "dress", "backgr',
        "{'garment_type': 'dress', 'background': 'white wa",
        "{'garment_type': 'dress', 'background': 'white, clean wa",
    ],
)
def test_half_a_text_is_not_kept_as_if_it_were_whole(cut: str) -> None:
    found = parse_descriptor(cut)
    assert (found.garment_type, found.background, found.unrecognized) == ("dress", None, {})


def test_a_truncated_number_is_not_kept() -> None:
    assert parse_descriptor('{"garment_type": "dress", "confidence": 0.8').confidence is None


def test_an_answer_knows_whether_it_was_cut_off() -> None:
    assert is_cut_off('Here: {"a": [1, {"b": "}')
    assert not is_cut_off('Here: {"a": [1, {"b": "}"}]} and more')
    assert not is_cut_off("no object at all")


# Single values


def test_words_are_normalised_and_others_are_kept_as_they_were_said() -> None:
    found = said(neckline="V neck", fabric="faux leather", sleeve_length="Long Sleeves")
    assert (found.neckline, found.sleeve_length, found.fabric) == ("v-neck", "long", None)
    assert found.unrecognized == {"fabric": "faux leather"}


def test_a_wrong_type_becomes_null_and_is_kept() -> None:
    found = said(fit=3, pattern={"type": "floral"}, background=["a", "b"], is_two_piece="perhaps", pose=True)
    assert (found.fit, found.pattern, found.background, found.is_two_piece, found.pose) == (None,) * 5
    assert found.unrecognized == {
        "fit": 3,
        "pattern": {"type": "floral"},
        "background": ["a", "b"],
        "is_two_piece": "perhaps",
        "pose": True,
    }


def test_a_list_of_one_is_taken_and_a_longer_one_leaves_no_choice() -> None:
    found = said(fabric=["cotton"], pattern=["floral", "stripe"], pose=[])
    assert (found.fabric, found.pattern, found.pose) == ("cotton", None, None)
    assert found.unrecognized == {"pattern": ["floral", "stripe"]}


def test_extra_fields_are_kept() -> None:
    found = said(season="summer", camera={"angle": "front", "lens": "50mm"})
    assert found.camera == Camera("front", None)
    assert found.unrecognized == {"season": "summer", "camera.lens": "50mm"}


@pytest.mark.parametrize("nothing", [None, "", "null", "None", "N/A", "unknown", "not visible", "  - ", []])
def test_null_in_any_words_is_null_and_nothing_to_keep(nothing: object) -> None:
    found = said(neckline=nothing, background=nothing, confidence=nothing, embellishments=nothing)
    assert found == said()
    assert found.unrecognized == {}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.9, 0.9),
        ("0.9", 0.9),
        ("0,9", 0.9),
        ("90%", 0.9),
        ("90 %", 0.9),
        (90, 0.9),
        (1, 1),
        (0, 0),
        ([0.9], 0.9),
    ],
)
def test_numbers_are_read_in_any_form(value: object, number: float) -> None:
    assert said(confidence=value).confidence == number


@pytest.mark.parametrize("value", [-0.1, 1.5, 5, 101, "high", True, "101%", 10**400, "1e999", {}])
def test_numbers_that_could_mean_anything_are_not_understood(value: object) -> None:
    found = said(confidence=value)
    assert found.confidence is None
    assert "confidence" in found.unrecognized


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_beyond_all_bounds_do_not_crash(number: str) -> None:
    found = parse_descriptor(f'{{"garment_type": "dress", "confidence": {number}, "x": {number}}}')
    assert found.confidence is None
    assert orjson.loads(orjson.dumps(as_json(found))) == as_json(found)


@pytest.mark.parametrize("text", ["[" * 10_000, "{" * 10_000, '{"a":' * 10_000, "[{" * 60_000, "}" * 10_000])
def test_ten_thousand_brackets_are_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReply):
        parse_descriptor(text)


def test_deep_nesting_beside_good_values_is_cut_short() -> None:
    deep = '{"a":' * 300 + "1" + "}" * 300
    found = parse_descriptor(f'{{"garment_type": "dress", "lighting": {deep}}}')
    assert found.garment_type == "dress"
    assert len(json.dumps(found.unrecognized)) < 200


def test_an_endless_answer_is_a_bad_reply() -> None:
    with pytest.raises(BadReply, match=r"200,001 characters"):
        parse_descriptor("x" * (LONGEST_REPLY + 1))


def test_texts_hold_nothing_that_is_not_for_the_eye() -> None:
    found = said(background="a\x1b[31m wall\u202e\n\ud800 of\x00brick")
    assert found.background == "a [31m wall of brick"


@pytest.mark.parametrize("key", ["garmentType", "Garment Type", "garment-type", "GARMENT_TYPE"])
def test_keys_are_recognised_in_any_spelling(key: str) -> None:
    assert parse_descriptor(json.dumps({key: "dress"})).garment_type == "dress"


def test_lighting_and_camera_are_read_flat_and_as_one_word() -> None:
    nested = said(lighting={"type": "soft", "direction": "side"}, camera={"angle": "back", "height": "low"})
    flat = said(lighting_type="soft", lighting_direction="side", camera_angle="back", cameraHeight="low")
    assert nested == flat
    assert said(lighting="natural light", camera="eye level") == said(
        lighting={"type": "natural"}, camera={"height": "eye level"}
    )
    assert said(lighting="neon").unrecognized == {"lighting": "neon"}


# Colours


def test_colours_are_read_as_names_and_as_objects() -> None:
    found = said(color_palette=["Navy Blue", {"name": "Grey", "hex": "ABC", "share": "30%"}, "red (#FF0000)"])
    assert found.color_palette == (
        PaletteColor("navy blue"),
        PaletteColor("gray", "#aabbcc", 0.3),
        PaletteColor("red", "#ff0000"),
    )


def test_at_most_three_colours_are_taken_and_the_rest_kept() -> None:
    found = said(color_palette=["red", "blue", "red", "green", "white", "black"])
    assert [colour.name for colour in found.color_palette] == ["red", "blue", "green"]
    assert found.unrecognized == {"color_palette[4]": "white", "color_palette[5]": "black"}


def test_shares_in_per_cent_are_understood_as_a_whole() -> None:
    palette = [{"name": name, "share": share} for name, share in (("a", 60), ("b", 38.5), ("c", 1))]
    assert [colour.share for colour in said(color_palette=palette).color_palette] == [0.6, 0.385, 0.01]


def test_the_most_dominant_colour_comes_first() -> None:
    palette = [{"name": "thread", "share": 0.1}, {"name": "cloth", "share": 0.9}]
    assert [colour.name for colour in said(color_palette=palette).color_palette] == ["cloth", "thread"]


def test_a_wrong_hex_or_share_costs_itself_alone() -> None:
    found = said(colors=[{"name": "red", "hex": "#ggg", "share": -1}, {"share": 0.5}, 7])
    assert found.color_palette == (PaletteColor("red"),)
    assert found.unrecognized == {
        "color_palette[0].hex": "#ggg",
        "color_palette[0].share": -1,
        "color_palette[1]": {"share": 0.5},
        "color_palette[2]": 7,
    }


def test_a_colour_known_by_its_digits_alone_is_called_by_them() -> None:
    expected = (PaletteColor("#ff0000", "#ff0000"),)
    assert said(color_palette=["#FF0000"]).color_palette == expected
    assert said(color_palette=[{"hex": "#F00"}]).color_palette == expected


# What follows from what


@pytest.mark.parametrize("words", ["two-piece", "co-ord", "matching set", "Two Piece Set"])
def test_a_matching_top_and_bottom_is_a_two_piece(words: str) -> None:
    assert parse_descriptor(json.dumps({"garment_type": words})).is_two_piece is True
    contradicted = parse_descriptor(json.dumps({"garment_type": words, "is_two_piece": False}))
    assert contradicted.is_two_piece is True
    assert contradicted.unrecognized == {"is_two_piece": False}


def test_a_dress_is_no_two_piece() -> None:
    found = said(is_two_piece=True)
    assert (found.garment_type, found.is_two_piece) == ("dress", None)
    assert found.unrecognized == {"is_two_piece": True}


def test_a_known_pattern_says_whether_there_is_one() -> None:
    assert said(pattern="solid").is_patterned is False
    assert said(pattern="striped", is_patterned=False).is_patterned is True
    assert said(is_patterned=True).is_patterned is True
    assert said().is_patterned is None


def test_no_garment_is_an_answer() -> None:
    found = parse_descriptor('{"garment_type": null, "is_garment": false, "color_palette": []}')
    assert (found.garment_type, found.is_garment) == (None, False)


def test_a_named_garment_is_one_whatever_else_is_said() -> None:
    found = parse_descriptor('{"garment_type": "shoes", "is_garment": false}')
    assert found.is_garment is True
    assert found.unrecognized == {"is_garment": False}


# Bad replies


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON object"),
        ("I am sorry, I cannot help with that.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("{}", "holds nothing"),
        ('{"status": "ok"}', "holds 'status'"),
        ('{"garment_type": null, "fit": "n/a"}', '"is_garment": false'),
        ('{"garment_type": "kimono"}', "garment_type: 'kimono'"),
        ('{"confidence": 0.9, "reasoning": "hard to say"}', "null"),
    ],
)
def test_a_bad_reply_says_what_was_wrong(text: str, why: str) -> None:
    with pytest.raises(BadReply) as caught:
        parse_descriptor(text)
    assert why in caught.value.correction


@pytest.mark.parametrize(
    "text", ['{"%s": 1}', '{"garment_type": "%s"}', '{"fit": {"%s": 1}}', '{"pose": null, "%s": 1}']
)
def test_what_was_wrong_is_said_briefly_however_long_the_answer(text: str) -> None:
    with pytest.raises(BadReply) as caught:
        parse_descriptor(text % ("x" * 10_000))
    assert len(str(caught.value)) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from([*as_json(FULL), "colors", "lighting_type", "camera.angle", "extra"])


@settings(max_examples=300)
@given(st.text() | st.text(alphabet='{}[]",:\\ a1-\n').map(lambda tail: '{"garment_type": "dress", ' + tail))
@example('{"')
@example('"{')
@example("{\\")
def test_any_text_is_a_descriptor_or_a_bad_reply(text: str) -> None:
    try:
        found = parse_descriptor(text)
    except BadReply as error:
        assert str(error)  # noqa: PT017 – any text may also succeed
    else:
        assert from_json(json.loads(json.dumps(as_json(found)))) == found


@settings(max_examples=300)
@given(st.dictionaries(KEYS, JSON | st.sampled_from(["dress", "V neck", "90%", "#abc"]), max_size=8))
def test_any_object_is_a_descriptor_or_a_bad_reply(answer: dict[str, object]) -> None:
    try:
        found = parse_descriptor(json.dumps(answer))
    except BadReply:
        return
    assert orjson.loads(orjson.dumps(as_json(found))) == as_json(found)
    assert parse_descriptor(json.dumps(as_json(found))) == found


# Round trips

WORD = st.text(alphabet="abcdefghij -éß", min_size=3, max_size=12).map(lambda text: " ".join(text.split()))
TEXT = (
    st.text(max_size=30).map(lambda text: " ".join("".join(c for c in text if c.isprintable()).split()))
).filter(bool)
UNIT = st.floats(0, 1)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def words(path: str) -> st.SearchStrategy[str | None]:
    return some(st.sampled_from(WORDS[path]))


@st.composite
def descriptors(draw: st.DrawFn) -> StyleDescriptor:
    """Descriptors that say something and contradict themselves in nothing."""
    garment_type = draw(words("garment_type"))
    pattern = draw(words("pattern"))
    two_piece = garment_type in ("two-piece", "co-ord", "matching set")
    names = draw(st.lists(st.sampled_from(["red", "off-white", "navy blue"]), unique=True, max_size=3))
    shares = sorted(draw(st.lists(UNIT, min_size=3, max_size=3)), reverse=True)
    digits = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
    labels = draw(st.lists(st.sampled_from(["boho", "casual", "sporty"]), unique=True))
    return StyleDescriptor(
        **{
            name: draw(words(name))
            for name in ("silhouette", "fit", "neckline", "sleeve_length", "fabric", "finish", "texture")
        },
        garment_type=garment_type,
        pattern=pattern,
        is_patterned=draw(some(st.booleans())) if pattern is None else pattern != "solid",
        color_palette=tuple(
            PaletteColor(name, draw(some(digits)), share) for name, share in zip(names, shares, strict=False)
        ),
        embellishments=tuple(draw(st.lists(st.sampled_from(["lace", "gold, buttons"]), unique=True))),
        lighting=Lighting(draw(words("lighting.type")), draw(words("lighting.direction"))),
        camera=Camera(draw(words("camera.angle")), draw(words("camera.height"))),
        background=draw(some(st.sampled_from(["a wall", 'the "old" town', "{curly}", "żółć 🧥"]))),
        style_labels=tuple(StyleLabel(name, draw(some(UNIT))) for name in labels),
        is_two_piece=True if two_piece else draw(some(st.just(False))),
        is_garment=True if garment_type else draw(st.booleans()),
        confidence=draw(some(UNIT)),
        sharpness=draw(some(UNIT)),
        unrecognized=draw(st.dictionaries(st.sampled_from(["season", "lighting"]), st.integers(-9, 9))),
    )


@given(descriptors())
def test_a_descriptor_that_is_written_and_parsed_is_the_same(descriptor: StyleDescriptor) -> None:
    assert parse_descriptor(json.dumps(as_json(descriptor))) == descriptor


@given(descriptors(), some(TEXT), some(TEXT))
def test_json_and_back_is_exact(descriptor: StyleDescriptor, pose: str | None, reason: str | None) -> None:
    written = orjson.dumps(as_json(descriptor))
    assert from_json(orjson.loads(written)) == descriptor
    assert list(as_json(descriptor)) == list(as_json(FULL))


@pytest.mark.parametrize(("path", "word"), [(path, word) for path, words in WORDS.items() for word in words])
def test_every_word_of_the_vocabulary_survives_an_answer(path: str, word: str) -> None:
    found = as_json(parse_descriptor(json.dumps({path: word})))
    outer, _, inner = path.partition(".")
    value = found[outer]
    assert (value[inner] if isinstance(value, dict) else value) == word
    assert found["unrecognized"] == {}


def test_json_of_an_older_version_reads_as_empty_where_it_says_nothing() -> None:
    assert from_json({"garment_type": "dress", "gone": 1}) == StyleDescriptor(garment_type="dress")


def test_descriptors_can_be_counted() -> None:
    assert len({FULL, from_json(as_json(FULL)), StyleDescriptor()}) == 2


def test_the_schema_asks_for_what_parsing_reads() -> None:
    schema = descriptor_schema()
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == set(as_json(FULL)) - {"is_patterned", "sharpness", "unrecognized"}
    assert schema["required"] == list(properties)
    assert properties["pattern"]["enum"] == [*WORDS["pattern"], None]
    assert orjson.loads(orjson.dumps(schema)) == schema
