"""The data of ZIP entries: unpacked piece by piece, never further than the caps."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from manyeyes.intake.safety import Caps
from manyeyes.intake.zip_records import Damaged
from manyeyes.model.errors import ImageTooLarge

#: Bytes that are packed or unpacked at a time.
PIECE_BYTES = 1 << 20
#: A stream may ask for a dictionary of 4 GB; 7-Zip's largest usual one has 64 MB.
_LZMA_MEMORY = 1 << 27

_Unpacker = Callable[[Iterator[bytes], int, int], Iterator[bytes]]


class _Sized(Protocol):
    """What an entry says of its data, in bytes."""

    @property
    def method(self) -> int: ...
    @property
    def crc(self) -> int: ...
    @property
    def packed(self) -> int: ...
    @property
    def size(self) -> int: ...


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def method_name(method: int) -> str:
    """What people call a way of packing (APPNOTE.TXT, 4.4.5)."""
    names = {6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
    return names.get(method, f"method {method}")


def unpack_head(entry: _Sized, packed: Iterator[bytes], length: int) -> bytes:
    """The first `length` bytes of an entry, and no more work than that takes. Raises Damaged and OSError."""
    head = b""
    for piece in _pieces(entry, packed, length):
        head += piece
        if len(head) >= length:
            break
    return head[:length]


def unpack(name: str, entry: _Sized, packed: Iterator[bytes], caps: Caps) -> Iterator[bytes]:
    """The bytes of an entry, piece by piece, checked against its directory's size and CRC while they come.

    What counts are the bytes that do come: headers lie. Raises ImageTooLarge, Damaged and OSError, some of
    them only after the last piece: until then nothing is known to be whole.
    """
    total = crc = 0
    for piece in _pieces(entry, packed, PIECE_BYTES):
        total += len(piece)
        if total > caps.entry_bytes:
            raise ImageTooLarge(f"{name!r} unpacks to more than {caps.entry_bytes:,} bytes")
        if total > caps.ratio * entry.packed:
            raise ImageTooLarge(f"{name!r} unpacks to more than {caps.ratio} times its packed size")
        if total > entry.size:
            raise Damaged("it holds more than the archive's directory says")
        crc = zlib.crc32(piece, crc)
        yield piece
    if total < entry.size:
        raise Damaged("its data is cut short")
    if crc != entry.crc:
        raise Damaged("its checksum is wrong")


def _pieces(entry: _Sized, packed: Iterator[bytes], limit: int) -> Iterator[bytes]:
    try:
        yield from METHODS[entry.method](packed, entry.size, limit)
    except (zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        raise Damaged("its packed data is damaged") from error
    except OSError as error:
        # bz2 reports bad data as an OSError without a number.
        if error.errno is not None:
            raise
        raise Damaged("its packed data is damaged") from error


def _stored(packed: Iterator[bytes], _size: int, _limit: int) -> Iterator[bytes]:
    return packed


def _deflated(packed: Iterator[bytes], _size: int, limit: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in packed:
        rest = chunk
        while rest and not inflate.eof:
            yield inflate.decompress(rest, limit)
            rest = inflate.unconsumed_tail
    yield inflate.flush()


def _bzip2(packed: Iterator[bytes], _size: int, limit: int) -> Iterator[bytes]:
    return _decompressed(bz2.BZ2Decompressor(), packed, limit)


def _lzma(packed: Iterator[bytes], size: int, limit: int) -> Iterator[bytes]:
    """LZMA as in APPNOTE.TXT, 5.8: two bytes of version, two of length, five of properties, the stream.

    Properties, size and stream are what the older `.lzma` format is made of.
    """
    first = next(packed, b"")
    if first[2:4] != b"\5\0":
        raise Damaged("its packed data is damaged")
    unlzma = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY)
    yield unlzma.decompress(first[4:9] + size.to_bytes(8, "little"), limit)
    yield from _decompressed(unlzma, _with_first(first[9:], packed), limit)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _decompressed(unpacker: _Decompressor, packed: Iterator[bytes], limit: int) -> Iterator[bytes]:
    for chunk in packed:
        if unpacker.eof:
            return
        yield unpacker.decompress(chunk, limit)
        while not (unpacker.eof or unpacker.needs_input):
            yield unpacker.decompress(b"", limit)


#: How each method that is read here is undone: packed pieces, the size told, and how much to give at a time.
METHODS: dict[int, _Unpacker] = {0: _stored, 8: _deflated, 12: _bzip2, 14: _lzma}
