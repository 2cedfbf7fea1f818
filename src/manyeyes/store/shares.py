"""Links that let somebody look at a portfolio: a token that is told once, and of which a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from manyeyes.store.page_tables import shares
from manyeyes.store.rows import new_id

#: Seconds for which a link that opens nothing any more is still listed.
LISTED_AFTER = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Share:
    """A link to look at a portfolio. Times are seconds since the epoch."""

    id: str
    portfolio: str
    created: float
    #: None where it holds until it is withdrawn.
    expires: float | None
    withdrawn: float | None


def make_share(connection: Connection, portfolio: str, seconds: float | None = None) -> tuple[Share, str]:
    """A new link, which holds for so many seconds or until it is withdrawn, and its token."""
    now = time.time()
    _clean(connection, now)
    token = secrets.token_urlsafe(32)
    share = Share(new_id(), portfolio, now, None if seconds is None else now + seconds, None)
    connection.execute(
        insert(shares).values(
            id=share.id, token=_hashed(token), portfolio=portfolio, created=now, expires=share.expires
        )
    )
    return share, token


def find_share(connection: Connection, token: str) -> Share | None:
    """The link with this token, while it holds."""
    row = connection.execute(
        select(shares).where(shares.c.token == _hashed(token), _holds(time.time()))
    ).one_or_none()
    return None if row is None else _share(row)


def shares_of(connection: Connection, portfolio: str) -> list[Share]:
    """The links to a portfolio, newest first; those that hold no more for a month."""
    asked = select(shares).where(shares.c.portfolio == portfolio)
    return [_share(row) for row in connection.execute(asked.order_by(shares.c.created.desc(), shares.c.id))]


def withdraw_share(connection: Connection, share: str) -> bool:
    """Let a link open nothing any more; whether it did until now."""
    now = time.time()
    held = update(shares).where(shares.c.id == share, _holds(now)).values(withdrawn=now)
    return bool(connection.execute(held).rowcount)


def _holds(now: float) -> ColumnElement[bool]:
    return shares.c.withdrawn.is_(None) & or_(shares.c.expires.is_(None), shares.c.expires > now)


def _clean(connection: Connection, now: float) -> None:
    long_ago = now - LISTED_AFTER
    gone = or_(shares.c.expires <= long_ago, shares.c.withdrawn <= long_ago)
    connection.execute(delete(shares).where(gone))


def _share(row: Any) -> Share:
    return Share(row.id, row.portfolio, row.created, row.expires, row.withdrawn)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()
