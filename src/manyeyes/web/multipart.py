"""A multipart body as it streams in: its parts' heads and bytes, a piece at a time, never as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from manyeyes.web.problems import Problem

#: Bytes of the headers of one part, and how many there are.
_HEADER_BYTES, _HEADERS = 8_000, 8
#: Browsers write what would end a name in its header like this.
_ESCAPED = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part's head."""

    field: str
    #: None for a part that is no file.
    file: str | None


@dataclass(frozen=True, slots=True)
class PartEnds:
    """All of a part has come."""


#: What a body comes to, in order; bytes belong to the part that began last.
Piece = PartBegins | bytes | PartEnds


async def pieces(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[Piece]:
    """The pieces of a `multipart/form-data` body. Raises Problem where it is none, or ends too early."""
    parts = _Parts()
    try:
        parser = MultipartParser(
            _boundary(content_type),
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.add_to_name,
                "on_header_value": parts.add_to_value,
                "on_header_end": parts.end_header,
                "on_headers_finished": parts.end_head,
                "on_part_data": parts.add_data,
                "on_part_end": parts.end,
                "on_end": parts.end_all,
            },
            max_header_count=_HEADERS,
            max_header_size=_HEADER_BYTES,
        )
        async for chunk in body:
            parser.write(chunk)
            for piece in parts.take():
                yield piece
        parser.finalize()
    except FormParserError as error:
        raise _malformed(str(error)) from None
    if not parts.ended:
        raise _malformed("it ends before its last boundary")


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise _malformed("its Content-Type names no boundary")
    return options[b"boundary"]


def _malformed(why: str) -> Problem:
    return Problem(400, "malformed-body", f"the body is no whole multipart/form-data: {why}", "send it again")


class _Parts:
    """Collects what the parser tells between two writes."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._name, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self.ended = False

    def take(self) -> list[Piece]:
        taken, self._pieces = self._pieces, []
        return taken

    def begin(self) -> None:
        self._headers = {}

    def add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def end_head(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise FormParserError("a part has no name")
        file = options.get(b"filename")
        self._pieces.append(PartBegins(_text(options[b"name"]), None if file is None else _text(file)))

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def end(self) -> None:
        self._pieces.append(PartEnds())

    def end_all(self) -> None:
        self.ended = True


def _text(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    for written, meant in _ESCAPED:
        text = text.replace(written, meant)
    return text
