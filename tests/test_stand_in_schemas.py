"""The stand-in's answers are held to the JSON schema that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from manyeyes.stand_in.schemas import shaped

GARMENT = {"type": ["string", "null"], "enum": ["dress", "coat", None]}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ("dress", GARMENT, "dress"),
        ("spacesuit", GARMENT, None),
        ("x", {"enum": ["a", "b"]}, "a"),
        (1, {"const": 7}, 7),
        (3, {"type": "number"}, 3),
        ("3", {"type": "number"}, 0),
        (True, {"type": "integer"}, 0),
        (None, {"type": "string"}, ""),
        ("odd", {"type": ["number", "null"]}, None),
        ([1, "a"], {"type": "array", "items": {"type": "integer"}}, [1, 0]),
        ("odd", {"type": "array", "items": {"type": "integer"}}, []),
        ({"a": 1, "b": 2}, {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}),
        (
            {},
            {"type": "object", "properties": {"a": GARMENT, "n": {"type": "boolean"}}},
            {"a": None, "n": False},
        ),
        (4, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, 4),
        ([], {"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"x": 1}, {}, {}),
        ("any", {}, "any"),
    ],
)
def test_a_value_is_kept_where_it_fits_and_is_the_least_where_not(
    value: object, schema: dict[str, Any], expected: object
) -> None:
    assert shaped(value, schema) == expected


def test_definitions_are_looked_up_where_the_schema_keeps_them() -> None:
    schema = {
        "$defs": {"Colour": {"type": "object", "properties": {"hex": {"type": "string"}}}},
        "type": "object",
        "properties": {
            "main": {"$ref": "#/$defs/Colour"},
            "other": {"anyOf": [{"$ref": "#/$defs/Colour"}, {"type": "null"}]},
        },
    }
    assert shaped({"main": {"hex": "#fff", "odd": 1}, "other": None}, schema) == {
        "main": {"hex": "#fff"},
        "other": None,
    }
    assert shaped({"other": {"hex": "#000"}}, schema) == {"main": {"hex": ""}, "other": {"hex": "#000"}}
