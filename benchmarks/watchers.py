"""What watching costs a run: pairs of runs of one portfolio, one with many watchers and one with none.

The server is a process of its own, and so are all watchers together. Every answer takes 0.2 s. Event delay is
from the end of a picture until a watcher has the frame that tells of it. Linux only.

    python benchmarks/watchers.py [--pictures 5000] [--watchers 200] [--pairs 5]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from PIL import Image

from machine import machine
from manyeyes.analyzers.scripted import Scripted
from manyeyes.housing import house_of
from manyeyes.model.event import Event
from manyeyes.model.progress import Progress
from manyeyes.settings import Settings
from manyeyes.web.app import create_app

SLOWER, DELAY, GROWTH = 0.05, 0.25, 5.0
SECONDS = 0.2


async def serve(data: Path) -> None:
    """A server whose analyzer answers after 0.2 s; says its port."""
    settings = Settings(_env_file=None, data=data, concurrency=50)  # type: ignore[call-arg]
    analyzer = Scripted('{"garment_type": "dress"}', seconds=SECONDS)
    async with house_of(settings, lambda: _unheard, analyzer=lambda: analyzer) as house:
        app = create_app(house)
        async with app.router.lifespan_context(app):
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
            with socket.socket() as listening:
                listening.bind(("127.0.0.1", 0))
                listening.listen(1024)
                print(listening.getsockname()[1], flush=True)
                analyzer.calls = _Nowhere()
                await server.serve([listening])


class _Nowhere(list[Any]):
    """Forgets: what is measured must not grow by the analyzer's own notes."""

    def append(self, _: object) -> None:
        """Not kept."""


def _unheard(_: Event, __: Progress) -> None:
    """No log."""


async def watch(url: str, count: int) -> None:
    """Watch a run many times over; prints the frames of each and the delays."""
    delays: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        async with session.get(url) as told:
            started = datetime.fromisoformat((await told.json())["started"]).timestamp()
        frames = await asyncio.gather(*(_watch_one(session, url, started, delays) for _ in range(count)))
    delays.sort()
    print(json.dumps({"frames": min(frames), "p95": delays[int(0.95 * len(delays))] if delays else 0}))


async def _watch_one(session: aiohttp.ClientSession, url: str, started: float, delays: list[float]) -> int:
    frames, seen = 0, -1
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.get(f"{url}/events", timeout=timeout) as answer:
        async for line in answer.content:
            if line.startswith(b"data: "):
                now, frame = time.time(), json.loads(line[6:])
                frames += 1
                if frame["current"] > max(seen, 0):
                    delays.append(now - started - frame["elapsedSeconds"])
                seen = frame["current"]
    return frames


def ask(url: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    """The JSON of an answer."""
    request = urllib.request.Request(url, body, {"content-type": kind})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def filled(address: str, count: int) -> str:
    """A portfolio of so many small pictures, all different."""
    portfolio = ask(f"{address}/api/portfolios", b'{"name": "Watched"}')["id"]
    for start in range(0, count, 500):
        parts = [_part(number) for number in range(start, min(count, start + 500))]
        ask(
            f"{address}/api/portfolios/{portfolio}/images",
            b"".join(parts) + b"--b--\r\n",
            "multipart/form-data; boundary=b",
        )
    return str(portfolio)


def _part(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), (number % 256, number // 256 % 256, 7)).save(file, "PNG")
    head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{number:05}.png"\r\n\r\n'
    return head.encode() + file.getvalue() + b"\r\n"


def run_of(address: str, portfolio: str, watchers: int) -> tuple[float, dict[str, float]]:
    """Seconds of one run, and what its watchers say."""
    run = ask(f"{address}/api/portfolios/{portfolio}/runs", b'{"fresh": true}')["id"]
    url = f"{address}/api/runs/{run}"
    told: dict[str, float] = {}
    if watchers:
        words = [sys.executable, __file__, "--watch", url, "--watchers", str(watchers)]
        told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    while (state := ask(url))["state"] == "running":
        time.sleep(0.5)
    return float(state["progress"]["elapsedSeconds"]), told


def rss(process: int) -> float:
    """Megabytes that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found.group(1)) * 1024 / 1e6


def measure(pictures: int, watchers: int, pairs: int) -> bool:
    """Print the figures; whether all goals are reached."""
    with tempfile.TemporaryDirectory() as place:
        words = [sys.executable, __file__, "--serve", place]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            try:
                return _pairs(server.pid, address, filled(address, pictures), watchers, pairs)
            finally:
                server.terminate()


def _pairs(server: int, address: str, portfolio: str, watchers: int, pairs: int) -> bool:
    ratios, delays, memory = [], [], []
    print(machine(), "\n")
    print(f"| pair | alone | {watchers} watchers | slower by | delay p95 | frames each | memory |")
    print("|---|---|---|---|---|---|---|")
    for pair in range(1, pairs + 1):
        alone, _ = run_of(address, portfolio, 0)
        memory.append(rss(server))
        watched, told = run_of(address, portfolio, watchers)
        memory.append(rss(server))
        ratios.append(watched / alone - 1)
        delays.append(told["p95"])
        print(
            f"| {pair} | {alone:.2f} s | {watched:.2f} s | {ratios[-1]:+.1%} | {delays[-1] * 1000:.0f} ms | "
            f"{told['frames']:.0f} | {memory[-1]:.1f} MB |",
            flush=True,
        )
    grown = memory[-1] - memory[2]
    slower, delay = statistics.median(ratios), statistics.median(delays)
    print(f"\nmedian: {slower:+.1%} slower, delay p95 {delay * 1000:.0f} ms")
    print(f"memory after the last run over that after the third: {grown:+.1f} MB")
    return slower <= SLOWER and delay <= DELAY and grown <= GROWTH


def main() -> int:
    """Exit 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--watch")
    asked = parser.parse_args()
    if asked.serve:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(asked.serve))
    elif asked.watch:
        asyncio.run(watch(asked.watch, asked.watchers))
    else:
        return 0 if measure(asked.pictures, asked.watchers, asked.pairs) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
