"""Two hundred watchers of one run: what they cost, how late they hear, whether memory grows. Linux only.

5,000 pictures of 0.2 s, 50 in flight, in pairs of runs, one of each with nobody looking and one with 200
streams of events held open by one other process; in which order is changed from pair to pair. The delay is
that from the moment at which the server counts a picture until a watcher has a frame that counts it, of
every watcher and every picture. Memory is that of the server after each run.

    python benchmarks/watchers.py [--pictures 5000] [--watchers 200] [--pairs 5]

Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from machine import calibration, machine, spread
from web_world import Server, archive_of, dots, serving

IN_FLIGHT = 50
#: Seconds with watchers over seconds without; seconds of delay, of 95 in 100; megabytes between two runs.
SLOWER, LATE, GROWTH = 1.05, 0.25, 5.0
#: The runs after which memory is compared, from 1.
EARLY, LAST = 3, 10
COUNTED = re.compile(rb'"current":\s*(\d+)')


@dataclass(slots=True)
class Heard:
    """What one watcher heard: how many had ended, and when it knew."""

    frames: list[tuple[int, float]] = field(default_factory=list)
    ended: bool = False


async def listen(host: str, port: int, run: str, heard: Heard) -> None:
    """Read the stream of a run to its end."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    writer.write(
        f"GET /api/runs/{run}/events HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    )
    try:
        while line := await reader.readline():
            if line.startswith(b"data:") and (found := COUNTED.search(line)):
                heard.frames.append((int(found[1]), time.monotonic()))
            heard.ended = heard.ended or line.startswith(b"event: ended")
    finally:
        writer.close()


async def listen_all(origin: str, run: str, watchers: int) -> None:
    """Print what each watcher heard."""
    host, _, port = origin.removeprefix("http://").partition(":")
    heard = [Heard() for _ in range(watchers)]
    async with asyncio.TaskGroup() as tasks:
        for each in heard:
            tasks.create_task(listen(host, int(port), run, each))
    if not all(each.ended for each in heard):
        sys.exit("a watcher was cut off before the run had ended")
    print(json.dumps([each.frames for each in heard]))


def delays(ends: list[tuple[int, float]], frames: list[tuple[int, float]]) -> list[float]:
    """Seconds from each end to the first frame that counts it, but for those before the first frame."""
    begun = frames[0][0]
    late, place = [], 0
    for count, moment in ends:
        if count <= begun:
            continue
        while frames[place][0] < count:
            place += 1
        late.append(frames[place][1] - moment)
    return late


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run came to."""

    seconds: float
    memory: float
    late: list[float]
    frames: int = 0


def run(server: Server, place: Path, portfolio: str, watchers: int) -> Ran:
    """One run, with so many watchers."""
    begun = server.run(portfolio, fresh=True, concurrency=IN_FLIGHT)
    watching = None
    if watchers:
        words = [sys.executable, __file__, "--watch", server.origin, begun, str(watchers)]
        watching = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    told = server.ended(begun)
    seconds, late, frames = told["progress"]["elapsedSeconds"], [], 0
    if watching is not None:
        said, _ = watching.communicate()
        ends = json.loads((place / "data" / "times.json").read_text())
        for heard in json.loads(said):
            late += delays(ends, heard)
            frames += len(heard)
    time.sleep(1)
    return Ran(seconds, server.megabytes(), late, frames)


def report(without: list[Ran], watched: list[Ran], order: list[Ran], watchers: int) -> bool:
    """Print the table; whether a goal is missed."""
    ratios = [each.seconds / other.seconds for each, other in zip(watched, without, strict=True)]
    late = sorted(moment for each in watched for moment in each.late)
    p95 = late[int(0.95 * len(late))]
    last = min(LAST, len(order))
    growth = order[last - 1].memory - order[min(EARLY, last) - 1].memory
    ratio = statistics.median(ratios)
    frames = sum(each.frames for each in watched) / len(watched) / watchers
    rows = [
        ("seconds with nobody looking", spread([each.seconds for each in without]), ""),
        (f"seconds with {watchers} watchers", spread([each.seconds for each in watched]), ""),
        ("with over without, median of pairs", spread(ratios, 4), f"≤ {SLOWER}"),
        ("delay of an event, 95 in 100", f"{1000 * p95:.0f} ms", f"< {1000 * LATE:.0f} ms"),
        ("delay of an event, the longest", f"{1000 * late[-1]:.0f} ms", ""),
        ("frames a watcher received", f"{frames:.0f}", ""),
        ("memory of the server, run by run", ", ".join(f"{each.memory:.1f}" for each in order) + " MB", ""),
        (f"memory after run {last} over run {min(EARLY, last)}", f"{growth:.1f} MB", f"≤ {GROWTH:g} MB"),
    ]
    print("| what | figure | goal |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return ratio > SLOWER or p95 >= LATE or growth > GROWTH


def main() -> int:
    """Print the figures; 1 where a goal is missed."""
    if sys.argv[1:2] == ["--watch"]:
        asyncio.run(listen_all(sys.argv[2], sys.argv[3], int(sys.argv[4])))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    print(f"fixed loop: {calibration():.3f} s of CPU")
    order: list[Ran] = []
    without: list[Ran] = []
    watched: list[Ran] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        archive = archive_of(place / "dots.zip", dots(options.pictures))
        own = (sys.executable, str(Path(__file__).with_name("watched_server.py")))
        with serving(place, own) as server:
            portfolio = server.portfolio("dots", archive)
            for pair in range(options.pairs):
                for watchers in (0, options.watchers) if pair % 2 == 0 else (options.watchers, 0):
                    order.append(run(server, place, portfolio, watchers))
                    (watched if watchers else without).append(order[-1])
    return int(report(without, watched, order, options.watchers))


if __name__ == "__main__":
    sys.exit(main())
