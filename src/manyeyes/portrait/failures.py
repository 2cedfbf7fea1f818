"""What failed in a run, grouped by cause, each with its remedy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field

from manyeyes.model.errors import remedy_for
from manyeyes.model.outcome import Failed
from manyeyes.store.reports import Kept

#: Names that are shown of each cause.
EXAMPLES = 5

#: What differs from picture to picture although the cause is one: quoted names, ids, numbers.
_PARTICULARS = re.compile(
    r"""((?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|"(?:[^"\\]|\\.)*"|\b[0-9a-f]{8,}\b|\b[a-z0-9]{26}\b|\d+(?:[.,]\d+)*)"""
)
_ANY = "…"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why pictures failed."""

    kind: str
    #: What was said of it; `…` stands where it differs from picture to picture.
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
class _Group:
    parts: list[str]
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, parts: Sequence[str]) -> None:
        self.parts = [one if one == other else _ANY for one, other in zip(self.parts, parts, strict=True)]
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)


async def causes_of(pages: AsyncIterable[Sequence[Kept]]) -> list[Cause]:
    """The causes of failures among the pictures of a run, the most frequent first.

    Holds one group for each cause in memory, however many pictures failed.
    """
    groups: dict[tuple[str, ...], _Group] = {}
    async for page in pages:
        for kept in page:
            if isinstance(failed := kept.outcome, Failed):
                parts = _parts(failed)
                group = groups.setdefault((failed.kind, *parts[::2]), _Group(parts))
                group.add(failed.name, parts)
    causes = [
        Cause(kind, "".join(group.parts), group.count, tuple(group.examples), remedy_for(kind))
        for (kind, *_), group in groups.items()
    ]
    return sorted(causes, key=lambda cause: -cause.count)


def _parts(failed: Failed) -> list[str]:
    """The message in parts: what is always said, and between two of those a particular."""
    quoted = repr(failed.name)
    message = failed.message if quoted in failed.message else failed.message.replace(failed.name, quoted)
    return _PARTICULARS.split(message)
