"""Before a run: what it will come to, and whether whoever pays agrees."""

from __future__ import annotations

import json

import typer

from manyeyes.analyzers.base import Traits
from manyeyes.assemble import Assembly
from manyeyes.cli.asking import Question
from manyeyes.cli.closing import counts
from manyeyes.cli.interrupts import Interrupts
from manyeyes.cli.words import printable, size
from manyeyes.engine.preview import Preview
from manyeyes.engine.run import INTERRUPTED
from manyeyes.model.errors import SettingsError
from manyeyes.model.progress import Progress


async def refusal(preview: Preview, traits: Traits) -> str | None:
    """Why the run may not begin: whoever sits at the terminal does not agree to what it may cost."""
    if preview.calls == 0:
        return None
    return await asked_to_begin(_in_short(preview), traits.model, traits.adapter)


async def asked_to_begin(what: str, model: str, adapter: str) -> str | None:
    """Ask whether what a run comes to may go to a paid service: why not, or None where it may."""
    to = printable(f"{model} on {adapter}")
    question = Question()
    interrupts = Interrupts(question.withdraw, question.withdraw)
    with interrupts.heard():
        yes = await question.ask(f"{what} They go to {to}.\nGo on?")
    if interrupts.count:
        return INTERRUPTED
    return None if yes else "declined"


def say_not_begun(preview: Preview, why: str, *, as_json: bool) -> None:
    """Say that nothing was done; `--json` gets its object all the same."""
    typer.echo("Nothing was asked and nothing was bought.", err=True)
    if as_json:
        nothing = Progress(total=preview.pictures, finished=True, stopped=why)
        typer.echo(json.dumps(counts(None, nothing)))


def _in_short(preview: Preview) -> str:
    answered = f", {preview.answered} of them answered before" if preview.answered else ""
    if not preview.paid or not preview.calls:
        return f"{preview.pictures} pictures{answered}: {preview.calls} to be analyzed."
    return (
        f"{preview.pictures} pictures{answered}: {preview.calls} calls, at most {preview.most_calls} "
        f"({preview.tries} tries each{_hedged(preview)})."
    )


def _hedged(preview: Preview) -> str:
    return "" if preview.hedge is None else f", and {preview.hedge.most:.0%} for --hedge"


def say_preview(preview: Preview, assembly: Assembly, *, as_json: bool) -> None:
    """Say what a run would do."""
    if preview.pictures == 0:
        raise SettingsError(f"no pictures in {assembly.parts.source.label!r}: nothing would be done")
    if as_json:
        fields = {"pictures": preview.pictures, "answered": preview.answered, "calls": preview.calls}
        fields |= {"mostCalls": preview.most_calls, "passedOver": len(preview.passed_over)}
        typer.echo(json.dumps(fields | {"bytes": preview.size}))
        return
    typer.echo(f"{_in_short(preview)} {size(preview.size)} on disk. Nothing has been done.")
    for what in preview.passed_over:
        typer.echo(f"passed over {printable(what.name)}: {printable(what.reason)}")
