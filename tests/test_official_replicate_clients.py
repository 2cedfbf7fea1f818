"""The official Replicate client 1.0.7 talks to the stand-in as it would to the service."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pydantic.v1 import ValidationError
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError

from manyeyes.stand_in.replicate import ReplicateServer, serve_replicate
from manyeyes.stand_in.world import world_from
from stand_in_client import FAST, data_uri

MODEL = "google/gemini-2.5-flash"
HASH = "b" * 64
PICTURE = b64decode(data_uri().partition(",")[2])
SHA256 = hashlib.sha256(PICTURE).hexdigest()


def asked(**more: object) -> dict[str, object]:
    return {"prompt": "Answer in JSON.", "images": [data_uri()]} | more


class Official:
    """Version 1.0.7 of the official client, called one way: `sync` in a thread, or `async`."""

    def __init__(self, server: ReplicateServer, way: str, client: Client) -> None:
        self.server = server
        self.way = way
        self.client = client

    async def ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call `client.<name>`, or its async twin."""
        *path, last = name.split(".")
        owner = reduce(getattr, path, self.client)
        if self.way == "async":
            return await getattr(owner, f"async_{last}")(*args, **kwargs)
        return await asyncio.to_thread(getattr(owner, last), *args, **kwargs)

    async def text(self, output: Any) -> str:
        """The chunks of a list or of the client's iterators, joined with nothing between."""
        if hasattr(output, "__aiter__"):
            return "".join([chunk async for chunk in output])
        return await asyncio.to_thread("".join, output)


@asynccontextmanager
async def official(
    way: str, settings: dict[str, object], token: str, **headers: str
) -> AsyncIterator[Official]:
    async with serve_replicate(world_from(FAST | settings)) as server:
        headers = {"Authorization": f"Bearer {token}", **headers}
        client = Client(api_token=token, base_url=server.origin, headers=headers)
        client.poll_interval = 0.01
        try:
            yield Official(server, way, client)
        finally:
            client._client.close()
            await client._async_client.aclose()


def talk(
    scene: Callable[[Official], Awaitable[None]],
    way: str,
    token: str = "t",
    settings: dict[str, object] | None = None,
    **headers: str,
) -> None:
    async def play() -> None:
        async with official(way, settings or {}, token, **headers) as client:
            await scene(client)

    asyncio.run(play())


ways = pytest.mark.parametrize("way", ["sync", "async"])


@ways
@pytest.mark.parametrize(
    ("settings", "wait"),
    [
        ({"finished_wait": "processing"}, True),
        ({"finished_wait": "succeeded"}, 10),
        ({"unfinished_status": 202}, False),
    ],
)
def test_run_returns_the_chunks_of_a_descriptor(
    way: str, settings: dict[str, object], wait: bool | int
) -> None:
    async def scene(client: Official) -> None:
        output = await client.ask("run", MODEL, input=asked(), wait=wait)
        described = json.loads(await client.text(output))
        assert described["color_palette"][0]["name"] == "navy"
        assert client.server.counts["create"] == 1

    talk(scene, way, settings=settings)


@ways
def test_run_of_a_version_iterates_over_the_output(way: str) -> None:
    async def scene(client: Official) -> None:
        output = await client.ask("run", f"{MODEL}:{HASH}", input=asked())
        assert not isinstance(output, list)
        assert json.loads(await client.text(output))["is_garment"] is True

    talk(scene, way)


@ways
@pytest.mark.parametrize("strategy", ["url", "base64"])
def test_an_open_file_reaches_the_model_byte_for_byte(way: str, strategy: str) -> None:
    async def scene(client: Official) -> None:
        given = asked(images=[io.BytesIO(PICTURE)])
        output = await client.ask("run", MODEL, input=given, file_encoding_strategy=strategy)
        assert json.loads(await client.text(output))["color_palette"][0]["name"] == "navy"
        bought = next(entry for entry in client.server.journal if entry.event == "create")
        assert (bought.sha256, bought.bytes) == (SHA256, len(PICTURE))
        assert client.server.counts["file"] == (strategy == "url")

    talk(scene, way)


@ways
def test_a_created_prediction_is_waited_for_and_parsed(way: str) -> None:
    async def scene(client: Official) -> None:
        made = await client.ask("predictions.create", version=HASH, input=asked())
        assert (made.status, made.version, made.model) == ("starting", HASH, MODEL)
        assert (made.output, made.metrics, made.started_at, made.completed_at) == (None,) * 4
        assert (made.logs, made.error) == ("", None)
        await (made.async_wait() if way == "async" else asyncio.to_thread(made.wait))
        assert made.status == "succeeded"
        assert json.loads("".join(made.output))["is_garment"] is True
        assert made.metrics["predict_time"] >= 0.02
        assert "Input token count: 262\nOutput token count: " in made.logs
        assert made.created_at <= made.started_at < made.completed_at
        assert (await client.ask("predictions.get", made.id)).dict() == made.dict()

    talk(scene, way)


@ways
@pytest.mark.parametrize("mode", ["processing", "succeeded", "partial"])
def test_a_create_that_waits_comes_back_as_the_mode_says(way: str, mode: str) -> None:
    async def scene(client: Official) -> None:
        made = await client.ask("models.predictions.create", tuple(MODEL.split("/")), input=asked(), wait=5)
        assert made.status == ("succeeded" if mode == "succeeded" else "processing")
        assert (made.metrics is None) == (mode != "succeeded")
        whole = await client.ask("predictions.get", made.id)
        await (whole.async_wait() if way == "async" else asyncio.to_thread(whole.wait))
        expected = whole.output[: len(whole.output) // 2] if mode == "partial" else whole.output
        assert made.output == expected

    talk(scene, way, settings={"finished_wait": mode})


@ways
def test_cancel_and_the_pages_of_the_list(way: str) -> None:
    async def scene(client: Official) -> None:
        made = [await client.ask("predictions.create", version=HASH, input=asked()) for _ in range(3)]
        canceled = await client.ask("predictions.cancel", made[0].id)
        assert (canceled.status, canceled.output, canceled.logs) == ("canceled", None, None)
        assert canceled.metrics["total_time"] >= 0
        first = await client.ask("predictions.list")
        second = await client.ask("predictions.list", first.next)
        assert [each.id for each in [*first, *second]] == [each.id for each in made[::-1]]
        assert (first.previous, second.next) == (None, None)
        assert second[0].input["prompt"] == "Answer in JSON."

    talk(scene, way, settings={"median": 60.0, "page": 2})


@ways
def test_a_failed_prediction_is_a_model_error_with_its_code(way: str) -> None:
    async def scene(client: Official) -> None:
        with pytest.raises(ModelError, match=r"\(E\d{4}\)$") as raised:
            await client.ask("run", MODEL, input=asked())
        assert raised.value.prediction.status == "failed"

    talk(scene, way, settings={"failed": 1.0})


@ways
@pytest.mark.parametrize(
    ("settings", "token", "status", "title"),
    [
        ({}, "wrong", 401, "Unauthenticated"),
        ({}, "broke", 402, "Insufficient credit"),
        ({"missing": (MODEL,)}, "t", 404, None),
        ({"max_picture_bytes": 100}, "t", 422, "Input validation failed"),
        ({"edge_before": 1.0}, "t", 502, None),
    ],
)
def test_each_refusal_is_a_replicate_error(
    way: str, settings: dict[str, object], token: str, status: int, title: str | None
) -> None:
    async def scene(client: Official) -> None:
        with pytest.raises(ReplicateError) as raised:
            await client.ask("run", MODEL, input=asked())
        assert (raised.value.status, raised.value.title) == (status, title)
        assert (raised.value.detail is None) == (status == 502)
        assert client.server.counts["create"] == 0

    talk(scene, way, token, settings)


@ways
def test_a_429_on_create_is_raised_at_once(way: str) -> None:
    async def scene(client: Official) -> None:
        await client.ask("predictions.create", version=HASH, input=asked())
        with pytest.raises(ReplicateError) as raised:
            await client.ask("predictions.create", version=HASH, input=asked())
        assert (raised.value.status, client.server.counts["refused"]) == (429, 1)
        assert "Your rate limit resets in ~" in (raised.value.detail or "")

    talk(scene, way, settings={"low_credit": True, "throttle_form": "reduced+header+body"})


@ways
def test_a_429_on_get_is_tried_again_until_it_passes(way: str) -> None:
    async def scene(client: Official) -> None:
        for _ in range(2):
            assert (await client.ask("accounts.current")).type == "user"
        assert client.server.counts["refused"] >= 1
        assert client.server.counts["create"] == 0

    talk(scene, way, settings={"others_per_minute": 600.0, "other_burst": 1, "refused_count": False})


@ways
def test_files_are_created_read_listed_and_deleted(way: str, tmp_path: Path) -> None:
    async def scene(client: Official) -> None:
        path = tmp_path / "coat.jpg"
        path.write_bytes(PICTURE)
        made = await client.ask("files.create", path, metadata={"mark": "17"})
        assert (made.name, made.content_type, made.size) == ("coat.jpg", "image/jpeg", len(PICTURE))
        assert (made.checksums["sha256"], made.metadata) == (SHA256, {"mark": "17"})
        assert made.urls == {"get": f"{client.server.origin}/v1/files/{made.id}"}
        assert (await client.ask("files.get", made.id)).dict() == made.dict()
        assert [each.id for each in await client.ask("files.list")] == [made.id]
        assert await client.ask("files.delete", made.id) is True
        with pytest.raises(ReplicateError, match="does not exist"):
            await client.ask("files.get", made.id)

    talk(scene, way)


@ways
def test_the_client_cannot_read_an_aborted_prediction(way: str) -> None:
    async def scene(client: Official) -> None:
        made = await client.ask("predictions.create", version=HASH, input=asked())
        with pytest.raises(ValidationError, match="unexpected value; permitted: 'starting'"):
            await client.ask("predictions.get", made.id)
        assert client.server.counts["aborted"] == 1

    settings: dict[str, object] = {"cold_boot": 60.0, "least_cancel_after": 0.0}
    talk(scene, way, settings=settings, **{"Cancel-After": "0s"})


@ways
def test_models_the_webhook_secret_and_streams_are_parsed(way: str) -> None:
    async def scene(client: Official) -> None:
        model = await client.ask("models.get", MODEL)
        assert (model.id, model.visibility) == (MODEL, "public")
        assert "images" in model.latest_version.openapi_schema["components"]["schemas"]["Input"]["properties"]
        assert (await client.ask("webhooks.default.secret")).key.startswith("whsec_")
        if way == "async":
            events = [each async for each in await client.client.async_stream(MODEL, input=asked())]
        else:
            events = await asyncio.to_thread(lambda: list(client.client.stream(MODEL, input=asked())))
        assert json.loads("".join(map(str, events)))["is_garment"] is True
        assert (events[-1].event.value, events[-1].data) == ("done", "{}")

    talk(scene, way)
