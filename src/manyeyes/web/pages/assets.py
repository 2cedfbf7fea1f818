"""The style sheet, the module and the icon: read once, compressed once, kept by browsers for good."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from manyeyes.web.problems import unknown

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that every page needs."""

    media_type: str
    content: bytes
    compressed: bytes
    #: Changes with the content.
    stamp: str


@cache
def asset(name: str) -> Asset | None:
    """The asset of this name; None where there is none."""
    path = FOLDER / name
    if path.suffix not in _TYPES or name not in {one.name for one in FOLDER.iterdir()}:
        return None
    content = path.read_bytes()
    stamp = hashlib.sha256(content).hexdigest()[:10]
    return Asset(_TYPES[path.suffix], content, gzip.compress(content, mtime=0), stamp)


@router.get("/static/{name}")
async def static(request: Request, name: str, v: str = "") -> Response:
    """An asset; asked for by its stamp it is kept for good."""
    found = asset(name)
    if found is None:
        raise unknown("file", "the pages that use it")
    lasts = _FOR_GOOD if v == found.stamp else "no-cache"
    headers = {"Cache-Control": lasts, "Vary": "Accept-Encoding", "ETag": f'"{found.stamp}"'}
    return packed(request, found.content, found.media_type, headers, found.compressed)


def packed(
    request: Request, content: bytes, kind: str, headers: dict[str, str], compressed: bytes | None = None
) -> Response:
    """Content as this browser takes it: compressed, where it says so."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=kind, headers=headers)
    smaller = gzip.compress(content, 5, mtime=0) if compressed is None else compressed
    return Response(smaller, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
