"""The file store: what was uploaded, for a day, each account its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from manyeyes.stand_in.pictures import Picture
from manyeyes.stand_in.prediction import Clock, new_id
from manyeyes.stand_in.problems import not_found

#: Seconds that a file is kept.
KEPT = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One upload."""

    id: str
    account: str
    name: str
    content_type: str
    metadata: Mapping[str, object]
    #: Seconds of the stand-in's clock.
    created: float
    picture: Picture

    def shown(self, origin: str, clock: Clock) -> dict[str, object]:
        """The object that the API shows of it."""
        data = self.picture.data
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return {
            "id": self.id,
            "name": self.name,
            "content_type": self.content_type,
            "size": len(data),
            "etag": md5,
            "checksums": {"sha256": self.picture.sha256, "md5": md5},
            "metadata": dict(self.metadata),
            "created_at": clock.wall(self.created, "milliseconds"),
            "expires_at": clock.wall(self.created + KEPT, "milliseconds"),
            "urls": {"get": f"{origin}/v1/files/{self.id}"},
        }


class Files:
    """Uploads by id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, StoredFile] = {}

    def add(
        self, account: str, data: bytes, name: str, content_type: str, metadata: Mapping[str, object]
    ) -> StoredFile:
        """Keep `data`, and name it."""
        made = StoredFile(
            new_id(), account, name, content_type, metadata, self._clock.now(), Picture.of(data)
        )
        self._files[made.id] = made
        return made

    def find(self, account: str, id_: str) -> StoredFile:
        """The account's file `id_`. Raises `Problem` (404) where there is none, or no longer."""
        found = self._files.get(id_)
        if found is None or found.account != account or self._clock.now() >= found.created + KEPT:
            raise not_found("file")
        return found

    def of(self, account: str) -> list[StoredFile]:
        """All files of the account, newest first."""
        now = self._clock.now()
        return [
            each
            for each in reversed(self._files.values())
            if each.account == account and now < each.created + KEPT
        ]

    def remove(self, account: str, id_: str) -> StoredFile:
        """Forget it. Raises `Problem` (404)."""
        return self._files.pop(self.find(account, id_).id)
