"""Which pictures are shown of a portfolio: the typical ones, and those least like the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from manyeyes.portrait.colours import OTHER_COLOUR
from manyeyes.portrait.likeness import Pick, Reason, Seen, Surprise

#: With fewer pictures, each is one of a kind.
ENOUGH = 10
#: An outlier's values tell so many times the bits of a picture on the average …
ODD = 1.25
#: … and one of them is no more frequent than this.
RARE = 0.1
MOST_OUTLIERS = 8
#: Pictures of a contact sheet.
SHEET = 12
#: What a contact sheet shows one of each of, in this order.
_ROUNDS = ("garment_type", "colour", "pattern", "silhouette", "fabric", "camera.angle")


def outliers(pictures: Sequence[Seen], surprise: Surprise, analyzed: int) -> tuple[Pick, ...]:
    """The pictures least like the rest, the strangest first, each with the values that make it so."""
    if analyzed < ENOUGH:
        return ()
    usual = surprise.usual
    odd = [one for one in pictures if one.bits >= ODD * usual]
    found: list[Pick] = []
    for one in sorted(odd, key=lambda one: (-one.bits, one.picture.place)):
        rare = tuple(why for why in surprise.reasons(one.values) if why.count / why.of <= RARE)
        if rare and len(found) < MOST_OUTLIERS:
            found.append(one.pick("least like the rest", rare))
    return tuple(found)


def contact_sheet(pictures: Sequence[Seen], surprise: Surprise) -> tuple[Pick, ...]:
    """Pictures that together show what there is: the most typical of each garment, then of each colour not
    shown yet, and so on; where that is not enough, the most typical of the others."""
    shown: dict[str, Pick] = {}
    covered: set[tuple[str, str]] = set()
    by_typicality = sorted(pictures, key=lambda one: (-one.likeness, one.picture.place))
    for reason in _wanted(surprise):
        if len(shown) >= SHEET:
            break
        if (reason.field, reason.value) in covered:
            continue
        for one in by_typicality:
            if one.values.get(reason.field) == reason.value and one.picture.id not in shown:
                shown[one.picture.id] = one.pick(f"typical: {reason.shown}", (reason,))
                covered |= set(one.values.items())
                break
    for one in by_typicality:
        if len(shown) >= SHEET:
            break
        if one.picture.id not in shown:
            shown[one.picture.id] = one.pick("much like the rest", ())
    return tuple(shown.values())


def _wanted(surprise: Surprise) -> Iterator[Reason]:
    """The values to show, field by field, the most frequent first."""
    for field in _ROUNDS:
        counts = surprise.counts.get(field)
        if counts:
            for value in sorted(counts.keys() - {OTHER_COLOUR}, key=lambda value: (-counts[value], value)):
                yield Reason(field, value, counts[value], counts.total())
