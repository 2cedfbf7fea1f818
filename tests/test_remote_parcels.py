"""Pictures travel in parcels of a bounded size, as a body that the server's own parser reads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.model.image import ImageRef, Locator, Original
from manyeyes.remote.parcels import BYTES_TOGETHER, PIECE, TOGETHER, Body, parcels
from manyeyes.web.multipart import PartBegins, PartEnds, pieces


def ref(name: str, size: int) -> ImageRef:
    return ImageRef(name, Locator(name), "1", size)


def picture(name: str, data: bytes) -> Original:
    return Original(ref(name, len(data)), data, hashlib.sha256(data).hexdigest())


def received(body: Body) -> list[tuple[str, bytes]]:
    """Names and bytes as a server reads them."""

    async def read() -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        async for piece in pieces(body.content_type, body.pieces()):
            match piece:
                case PartBegins(file=str() as name):
                    found.append((name, b""))
                case bytes():
                    found[-1] = (found[-1][0], found[-1][1] + piece)
                case PartEnds():
                    pass
        return found

    return asyncio.run(read())


@given(st.lists(st.integers(0, 2 * BYTES_TOGETHER), max_size=100))
def test_everything_travels_once_in_order_and_in_parcels_of_a_bounded_size(sizes: list[int]) -> None:
    listed = [ref(f"{index}.jpg", size) for index, size in enumerate(sizes)]
    bundled = list(parcels(listed))
    assert [one for parcel in bundled for one in parcel] == listed
    assert all(0 < len(parcel) <= TOGETHER for parcel in bundled)
    assert all(sum(one.size for one in parcel) <= BYTES_TOGETHER for parcel in bundled if len(parcel) > 1)


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=200)), min_size=1, max_size=5))
def test_a_server_reads_what_was_sent(sent: list[tuple[str, bytes]]) -> None:
    # What browsers escape, and so do we, cannot be told from what was written so.
    named = [(name.replace("%", "").encode("utf-8", "ignore").decode(), data) for name, data in sent]
    body = Body([picture(f"{name}x", data) for name, data in named], "b" * 20, lambda _: None)
    assert received(body) == [(f"{name}x", data) for name, data in named]


def test_the_size_is_told_before_and_every_piece_when_it_has_passed() -> None:
    passed: list[int] = []
    body = Body([picture("a.jpg", bytes(3 * PIECE + 5)), picture('"b".jpg', b"xyz")], "edge", passed.append)

    async def all_of_it() -> Sequence[bytes]:
        some: AsyncIterator[bytes] = body.pieces()
        return [piece async for piece in some]

    sent = asyncio.run(all_of_it())
    assert body.size == sum(passed) == sum(map(len, sent))
    assert max(map(len, sent)) == PIECE
    assert b'filename="%22b%22.jpg"' in b"".join(sent)


def test_a_name_that_is_no_unicode_goes_as_its_bytes() -> None:
    body = Body([picture("caf\udce9.jpg", b"x")], "edge", lambda _: None)
    assert received(body) == [("caf\ufffd.jpg", b"x")]
