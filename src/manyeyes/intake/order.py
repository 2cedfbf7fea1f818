"""The order that people expect of names: img2 before img10, capitals no matter."""

from __future__ import annotations

import re

_DIGITS = re.compile("[0-9]+")


def natural_key(path: str) -> tuple[str, str]:
    """A sort key for paths with `/` between parts: folder by folder, numbers by their value.

    Different paths have different keys, so the order never depends on how a disk lists them. Numbers
    become their length and their digits, not an `int`: a name may hold more digits than Python converts.
    """
    # Of two parts that differ only in capitals or zeros, the spelling decides, before what lies below.
    return "".join(f"{_folded(part)}\0{part}\0" for part in path.split("/")), path


def _folded(part: str) -> str:
    return _DIGITS.sub(_number, part.casefold())


def _number(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"\1{chr(len(digits))}{digits}"
