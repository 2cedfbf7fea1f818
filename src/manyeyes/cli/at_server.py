"""What a manyeyes server tells, as the values that a store of this machine gives: shown by the same code."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from manyeyes.cli.records import Subject, portfolio_of
from manyeyes.cli.words import printable
from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import StyleDescriptor, from_json
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Failed, Outcome
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.written import Written
from manyeyes.portrait.export import write_pieces
from manyeyes.portrait.failures import Cause
from manyeyes.portrait.style import StyleProfile
from manyeyes.remote.address import Address, parse_address
from manyeyes.remote.answers import NotThere, Refusal, understood
from manyeyes.remote.exports import exported
from manyeyes.remote.server import Request, Server, Tell
from manyeyes.remote.words import have_written
from manyeyes.settings import Settings
from manyeyes.store.finding import LATEST, PictureRecord
from manyeyes.store.reports import Kept, Look, RunSummary
from manyeyes.store.steering import Standing, Wish

#: Rows that are asked for at once: as many as a server gives.
MOST = 200
#: Whole ids.
_RUN = re.compile("[a-z0-9]{26}")
_PICTURE = re.compile("[0-9a-f]{24}")


@asynccontextmanager
async def server_of(settings: Settings, tell: Tell | None = None) -> AsyncIterator[Server]:
    """The server that the settings name; what it is waited for is told to stderr, or by `tell`.

    Raises SettingsError where there is no such address.
    """
    address, token = parse_address(settings.server or ""), settings.token
    say = tell or say_aside
    if token is not None and address.is_overheard:
        say(overheard(address))
    async with Server(address, None if token is None else token.get_secret_value(), say) as server:
        yield server


def say_aside(text: str) -> None:
    """A line on stderr."""
    typer.echo(f"manyeyes: {printable(text)}", err=True)


def overheard(address: Address) -> str:
    """That the token goes over an open line."""
    return (
        f"MANYEYES_TOKEN goes to {address} unencrypted, where others on the way can read it: "
        "give the server an https: address"
    )


@asynccontextmanager
async def records_at(settings: Settings) -> AsyncIterator[ServerRecords]:
    """What the server that the settings name keeps."""
    async with server_of(settings) as server:
        yield ServerRecords(server)


class ServerRecords:
    """Those of a server. Of a run, `pages` are what its portfolio shows now: the newest of every picture."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def runs(self) -> list[RunSummary]:
        """The newest runs of all portfolios."""
        told = await self._server.get("/api/runs", limit=str(MOST))
        with understood(self._server.address):
            return [_run(one) for one in told["runs"]]

    async def run(self, text: str) -> RunSummary:
        """The run that `text` names."""
        if (found := await self._run(text)) is None:
            raise self._none(text, "run")
        return found

    async def run_or_picture(self, text: str) -> RunSummary | PictureRecord:
        """What `text` names."""
        return await self._run(text) or await self._picture(text)

    async def looks(self, picture: PictureRecord) -> list[Look]:
        """How a picture ended in every run that it was part of, newest first."""
        told = await self._server.get(f"/api/images/{picture.id}")
        with understood(self._server.address):
            return [_look(told, one) for one in told["looks"]]

    async def run_or_portfolio(self, text: str) -> Portfolio:
        """The portfolio that `text` names, or that of the run it names."""
        if (run := await self._run(text)) is not None:
            return run.portfolio
        called = {(one.portfolio.id, one.portfolio.name) for one in await self.runs()}
        found = [Portfolio(*one) for one in called if one[1] == text or one[0].startswith(text)]
        if len(found) > 1:
            raise SettingsError(f"{text!r} could mean {', '.join(one.id for one in found)}: give an id")
        if not found:
            raise self._none(text, "run or portfolio")
        return found[0]

    async def pages(self, of: Subject) -> AsyncGenerator[Sequence[Kept]]:
        """How the pictures ended last, in the order of their names; those that wait left out."""
        portfolio = portfolio_of(of)
        query = {"limit": str(MOST)}
        while True:
            told = await self._server.get(f"/api/portfolios/{portfolio.id}/images", **query)
            with understood(self._server.address):
                cards = [card for card in told["images"] if card["status"] != "waiting"]
                kept = [Kept(_outcome(card), corrected=tuple(card["corrected"])) for card in cards]
                cursor = told["cursor"]
            yield kept
            if cursor is None:
                return
            query["cursor"] = cursor

    async def worded(self, of: Subject, profile: StyleProfile) -> StyleProfile:
        """A profile with what a model wrote about its portfolio, where one did."""
        told = await self._server.get(f"/api/portfolios/{portfolio_of(of).id}/profile")
        with understood(self._server.address):
            words = told["profile"]["words"]
            return profile if words is None else replace(profile, written=_written(words))

    async def put_into_words(self, of: Subject, profile: StyleProfile, by: str) -> None:  # noqa: ARG002
        """Have the server's model of `by` write about it. Raises NotWritten."""
        analyzer, _, model = by.partition(":")
        await have_written(self._server, portfolio_of(of).id, analyzer, model or None)

    async def causes(self, run: RunSummary) -> list[Cause]:
        """Why pictures failed, the most frequent cause first."""
        told = await self._server.get(f"/api/runs/{run.id}/failures")
        with understood(self._server.address):
            return [
                Cause(one["kind"], one["message"], one["count"], tuple(one["examples"]), one["remedy"])
                for one in told["causes"]
            ]

    def exported(self, run: RunSummary, form: str, *, raw: bool) -> AsyncIterator[bytes]:
        """The results, as the server writes them."""
        return exported(self._server, run.id, form, raw=raw)

    async def write(self, run: RunSummary, out: Path, *, raw: bool = False, whole: bool = True) -> None:
        """The same into a file. Raises StoreError where the disk does not take them."""
        form = out.suffix.lower().removeprefix(".")
        await write_pieces(self.exported(run, form, raw=raw), out, whole=whole)

    async def standing(self, run: RunSummary) -> Standing:
        """How a run stands, as far as others may steer it."""
        told = await self._server.get(f"/api/runs/{run.id}")
        with understood(self._server.address):
            return Standing(told["state"], told["stopped"], told["paused"], told["wanted"])

    async def want(self, run: RunSummary, wish: Wish) -> bool:
        """Ask a run to pause, to go on or to stop; whether somebody is there who can hear it."""
        act = "cancel" if wish == "stop" else wish
        try:
            await self._server.ask(Request("POST", f"/api/runs/{run.id}/{act}"))
        except Refusal as refusal:
            if refusal.why != "ended":
                raise
            return False
        return True

    async def _run(self, text: str) -> RunSummary | None:
        runs = await self.runs()
        if text == LATEST:
            if not runs:
                raise SettingsError(
                    f"{self._server.address} knows of no run yet: `manyeyes analyze` makes one"
                )
            return runs[0]
        found = [run for run in runs if run.id == text] or [run for run in runs if run.id.startswith(text)]
        if len(found) > 1:
            raise SettingsError(
                f"{text!r} could mean {', '.join(run.id for run in found)}: give more of the id"
            )
        return found[0] if found else await self._older_run(text)

    async def _older_run(self, text: str) -> RunSummary | None:
        """One that is not among those that are listed."""
        if not _RUN.fullmatch(text):
            return None
        try:
            told = await self._server.get(f"/api/runs/{text}")
        except NotThere:
            return None
        with understood(self._server.address):
            counts = {name: told["progress"][name] for name in ("total", "analyzed", "failed", "reused")}
            return _run({**told, **counts})

    async def _picture(self, text: str) -> PictureRecord:
        ids = [text] if _PICTURE.fullmatch(text) else await self._called(text)
        if len(ids) > 1:
            raise SettingsError(f"{text!r} could mean the pictures {', '.join(ids)}: give an id")
        if not ids:
            raise self._none(text, "run or picture")
        told = await self._server.get(f"/api/images/{ids[0]}")
        with understood(self._server.address):
            portfolio = Portfolio(told["portfolio"], told["portfolioName"])
            place = Locator(f"{self._server.address}{told['original']}")
            return PictureRecord(told["id"], told["name"], portfolio, place, told["bytes"], told["sha256"])

    async def _called(self, name: str) -> list[str]:
        """The ids of the pictures that are called so in the newest portfolios."""
        told = await self._server.get("/api/portfolios")
        found: list[str] = []
        for portfolio in told["portfolios"]:
            path = f"/api/portfolios/{portfolio['id']}/images"
            some = await self._server.get(path, q=name[:MOST], limit=str(MOST))
            found += [card["id"] for card in some["images"] if card["name"] == name]
        return found

    def _none(self, text: str, what: str) -> SettingsError:
        return SettingsError(
            f"{text!r} names no {what} at {self._server.address}: `manyeyes runs` lists what there is"
        )


def _run(told: Mapping[str, Any]) -> RunSummary:
    return RunSummary(
        id=str(told["id"]),
        portfolio=Portfolio(told["portfolio"], told["portfolioName"]),
        adapter=told["analyzer"],
        model=told["model"],
        state=told["state"],
        stopped=told["stopped"],
        started=_seconds(told["started"]),
        ended=None if told["ended"] is None else _seconds(told["ended"]),
        total=told["total"],
        analyzed=told["analyzed"],
        failed=told["failed"],
        reused=told["reused"],
    )


def _written(told: Mapping[str, Any]) -> Written:
    by, model, at = told["by"], told["model"], _seconds(told["at"])
    return Written(told["text"], by, model, at, stale=told["stale"])


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _look(picture: Mapping[str, Any], told: Mapping[str, Any]) -> Look:
    outcome = _outcome({**picture, **told}, attempts=told["attempts"], seconds=told["seconds"])
    kept = Kept(outcome, told["raw"], tuple(picture["corrected"]))
    return Look(told["run"], _seconds(told["started"]), told["analyzer"], told["model"], kept)


def _outcome(told: Mapping[str, Any], attempts: int = 0, seconds: float = 0.0) -> Outcome:
    image = ImageRef(told["name"], Locator(told["name"]), "", told["bytes"])
    usage = Usage(told.get("inputTokens"), told.get("outputTokens"))
    reused = bool(told.get("reused", False))
    if told["status"] == "failed":
        error = told["error"] or {"kind": "error", "message": "nobody said why"}
        return Failed(
            image, told["id"], 0, told["sha256"], error["kind"], error["message"], attempts, seconds, usage,
            reused=reused,
        )  # fmt: skip
    descriptor = StyleDescriptor() if told["descriptor"] is None else from_json(told["descriptor"])
    return Analyzed(image, told["id"], 0, told["sha256"], descriptor, attempts, seconds, usage, reused=reused)
