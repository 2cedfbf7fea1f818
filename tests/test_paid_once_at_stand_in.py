"""Paying once, from the store to the wire: whole runs against the stand-in."""

from __future__ import annotations

import asyncio
import hashlib
import io
from dataclasses import replace
from pathlib import Path

from PIL import Image

from engine_world import Album, album, limiter_of, parts_of, plan_for
from manyeyes.analyzers.replicate import Replicate
from manyeyes.engine.run import Run, RunReport
from manyeyes.engine.seams import Store
from manyeyes.model.image import Original, PreparedImage
from manyeyes.model.ticket import Key
from manyeyes.stand_in.replicate import serve_replicate
from manyeyes.stand_in.world import world_from
from manyeyes.store.memory import MemoryStore
from manyeyes.store.sql import SqlStore
from manyeyes.store.values import Opening, Purchase

FAST: dict[str, object] = {"median": 0.02, "cv": 0.1, "queue_seconds": 0.0}


class Photos(Album):
    """An album whose pictures are JPEGs once they are prepared, each of a colour of its own."""

    async def prepare(self, original: Original) -> PreparedImage:
        target = io.BytesIO()
        Image.new("RGB", (64, 96), f"#{original.sha256[:6]}").save(target, "JPEG", quality=90)
        prepared = await super().prepare(original)
        return replace(prepared, data=target.getvalue(), width=64, height=96)


async def ran(analyzer: Replicate, store: Store, count: int) -> RunReport:
    parts = parts_of(Photos(album(count).pictures), analyzer, store, limiter_of(count))
    async with analyzer, Run(parts, plan_for(analyzer.traits)) as run:
        return await run.wait()


def at(origin: str, token: str) -> Replicate:
    return Replicate(token, base_url=origin)


async def leave_open(analyzer: Replicate, store: Store) -> None:
    """What a run leaves that was killed while it bought an answer for the first picture."""
    traits, recipe = analyzer.traits, plan_for(analyzer.traits).recipe
    pictures = album(1)
    run = await store.open_run(Opening(pictures.identity, pictures.label, recipe))
    sha256 = hashlib.sha256(str(pictures.pictures["0"]).encode()).hexdigest()
    key = Key(sha256, recipe.digest)
    await store.begin(Purchase(run.id, key, 300.0, traits.payer))
    await store.let_go(key, unsure=True)


def test_where_the_list_lags_behind_and_lines_break_nothing_is_bought_twice() -> None:
    async def main() -> None:
        world = FAST | {"reset_after": 0.3, "registers_after": 1.0, "seed": 3}
        async with serve_replicate(world_from(world)) as server:
            report = await ran(at(server.origin, "any"), MemoryStore(), 20)
            assert server.counts["reset"] > 0
            assert server.counts["create"] == report.progress.analyzed == 20
            assert report.progress.possibly_paid_twice == 0

    asyncio.run(main())


def test_what_was_left_open_under_another_token_is_counted_and_bought_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            serve_replicate(world_from(FAST)) as server,
            SqlStore(f"sqlite:///{tmp_path / 'store.db'}") as store,
        ):
            await leave_open(at(server.origin, "token-a"), store)
            report = await ran(at(server.origin, "token-b"), store, 2)
            assert (report.progress.analyzed, report.progress.possibly_paid_twice) == (2, 1)
            assert (server.counts["create"], server.counts["list"]) == (2, 0)

    asyncio.run(main())


def test_what_was_left_open_under_the_same_token_is_looked_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            serve_replicate(world_from(FAST)) as server,
            SqlStore(f"sqlite:///{tmp_path / 'store.db'}") as store,
        ):
            await leave_open(at(server.origin, "token-a"), store)
            report = await ran(at(server.origin, "token-a"), store, 2)
            assert (report.progress.analyzed, report.progress.possibly_paid_twice) == (2, 0)
            assert (server.counts["create"], server.counts["list"]) == (2, 1)

    asyncio.run(main())
