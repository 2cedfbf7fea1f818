"""What a model answers as a JSON schema, for services that hold their models to one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from manyeyes.analyzers.prompt import default_ask
from manyeyes.model.ask import Ask
from manyeyes.model.vocabulary import VOCABULARY
from manyeyes.model.written import KEY, WORDS_SCHEMA

Schema = Mapping[str, object]

_TEXT: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": ["number", "null"]}
_YES_OR_NO: Schema = {"type": "boolean"}


def schema_for(ask: Ask) -> Schema | None:
    """The schema of the answer to `ask`: a descriptor's for the default question, or that of words about a
    portfolio; None for any other question.

    Within what strict modes know: every property is required, none may be added, nothing is bounded.
    """
    if ask.schema == WORDS_SCHEMA:
        return _object({KEY: {"type": "string"}})
    return _schema() if ask.prompt == _default_prompt() else None


@cache
def _default_prompt() -> str:
    return default_ask().prompt


@cache
def _schema() -> Schema:
    single = {path: _word(path) for path in VOCABULARY.words if "." not in path}
    pairs = {
        name: _object({part: _word(f"{name}.{part}") for part in parts})
        for name, parts in (("lighting", ("type", "direction")), ("camera", ("angle", "height")))
    }
    lists = {
        "color_palette": _list(_object({"name": _TEXT, "hex": _TEXT, "share": _NUMBER})),
        "embellishments": _list({"type": "string"}),
    }
    rest = {
        "background": _TEXT,
        "pose": _TEXT,
        "style_labels": _list(_object({"name": {"type": "string"}, "score": _NUMBER})),
        "is_two_piece": _YES_OR_NO,
        "is_garment": _YES_OR_NO,
        "confidence": _NUMBER,
        "reasoning": _TEXT,
    }
    return _object(single | lists | pairs | rest)


def _word(path: str) -> Schema:
    return {"type": ["string", "null"], "enum": [*VOCABULARY.words[path], None]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
