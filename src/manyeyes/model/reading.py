"""Takes an answer's values out of it one field at a time, and keeps what could not be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from manyeyes.model.reply_json import JsonObject
from manyeyes.model.reply_values import (
    NotUnderstood,
    clean,
    is_above_one,
    keepable,
    single,
    split_colour,
    to_colour_name,
    to_flag,
    to_hex,
    to_text,
    to_unit,
)
from manyeyes.model.vocabulary import Vocabulary

T = TypeVar("T")

#: Field to other names that models give it.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "garment_type": ("garment", "garment_category", "clothing_type", "category"),
    "silhouette": (),
    "fit": (),
    "neckline": ("neck",),
    "sleeve_length": ("sleeve", "sleeves"),
    "fabric": ("material", "fabric_type"),
    "finish": (),
    "texture": (),
    "pattern": ("patterns",),
    "is_patterned": (),
    "color_palette": ("colour_palette", "palette", "colors", "colours", "dominant_colors"),
    "embellishments": ("embellishment",),
    "lighting": (),
    "lighting.type": (),
    "lighting.direction": (),
    "camera": (),
    "camera.angle": (),
    "camera.height": (),
    "background": (),
    "pose": (),
    "style_labels": ("labels", "styles", "style_tags"),
    "is_two_piece": ("two_piece",),
    "is_garment": ("has_garment",),
    "confidence": ("confidence_score",),
    "reasoning": ("rationale", "explanation"),
    "sharpness": (),
    "unrecognized": (),
}
#: Every path that an answer may fill.
PATHS = frozenset(_ALIASES)
_PARTS = {"lighting": ("type", "direction"), "camera": ("angle", "height")}
_COLOUR_KEYS = {
    "name": ("name", "color", "colour"),
    "hex": ("hex", "hex_code", "hexcode"),
    "share": ("share", "percentage", "percent", "proportion"),
}


def _squeezed(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).lower()


_PATH_OF = {_squeezed(name): path for path, names in _ALIASES.items() for name in (*names, path)}


@lru_cache(1024)
def path_of(key: str) -> str:
    """The path that `key` names, however it is spelt: `garmentType`, `Garment Type`, `lighting_type`."""
    return _PATH_OF.get(_squeezed(key), key)


class Reading:
    """One answer being read. What is not understood becomes None and is kept in `unrecognized`."""

    def __init__(self, answer: JsonObject, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        #: Path to value, of all that could not be used.
        self.unrecognized: dict[str, object] = {}
        self._values: JsonObject = {}
        # A field under its own name wins over one under another.
        for key in sorted(answer, key=lambda key: key not in PATHS):
            self._file(path_of(key), key, answer[key])

    def keep(self, path: str, value: object) -> None:
        """Keeps what could not be used."""
        self.unrecognized[clean(path)] = keepable(value)

    def word(self, path: str) -> str | None:
        """A word of the vocabulary."""

        def known(value: object) -> str | None:
            text = to_text(value)
            if text is None:
                return None
            if (word := self._vocabulary.recognise(path, text)) is None:
                raise NotUnderstood
            return word

        return self._understood(path, known)

    def text(self, path: str) -> str | None:
        """A brief text, as it was said."""
        return self._understood(path, to_text)

    def unit(self, path: str) -> float | None:
        """A number from 0 to 1."""
        return self._understood(path, to_unit)

    def flag(self, path: str, *, implied: bool | None = None) -> bool | None:
        """True or False; what another field implies wins, and a contradiction is kept."""
        said = self._understood(path, to_flag)
        if implied is None:
            return said
        if said is not None and said != implied:
            self.keep(path, said)
        return implied

    def texts(self, path: str) -> tuple[str, ...]:
        """Brief texts in lower case, each once."""
        found: dict[str, None] = {}
        for where, item in self._items(path):
            if (text := self._read(where, item, to_text)) is not None:
                found[text.lower()] = None
        return tuple(found)

    def labels(self, path: str) -> list[tuple[str, float | None]]:
        """Names with scores, each name once: from texts, objects, or one object of scores by name."""
        found: dict[str, float | None] = {}
        for where, item in self._items(path):
            name, score = item, None
            if isinstance(item, dict):
                name = item.get("name", item.get("label", item.get("style")))
                score = self._read(f"{where}.score", item.get("score", item.get("confidence")), to_unit)
            text = self._read(where, name, to_text)
            if text is not None:
                found.setdefault(text.lower(), score)
            elif isinstance(item, dict):
                self._keep_unless_empty(where, item)
        return list(found.items())

    def colours(self, most: int) -> list[tuple[str, str | None, float | None]]:
        """Name, hex and share of at most `most` colours, most dominant first."""
        items = self._items("color_palette")
        bare = [_colour_part(item, "share") for _, item in items if isinstance(item, dict)]
        # 60, 38.5 and 1.5 are all per cent: one number above 1 says so for the whole list.
        percent = any(map(is_above_one, bare))
        found: dict[tuple[str, str | None], float | None] = {}
        for where, item in items:
            if (colour := self._colour(where, item, percent)) is None:
                continue
            if colour[:2] not in found and len(found) == most:
                self.keep(where, item)
            else:
                found.setdefault(colour[:2], colour[2])
        colours = [(name, digits, share) for (name, digits), share in found.items()]
        if all(share is not None for *_, share in colours):
            colours.sort(key=lambda colour: -(colour[2] or 0))
        return colours

    def _colour(self, where: str, item: object, percent: bool) -> tuple[str, str | None, float | None] | None:
        if not isinstance(item, dict):
            text = self._read(where, item, to_text)
            return None if text is None else _named(*split_colour(text), None)
        name = self._read(f"{where}.name", _colour_part(item, "name"), to_text)
        digits = self._read(f"{where}.hex", _colour_part(item, "hex"), to_hex)
        share = self._read(
            f"{where}.share", _colour_part(item, "share"), lambda value: to_unit(value, percent=percent)
        )
        # A colour known by its digits alone is called by them; finding a name would be a guess.
        name = name or digits
        if name is None:
            self._keep_unless_empty(where, item)
            return None
        said, more = split_colour(name)
        return _named(said, digits or more, share)

    def _items(self, path: str) -> list[tuple[str, object]]:
        """The elements of a list with their paths; a text is taken apart at its commas."""
        value = self._values.get(path)
        if isinstance(value, str):
            value = re.split(r"[,;]", value)
        elif isinstance(value, dict) and path == "style_labels" and "name" not in value:
            value = [{"name": name, "score": score} for name, score in value.items()]
        elif isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            if value is not None:
                self.keep(path, value)
            return []
        return [(f"{path}[{index}]", single(item)) for index, item in enumerate(value)]

    def _keep_unless_empty(self, path: str, item: JsonObject) -> None:
        if any(part is not None for part in item.values()):
            self.keep(path, item)

    def _file(self, path: str, key: str, value: object) -> None:
        """Puts a value of the answer where its field will look for it."""
        if path == "unrecognized" and isinstance(value, dict):
            for name, part in value.items():
                self.keep(name, part)
        elif path in _PARTS and isinstance(value := single(value), dict):
            for name, part in value.items():
                where = f"{path}.{_squeezed(name)}"
                self._file(where if where in PATHS else f"{path}.{name}", f"{path}.{name}", part)
        elif path in _PARTS:
            self._file_part(path, value)
        elif path not in PATHS or path == "unrecognized" or self._values.get(path) is not None:
            self.keep(key, value)
        else:
            self._values[path] = value

    def _file_part(self, path: str, value: object) -> None:
        """One word where an object was expected: it goes to the part that knows it."""
        parts = [f"{path}.{name}" for name in _PARTS[path]]
        text = self._read(path, value, to_text)
        if text is None:
            return
        known = [part for part in parts if self._vocabulary.recognise(part, text)]
        if known:
            self._file(known[0], path, text)
        else:
            self.keep(path, value)

    def _understood(self, path: str, read: Callable[[object], T | None]) -> T | None:
        value = self._values.get(path)
        return None if value is None else self._read(path, value, read)

    def _read(self, path: str, value: object, read: Callable[[object], T | None]) -> T | None:
        try:
            return read(value)
        except NotUnderstood:
            self.keep(path, value)
            return None


def _colour_part(item: JsonObject, part: str) -> object:
    return next((item[key] for key in _COLOUR_KEYS[part] if item.get(key) is not None), None)


def _named(name: str, digits: str | None, share: float | None) -> tuple[str, str | None, float | None] | None:
    return (to_colour_name(name), digits, share) if name else None
