"""What a run has found, in a few lines: the colours of the portfolio, and where to look next."""

from __future__ import annotations

from manyeyes.cli.closing import asides
from manyeyes.cli.reading import SHORT, say, swatches
from manyeyes.model.progress import Progress
from manyeyes.portrait.palette import palette_of
from manyeyes.store.reports import pages
from manyeyes.store.sql import SqlStore


async def say_summary(store: SqlStore, run: str, progress: Progress) -> None:
    """Print what the run has found."""
    say(" ".join(asides(progress)))
    if progress.analyzed:
        palette = await palette_of(pages(store, run))
        if palette:
            say("Colours: ", swatches(palette))
        say(f"Look closer with `manyeyes show {run[:SHORT]}`, keep it with `manyeyes export --out FILE.csv`.")
