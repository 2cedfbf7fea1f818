"""Beside what people use today: the same pictures, services and latencies for every client.

Starts an OpenAI-shaped service on this machine for each trial, sends it the pictures through each client in
an environment of its own, and prints a table. Nothing but installing the clients needs a network.

    python benchmarks/peers/run.py [--peers WORD ...] [--worlds a b c d] [--images 200] [--out rows.jsonl]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from clients import CLIENTS, Client
from environments import NotInstalled
from trial import Place, Row, tried
from worlds import CV, MEDIAN, WORLDS, World

from machine import machine

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 1


def rows_of(worlds: Sequence[World], clients: Sequence[Client], place: Place) -> Iterator[Row]:
    """Every client at every service; one that cannot be had has a row that says why."""
    for world in worlds:
        for client in clients:
            try:
                yield tried(world, client, place)
            except NotInstalled as error:
                yield Row(world.name, client.name, 0, 0.0, why=f"not installed: {error}")


def table(rows: Sequence[Row], worlds: Sequence[World], clients: Sequence[Client]) -> str:
    """A Markdown table: a line for each client, two columns for each service, and what it took."""
    by_name = {(row.client, row.world): row for row in rows}
    heads = [f"{world.name} × bound | 429s, lost" for world in worlds]
    lines = [f"| client | {' | '.join(heads)} | CPU ms a call | MB |", "|---" * (2 * len(worlds) + 3) + "|"]
    for client in clients:
        own = [by_name[client.name, world.name] for world in worlds]
        cells = [cell for row in own for cell in _cells(row)]
        taken = [row for row in own if row.seconds is not None]
        per_call = [1000 * row.cpu / row.pictures for row in taken]
        memory = [row.memory for row in taken]
        cells += [_span(per_call, 0), _span(memory, 0)]
        lines.append(f"| {client.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, str]:
    refused = f"{100 * row.refused / row.pictures:.0f}" if row.pictures else "–"
    lost = f"{100 * row.lost / row.pictures:.0f} %" if row.lost and row.pictures else "0"
    if row.seconds is None:
        return row.why.partition(":")[0], f"{refused}, {lost}"
    if row.lost == row.pictures:
        return "–", f"{refused}, {lost}"
    ratio = f"{row.seconds / row.bound:.2f}"
    # Who drops pictures is done sooner: that is no merit.
    return f"({ratio})" if row.lost else ratio, f"{refused}, {lost}"


def _span(values: Sequence[float], digits: int) -> str:
    if not values:
        return "–"
    least, most = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return least if least == most else f"{least}–{most}"


def notes(worlds: Sequence[World], clients: Sequence[Client], rows: Sequence[Row]) -> Iterator[str]:
    """What the table does not say: services, settings, and why figures are missing."""
    for world in worlds:
        yield f"- {world.name}: {world.says}"
    for client in clients:
        versions = ROOT / "benchmarks" / "peers" / "requirements" / f"{client.environment}.txt"
        pinned = f" ({', '.join(versions.read_text().split())})" if client.environment else ""
        yield f"- {client.name}: {client.settings}{pinned}"
    for row in rows:
        if ":" in row.why:
            yield f"- {row.client} at {row.world}: {row.why}"


def _draw(folder: Path, pictures: int) -> None:
    """In a process of its own: a child counts as its own what its parent held when it began."""
    words = [sys.executable, "-m", "manyeyes", "sample", str(folder), "--count", str(pictures), "--seed", "1"]
    subprocess.run(words, check=True, capture_output=True)


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", nargs="+", default=[], help="Words in the names of those to try.")
    parser.add_argument("--worlds", nargs="+", default=[world.name for world in WORLDS])
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--patience", type=float, default=5.0, help="Times the bound that a trial may take.")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv-peers")
    parser.add_argument("--out", type=Path, help="Append a JSON line for each trial to this file.")
    return parser.parse_args()


def main() -> int:
    """Print the table; 1 where manyeyes lost a picture, or took more than 1.25 × the bound."""
    given = _wanted()
    worlds = [world for world in WORLDS if world.name in given.worlds]
    wanted = [word.lower() for word in given.peers]
    clients = [each for each in CLIENTS if not wanted or any(word in each.name.lower() for word in wanted)]
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        _draw(Path(folder), given.images)
        place = Place(Path(folder), given.environments, SEED, given.patience)
        for row in rows_of(worlds, clients, place):
            rows.append(row)
            print(json.dumps(asdict(row)), file=sys.stderr, flush=True)
            if given.out is not None:
                with given.out.open("a") as out:
                    out.write(json.dumps(asdict(row)) + "\n")
    print(f"{machine()}; {given.images} pictures, median {MEDIAN} s, cv {CV}, seed {SEED}\n")
    print(table(rows, worlds, clients))
    print("\n" + "\n".join(notes(worlds, clients, rows)))
    ours = [row for row in rows if row.client.startswith("manyeyes")]
    return int(any(row.seconds is None or row.lost or row.seconds > 1.25 * row.bound for row in ours))


if __name__ == "__main__":
    sys.exit(main())
