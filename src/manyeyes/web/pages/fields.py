"""The fields of a descriptor as a form shows them, and what a form that comes back corrects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from manyeyes.model.correction import FLAGS, TEXTS, parse_correction
from manyeyes.model.descriptor import MOST_COLOURS, StyleDescriptor
from manyeyes.model.vocabulary import WORDS
from manyeyes.store.gallery import Card
from manyeyes.web.pages.words import label

_YES_NO = (("true", "yes"), ("false", "no"))
_HELP = {
    "embellishments": "One a line",
    "style_labels": "One a line, with how much of it from 0 to 1 if you like: minimal 0.8",
}
#: Which fields stand together.
GROUPS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("Garment", (
        "garment_type", "silhouette", "fit", "neckline", "sleeve_length", "is_two_piece", "is_garment",
    )),
    ("Cloth", ("fabric", "pattern", "is_patterned", "finish", "texture", "embellishments")),
    ("Colours", ("color_palette",)),
    ("Style", ("style_labels", "reasoning")),
    ("Photograph", (
        "lighting.type", "lighting.direction", "camera.angle", "camera.height", "background", "pose",
    )),
)  # fmt: skip
#: What a review asks about first.
REVIEWED = (
    "garment_type",
    "silhouette",
    "fit",
    "neckline",
    "sleeve_length",
    "fabric",
    "pattern",
    "color_palette",
)


@dataclass(frozen=True, slots=True)
class ColourShown:
    """A row of a palette; empty where there is no colour."""

    name: str = ""
    hex: str = ""
    #: Per cent of the garment.
    share: str = ""


@dataclass(frozen=True, slots=True)
class DescriptorField:
    """A field, as a form shows it."""

    name: str
    label: str
    kind: Literal["choice", "lines", "text", "colours"]
    value: str
    options: Sequence[tuple[str, str]] = ()
    rows: Sequence[ColourShown] = ()
    corrected: bool = False
    #: What the model said, where that was corrected.
    said: str = ""

    @property
    def help(self) -> str:
        """What to write where."""
        return _HELP.get(self.name, "")

    @property
    def height(self) -> int:
        """Lines of a text area."""
        return max(2, self.value.count("\n") + 1)

    @property
    def plain(self) -> str:
        """The value for those who only read."""
        if self.kind == "colours":
            rows = (row for row in self.rows if row.name)
            return ", ".join(f"{row.name} {row.share and row.share + ' %'}".strip() for row in rows)
        return dict(self.options).get(self.value, self.value.replace("\n", ", "))


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together."""

    label: str
    fields: Sequence[DescriptorField] = field(default_factory=tuple)


def groups_of(card: Card, said: StyleDescriptor | None) -> list[Group]:
    """Every field of a picture that was analyzed, `said` being what the model said before corrections."""
    return [Group(title, [field_of(name, card, said) for name in names]) for title, names in GROUPS]


def field_of(name: str, card: Card, said: StyleDescriptor | None) -> DescriptorField:
    """One field of a picture that was analyzed."""
    assert card.descriptor is not None
    corrected = name in card.corrected
    before = told(name, said) if corrected and said is not None else ""
    value = written(name, card.descriptor)
    if name == "color_palette":
        rows = [
            ColourShown(
                colour.name, colour.hex or "", "" if colour.share is None else f"{100 * colour.share:.3g}"
            )
            for colour in card.descriptor.color_palette
        ]
        rows += [ColourShown()] * (MOST_COLOURS - len(rows))
        return DescriptorField(name, label(name), "colours", value, (), rows, corrected, before)
    options: Sequence[tuple[str, str]] = ()
    kind: Literal["choice", "lines", "text"] = "text" if name in TEXTS else "lines"
    if name in WORDS:
        kind, options = "choice", [(word, word) for word in WORDS[name]]
    elif name in FLAGS:
        kind, options = "choice", _YES_NO
    return DescriptorField(name, label(name), kind, value, options, (), corrected, before)


def told(name: str, descriptor: StyleDescriptor) -> str:
    """What a descriptor says of a field, in a line; empty where it says nothing."""
    if name == "color_palette":
        return ", ".join(colour.name for colour in descriptor.color_palette)
    if name in FLAGS:
        return dict(_YES_NO).get(written(name, descriptor), "")
    return written(name, descriptor).replace("\n", ", ")


def written(name: str, descriptor: StyleDescriptor) -> str:
    """The value of a field as a form holds it."""
    whole, _, part = name.partition(".")
    value: Any = getattr(descriptor, whole)
    if part:
        value = getattr(value, part)
    if name == "color_palette":
        return "\n".join(f"{one.name}|{one.hex}|{one.share}" for one in value)
    if name == "style_labels":
        return "\n".join(one.name if one.score is None else f"{one.name} {one.score:g}" for one in value)
    if name == "embellishments":
        return "\n".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value or ""


def changes_of(form: Mapping[str, str], card: Card) -> dict[str, object]:
    """What a form changes of what is shown: field to what it is to hold. Raises SettingsError."""
    assert card.descriptor is not None
    changes: dict[str, object] = {}
    for name in (name for _, names in GROUPS for name in names):
        if name == "color_palette":
            if _colours_changed(form, field_of(name, card, None)):
                changes[name] = parse_correction(name, _colours(form))
        elif name in form and _squeezed(form[name]) != _squeezed(written(name, card.descriptor)):
            changes[name] = parse_correction(name, _meant(name, form[name].strip()))
    return changes


def _squeezed(text: str) -> str:
    """Browsers send `\\r\\n`, and a space at an end means nothing."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _meant(name: str, text: str) -> object:
    """What a person wrote, as JSON would have it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if name == "embellishments":
        return lines
    if name == "style_labels":
        return [_style(line) for line in lines]
    if name in FLAGS:
        return {"true": True, "false": False}.get(text)
    return text or None


def _style(line: str) -> dict[str, object]:
    found = re.fullmatch(r"(.*\S)\s+([01](?:[.,]\d*)?|[.,]\d+)", line)
    if found is None:
        return {"name": line, "score": None}
    return {"name": found[1], "score": float(found[2].replace(",", "."))}


def _posted(form: Mapping[str, str], place: int) -> ColourShown:
    name, digits, share = (
        form.get(f"color_palette.{place}.{part}", "").strip() for part in ("name", "hex", "share")
    )
    return ColourShown(name, digits.lower(), share)


def _colours_changed(form: Mapping[str, str], shown: DescriptorField) -> bool:
    if "color_palette.0.name" not in form:
        return False
    return [_posted(form, place) for place in range(MOST_COLOURS)] != list(shown.rows)


def _colours(form: Mapping[str, str]) -> list[dict[str, object]]:
    rows = [_posted(form, place) for place in range(MOST_COLOURS)]
    return [
        {"name": row.name or row.hex, "hex": row.hex or None, "share": _part(row.share)}
        for row in rows
        if row.name or row.hex
    ]


def _part(text: str) -> float | None:
    """A share from 0 to 1, of per cent."""
    try:
        return min(1.0, max(0.0, float(text.replace(",", ".")) / 100))
    except ValueError:
        return None
