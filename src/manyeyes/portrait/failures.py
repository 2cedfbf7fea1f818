"""What failed in a run, grouped by cause, each with its remedy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from manyeyes.model.errors import remedy_for
from manyeyes.model.outcome import Failed
from manyeyes.store.reports import Kept

#: Names that are shown of each cause.
EXAMPLES = 5

#: Reasons that are told of each cause, where they differ.
REASONS = 3
_ANY = "…"

#: What differs from picture to picture although the cause is one: quoted names, ids, numbers …
_DETAIL = (
    r"""(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|"(?:[^"\\]|\\.)*"|"""
    r"\b[0-9a-f]{8,}\b|\b[a-z0-9]{26}\b|\d+(?:[.,]\d+)*"
)
#: … a picture's format, and what a decoder, the system or a service said: after a colon, or in brackets.
_REASON = r"(?<=: )[^;]+?(?=;|\.?$)|\((?:[^()]|\([^()]*\))*\)|(?<=decoded as )\w+|(?<=in the format )[^,;]+"
_PARTICULARS = re.compile(f"({_REASON}|{_DETAIL})")
_DETAILS = re.compile(_DETAIL)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why pictures failed."""

    kind: str
    #: What was said of it; where that differs from picture to picture, some of the reasons, or `…`.
    message: str
    count: int
    #: Names of some of the pictures, the first of the listing.
    examples: tuple[str, ...]
    #: What to do about it.
    remedy: str

    def as_json(self) -> dict[str, object]:
        """The fields as `failures --json` spells them."""
        return {
            "kind": self.kind,
            "message": self.message,
            "count": self.count,
            "examples": list(self.examples),
            "remedy": self.remedy,
        }


@dataclass(slots=True)
class _Slot:
    """A place in the messages of one cause where they may differ."""

    #: What stands there, by what is left of it without names and numbers.
    told: dict[str, str] = field(default_factory=dict)

    def add(self, words: str) -> None:
        alike = _DETAILS.sub(_ANY, words)
        if alike in self.told or len(self.told) <= REASONS:
            self.told[alike] = words if self.told.get(alike, words) == words else alike

    def __str__(self) -> str:
        told = list(self.told.values())
        return " / ".join(told if len(told) <= REASONS else [*told[:REASONS], _ANY])


@dataclass(slots=True)
class _Group:
    fixed: Sequence[str]
    slots: Sequence[_Slot]
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, particulars: Sequence[str]) -> None:
        for slot, words in zip(self.slots, particulars, strict=True):
            slot.add(words)
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)

    @property
    def message(self) -> str:
        pairs = zip_longest(self.fixed, map(str, self.slots), fillvalue="")
        return "".join(part for pair in pairs for part in pair)


async def causes_of(pages: AsyncIterable[Sequence[Kept]]) -> list[Cause]:
    """The causes of failures among the pictures of a run, the most frequent first.

    One cause is what is of one kind and said in the same words, whatever picture, number or reason it is
    said with. Holds one group for each cause in memory, however many pictures failed.
    """
    groups: dict[tuple[str, ...], _Group] = {}
    async for page in pages:
        for kept in page:
            if isinstance(failed := kept.outcome, Failed):
                fixed, particulars = _parted(failed)
                key = (failed.kind, *fixed)
                if key not in groups:
                    groups[key] = _Group(fixed, [_Slot() for _ in particulars])
                groups[key].add(failed.name, particulars)
    causes = [
        Cause(kind, group.message, group.count, tuple(group.examples), remedy_for(kind))
        for (kind, *_), group in groups.items()
    ]
    return sorted(causes, key=lambda cause: -cause.count)


def _parted(failed: Failed) -> tuple[list[str], list[str]]:
    """The message in what is always said, and the particulars that stand between."""
    message, quoted = failed.message, repr(failed.name)
    parts = _PARTICULARS.split(message if quoted in message else message.replace(failed.name, quoted))
    return parts[::2], parts[1::2]


def named(name: str, said: str) -> str:
    """What was wrong with a picture, and with which."""
    return said if name in said or repr(name) in said else f"{name!r}: {said}"
