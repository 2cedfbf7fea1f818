"""Runs version 2 of the official Replicate client, sync and async, and prints what it parsed.

To be run by the Python of an environment of its own: `python replicate2.py ORIGIN SCENE`, where `ORIGIN` is
the stand-in's and `SCENE` the name of a function below. It prints one JSON object: `sync` and `async`, each
with what the scene returned. It imports nothing of this project.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import inspect
import io
import json
import sys
from typing import Any

#: Two major versions of one library cannot both be known to a type checker.
replicate: Any = importlib.import_module("replicate")

MODEL = {"model_owner": "google", "model_name": "gemini-2.5-flash"}
#: One navy pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQVA4AAADlAI32weRsAAAAAElFTkSuQmCC"
)
URI = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
ASKED = {"prompt": "Answer in JSON.", "images": [URI]}


class Caller:
    """The client called one way; `await` works for both."""

    def __init__(self, origin: str, way: str, token: str = "t", max_retries: int = 0) -> None:
        kind = replicate.AsyncReplicate if way == "async" else replicate.Replicate
        self.origin = origin
        self.way = way
        self.client = kind(bearer_token=token, base_url=f"{origin}/v1", max_retries=max_retries)

    def other(self, token: str) -> Caller:
        """The same with another token."""
        return Caller(self.origin, self.way, token)

    async def ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call `client.<name>`."""
        asked: Any = self.client
        for part in name.split("."):
            asked = getattr(asked, part)
        answer = asked(*args, **kwargs)
        return await answer if inspect.isawaitable(answer) else answer

    async def error(self, name: str, **kwargs: Any) -> dict[str, Any]:
        """The error that the call raises: its class, status, body, and quota headers."""
        try:
            await self.ask(name, **kwargs)
        except replicate.APIStatusError as error:
            headers = {key: value for key, value in error.response.headers.items() if "r" in key}
            return {
                "class": type(error).__name__,
                "status": error.status_code,
                "body": error.body,
                "headers": headers,
            }
        except replicate.APIConnectionError as error:
            return {"class": type(error).__name__}
        raise AssertionError(f"{name} raised nothing")


def plain(value: Any) -> Any:
    """A parsed object as JSON."""
    return json.loads(value.model_dump_json())


async def wire(caller: Caller) -> dict[str, Any]:
    """All that goes well: create, wait, get, run, list, files, account."""
    said: dict[str, Any] = {}
    made = await caller.ask("models.predictions.create", input=ASKED, **MODEL)
    said["created"] = plain(made)
    said["ended"] = plain(await caller.ask("predictions.wait", made.id))
    waited = await caller.ask(
        "models.predictions.with_raw_response.create",
        input=ASKED,
        prefer="wait=5",
        cancel_after="1m",
        **MODEL,
    )
    parsed = waited.parse()
    said["waited"] = plain(await parsed if inspect.isawaitable(parsed) else parsed)
    said["waited_headers"] = dict(waited.headers)
    said["run"] = await caller.ask("run", "google/gemini-2.5-flash", input=ASKED)
    given = {**ASKED, "images": [io.BytesIO(PICTURE)]}
    said["run_file"] = await caller.ask("run", "google/gemini-2.5-flash", input=given)
    by_version = await caller.ask("predictions.create", version="b" * 64, input=ASKED)
    said["by_version"] = plain(by_version)
    said["listed"] = await listed(caller)
    stored = await caller.ask("files.create", content=("dot.png", PICTURE, "image/png"))
    said["file"] = plain(stored)
    said["file_again"] = plain(await caller.ask("files.get", file_id=stored.id))
    await caller.ask("files.delete", file_id=stored.id)
    said["file_gone"] = await caller.error("files.get", file_id=stored.id)
    said["account"] = plain(await caller.ask("account.get"))
    said["model"] = plain(await caller.ask("models.get", **MODEL))
    said["secret"] = plain(await caller.ask("webhooks.default.secret.get"))
    return said


async def listed(caller: Caller) -> list[str]:
    """The ids of all predictions, through the client's own paging."""
    pages = caller.client.predictions.list()
    if caller.way == "async":
        return [each.id async for each in pages]
    return [each.id for each in pages]


async def stopped(caller: Caller) -> dict[str, Any]:
    """What is ended before its time; the model is slow and has one slot."""
    running = await caller.ask("models.predictions.create", input=ASKED, **MODEL)
    late = await caller.ask("models.predictions.create", input=ASKED, cancel_after="0s", **MODEL)
    canceled = await caller.ask("predictions.cancel", prediction_id=running.id)
    aborted = await caller.ask("predictions.get", prediction_id=late.id)
    return {"canceled": plain(canceled), "aborted": plain(aborted)}


async def refusals(caller: Caller) -> dict[str, Any]:
    """Every status of its own class."""
    create = "models.predictions.create"
    nobody = {"model_owner": "nobody", "model_name": "nothing"}
    return {
        "401": await caller.other("wrong").error(create, input=ASKED, **MODEL),
        "402": await caller.other("broke").error(create, input=ASKED, **MODEL),
        "404": await caller.error(create, input=ASKED, **nobody),
        "422": await caller.error(create, input={"temperature": 3}, **MODEL),
    }


async def throttled(caller: Caller) -> dict[str, Any]:
    """The second create of an account with little credit."""
    own = caller.other(f"poor-{caller.way}")
    await own.ask("models.predictions.create", input=ASKED, **MODEL)
    return await own.error("models.predictions.create", input=ASKED, **MODEL)


async def broken(caller: Caller) -> dict[str, Any]:
    """A create that the weather breaks."""
    return await caller.error("models.predictions.create", input=ASKED, **MODEL)


async def retried(caller: Caller) -> dict[str, Any]:
    """The same, but the client may try again by itself."""
    own = Caller(caller.origin, caller.way, f"patient-{caller.way}", max_retries=1)
    return await own.error("models.predictions.create", input=ASKED, **MODEL)


SCENES = {scene.__name__: scene for scene in (wire, stopped, refusals, throttled, broken, retried)}


async def play(origin: str, scene: str) -> dict[str, Any]:
    """The scene both ways."""
    return {way: await SCENES[scene](Caller(origin, way)) for way in ("sync", "async")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(play(sys.argv[1], sys.argv[2]))))
