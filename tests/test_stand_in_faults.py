"""How the stand-in breaks connections and answers, keeps files, streams, and writes its journal."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from manyeyes.stand_in.replicate import serve_replicate
from manyeyes.stand_in.world import world_from
from stand_in_client import FAST, Client, data_uri, given_up, talk, until


@pytest.mark.parametrize(("when", "bought"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("headers", [{}, {"Prefer": "wait"}])
def test_a_reset_breaks_the_connection_before_or_after_the_work_was_bought(
    when: str, bought: int, headers: dict[str, str]
) -> None:
    async def scene(client: Client) -> None:
        with pytest.raises(aiohttp.ClientOSError):
            await client.create(headers)
        assert (client.server.counts["reset"], client.server.counts["create"]) == (1, bought)
        _, _, page = await client.call("GET", "/v1/predictions")
        assert len(page["results"]) == bought

    talk(scene, {f"reset_{when}": 1.0})


@pytest.mark.parametrize(
    ("fault", "status", "bought"), [("edge_before", 502, 0), ("edge_after", 502, 1), ("html", 200, 1)]
)
def test_the_edge_answers_html(fault: str, status: int, bought: int) -> None:
    async def scene(client: Client) -> None:
        url = client.server.origin + "/v1/predictions"
        body = {"version": "google/gemini-2.5-flash", "input": {"prompt": "p"}}
        async with client.session.post(url, json=body, headers={"Prefer": "wait"}) as response:
            assert (response.status, response.content_type) == (status, "text/html")
            assert (await response.text()).startswith("<html>")
        assert client.server.counts["create"] == bought

    talk(scene, {fault: 1.0})


@pytest.mark.parametrize(("when", "bought"), [("before", 0), ("after", 1)])
def test_a_stall_answers_nothing_until_the_client_gives_up(when: str, bought: int) -> None:
    async def scene(client: Client) -> None:
        creating = asyncio.create_task(client.create({"Prefer": "wait"}))
        await until(lambda: client.server.counts["stall"])
        # Whoever asks after it is answered first.
        await client.call("GET", "/v1/account")
        assert not creating.done()
        await given_up(creating)
        assert (client.server.counts["stall"], client.server.counts["create"]) == (1, bought)

    talk(scene, {f"stall_{when}": 1.0})


def test_a_client_that_goes_away_does_not_stop_the_work() -> None:
    async def scene(client: Client) -> None:
        creating = asyncio.create_task(client.create({"Prefer": "wait"}))
        await until(lambda: client.server.counts["create"])
        await given_up(creating)
        _, _, page = await client.call("GET", "/v1/predictions")
        ended = await client.ended(page["results"][0])
        assert (ended["status"], client.server.counts["create"]) == ("succeeded", 1)

    talk(scene, {"median": 0.3})


def test_a_dripping_answer_comes_in_many_pieces_and_is_whole() -> None:
    async def scene(client: Client) -> None:
        url = f"{client.server.origin}/v1/predictions"
        body = {"version": "google/gemini-2.5-flash", "input": {"prompt": "JSON"}}
        async with client.session.post(url, json=body) as response:
            pieces = [piece async for piece in response.content.iter_any()]
            assert "ratelimit-remaining" in response.headers
        assert len(pieces) > 5
        assert json.loads(b"".join(pieces))["status"] == "starting"

    talk(scene, {"drip": 1.0, "drip_seconds": 0.2})


def test_the_weather_changes_while_it_runs() -> None:
    async def scene(client: Client) -> None:
        fair = client.server.world
        client.server.change(replace(fair, weather=replace(fair.weather, state="down")))
        with pytest.raises(aiohttp.ClientOSError):
            await client.create()
        client.server.change(replace(fair, weather=replace(fair.weather, state="overloaded")))
        async with client.session.get(client.server.origin + "/v1/account") as response:
            assert (response.status, response.content_type) == (503, "text/html")
        client.server.change(fair)
        assert (await client.create())[0] == 201
        counts = client.server.counts
        assert (counts["down"], counts["overloaded"], counts["create"]) == (1, 1, 1)

    talk(scene)


def test_files_are_kept_listed_downloaded_used_and_deleted() -> None:
    async def scene(client: Client) -> None:
        data = b64decode(data_uri().partition(",")[2])
        form = aiohttp.FormData()
        form.add_field("content", data, filename="coat.jpg", content_type="image/jpeg")
        form.add_field("metadata", '{"mark": "17"}')
        status, _, made = await client.call("POST", "/v1/files", data=form)
        digest = hashlib.sha256(data).hexdigest()
        assert (status, made["name"], made["content_type"], made["size"]) == (
            201, "coat.jpg", "image/jpeg", len(data),
        )  # fmt: skip
        assert (made["checksums"]["sha256"], made["metadata"]) == (digest, {"mark": "17"})
        assert (await client.call("GET", made["urls"]["get"]))[2] == made
        assert (await client.call("GET", "/v1/files"))[2]["results"] == [made]
        async with client.session.get(made["urls"]["get"] + "/download") as response:
            assert await response.read() == data
        _, _, used = await client.create({"Prefer": "wait"}, images=[made["urls"]["get"]])
        assert json.loads("".join(used["output"]))["color_palette"][0]["name"] == "navy"
        bought = next(entry for entry in client.server.journal if entry.event == "create")
        assert (bought.sha256, bought.bytes) == (digest, len(data))
        assert (await client.call("GET", made["urls"]["get"], {"Authorization": "Bearer u"}))[0] == 404
        assert (await client.call("DELETE", made["urls"]["get"]))[0] == 204
        assert (await client.call("GET", made["urls"]["get"]))[0] == 404

    talk(scene)


def test_the_stream_carries_the_output_piece_by_piece_and_says_how_it_ended() -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create()
        async with client.session.get(made["urls"]["stream"]) as response:
            assert response.content_type == "text/event-stream"
            blocks = [block.split("\n") for block in (await response.text()).split("\n\n") if block]
        assert [block[1] for block in blocks] == [f"id: {number + 1}" for number in range(len(blocks))]
        assert blocks[-1][0::2] == ["event: done", "data: {}"]
        said = ["\n".join(line[6:] for line in block[2:]) for block in blocks[:-1]]
        _, _, ended = await client.call("GET", made["urls"]["get"])
        assert said == ended["output"]
        _, _, failed = await client.create(images=["data:image/png;base64,AAAA"])
        async with client.session.get(failed["urls"]["stream"]) as response:
            text = await response.text()
        assert text.startswith("event: error\nid: 1\ndata: Unable to process")
        assert text.endswith('event: done\nid: 2\ndata: {"reason": "error"}\n\n')

    talk(scene)


def test_the_journal_holds_a_line_for_every_event_as_it_happens(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"event":"before"}\n')

    async def play() -> None:
        session = aiohttp.ClientSession(headers={"Authorization": "Bearer t"})
        async with serve_replicate(world_from(FAST), journal=path) as server, session:
            client = Client(server, session)
            _, _, made = await client.create({"Prefer": "wait"})
            await client.call("GET", made["urls"]["get"])
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            assert [line["event"] for line in lines] == [
                "before", "create", "started", "succeeded", "poll",
            ]  # fmt: skip
            create = lines[1]
            data = b64decode(data_uri().partition(",")[2])
            assert create["sha256"] == hashlib.sha256(data).hexdigest()
            assert (create["bytes"], create["status"], create["id"]) == (len(data), 201, made["id"])
            times = [line["t"] for line in lines[1:]]
            assert times == sorted(times)
            assert times[2] - times[1] >= lines[2]["seconds"] - 0.002
            assert len(server.journal) == 4

    asyncio.run(play())


def test_the_same_pictures_face_the_same_latencies_in_any_order() -> None:
    drawn: list[dict[str, float]] = []

    async def scene(client: Client, order: list[int]) -> None:
        await asyncio.gather(*(client.create(images=[data_uri((number, 0, 0))]) for number in order))
        bought = [entry for entry in client.server.journal if entry.event == "create"]
        drawn.append({entry.sha256 or "": entry.seconds or 0.0 for entry in bought})

    talk(lambda client: scene(client, [10, 90, 200]), {"cv": 0.5})
    talk(lambda client: scene(client, [200, 10, 90]), {"cv": 0.5})
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0].values())) == 3


def test_a_stand_in_that_has_ended_leaves_nothing_behind_in_the_loop(tmp_path: Path) -> None:
    async def play() -> None:
        session = aiohttp.ClientSession(headers={"Authorization": "Bearer t"})
        async with session:
            async with serve_replicate(world_from({"median": 0.05}), journal=tmp_path / "j") as server:
                await Client(server, session).create()
            seen = len(server.journal)
            async with serve_replicate(world_from(FAST | {"median": 0.2})) as other:
                await Client(other, session).create({"Prefer": "wait"})
            assert len(server.journal) == seen
            assert server.counts["succeeded"] == 0

    asyncio.run(play())


_COMMAND = """
import sys
from pathlib import Path
from manyeyes.stand_in.replicate import run_replicate
from manyeyes.stand_in.world import ReplicateWorld
run_replicate(ReplicateWorld(), 0, lambda origin: print(origin, flush=True), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals, tmp_path: Path) -> None:
    async def play() -> tuple[int, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _COMMAND, str(tmp_path / "journal.jsonl"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=dict(os.environ),
        )  # fmt: skip
        assert process.stdout is not None
        origin = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session, session.get(f"{origin}/v1/account") as response:
            assert response.status == 401
        process.send_signal(number)
        _, errors = await process.communicate()
        return process.returncode or 0, errors

    assert asyncio.run(play()) == (0, b"")
    assert json.loads((tmp_path / "journal.jsonl").read_text())["event"] == "rejected"


def test_a_port_that_is_taken_is_said() -> None:
    async def scene(client: Client) -> None:
        port = int(client.server.origin.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)):
            async with serve_replicate(port=port):
                pass

    talk(scene)
