"""Forgets a portfolio or a picture: what was kept of it is gone, from the file too."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, union, update

from manyeyes.model.errors import SettingsError
from manyeyes.model.portfolio import Portfolio
from manyeyes.store.facets import keep_facets
from manyeyes.store.finding import PictureRecord
from manyeyes.store.owner import LEASE, holds
from manyeyes.store.page_tables import corrections, gallery, writings
from manyeyes.store.tables import answers, claims, intents, outcomes, pictures, portfolios, runs
from manyeyes.store.words import scrub_words, take_out_words

Target = Portfolio | PictureRecord


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting takes with it."""

    pictures: int
    runs: int
    #: Answers and final noes, with the model's own words.
    answers: int
    #: Answers that stay, since pictures that stay have the same bytes.
    shared: int


def weigh(connection: Connection, target: Target) -> Forgotten:
    """What forgetting `target` would take with it."""
    mine, others = _hashes(_is_of(target)), _hashes(~_is_of(target))
    answered = answers.c.sha256.in_(mine)
    return Forgotten(
        pictures=_count(connection, select(pictures.c.id).where(_is_of(target))),
        runs=_count(connection, select(runs.c.id).where(_ends_with(target))),
        answers=_count(connection, select(answers.c.id).where(answered, answers.c.sha256.not_in(others))),
        shared=_count(connection, select(answers.c.id).where(answered, answers.c.sha256.in_(others))),
    )


def forget(connection: Connection, target: Target) -> Forgotten:
    """Delete `target` with its outcomes, answers and corrections; a portfolio's runs too.

    An answer goes unless a picture that stays has, or had in some run, the same bytes: that picture
    was not asked to be forgotten. Raises SettingsError while the portfolio is being analyzed.
    """
    _check_idle(connection, target)
    gone = weigh(connection, target)
    if connection.dialect.name == "sqlite":
        # What is deleted from here on is overwritten, not just marked as free.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    if isinstance(target, PictureRecord):
        _unname(connection, target)
    _take_out_of_gallery(connection, target)
    mine, others = _hashes(_is_of(target)), _hashes(~_is_of(target))
    for table in (answers, intents, claims, corrections):
        alone = table.c.sha256.in_(mine), table.c.sha256.not_in(others)
        connection.execute(delete(table).where(*alone))
    # What hangs on these rows goes with them: outcomes, places in the gallery, and a portfolio's pictures,
    # runs, intents and links.
    if isinstance(target, PictureRecord):
        connection.execute(delete(pictures).where(pictures.c.id == target.id))
        # A contact sheet that still waits to be written about may show it.
        of_it = writings.c.portfolio == target.portfolio.id, writings.c.text.is_(None)
        connection.execute(delete(writings).where(*of_it))
    else:
        connection.execute(delete(portfolios).where(portfolios.c.id == target.id))
    return gone


def _take_out_of_gallery(connection: Connection, target: Target) -> None:
    """Nothing is found any more by what was said of these pictures."""
    alone = isinstance(target, PictureRecord)
    of_target = gallery.c.picture == target.id if alone else gallery.c.portfolio == target.id
    numbers = list(connection.execute(select(gallery.c.id).where(of_target)).scalars())
    if isinstance(target, PictureRecord):
        keep_facets(connection, target.portfolio.id, dict.fromkeys(numbers, ()))
    take_out_words(connection, numbers)
    scrub_words(connection)


def _is_of(target: Target) -> ColumnElement[bool]:
    """Pictures that are forgotten."""
    return (
        pictures.c.id == target.id if isinstance(target, PictureRecord) else pictures.c.portfolio == target.id
    )


def _ends_with(target: Target) -> ColumnElement[bool]:
    """Runs that are forgotten: those of a portfolio; a picture leaves them standing."""
    return runs.c.portfolio == (None if isinstance(target, PictureRecord) else target.id)


def _hashes(of: ColumnElement[bool]) -> Select[Any]:
    """Every sha256 that these pictures have, or had when an earlier run read them."""
    now = select(pictures.c.sha256).where(of)
    before = select(outcomes.c.sha256).select_from(outcomes.join(pictures)).where(of)
    return select(union(now, before).subquery().c.sha256)


def _count(connection: Connection, rows: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()


def _check_idle(connection: Connection, target: Target) -> None:
    portfolio = target.portfolio if isinstance(target, PictureRecord) else target
    running = select(runs).where(runs.c.portfolio == portfolio.id, runs.c.state == "running")
    for row in connection.execute(running):
        if holds(row.owner, row.heartbeat + LEASE, time.time()):
            raise SettingsError(
                f"portfolio {portfolio.name!r} is being analyzed now (run {row.id}): stop that run first"
            )


def _unname(connection: Connection, picture: PictureRecord) -> None:
    """Take a picture's name out of what stays: the last words of runs, and what was said of its copies."""
    for table, column in (
        (runs, runs.c.stopped),
        (outcomes, outcomes.c.message),
        (answers, answers.c.message),
    ):
        named = column.contains(repr(picture.name), autoescape=True)
        without = func.replace(column, repr(picture.name), "a forgotten picture")
        connection.execute(update(table).where(named).values({column.name: without}))
    for row in connection.execute(select(runs.c.id, runs.c.progress)).all():
        before = json.loads(row.progress)
        if (after := _unnamed(before, picture.name)) != before:
            told = json.dumps(after)
            connection.execute(update(runs).where(runs.c.id == row.id).values(progress=told))


def _unnamed(progress: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a run said of itself, without a picture's name."""
    if progress.get("currentImage") == name:
        progress = {key: value for key, value in progress.items() if key != "error"} | {"currentImage": None}
    if vitals := progress.get("vitals"):
        # A run that broke off still tells of what was in flight then.
        others = [flight for flight in vitals["flights"] if flight["name"] != name]
        progress = {**progress, "vitals": vitals | {"flights": others}}
    return progress
