"""The style descriptor: its fields, and how an answer becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from manyeyes.model.errors import BadReply
from manyeyes.model.reading import PATHS, Reading, path_of
from manyeyes.model.reply_json import JsonObject, find_object
from manyeyes.model.vocabulary import VOCABULARY, Vocabulary

#: Raised when a field is added, renamed or means something else: answers of another are not reused.
SCHEMA_NAME = "style-descriptor/1"
#: A matching top and bottom, whatever it is called.
TWO_PIECE_TYPES = frozenset({"two-piece", "co-ord", "matching set"})
MOST_COLOURS = 3


@dataclass(frozen=True, slots=True)
class PaletteColor:
    """One dominant colour of the garment."""

    name: str
    #: `#rrggbb`, lower case; None where only a name was given.
    hex: str | None = None
    #: Of the garment's visible area, 0 to 1.
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Lighting:
    """How the picture is lit."""

    type: str | None = None
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """From where the picture was taken."""

    angle: str | None = None
    height: str | None = None


@dataclass(frozen=True, slots=True)
class StyleLabel:
    """A style that the garment belongs to."""

    name: str
    #: 0 to 1; None where only a name was given.
    score: float | None = None


@dataclass(frozen=True, slots=True)
class StyleDescriptor:
    """One main garment, described in the controlled vocabulary; what cannot be seen is None or empty."""

    garment_type: str | None = None
    silhouette: str | None = None
    fit: str | None = None
    neckline: str | None = None
    sleeve_length: str | None = None
    fabric: str | None = None
    finish: str | None = None
    texture: str | None = None
    pattern: str | None = None
    #: False for solid, True for any other pattern; may be known where the kind of pattern is not.
    is_patterned: bool | None = None
    #: At most three, most dominant first.
    color_palette: tuple[PaletteColor, ...] = ()
    embellishments: tuple[str, ...] = ()
    lighting: Lighting = Lighting()
    camera: Camera = Camera()
    background: str | None = None
    pose: str | None = None
    style_labels: tuple[StyleLabel, ...] = ()
    #: True for a matching top and bottom.
    is_two_piece: bool | None = None
    #: False where the picture shows no garment: an answer, not a failure.
    is_garment: bool | None = None
    #: 0 to 1, by the model's own estimate.
    confidence: float | None = None
    reasoning: str | None = None
    #: 0 (blurred) to 1, where it was measured; never asked of a model.
    sharpness: float | None = None
    #: What the answer said beyond the schema: path (`lighting.type`, `color_palette[0].hex`) to value.
    unrecognized: Mapping[str, object] = field(default_factory=dict, hash=False)


def parse_descriptor(text: str, vocabulary: Vocabulary = VOCABULARY) -> StyleDescriptor:
    """The descriptor in what a model wrote.

    Other words for the same thing are normalised; what cannot be used becomes None and is kept under
    `unrecognized`; nothing is ever made up. Raises BadReply, in words fit for the model, where there
    is no JSON object or nothing in it is usable.
    """
    answer, others = find_object(text, _known_keys)
    reading = Reading(answer, vocabulary)
    descriptor = _read(reading)
    if others:
        reading.keep("other_objects", others)
    if not _says_something(descriptor):
        raise _unusable(reading.unrecognized)
    return descriptor


def as_json(descriptor: StyleDescriptor) -> dict[str, object]:
    """Every field in the order of the class, nulls included, as JSON's own kinds of values."""
    return {name: _plain(getattr(descriptor, name)) for name in _NAMES}


def from_json(data: Mapping[str, Any]) -> StyleDescriptor:
    """The descriptor that `as_json` wrote; a field that an older version did not write is empty."""
    return StyleDescriptor(
        **{key: value for key, value in data.items() if key in _NAMES and key not in _NESTED},
        color_palette=tuple(PaletteColor(**colour) for colour in data.get("color_palette", ())),
        embellishments=tuple(data.get("embellishments", ())),
        lighting=Lighting(**data.get("lighting", {})),
        camera=Camera(**data.get("camera", {})),
        style_labels=tuple(StyleLabel(**label) for label in data.get("style_labels", ())),
        unrecognized=dict(data.get("unrecognized", {})),
    )


def descriptor_schema(vocabulary: Vocabulary = VOCABULARY) -> dict[str, object]:
    """JSON Schema of what a model is asked for, for services that hold their models to one.

    Every key is required and any value may be null, and no further constraint is used: this is the
    common ground of the services' strict modes.
    """

    def word(path: str) -> dict[str, object]:
        return {"type": ["string", "null"], "enum": [*vocabulary.words[path], None]}

    text = {"type": ["string", "null"]}
    unit = {"type": ["number", "null"], "description": "0 to 1"}
    flag = {"type": ["boolean", "null"]}
    words = {path: word(path) for path in vocabulary.words if "." not in path}
    colour = {"name": {"type": "string"}, "hex": {**text, "description": "#rrggbb"}, "share": unit}
    return _object(
        words
        | {
            "color_palette": _list(_object(colour), "at most 3, most dominant first"),
            "embellishments": _list({"type": "string"}, "may be empty"),
            "lighting": _object({part: word(f"lighting.{part}") for part in ("type", "direction")}),
            "camera": _object({part: word(f"camera.{part}") for part in ("angle", "height")}),
            "background": text,
            "pose": text,
            "style_labels": _list(_object({"name": {"type": "string"}, "score": unit}), "may be empty"),
            "is_two_piece": flag,
            "is_garment": flag,
            "confidence": unit,
            "reasoning": text,
        }
    )


def _object(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Mapping[str, object], description: str) -> dict[str, object]:
    return {"type": "array", "items": dict(items), "description": description}


_NESTED = frozenset({"color_palette", "embellishments", "lighting", "camera", "style_labels", "unrecognized"})


#: Every field, in the order of the class.
_NAMES = tuple(part.name for part in fields(StyleDescriptor))
#: Fields that tell something of the picture; how sure the model is of nothing does not.
_TELLING = tuple(name for name in _NAMES if name not in {"confidence", "reasoning", "unrecognized"})
_EMPTY = StyleDescriptor()


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | bool | float):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def _known_keys(answer: JsonObject) -> int:
    return len({path for key in answer if (path := path_of(key)) in PATHS})


def _read(reading: Reading) -> StyleDescriptor:
    garment_type = reading.word("garment_type")
    pattern = reading.word("pattern")
    return StyleDescriptor(
        garment_type=garment_type,
        silhouette=reading.word("silhouette"),
        fit=reading.word("fit"),
        neckline=reading.word("neckline"),
        sleeve_length=reading.word("sleeve_length"),
        fabric=reading.word("fabric"),
        finish=reading.word("finish"),
        texture=reading.word("texture"),
        pattern=pattern,
        is_patterned=reading.flag("is_patterned", implied=None if pattern is None else pattern != "solid"),
        color_palette=tuple(PaletteColor(*colour) for colour in reading.colours(MOST_COLOURS)),
        embellishments=reading.texts("embellishments"),
        lighting=Lighting(reading.word("lighting.type"), reading.word("lighting.direction")),
        camera=Camera(reading.word("camera.angle"), reading.word("camera.height")),
        background=reading.text("background"),
        pose=reading.text("pose"),
        style_labels=tuple(StyleLabel(*label) for label in reading.labels("style_labels")),
        is_two_piece=_two_piece(reading, garment_type),
        # A model that names a garment has seen one, whatever it says of shoes and hats.
        is_garment=reading.flag("is_garment", implied=True if garment_type else None),
        confidence=reading.unit("confidence"),
        reasoning=reading.text("reasoning"),
        sharpness=reading.unit("sharpness"),
        unrecognized=reading.unrecognized,
    )


def _two_piece(reading: Reading, garment_type: str | None) -> bool | None:
    if garment_type in TWO_PIECE_TYPES:
        return reading.flag("is_two_piece", implied=True)
    said = reading.flag("is_two_piece")
    if said and garment_type == "dress":
        # A dress is one continuous piece: one of the two is wrong, and the type is the plainer word.
        reading.keep("is_two_piece", said)
        return None
    return said


def _says_something(descriptor: StyleDescriptor) -> bool:
    """Whether anything is told of the picture."""
    return any(getattr(descriptor, name) != getattr(_EMPTY, name) for name in _TELLING)


def _unusable(unrecognized: Mapping[str, object]) -> BadReply:
    if not unrecognized:
        return BadReply(
            "Every value in the JSON object is null.",
            'Where the picture shows no garment, say so with "is_garment": false.',
        )
    said = ", ".join(f"{path[:40]}: {str(value)[:40]!r}" for path, value in list(unrecognized.items())[:5])
    return BadReply(
        f"No value in the JSON object is one of those allowed ({said}).", "Use the listed words or null."
    )
