"""Shapes an answer to the JSON schema that was asked for, as constrained decoding would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

#: The least value of each type.
_LEAST: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False, "null": None}
_TYPES: Mapping[type, tuple[str, ...]] = {
    str: ("string",), bool: ("boolean",), int: ("integer", "number"), float: ("number",),
    type(None): ("null",), list: ("array",), dict: ("object",),
}  # fmt: skip


def shaped(value: object, schema: Schema, root: Schema | None = None) -> Any:
    """`value` where the schema allows it, part by part; else the least that it does allow.

    Knows `$ref` within the schema, `anyOf`, `enum`, `const`, types, properties and items.
    """
    root = schema if root is None else root
    if isinstance(pointer := schema.get("$ref"), str):
        return shaped(value, _referred(root, pointer), root)
    if branches := schema.get("anyOf"):
        fitting = (branch for branch in branches if _accepts(value, _resolved(branch, root)))
        return shaped(value, next(fitting, branches[-1]), root)
    if words := schema.get("enum", [schema["const"]] if "const" in schema else None):
        return value if value in words else None if None in words else words[0]
    return _typed(value, schema, root)


def _typed(value: object, schema: Schema, root: Schema) -> Any:
    types = _types(schema)
    if (isinstance(value, dict) and "object" in types) or types[0] == "object":
        return _object(value if isinstance(value, dict) else {}, schema, root)
    if (isinstance(value, list) and "array" in types) or types[0] == "array":
        items = value if isinstance(value, list) else []
        return [shaped(item, schema.get("items") or {}, root) for item in items]
    if _accepts(value, schema):
        return value
    return None if "null" in types else _LEAST.get(types[0])


def _object(value: Mapping[str, object], schema: Schema, root: Schema) -> dict[str, object]:
    properties = schema.get("properties") or {}
    return {name: shaped(value.get(name), part, root) for name, part in properties.items()}


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", [*_LEAST, "array", "object"])
    return [named] if isinstance(named, str) else list(named)


def _accepts(value: object, schema: Schema) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    return any(name in _types(schema) for name in _TYPES.get(type(value), ()))


def _resolved(schema: Schema, root: Schema) -> Schema:
    pointer = schema.get("$ref")
    return _referred(root, pointer) if isinstance(pointer, str) else schema


def _referred(root: Schema, pointer: str) -> Schema:
    """The part of the schema that `#/$defs/Name` names."""
    part: Any = root
    for step in pointer.removeprefix("#/").split("/"):
        part = part[step]
    assert isinstance(part, Mapping)
    return part
