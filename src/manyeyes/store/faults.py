"""What a database says when it fails, in our words."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)

from manyeyes.model.errors import ManyeyesError, SettingsError, StoreError

#: What is wrong with one request, and not with the database.
_OF_ONE_REQUEST = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


def shown(url: str) -> str:
    """A store's URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def cause(error: BaseException) -> str:
    """What the database or the system said, on one line."""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed (pip install 'manyeyes[postgres]')"
    if isinstance(error, DBAPIError):
        return " ".join(str(error.orig).split())
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"


def is_of_the_database(error: Exception) -> bool:
    """Whether every other request would fail as well: no space, locked, broken, gone."""
    return isinstance(error, DatabaseError) and not isinstance(error, _OF_ONE_REQUEST)


def as_opening_error(url: str, error: Exception) -> ManyeyesError:
    """What keeps the store at `url` from being opened, and what to do about it."""
    said = cause(error)
    if _is_locked(said):
        return StoreError(f"the store {shown(url)!r} is in use: {said}. {_advice(error, said)}")
    return SettingsError(
        f"the store {shown(url)!r} cannot be opened: {said}; choose another with --store or MANYEYES_STORE"
    )


def as_store_error(url: str, error: Exception) -> ManyeyesError:
    """What went wrong in the store at `url`, and what to do about it."""
    if isinstance(error, ManyeyesError):
        return error
    said = cause(error)
    fault = StoreError(
        f"the store {shown(url)!r} failed: {said}; nothing more is bought. {_advice(error, said)}"
    )
    # For whoever looks into it: the message says what users need.
    fault.__cause__ = error
    return fault


def _advice(error: Exception, said: str) -> str:
    if isinstance(error, IntegrityError):
        return "What it refers to was forgotten meanwhile: run again"
    if _is_locked(said):
        return "Another program is writing to it: wait for that to end, then run again"
    return "Free some space or choose another place with --store, then run again"


def _is_locked(said: str) -> bool:
    return "locked" in said or "lock timeout" in said
