"""The routes of the file store."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from manyeyes.stand_in.front import ACCOUNT, SERVICE, say
from manyeyes.stand_in.problems import InvalidField, Problem, invalid_input, too_large


@dataclass(slots=True)
class Upload:
    """The fields of an upload, as far as they have been read."""

    content: bytes | None = None
    filename: str = "file"
    type: str = "application/octet-stream"
    metadata: str = "{}"

    async def read(self, part: BodyPartReader) -> None:
        """Take one part of the form in; a field of another name is passed over."""
        match part.name:
            case "content":
                self.content = bytes(await part.read())
                self.filename = part.filename or self.filename
                self.type = part.headers.get("Content-Type", self.type)
            case "filename":
                self.filename = await part.text()
            case "type":
                self.type = await part.text()
            case "metadata":
                self.metadata = await part.text()


async def create_file(request: web.Request) -> web.Response:
    """`POST /v1/files`: multipart, the bytes in the field `content`."""
    service = request.app[SERVICE]
    most = service.world.wire.max_file_bytes
    upload = await _read_upload(request)
    if upload.content is None:
        raise invalid_input([InvalidField("required", "(root)", "content is required")])
    size = len(upload.content)
    if size > most:
        raise too_large(most)
    metadata = _metadata(upload.metadata)
    stored = service.files.add(request[ACCOUNT], upload.content, upload.filename, upload.type, metadata)
    service.journal.note("file", id=stored.id, sha256=stored.picture.sha256, bytes=size, status=201)
    return say(request, 201, stored.shown(service.showing.origin, service.clock))


async def get_file(request: web.Request) -> web.Response:
    """`GET /v1/files/{id}`."""
    service = request.app[SERVICE]
    stored = service.files.find(request[ACCOUNT], request.match_info["id"])
    return say(request, 200, stored.shown(service.showing.origin, service.clock))


async def list_files(request: web.Request) -> web.Response:
    """`GET /v1/files`: all on one page."""
    service = request.app[SERVICE]
    results = [
        each.shown(service.showing.origin, service.clock) for each in service.files.of(request[ACCOUNT])
    ]
    return say(request, 200, {"next": None, "previous": None, "results": results})


async def download_file(request: web.Request) -> web.Response:
    """`GET /v1/files/{id}/download`: the bytes. The token stands in for the signature in the query."""
    stored = request.app[SERVICE].files.find(request[ACCOUNT], request.match_info["id"])
    return web.Response(body=stored.picture.data, headers={"Content-Type": stored.content_type})


async def delete_file(request: web.Request) -> web.Response:
    """`DELETE /v1/files/{id}`: 204."""
    service = request.app[SERVICE]
    stored = service.files.remove(request[ACCOUNT], request.match_info["id"])
    service.journal.note("file deleted", id=stored.id, sha256=stored.picture.sha256, status=204)
    return web.Response(status=204)


async def _read_upload(request: web.Request) -> Upload:
    """The form in the body. Raises `Problem` (400) for what is no form."""
    upload = Upload()
    if not request.content_type.startswith("multipart/"):
        return upload
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                await upload.read(part)
    except (ValueError, HttpProcessingError) as error:
        raise Problem(400, f"Request body is not valid multipart: {error}", "Bad request") from error
    return upload


def _metadata(text: str) -> dict[str, object]:
    try:
        metadata = json.loads(text)
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise invalid_input([InvalidField("invalid_type", "metadata", "Invalid type. Expected: object")])
    return metadata
