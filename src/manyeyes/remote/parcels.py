"""Pictures on their way to a server: some at a time, as one body that is told piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

from manyeyes.model.image import ImageRef, Original

#: Pictures and bytes that travel together; a picture that is larger travels alone.
TOGETHER, BYTES_TOGETHER = 24, 8_000_000
#: Bytes that are handed over at once.
PIECE = 65_536
#: Browsers write what would end a name in its header like this, and servers read it so.
_ESCAPED = ((b'"', b"%22"), (b"\r", b"%0D"), (b"\n", b"%0A"))


def parcels(listed: Iterable[ImageRef]) -> Iterator[tuple[ImageRef, ...]]:
    """All that is listed, in its order, as it travels together."""
    parcel: list[ImageRef] = []
    size = 0
    for ref in listed:
        if parcel and (len(parcel) == TOGETHER or size + ref.size > BYTES_TOGETHER):
            yield tuple(parcel)
            parcel, size = [], 0
        parcel.append(ref)
        size += ref.size
    if parcel:
        yield tuple(parcel)


class Body:
    """A `multipart/form-data` body (RFC 7578) of pictures; `told` hears of each piece, in bytes."""

    def __init__(self, pictures: Sequence[Original], boundary: str, told: Callable[[int], object]) -> None:
        self._pictures = pictures
        self._boundary = boundary.encode()
        self._told = told

    @property
    def content_type(self) -> str:
        """What the header of this name says."""
        return f"multipart/form-data; boundary={self._boundary.decode()}"

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(len, self._parts()))

    async def pieces(self) -> AsyncIterator[bytes]:
        """All of it."""
        for part in self._parts():
            view = memoryview(part)
            for at in range(0, len(part), PIECE):
                piece = bytes(view[at : at + PIECE])
                yield piece
                self._told(len(piece))

    def _parts(self) -> Iterator[bytes]:
        for picture in self._pictures:
            yield self._head(picture.ref.name)
            yield picture.data
            yield b"\r\n"
        yield b"--%s--\r\n" % self._boundary

    def _head(self, name: str) -> bytes:
        written = name.encode("utf-8", "surrogateescape")
        for meant, escaped in _ESCAPED:
            written = written.replace(meant, escaped)
        return (
            b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" % (self._boundary, written)
        )
