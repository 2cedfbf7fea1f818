"""What the values of one field come to over a portfolio: counts, and shares of those that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from manyeyes.model.descriptor import StyleDescriptor

#: Values that are told apart of one field; more are counted together. Words that models choose freely
#: would otherwise be held in any number.
MOST_VALUES = 5000
#: Values of a field that are told one by one.
TOLD = 40


def percent(share: float) -> str:
    """A share as people read it: `51 %`, and `< 1 %` rather than none."""
    return "< 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


@dataclass(frozen=True, slots=True)
class Share:
    """One value of a field."""

    value: str
    #: Pictures that have it.
    count: int
    #: 0 to 1: of the pictures that tell the field; of style labels, of all scores together.
    share: float

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {"value": self.value, "count": self.count, "share": self.share}


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often each value of a field was seen, the most frequent first."""

    #: As the descriptor spells it: `sleeve_length`, `lighting.type`.
    field: str
    title: str
    #: Pictures that could tell it.
    of: int
    #: Those that did.
    known: int
    values: tuple[Share, ...] = ()
    #: What came after those; its value says how many values they are.
    rest: Share | None = None
    #: A picture may have several, so that the shares may come to more than 1.
    several: bool = False

    @property
    def missing(self) -> int:
        """Pictures that could tell it and did not."""
        return self.of - self.known

    @property
    def missing_share(self) -> float:
        """The same of those that could, 0 to 1."""
        return round(self.missing / self.of, 6) if self.of else 0.0

    def as_json(self) -> dict[str, object]:
        """The fields as JSON spells them."""
        return {
            "title": self.title,
            "of": self.of,
            "known": self.known,
            "missing": self.missing,
            "missingShare": self.missing_share,
            "several": self.several,
            "values": [share.as_json() for share in self.values],
            "rest": None if self.rest is None else self.rest.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the descriptor that holds one word."""

    #: `lighting.type` is a part of `lighting`.
    path: str
    title: str
    #: Said of the garment, so that a picture without one cannot tell it.
    of_garment: bool = True

    @property
    def read(self) -> Callable[[StyleDescriptor], str | None]:
        """The word of a descriptor; None where it is not known."""
        return attrgetter(self.path)


FIELDS = (
    Field("garment_type", "Garment"),
    Field("silhouette", "Silhouette"),
    Field("fit", "Fit"),
    Field("neckline", "Neckline"),
    Field("sleeve_length", "Sleeves"),
    Field("fabric", "Fabric"),
    Field("finish", "Finish"),
    Field("texture", "Texture"),
    Field("pattern", "Pattern"),
    Field("lighting.type", "Light", of_garment=False),
    Field("lighting.direction", "Light from", of_garment=False),
    Field("camera.angle", "View", of_garment=False),
    Field("camera.height", "Camera height", of_garment=False),
)


@dataclass(slots=True)
class Words:
    """Counts the words of a field that may hold several; case and spaces do not matter."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Millionths, so that sums do not depend on the order.
    weights: Counter[str] = field(default_factory=Counter)
    known: int = 0
    #: Of words beyond the cap.
    beyond: int = 0

    def add(self, words: Iterable[tuple[str, float]]) -> None:
        """Count one picture's words, each with its weight (0 to 1)."""
        heaviest: dict[str, float] = {}
        for word, weight in words:
            plain = " ".join(word.split()).lower()
            if plain:
                heaviest[plain] = max(weight, heaviest.get(plain, 0.0))
        self.known += bool(heaviest)
        for word, weight in heaviest.items():
            if word in self.counts or len(self.counts) < MOST_VALUES:
                self.counts[word] += 1
                self.weights[word] += round(weight * 1e6)
            else:
                self.beyond += 1


def single(of: Field, counts: Counter[str], pictures: int) -> Distribution:
    """The distribution of a field that holds one word; its shares and the rest's come to 1."""
    known = counts.total()
    told, rest = _parted(counts, {word: count / known for word, count in counts.items()}, 0)
    return Distribution(of.path, of.title, pictures, known, told, rest)


def several(path: str, title: str, words: Words, pictures: int, *, by_weight: bool = False) -> Distribution:
    """The distribution of a field that holds any number of words."""
    whole = words.weights.total() if by_weight else words.known
    numbers = words.weights if by_weight else words.counts
    shares = {word: number / whole if whole else 0.0 for word, number in numbers.items()}
    told, rest = _parted(words.counts, shares, words.beyond)
    return Distribution(path, title, pictures, words.known, told, rest, several=not by_weight)


def _parted(
    counts: Counter[str], shares: dict[str, float], beyond: int
) -> tuple[tuple[Share, ...], Share | None]:
    """The most frequent values, and what comes after them."""
    ranked = sorted(counts, key=lambda word: (-shares[word], -counts[word], word))
    told = tuple(Share(word, counts[word], round(shares[word], 6)) for word in ranked[:TOLD])
    left = ranked[TOLD:]
    if not left and not beyond:
        return told, None
    names = f"{len(left)} others" if not beyond else f"more than {len(left)} others"
    count = sum(counts[word] for word in left) + beyond
    return told, Share(names, count, round(sum(shares[word] for word in left), 6))
