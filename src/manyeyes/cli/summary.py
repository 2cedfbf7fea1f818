"""What a run has found, in a few lines: the colours of the portfolio, and where to look next."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence

from manyeyes.cli.closing import asides
from manyeyes.cli.reading import SHORT, say, swatches
from manyeyes.model.progress import Progress
from manyeyes.portrait.palette import palette_of
from manyeyes.store.reports import Kept


async def say_summary(
    pages: AsyncIterable[Sequence[Kept]], run: str, progress: Progress, where: str = ""
) -> None:
    """Print what the run has found; `where` ends the commands that are named."""
    say(" ".join(asides(progress)))
    if progress.analyzed:
        palette = await palette_of(pages)
        if palette:
            say("Colours: ", swatches(palette))
        keep = f"keep it with `manyeyes export --out FILE.csv{where}`"
        say(f"Look closer with `manyeyes show {run[:SHORT]}{where}`, {keep}.")
