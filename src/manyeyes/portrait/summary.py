"""A style profile in a few sentences: each is worked out from its figures, by rules that stand here."""

from __future__ import annotations

from collections.abc import Iterator

from manyeyes.portrait.shares import Distribution, percent
from manyeyes.portrait.style import StyleProfile
from manyeyes.portrait.sureness import UNSURE

#: With fewer, a picture more or less changes what is said.
FEW = 20
#: A field that fewer pictures tell is not spoken of.
KNOWN = 0.5
#: A word for a share, from the share on at which it is used.
_SAID = (
    (0.995, "All"),
    (0.9, "Nearly all"),
    (0.6, "Most"),
    (0.55, "More than half"),
    (0.45, "About half"),
    (0.38, "About two in five"),
    (0.28, "About a third"),
    (0.22, "About a quarter"),
)
#: Fields to speak of, and what is said of a garment with the most frequent value.
_SPOKEN = {
    "pattern": "are {}",
    "fabric": "are of {}",
    "silhouette": "have a silhouette that is {}",
    "fit": "have a fit that is {}",
    "sleeve_length": "have sleeves that are {}",
    "neckline": "have a neckline that is {}",
    "lighting.type": "are lit with {} light",
    "camera.angle": "are seen from this angle: {}",
}


def summary_of(profile: StyleProfile) -> tuple[str, ...]:
    """The sentences, the most important first."""
    return tuple(_sentences(profile))


def said_of(share: float) -> str | None:
    """`Most`, `About half`, …: the word for a share (0 to 1); None for one that is too small for a word."""
    return next((word for least, word in _SAID if share >= least), None)


def _sentences(profile: StyleProfile) -> Iterator[str]:
    yield _counts(profile)
    if not profile.analyzed:
        return
    if profile.analyzed < FEW:
        yield f"With fewer than {FEW} pictures, one more or less changes these figures."
    yield from _garments(profile.distributions["garment_type"])
    yield from _colours(profile)
    for path, words in _SPOKEN.items():
        yield from _field(profile.distributions[path], words)
    yield from _labels(profile.distributions["style_labels"])
    yield from _sure(profile)
    yield from _missing(profile)
    yield from _odd(profile)


def _counts(profile: StyleProfile) -> str:
    if not profile.pictures:
        return "No picture has been analyzed yet."
    said = f"{_pictures(profile.pictures)}: {profile.analyzed} analyzed, {profile.failed} failed."
    if profile.no_garment:
        said += f" {profile.no_garment} of {profile.analyzed} {_show(profile.no_garment)} no garment."
    if profile.corrected:
        said += f" {profile.corrected} of {profile.analyzed} corrected by hand."
    return said


def _garments(types: Distribution) -> Iterator[str]:
    if types.known < KNOWN * types.of or not types.values:
        return
    first, *others = types.values
    word = said_of(first.share)
    count = f"{first.count} of {types.known}"
    led = f"{word} show: {first.value} ({count})" if word else f"Most often: {first.value} ({count})"
    after = ", ".join(f"{one.value} ({one.count})" for one in others[:3])
    yield f"{led}{'; then ' + after if after else ''}."


def _colours(profile: StyleProfile) -> Iterator[str]:
    # Shades of one name are one colour in words.
    shares: dict[str, float] = {}
    for colour in profile.palette:
        shares[colour.name] = shares.get(colour.name, 0.0) + colour.share
    first = sorted(shares.items(), key=lambda one: -one[1])[:4]
    told = [f"{name} ({percent(share)})" for name, share in first]
    if told:
        yield f"Colours by their share of the garments' area: {', '.join(told)}."


def _field(told: Distribution, words: str) -> Iterator[str]:
    """A sentence on a field that enough pictures tell and that one value leads."""
    if told.values and told.known >= KNOWN * told.of:
        first = told.values[0]
        if first.share >= 0.45 and (word := said_of(first.share)):
            yield f"{word} {words.format(first.value)} ({first.count} of {told.known})."


def _labels(labels: Distribution) -> Iterator[str]:
    if labels.known >= KNOWN * labels.of and labels.values:
        told = ", ".join(f"{one.value} ({one.count} of {labels.known})" for one in labels.values[:3])
        yield f"Styles that were named, by their scores: {told}."


def _sure(profile: StyleProfile) -> Iterator[str]:
    sure = profile.sureness
    if sure.median is not None:
        below = f"{sure.unsure} of {sure.known} below {UNSURE:g}"
        yield f"The median confidence, by the model's own estimate, is {sure.median:.2f} of 1; {below}."


def _missing(profile: StyleProfile) -> Iterator[str]:
    empty = [each.title.lower() for each in profile.distributions.values() if each.of and not each.known]
    scarce = [
        f"{each.title.lower()} ({each.missing} of {each.of})"
        for each in profile.distributions.values()
        if each.known and each.missing_share >= KNOWN and not each.several
    ]
    if empty:
        yield f"Nothing is known of {_joined(empty)}."
    if scarce:
        yield f"Often missing: {_joined(scarce)}."


def _odd(profile: StyleProfile) -> Iterator[str]:
    if profile.outliers:
        first = profile.outliers[0]
        why = ", ".join(f"{reason.shown} ({reason.count} of {reason.of})" for reason in first.reasons)
        yield f"Least like the rest: {first.name!r}, with {why}."


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def _show(count: int) -> str:
    return "shows" if count == 1 else "show"
