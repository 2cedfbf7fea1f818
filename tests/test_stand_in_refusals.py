"""What the stand-in refuses, and how it says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from manyeyes.stand_in.world import world_from
from stand_in_client import Client, Json, data_uri, talk

CREATE = "/v1/models/google/gemini-2.5-flash/predictions"


# Refusals


def test_a_missing_or_wrong_token_is_401() -> None:
    async def scene(client: Client) -> None:
        for authorization in ("Bearer wrong", "Bearer ", "Basic t", ""):
            headers = {"Authorization": authorization}
            status, answered, body = await client.call("GET", "/v1/account", headers)
            assert (status, answered["content-type"]) == (401, "application/problem+json")
            assert body == {
                "title": "Unauthenticated",
                "detail": "You did not pass a valid authentication token",
                "status": 401,
            }
        assert (await client.call("GET", "/v1/account", {"Authorization": "Token old-style"}))[0] == 200

    talk(scene)


def test_an_account_without_credit_is_402_and_buys_nothing() -> None:
    async def scene(client: Client) -> None:
        status, _, body = await client.create({"Authorization": "Bearer broke"})
        assert (status, body["title"], body["status"]) == (402, "Insufficient credit", 402)
        assert body["detail"].startswith("You have insufficient credit to run this model. Go to ")
        assert (await client.create())[0] == 201
        client.server.change(replace(client.server.world, accounts=world_from({"no_credit": True}).accounts))
        assert (await client.create())[0] == 402
        assert client.server.counts["create"] == 1

    talk(scene)


def test_what_does_not_exist_is_404() -> None:
    async def scene(client: Client) -> None:
        asked = {"input": {"prompt": "p"}}
        for method, path, body in (
            ("GET", "/v1/predictions/abc", None),
            ("POST", "/v1/predictions/abc/cancel", None),
            ("POST", "/v1/models/nobody/nothing/predictions", asked),
            ("GET", "/v1/models/nobody/nothing", None),
            ("GET", "/v1/files/abc", None),
            ("GET", "/v1/nonsense", None),
        ):
            status, _, problem = await client.call(method, path, json=body)
            assert (status, problem["status"]) == (404, 404)
            assert problem["detail"]

    talk(scene)


def test_two_faults_of_an_input_are_told_in_one_422() -> None:
    async def scene(client: Client) -> None:
        status, _, body = await client.call("POST", CREATE, json={"input": {"temperature": 3}})
        assert status == 422
        assert body == {
            "detail": "- input: prompt is required\n- input.temperature: Must be less than or equal to 2\n",
            "status": 422,
            "title": "Input validation failed",
            "invalid_fields": [
                {"type": "required", "field": "input", "description": "prompt is required"},
                {
                    "type": "number_lte",
                    "field": "input.temperature",
                    "description": "Must be less than or equal to 2",
                },
            ],
        }

    talk(scene)


@pytest.mark.parametrize(
    ("given", "field", "kind"),
    [
        ({"max_output_tokens": 0}, "input.max_output_tokens", "number_gte"),
        ({"max_output_tokens": 65536}, "input.max_output_tokens", "number_lte"),
        ({"max_output_tokens": 1.5}, "input.max_output_tokens", "invalid_type"),
        ({"temperature": -0.1}, "input.temperature", "number_gte"),
        ({"thinking_budget": 24577}, "input.thinking_budget", "number_lte"),
        ({"dynamic_thinking": "no"}, "input.dynamic_thinking", "invalid_type"),
        ({"prompt": None}, "input.prompt", "invalid_type"),
        ({"images": "one"}, "input.images", "invalid_type"),
        ({"images": [{"value": "https://a"}]}, "input.images.0", "invalid_type"),
        ({"images": ["C:\\a.jpg"]}, "input.images.0", "format"),
        ({"images": ["https://a"] * 11}, "input.images", "array_max_items"),
        ({"images": [data_uri(size=(2000, 1000))]}, "input.images.0", "file_size"),
    ],
)
def test_each_bound_of_the_input_is_kept(given: Json, field: str, kind: str) -> None:
    async def scene(client: Client) -> None:
        status, _, body = await client.create(**given)
        assert status == 422
        assert [(wrong["field"], wrong["type"]) for wrong in body["invalid_fields"]] == [(field, kind)]
        assert not client.server.counts["create"]

    talk(scene, {"max_picture_bytes": 20_000})


@pytest.mark.parametrize(
    ("path", "body", "title"),
    [
        ("/v1/predictions", {"version": "no-version", "input": {}}, "Invalid version or not permitted"),
        ("/v1/predictions", {"version": "0" * 64, "input": {}}, "Invalid version or not permitted"),
        ("/v1/predictions", {"model": "a/b", "input": {"prompt": "p"}}, "Input validation failed"),
        ("/v1/predictions", {"input": {"prompt": "p"}}, "Input validation failed"),
        (CREATE, {"version": "f" * 64, "input": {"prompt": "p"}}, "Input validation failed"),
        (CREATE, {}, "Input validation failed"),
        (CREATE, [], "Input validation failed"),
    ],
)  # fmt: skip
def test_version_and_model_stand_where_they_belong(path: str, body: Any, title: str) -> None:
    async def scene(client: Client) -> None:
        status, _, problem = await client.call("POST", path, json=body)
        assert (status, problem["title"]) == (422, title)

    talk(scene)


@pytest.mark.parametrize(
    ("version", "model", "shown"),
    [
        ("google/gemini-2.5-flash", "google/gemini-2.5-flash", "hidden"),
        ("f" * 64, "google/gemini-2.5-flash", "f" * 64),
        (f"a/b:{'e' * 64}", "a/b", "e" * 64),
    ],
)
def test_a_version_has_three_forms(version: str, model: str, shown: str) -> None:
    async def scene(client: Client) -> None:
        body = {"version": version, "input": {"prompt": "p"}}
        status, _, made = await client.call("POST", "/v1/predictions", json=body)
        assert (status, made["model"], made["version"]) == (201, model, shown)

    talk(scene)


@pytest.mark.parametrize(("after", "seconds"), [("30s", 30), ("5m", 300), ("1h30m45s", 5445), ("5", 5)])
def test_cancel_after_sets_the_deadline(after: str, seconds: int) -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create({"Cancel-After": after})
        _, _, shown = await client.call("GET", made["urls"]["get"])
        apart = [shown[key].rstrip("Z").split("T")[1].split(":") for key in ("created_at", "deadline")]
        begin, end = (int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in apart)
        assert (end - begin) % 86400 == pytest.approx(seconds, abs=0.001)
        for wrong in ("4s", "soon", ""):
            assert (await client.create({"Cancel-After": wrong}))[0] == 422

    talk(scene)


def test_bodies_that_are_too_large_or_no_json_are_refused() -> None:
    async def scene(client: Client) -> None:
        assert (await client.create(prompt="x" * 5000))[0] == 413
        form = aiohttp.FormData()
        form.add_field("content", b"x" * 5000, filename="a.jpg")
        assert (await client.call("POST", "/v1/files", data=form))[0] == 413
        assert (await client.call("POST", CREATE, data=b"{"))[0] == 400
        assert (await client.call("POST", "/v1/files", json={}))[0] == 422
        form_of = {"Content-Type": "multipart/form-data; boundary=b"}
        assert (await client.call("POST", "/v1/files", form_of, data=b"--b\r\nnonsense"))[0] == 400

    talk(scene, {"max_body_bytes": 4000, "max_file_bytes": 4000})


# Quota on the wire


def test_every_answer_but_those_to_file_gets_tells_the_quota() -> None:
    async def scene(client: Client) -> None:
        _, headers, _ = await client.create()
        assert (headers["ratelimit-remaining"], headers["ratelimit-reset"]) == ("599", "1")
        for path, status in (("/v1/predictions", 200), ("/v1/account", 200), ("/v1/predictions/x", 404)):
            answered, headers, _ = await client.call("GET", path)
            assert answered == status
            assert 2990 < int(headers["ratelimit-remaining"]) < 3000
            assert not [name for name in headers if "limit" in name.lower() and "ratelimit-re" not in name]
        for path in ("/v1/files", "/v1/files/none"):
            assert "ratelimit-remaining" not in (await client.call("GET", path))[1]

    talk(scene)


def test_a_refused_create_is_429_buys_nothing_and_stands_in_the_journal_with_its_wait() -> None:
    async def scene(client: Client) -> None:
        assert (await client.create())[0] == 201
        status, headers, body = await client.create()
        assert (status, body["status"], body["retry_after"]) == (429, 429, 20)
        assert "6 requests per minute with a burst of 1 requests" in body["detail"]
        assert ("Retry-After" in headers, headers["ratelimit-remaining"]) == (False, "0")
        refused = [entry for entry in client.server.journal if entry.event == "refused"]
        assert [(entry.status, round(entry.seconds or 0)) for entry in refused] == [(429, 20)]
        assert client.server.counts["create"] == 1

    talk(scene, {"low_credit": True})


def test_a_429_may_tell_nothing_at_all() -> None:
    async def scene(client: Client) -> None:
        await client.create()
        status, headers, body = await client.create()
        assert (status, body) == (429, {"detail": "Request was throttled."})
        assert not [name for name in headers if "retry" in name.lower() or "ratelimit" in name.lower()]

    talk(scene, {"low_credit": True, "throttle_form": "silent+no-limits"})
