"""The server of `watchers.py`: pictures take as long as is asked, and when each ended is written down.

python benchmarks/watched_server.py --port 0 --data FOLDER
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import uvicorn

from manyeyes.analyzers.modelled import Latency, Modelled
from manyeyes.assemble import Assembly
from manyeyes.engine.feed import Listener
from manyeyes.housing import house_of
from manyeyes.model.event import Ended, Event
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.settings import read_settings
from manyeyes.store.orders import Order
from manyeyes.web.app import create_app
from manyeyes.web.house import House

#: Seconds that each picture takes.
SECONDS = float(os.environ.get("WATCHED_SECONDS", "0.2"))


@dataclass(slots=True)
class Times:
    """When the server knew of each end, by the machine's monotonic clock, and how many had ended then."""

    file: Path
    ends: list[tuple[int, float]] = field(default_factory=list)

    def hear(self, event: Event, progress: Progress) -> None:
        """Remember the end of a picture; write all of them when the run has ended."""
        if isinstance(event, Ended):
            self.ends.append((progress.current, time.monotonic()))
        if progress.finished:
            self.file.write_text(json.dumps(self.ends))


def deaf(_: Event, __: Progress) -> None:
    """A listener that hears nothing."""


def slowed(house: House, data: Path) -> House:
    """The same house, where a picture takes so long and no longer, and its end is written down."""

    @asynccontextmanager
    async def assembled(order: Order, owner: Portfolio, sources: tuple[str, ...]) -> AsyncIterator[Assembly]:
        async with house.assembled(order, owner, sources) as made, Modelled(Latency(SECONDS)) as analyzer:
            yield Assembly(replace(made.parts, analyzer=analyzer), made.plan)

    def log() -> Listener:
        return Times(data / "times.json").hear

    return replace(house, assembled=assembled, log=log)


async def main(data: Path) -> None:
    """Serve until told to end."""
    settings = read_settings({"data": data, "analyzer": "modelled"})
    async with house_of(settings, lambda: deaf) as house:
        app = create_app(slowed(house, data))
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        print(f"at http://127.0.0.1:{listening.getsockname()[1]}/", file=sys.stderr, flush=True)
        await server.serve([listening])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[sys.argv.index("--data") + 1])))
