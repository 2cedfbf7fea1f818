"""Answers to make a style profile of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.portrait.profile import profile_of
from manyeyes.portrait.style import StyleProfile
from manyeyes.store.reports import Kept

#: A name that would clear the screen, pretend to be another, run a script, and is no UTF-8.
HOSTILE = "\x1b[2J\u202egpj.<script>alert('1')</script>&\"\udcff\x00.jpg"


def _image(name: str) -> ImageRef:
    return ImageRef(name, Locator(f"/photos/{name}"), "1", 10)


def answered(
    number: int, descriptor: StyleDescriptor, name: str = "", corrected: tuple[str, ...] = ()
) -> Kept:
    image = _image(name or f"{number}.jpg")
    return Kept(Analyzed(image, f"{number:024x}", number, f"{number:064x}", descriptor), corrected=corrected)


def broken(number: int, kind: str = "unreadable_image") -> Kept:
    return Kept(Failed(_image(f"{number}.jpg"), f"{number:024x}", number, "", kind, "it is cut off"))


async def paged(kept: Sequence[Kept], size: int = 7) -> AsyncIterator[Sequence[Kept]]:
    for start in range(0, len(kept), size):
        yield kept[start : start + size]


def profile(*kept: Kept, size: int = 7) -> StyleProfile:
    return asyncio.run(profile_of(paged(kept, size)))
