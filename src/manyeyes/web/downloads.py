"""Answers that are files to be kept: their names, and what a browser may do with them."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

#: What came from outside is never shown as a page of ours.
AS_A_FILE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Content-Type": "application/octet-stream",
}


def disposition(name: str) -> str:
    """`Content-Disposition` of a file to be kept under this name (RFC 6266, RFC 8187)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = (
        "".join(" " if unicodedata.category(char)[0] == "C" else char for char in last).strip() or "file"
    )
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in visible)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(visible, safe='')}"
