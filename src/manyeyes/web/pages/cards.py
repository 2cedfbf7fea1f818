"""What a picture's descriptor comes to in a line: on its card, and to those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from manyeyes.model.descriptor import PaletteColor, StyleDescriptor
from manyeyes.store.gallery import Card

#: The share of a colour whose share nobody told.
_UNTOLD = 1.0
#: Kinds of failures after which nobody can show the picture.
_UNSEEN = frozenset({"unreadable_image", "image_too_large", "unsupported_image"})


def can_be_seen(card: Card) -> bool:
    """Whether there may be a small picture of it: of what cannot be decoded there is none."""
    return card.error is None or card.error.kind not in _UNSEEN


def headline_of(card: Card) -> str:
    """What is in the picture, in a word or two."""
    descriptor = card.descriptor
    if descriptor is None:
        return "Could not be analyzed" if card.status == "failed" else "Not analyzed yet"
    if descriptor.garment_type is not None:
        return _capital(descriptor.garment_type)
    if descriptor.is_garment is False:
        return "No garment"
    return _capital(" ".join(_looks(descriptor))) or "Nothing was told"


def subline_of(card: Card) -> str:
    """Colour, pattern, fabric and cut, as far as the headline does not say them; of a failure, why."""
    descriptor = card.descriptor
    if descriptor is None:
        return "" if card.error is None else card.error.message
    cut = (descriptor.fabric, descriptor.silhouette or descriptor.fit)
    looks = _looks(descriptor) if descriptor.garment_type or descriptor.is_garment is False else ()
    return " · ".join(word for word in (*looks, *cut) if word)


def _looks(descriptor: StyleDescriptor) -> list[str]:
    """The main colour, and the pattern."""
    colour = descriptor.color_palette[0].name if descriptor.color_palette else None
    return [word for word in (colour, descriptor.pattern) if word]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def alt_of(card: Card) -> str:
    """The picture in words, for whoever does not see it."""
    if card.descriptor is None:
        return card.name
    said = subline_of(card).replace(" · ", ", ")
    return headline_of(card) + (f": {said}" if said else "")


def spans_of(palette: Sequence[PaletteColor]) -> list[tuple[str, str, str]]:
    """Where each colour of a strip 100 wide begins, how wide it is, and its hex; those without one are left
    out."""
    shown = [(colour.hex, _UNTOLD if colour.share is None else colour.share) for colour in palette]
    known = [(digits, max(share, 0.02)) for digits, share in shown if digits is not None]
    whole = sum(share for _, share in known)
    spans, start = [], 0.0
    for digits, share in known:
        width = 100 * share / whole
        spans.append((f"{start:.1f}", f"{width + 0.1:.1f}", digits))
        start += width
    return spans
