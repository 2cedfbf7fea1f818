"""Names for files that arrive: safe, as near to what was given as can be, and never the same twice."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

#: Bytes of UTF-8. File systems take 255 of one part; a number may still be put behind it.
PART_BYTES = 235
#: Bytes of UTF-8 of a whole name, the shortest limit that is usual (macOS, 1,024) less that of our folder.
NAME_BYTES = 640
#: Parts of a name.
DEPTH = 12
#: Bytes of an ending (`.jpeg`) that survive when a name is cut.
_ENDING_BYTES = 16

#: What is shown of names that are refused, in characters.
_SHOWN = 200

#: No letters: control characters, and those that begin a new line or paragraph. Halves of characters
#: (surrogates) stand for bytes that were no text at all.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HALVES = re.compile("[\ud800-\udfff]")
#: A part that begins with a dot would be hidden, and one that ends in a space is misread.
_EDGES = re.compile(r"\A[.\s]+|\s+\Z")
_DRIVE = re.compile(r"\A([A-Za-z]):")


def safe_name(given: str) -> str:
    """A name to keep a file under: relative, `/` between parts, at most `NAME_BYTES` bytes, never empty.

    It leads nowhere out of its folder, no part of it is hidden, and it holds no control character. All else
    is kept: markup, other scripts and their directions, emoji. Who shows it has to escape it. Safe names come
    out as they went in. They are in Unicode's composed form (NFC), which is how most systems write them.
    """
    text = unicodedata.normalize("NFC", _HALVES.sub("\ufffd", given)).replace("\\", "/")
    parts = [part for part in map(_safe_part, text.split("/")) if part][-DEPTH:]
    while len("/".join(parts).encode()) > NAME_BYTES:
        # The file's own name says most, the outermost folder least.
        del parts[0]
    return "/".join(parts) or "picture"


def shown_name(given: str) -> str:
    """A name as it came, fit to be shown and to be sent: for what is refused, which is kept nowhere."""
    shown = _CONTROL.sub("\ufffd", _HALVES.sub("\ufffd", given))
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _safe_part(given: str) -> str:
    part = _DRIVE.sub(r"\1_", _EDGES.sub("", _CONTROL.sub(" ", given)))
    if part == "__MACOSX":
        return "MACOSX"
    if len(part.encode()) <= PART_BYTES:
        return part
    stem, ending = _split(part)
    kept = PART_BYTES - len(ending.encode())
    return stem.encode()[:kept].decode(errors="ignore").rstrip() + ending


class Names:
    """The names of a folder; gives out others. Capitals make no difference, as on macOS and Windows."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        #: The number that was last put behind a name, where one was.
        self._numbers: Counter[str] = Counter()
        for name in names:
            self._keep(name)

    def unique(self, name: str) -> str:
        """`name`, which must be safe, or with a number behind it (`a (2).jpg`) where another has it.

        It is kept from now on. A file and a folder do not share a name either.
        """
        path = ""
        *folders, last = name.split("/")
        for folder in folders:
            path = self._free(path + folder, self._files) + "/"
        found = self._free(path + last, self._files, self._folders)
        self._keep(found)
        return found

    def drop(self, name: str) -> None:
        """Give a name back: nothing lies there after all."""
        self._files.discard(_key(name))

    def _free(self, path: str, *taken: set[str]) -> str:
        """`path`, or the first with a number behind it that is in none of the sets."""
        if not any(_key(path) in names for names in taken):
            return path
        stem, ending = _split(path)
        key = _key(path)
        while True:
            # Numbers go on where they ended: the same name may come a hundred thousand times.
            self._numbers[key] = number = max(self._numbers[key], 1) + 1
            tried = f"{stem} ({number}){ending}"
            if not any(_key(tried) in names for names in taken):
                return tried

    def _keep(self, name: str) -> None:
        key = _key(name)
        self._files.add(key)
        while "/" in key:
            key = key.rpartition("/")[0]
            self._folders.add(key)


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())


def _split(path: str) -> tuple[str, str]:
    """A path before its ending, and the ending with its dot, where it has one that is short."""
    stem, dot, ending = path.rpartition(".")
    if not stem or stem.endswith("/") or "/" in ending or len(ending.encode()) > _ENDING_BYTES:
        return path, ""
    return stem, dot + ending
