"""The words of backgrounds that tell something."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d_][\w'’-]+")
#: What every background has, and what only joins other words.
_EMPTY = frozenset({
    "a", "an", "and", "are", "as", "at", "background", "backdrop", "be", "behind", "by", "for", "from",
    "has", "in", "into", "is", "it", "its", "no", "of", "on", "one", "or", "other", "out", "over",
    "picture", "photo", "scene", "setting", "simple", "slightly", "some", "something", "than", "that",
    "the", "there", "this", "to", "two", "under", "very", "visible", "was", "where", "which", "with",
    "without",
})  # fmt: skip


def telling(background: str) -> Iterator[str]:
    """The words of a background, but for those that tell nothing."""
    return (word for word in _WORD.findall(background.lower()) if word not in _EMPTY)
