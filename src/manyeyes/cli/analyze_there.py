"""`manyeyes analyze --server`: pictures of this machine, analyzed at a server and watched from here."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import replace

import typer

from manyeyes.cli.at_server import ServerRecords, overheard
from manyeyes.cli.before import asked_to_begin, say_not_begun
from manyeyes.cli.closing import counts
from manyeyes.cli.codes import ALL_ANALYZED, SOME_FAILED, STOPPED, WAS_INTERRUPTED
from manyeyes.cli.displays import Display, open_display
from manyeyes.cli.ending import Manner, close, nothing_found
from manyeyes.cli.errands import Errand
from manyeyes.cli.interrupts import Interrupted, until_interrupted
from manyeyes.cli.reading import SHORT
from manyeyes.cli.running import someone_is_there
from manyeyes.cli.sending_shown import open_sending
from manyeyes.cli.words import printable, size
from manyeyes.engine.preview import Preview
from manyeyes.engine.run import INTERRUPTED
from manyeyes.intake.sources import Sources
from manyeyes.model.errors import SettingsError
from manyeyes.model.event import Paused, Resumed, RunStarted
from manyeyes.model.image import ImageRef
from manyeyes.model.progress import Progress
from manyeyes.portrait.export import check_out
from manyeyes.remote.address import parse_address
from manyeyes.remote.answers import Refusal, understood
from manyeyes.remote.portfolios import Shelf
from manyeyes.remote.remembered import Memory
from manyeyes.remote.sending import Sending, Sent
from manyeyes.remote.server import Request, Server
from manyeyes.remote.watching import Sight, watch

#: Why whoever watched the run does so no more, in the object of `--json`.
LEFT = "no longer watched; the run goes on"


async def analyze_there(errand: Errand) -> int:
    """Send what is not there yet, have it analyzed, show it, and close as for a run of this machine."""
    manner, settings = errand.manner, errand.settings
    if manner.out is not None:
        check_out(manner.out)
    display = open_display(manner.progress, sys.stderr)
    address, token = parse_address(settings.server or ""), settings.token
    if token is not None and address.is_overheard:
        _warn(overheard(address), manner)
    async with Server(address, None if token is None else token.get_secret_value(), display.say) as server:
        return await _Visit(errand, server, display).carry_out()


def _warn(text: str, manner: Manner) -> None:
    """Say it also where objects only are expected: as one."""
    typer.echo(json.dumps({"warning": text}) if manner.progress == "json" else f"manyeyes: {text}", err=True)


class _Visit:
    """One command's business with a server."""

    def __init__(self, errand: Errand, server: Server, display: Display) -> None:
        self._errand = errand
        self._manner = errand.manner
        self._server = server
        self._display = display
        self._sources = Sources(errand.sources)
        self._passed_over = 0
        self._sent = Sent(0, 0)
        #: The run as it was seen last; None before it has begun.
        self._seen: Sight | None = None

    async def carry_out(self) -> int:
        """The exit code."""
        self._sources.check()
        try:
            listed = await until_interrupted(self._listed())
            if self._manner.dry_run:
                self._say_plan(listed)
                return ALL_ANALYZED
            portfolio = await until_interrupted(self._send(listed))
            if (why := await self._refusal(portfolio)) is not None:
                say_not_begun(Preview(len(listed), 0, (), 0, 1, paid=True), why, as_json=self._manner.json)
                return WAS_INTERRUPTED if why == INTERRUPTED else STOPPED
            return await self._close(await until_interrupted(self._analyzed(portfolio)))
        except Interrupted:
            return self._leave()

    async def _listed(self) -> list[ImageRef]:
        """The pictures that the sources hold. Raises SettingsError where there are none."""
        listed: list[ImageRef] = []
        most = self._errand.asked.get("limit")
        async for row in self._sources.list():
            if not isinstance(row, ImageRef):
                self._passed_over += 1
                self._display.say(f"Passed over {row.name}: {row.reason}")
            elif not isinstance(most, int) or len(listed) < most:
                listed.append(row)
        if not listed:
            raise SettingsError(nothing_found(self._sources.label, self._passed_over))
        return listed

    def _say_plan(self, listed: list[ImageRef]) -> None:
        whole = sum(ref.size for ref in listed)
        if self._manner.json:
            fields = {"pictures": len(listed), "passedOver": self._passed_over, "bytes": whole}
            typer.echo(json.dumps(fields))
            return
        typer.echo(
            f"{len(listed)} pictures ({size(whole)}) would go to {self._server.address}, but for those that "
            "it holds already. Nothing has been done."
        )

    async def _send(self, listed: list[ImageRef]) -> str:
        """Have all pictures in the portfolio; its id."""
        memory = Memory(self._errand.settings.data_folder / "servers.json")
        shelf = Shelf(self._server, memory, self._display.say)
        identity, label = self._sources.identity, printable(self._sources.label)
        portfolio = await shelf.portfolio(self._errand.portfolio, identity, label)
        shown = open_sending(self._manner.progress, sys.stderr)
        sending = Sending(self._server, portfolio, self._sources.read, shown.hear)
        self._sent = sending.sent
        with shown.shown():
            await sending.send(listed)
        self._say_sent()
        return portfolio

    def _say_sent(self) -> None:
        sent = self._sent
        for name, reason in sent.refused:
            self._display.say(
                f"Not taken: {name}: {reason}" if name not in reason else f"Not taken: {reason}"
            )
        already = f", {sent.already} were there already" if sent.already else ""
        refused = f", {len(sent.refused)} were not taken" if sent.refused else ""
        self._display.say(f"Uploaded {sent.arrived} of {sent.pictures} images{already}{refused}.")

    async def _refusal(self, portfolio: str) -> str | None:
        """Why the run may not begin: whoever sits here does not agree to what it may cost."""
        if self._manner.yes or not someone_is_there():
            return None
        path = f"/api/portfolios/{portfolio}/estimate"
        told = await until_interrupted(self._server.ask(Request("POST", path, json=self._errand.asked)))
        with understood(self._server.address):
            if not told["paid"] or not told["calls"]:
                return None
            answered = f", {told['answered']} of them answered before" if told["answered"] else ""
            what = (
                f"{told['pictures']} pictures{answered}: {told['calls']} calls, at most {told['mostCalls']}."
            )
        return await asked_to_begin(
            what, told["model"], f"{told['analyzer']}, by way of {self._server.address}"
        )

    async def _analyzed(self, portfolio: str) -> Sight:
        """The run of what was asked, when it has ended; or the one that was under way, if that will do."""
        while True:
            begin = Request(
                "POST",
                f"/api/portfolios/{portfolio}/runs",
                json=self._errand.asked,
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )
            try:
                told = await self._server.ask(begin)
                return await self._watched(told["id"])
            except Refusal as refusal:
                if refusal.why != "under-way" or "run" not in refusal.problem:
                    raise
                other = str(refusal.problem["run"])
            self._display.say(f"Run {other[:SHORT]} of this portfolio is under way already: watching that.")
            last = await self._watched(other)
            if not (self._sent.arrived or {"retryFailed", "fresh"} & set(self._errand.asked)):
                return last

    async def _watched(self, run: str) -> Sight:
        """Show a run until it has ended; how it did."""
        display, before = self._display, None
        with display.shown():
            display.hear(RunStarted(run, 0.0), Progress())
            async for sight in watch(self._server, run):
                self._seen = sight
                self._show(sight, before)
                before = sight
        assert before is not None
        return before

    def _show(self, sight: Sight, before: Sight | None) -> None:
        """What is new of a run."""
        progress = sight.progress
        if before is not None and before.run != sight.run:
            self._display.say(f"The server took the run up again, as run {sight.run[:SHORT]}.")
        if before is not None and before.progress.paused != progress.paused:
            at = progress.at
            self._display.hear(Paused(0, at) if progress.paused else Resumed(at), progress)
        shown = 0 if before is None or before.run != sight.run else before.progress.current
        if progress.current > shown:
            self._display.show(progress)

    async def _close(self, last: Sight) -> int:
        progress = replace(last.progress, passed_over=self._passed_over)
        refused = len(self._sent.refused)
        code = await close(
            ServerRecords(self._server),
            last.run,
            progress,
            self._manner,
            f" --server {self._server.address}",
            {"notTaken": refused} if refused else {},
        )
        if refused and self._manner.progress != "json":
            typer.echo(f"{refused} of {self._sent.pictures} images were not taken: see above.", err=True)
        return SOME_FAILED if code == ALL_ANALYZED and refused else code

    def _leave(self) -> int:
        """Ctrl-C: nothing is lost, and what goes on is said."""
        server, sent = self._server.address, self._sent
        if self._seen is None:
            there = sent.arrived + sent.already
            typer.echo(
                f"Stopped: {there} of {sent.pictures} images are at {server}; nothing was begun there. "
                "Run the same command to go on.",
                err=True,
            )
        else:
            run = self._seen.run[:SHORT]
            typer.echo(
                f"No longer watching: run {run} goes on at {server}. Run the same command to watch it again, "
                f"or stop it with `manyeyes stop {run} --server {server}`.",
                err=True,
            )
        if self._manner.json:
            run_id = None if self._seen is None else self._seen.run
            progress = Progress() if self._seen is None else self._seen.progress
            stopped = INTERRUPTED if self._seen is None else LEFT
            typer.echo(json.dumps(counts(run_id, replace(progress, stopped=stopped))))
        return WAS_INTERRUPTED
