"""Makes the style profile of a portfolio, in one pass over its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field, replace

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.portrait.colours import OTHER_COLOUR, Cell, Colours, Palette, told_apart
from manyeyes.portrait.crossed import crossed
from manyeyes.portrait.likeness import Memory, Surprise, Value, seen
from manyeyes.portrait.picks import contact_sheet, outliers
from manyeyes.portrait.scenery import telling
from manyeyes.portrait.shares import FIELDS, Distribution, Words, several, single
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.summary import summary_of
from manyeyes.portrait.sureness import Confidences
from manyeyes.store.reports import Kept


async def profile_of(pages: AsyncIterable[Sequence[Kept]]) -> StyleProfile:
    """The profile of the pictures on these pages, each of which is there once.

    One pass. Counts take memory by what differs, not by how many pictures there are; of each value a few
    pictures are remembered, from which those that are shown are chosen. The order does not matter.
    """
    counting = _Counting()
    async for page in pages:
        for kept in page:
            counting.add(kept)
    return counting.summed()


@dataclass(slots=True)
class _Counting:
    """What is counted in the one pass."""

    failures: Counter[str] = field(default_factory=Counter)
    analyzed: int = 0
    corrected: int = 0
    no_garment: int = 0
    fields: dict[str, Counter[str]] = field(default_factory=lambda: {one.path: Counter() for one in FIELDS})
    embellishments: Words = field(default_factory=Words)
    labels: Words = field(default_factory=Words)
    backgrounds: Words = field(default_factory=Words)
    colours: Colours = field(default_factory=Colours)
    confidences: Confidences = field(default_factory=Confidences)
    memory: Memory = field(default_factory=Memory)

    def add(self, kept: Kept) -> None:
        match kept.outcome:
            case Failed(kind=kind):
                self.failures[kind] += 1
            case Analyzed() as analyzed:
                self.analyzed += 1
                self.corrected += bool(kept.corrected)
                self._look_at(analyzed)

    def _look_at(self, analyzed: Analyzed) -> None:
        descriptor = analyzed.descriptor
        values: list[Value] = []
        garment = descriptor.is_garment is not False
        for one in FIELDS:
            if (garment or not one.of_garment) and (word := one.read(descriptor)) is not None:
                self.fields[one.path][word] += 1
                values.append((one.path, word))
        if garment:
            self._add_garment(descriptor, values)
        else:
            self.no_garment += 1
        if descriptor.background:
            self.backgrounds.add((word, 1.0) for word in telling(descriptor.background))
        self.confidences.add(descriptor.garment_type, descriptor.confidence)
        self.memory.add(analyzed, tuple(values))

    def _add_garment(self, descriptor: StyleDescriptor, values: list[Value]) -> None:
        main = self.colours.add(descriptor.color_palette, descriptor.garment_type)
        if main is not None:
            values.append(("colour", main))
        self.embellishments.add((word, 1.0) for word in descriptor.embellishments)
        # A label that came without a score counts in full.
        self.labels.add(
            (label.name, 1.0 if label.score is None else label.score) for label in descriptor.style_labels
        )

    def summed(self) -> StyleProfile:
        """What was counted, in order."""
        palette = self.colours.gathered()
        names = told_apart(palette.colours)
        surprise = Surprise(self.fields | {"colour": self._main_colours(palette, names)})

        def word(value: Value) -> str:
            field_name, said = value
            if isinstance(said, str) and field_name != "colour":
                return said
            return _colour_word(palette, names, said)

        pictures = [*seen(self.memory.pictures(), surprise, word)]
        profile = StyleProfile(
            pictures=self.analyzed + self.failures.total(),
            analyzed=self.analyzed,
            failed=self.failures.total(),
            failures=dict(sorted(self.failures.items(), key=lambda pair: (-pair[1], pair[0]))),
            corrected=self.corrected,
            no_garment=self.no_garment,
            palette=palette.colours,
            other_colours=palette.rest,
            coloured=self.colours.known,
            distributions=self._distributions(),
            crossed=crossed(palette, names, self.fields["garment_type"]),
            sureness=self.confidences.summed(),
            usual_bits=round(surprise.usual, 3),
            outliers=outliers(pictures, surprise, self.analyzed),
            contact_sheet=contact_sheet(pictures, surprise),
        )
        return replace(profile, summary=summary_of(profile))

    def _main_colours(self, palette: Palette, names: Sequence[str]) -> Counter[str]:
        """How many pictures each colour is the main one of."""
        counts: Counter[str] = Counter()
        for key, area in self.colours.areas.items():
            if area.main_of:
                counts[_colour_word(palette, names, key)] += area.main_of
        return counts

    def _distributions(self) -> dict[str, Distribution]:
        garments = self.analyzed - self.no_garment
        told = {
            one.path: single(one, self.fields[one.path], garments if one.of_garment else self.analyzed)
            for one in FIELDS
        }
        more = (
            several("embellishments", "Embellishments", self.embellishments, garments),
            several("background", "Background", self.backgrounds, self.analyzed),
            several("style_labels", "Style", self.labels, garments, by_weight=True),
        )
        return told | {each.field: each for each in more}


def _colour_word(palette: Palette, names: Sequence[str], key: Cell | str) -> str:
    place = palette.belongs.get(key)
    return OTHER_COLOUR if place is None else names[place]
