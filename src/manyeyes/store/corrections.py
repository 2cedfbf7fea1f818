"""Corrections by hand: kept by the picture's bytes, so that they outlive models and hold for every copy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select, update

from manyeyes.model.correction import Changes, check_correctable, parse_correction
from manyeyes.model.descriptor import SCHEMA_NAME
from manyeyes.model.errors import SettingsError
from manyeyes.store.indexing import ANALYZED
from manyeyes.store.page_tables import corrections, gallery
from manyeyes.store.rows import keep
from manyeyes.store.tables import outcomes, pictures

#: By sha256, the fields that were corrected with what they were set to (`model.correction`).
Corrections = Mapping[str, Changes]

_OF = (
    select(corrections.c.sha256, corrections.c.field, corrections.c.value)
    .where(corrections.c.sha256.in_(bindparam("hashes", expanding=True)), corrections.c.schema == SCHEMA_NAME)
    .order_by(corrections.c.field)
)


def correct(connection: Connection, picture: str, field: str, value: object) -> object:
    """Set a field of a picture's descriptor by hand, in every portfolio that holds the same bytes.

    Gives back what it was set to. Raises SettingsError where that is nothing the field can be, and where
    the picture has no descriptor to correct.
    """
    understood = parse_correction(field, value)
    sha256 = _analyzed(connection, picture)
    row = {"sha256": sha256, "schema": SCHEMA_NAME, "field": field, "made": time.time()}
    keep(connection, corrections, [row | {"value": orjson.dumps(understood).decode()}])
    _show_again(connection, sha256)
    return understood


def correct_all(connection: Connection, picture: str, changes: Changes) -> None:
    """Set several fields of a picture's descriptor by hand: all of them or, where `correct` raises, none."""
    for field, value in changes.items():
        correct(connection, picture, field, value)


def withdraw(connection: Connection, picture: str, field: str) -> None:
    """Let a field of a picture say again what the model said.

    Raises SettingsError for an unknown picture, and for a field that nobody can correct.
    """
    check_correctable(field)
    sha256 = _analyzed(connection, picture)
    connection.execute(
        delete(corrections).where(
            corrections.c.sha256 == sha256, corrections.c.schema == SCHEMA_NAME, corrections.c.field == field
        )
    )
    _show_again(connection, sha256)


def of(connection: Connection, hashes: Iterable[str]) -> Corrections:
    """The corrections of pictures with these sha256."""
    found: dict[str, dict[str, Any]] = {}
    asked = {one for one in hashes if one}
    if asked:
        for row in connection.execute(_OF, {"hashes": list(asked)}):
            found.setdefault(row.sha256, {})[row.field] = orjson.loads(row.value)
    return found


def _analyzed(connection: Connection, picture: str) -> str:
    """The sha256 of a picture that has a descriptor."""
    row = connection.execute(
        select(pictures.c.sha256, gallery.c.status, gallery.c.sha256.label("shown"))
        .select_from(pictures.outerjoin(gallery, gallery.c.picture == pictures.c.id))
        .where(pictures.c.id == picture)
    ).one_or_none()
    if row is None:
        raise SettingsError(f"{picture!r} is no picture of this store: take an id from `manyeyes export`")
    if row.status == ANALYZED:
        return str(row.shown)
    analyzed = (
        select(outcomes.c.sha256).where(outcomes.c.picture == picture, outcomes.c.kind.is_(None)).limit(1)
    )
    if (sha256 := connection.execute(analyzed).scalar_one_or_none()) is None:
        raise SettingsError(f"picture {picture!r} has no descriptor to correct yet: analyze it first")
    return str(sha256)


def _show_again(connection: Connection, sha256: str) -> None:
    """Have the gallery take in once more what it shows of these bytes."""
    shown = select(gallery.c.run, gallery.c.position).where(
        gallery.c.sha256 == sha256, gallery.c.status == ANALYZED
    )
    again = [{"of_run": row.run, "at": row.position} for row in connection.execute(shown)]
    if again:
        connection.execute(_SHOW_AGAIN, again)


_SHOW_AGAIN = (
    update(outcomes)
    .where(outcomes.c.run == bindparam("of_run"), outcomes.c.position == bindparam("at"))
    .values(shown=False)
)
