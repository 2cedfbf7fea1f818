"""Corrections by hand: which fields a person may set, what they may hold, and a descriptor with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from manyeyes.model.descriptor import (
    MOST_COLOURS,
    TWO_PIECE_TYPES,
    PaletteColor,
    StyleDescriptor,
    StyleLabel,
)
from manyeyes.model.errors import SettingsError
from manyeyes.model.reading import Reading
from manyeyes.model.vocabulary import VOCABULARY, Vocabulary

TEXTS = ("background", "pose", "reasoning")
FLAGS = ("is_patterned", "is_two_piece", "is_garment")
LISTS = ("color_palette", "embellishments", "style_labels")
#: What may be corrected; a dot names a part. Not what was measured, nor how sure the model was.
CORRECTABLE = (*VOCABULARY.words, *FLAGS, *LISTS, *TEXTS)
#: Characters of a text, and elements of a list, at most.
LONGEST_TEXT = 2_000
LONGEST_LIST = 50

#: Field to what a person set it to, as JSON has it.
Changes = Mapping[str, object]


def check_correctable(field: str) -> None:
    """Raises SettingsError, which names those that can be corrected, for any other field."""
    if field not in CORRECTABLE:
        raise SettingsError(f"{field!r} cannot be corrected: choose one of {', '.join(CORRECTABLE)}")


def parse_correction(field: str, value: object, vocabulary: Vocabulary = VOCABULARY) -> object:
    """What `field` is to hold, as JSON has it; None where a person says that it cannot be seen.

    Other words for the same thing are normalised, as in a model's answer. Raises SettingsError that names
    what is allowed.
    """
    check_correctable(field)
    _check_length(field, value)
    reading = Reading({field: value}, vocabulary)
    understood = _understood(reading, field)
    if reading.unrecognized:
        allowed = _allowed(field, vocabulary)
        raise SettingsError(f"{str(value)[:80]!r} is nothing that {field} can be: {allowed}")
    return understood


def corrected(descriptor: StyleDescriptor, changes: Changes) -> StyleDescriptor:
    """`descriptor` with what a person set (`parse_correction`), and with what follows from it.

    A pattern says whether there is one, a garment's type that there is a garment, and whether it is a
    two-piece: as in an answer, unless that was set by hand too.
    """
    if not changes:
        return descriptor
    known = {field: value for field, value in changes.items() if field in CORRECTABLE}
    set_by_hand: dict[str, Any] = {}
    for field, value in {**_implied(descriptor, known), **known}.items():
        whole, _, part = field.partition(".")
        if part:
            before = set_by_hand.get(whole, getattr(descriptor, whole))
            set_by_hand[whole] = replace(before, **{part: value})
        else:
            set_by_hand[field] = _as_held(field, value)
    return replace(descriptor, **set_by_hand)


def _understood(reading: Reading, field: str) -> object:
    if field in TEXTS:
        return reading.text(field)
    if field in FLAGS:
        return reading.flag(field)
    if field == "embellishments":
        return list(reading.texts(field))
    if field == "style_labels":
        return [{"name": name, "score": score} for name, score in reading.labels(field)]
    if field == "color_palette":
        colours = reading.colours(MOST_COLOURS)
        return [{"name": name, "hex": digits, "share": share} for name, digits, share in colours]
    return reading.word(field)


def _check_length(field: str, value: object) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise SettingsError(f"{field} may hold {LONGEST_TEXT} characters, not {len(value)}: shorten it")
    if isinstance(value, list | dict) and len(str(value)) > LONGEST_TEXT * 2:
        raise SettingsError(f"{field} is too long: shorten it")
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        raise SettingsError(f"{field} may hold {LONGEST_LIST} elements, not {len(value)}: take some away")


def _allowed(field: str, vocabulary: Vocabulary) -> str:
    if field in vocabulary.words:
        return f"choose one of {', '.join(vocabulary.words[field])}, or null where it cannot be seen"
    if field in FLAGS:
        return "give true, false or null"
    if field in TEXTS:
        return "give a text or null"
    if field == "color_palette":
        each = "a name or an object of name, hex (#rrggbb) and share"
        return f"give at most {MOST_COLOURS} colours, each {each}"
    if field == "style_labels":
        return "give a list of names, or of objects of name and score (0 to 1)"
    return "give a list of texts"


def _implied(descriptor: StyleDescriptor, changes: Changes) -> Changes:
    implied: dict[str, object] = {}
    if "pattern" in changes:
        pattern = changes["pattern"]
        implied["is_patterned"] = None if pattern is None else pattern != "solid"
    if (garment := changes.get("garment_type")) is not None:
        implied["is_garment"] = True
        if garment in TWO_PIECE_TYPES:
            implied["is_two_piece"] = True
        elif descriptor.garment_type in TWO_PIECE_TYPES or garment == "dress":
            # It said so of what was no such garment.
            implied["is_two_piece"] = None if descriptor.is_two_piece else descriptor.is_two_piece
    return implied


def _as_held(field: str, value: object) -> object:
    """A value of JSON as the descriptor holds it."""
    if field == "color_palette":
        return tuple(PaletteColor(**_parts(PaletteColor, one)) for one in _elements(value))
    if field == "style_labels":
        return tuple(StyleLabel(**_parts(StyleLabel, one)) for one in _elements(value))
    if field == "embellishments":
        return tuple(str(one) for one in _elements(value))
    return value


def _elements(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _parts(of: type[PaletteColor | StyleLabel], value: Mapping[str, Any]) -> dict[str, Any]:
    return {part.name: value.get(part.name) for part in fields(of)}
