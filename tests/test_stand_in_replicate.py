"""Replicate's wire as the stand-in speaks it, over a real socket."""

from __future__ import annotations

import json
import re

import pytest

from stand_in_client import NAVY, Client, Json, data_uri, talk

BEFORE = {
    "id", "model", "version", "input", "data_removed", "error", "status", "source", "created_at", "urls",
    "logs",
}  # fmt: skip
AFTER = BEFORE | {"output", "started_at", "completed_at", "metrics"}


def test_a_create_that_waits_for_nothing_has_neither_output_nor_times_nor_metrics() -> None:
    async def scene(client: Client) -> None:
        status, headers, made = await client.create()
        assert (status, set(made), "preference-applied" in headers) == (201, BEFORE, False)
        assert (made["status"], made["logs"], made["error"]) == ("starting", "", None)
        assert made["data_removed"] is False
        assert (made["model"], made["version"]) == ("google/gemini-2.5-flash", "hidden")
        assert re.fullmatch("[a-z0-9]{26}", made["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["created_at"])
        url = f"{client.server.origin}/v1/predictions/{made['id']}"
        assert (made["urls"]["get"], made["urls"]["cancel"]) == (url, f"{url}/cancel")
        ended = await client.ended(made)
        assert (set(ended), ended["status"]) == (AFTER, "succeeded")
        assert re.fullmatch(r".*\.\d{6}Z", ended["created_at"])
        assert 0.02 <= ended["metrics"]["predict_time"] <= ended["metrics"]["total_time"]

    talk(scene)


def test_not_finished_may_be_202_with_a_null_output() -> None:
    async def scene(client: Client) -> None:
        status, _, made = await client.create()
        assert (status, set(made), made["output"]) == (202, BEFORE | {"output"}, None)

    talk(scene, {"unfinished_status": 202, "output_before": "null"})


@pytest.mark.parametrize(
    ("settings", "prefer", "status", "keys"),
    [
        ({"finished_wait": "processing"}, "wait", "processing", BEFORE | {"output"}),
        ({"finished_wait": "succeeded"}, "wait=10", "succeeded", AFTER),
        ({"finished_wait": "partial"}, "wait=60", "processing", BEFORE | {"output"}),
        ({"median": 60.0}, "wait=1", "starting", BEFORE),
    ],
)
def test_wait_answers_in_each_of_its_four_modes(
    settings: dict[str, object], prefer: str, status: str, keys: set[str]
) -> None:
    async def scene(client: Client) -> None:
        code, headers, made = await client.create({"Prefer": prefer})
        assert (code, made["status"], set(made)) == (201, status, keys)
        assert headers["preference-applied"] == prefer
        if "output" in keys:
            whole = (await client.ended(made | {"status": "starting"}))["output"]
            partial = settings["finished_wait"] == "partial"
            assert made["output"] == (whole[: len(whole) // 2] if partial else whole)

    talk(scene, settings)


@pytest.mark.parametrize("prefer", ["wait=0", "wait=100", "respond-async", "wait=five"])
def test_a_preference_of_another_form_is_passed_over(prefer: str) -> None:
    async def scene(client: Client) -> None:
        _, headers, made = await client.create({"Prefer": prefer})
        assert ("preference-applied" in headers, made["status"]) == (False, "starting")

    talk(scene)


def test_chunks_joined_with_nothing_between_are_a_descriptor_of_the_picture() -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create({"Prefer": "wait"}, images=[data_uri(NAVY)])
        described = json.loads("".join(made["output"]))
        assert described["color_palette"][0]["name"] == "navy"
        assert described["garment_type"]
        assert len(made["output"]) > 2
        cuts = zip(made["output"], made["output"][1:], strict=False)
        assert any(one[-1].isalnum() and other[0].isalnum() for one, other in cuts)
        _, _, again = await client.create({"Prefer": "wait"}, images=[data_uri(NAVY)])
        assert json.loads("".join(again["output"])) == described

    talk(scene)


@pytest.mark.parametrize(
    ("size", "image_tokens"), [((384, 300), 258), ((640, 480), 258), ((1024, 800), 1032)]
)
def test_logs_count_the_tokens_of_picture_and_prompt(size: tuple[int, int], image_tokens: int) -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create(prompt="x" * 400, images=[data_uri(size=size)])
        ended = await client.ended(made)
        assert f"Input token count: {image_tokens + 100}" in ended["logs"]
        assert re.search(r"^Processing 1 images\.\.\.$", ended["logs"], re.MULTILINE)
        assert re.search(r"^Text generation completed in \d+\.\d\ds$", ended["logs"], re.MULTILINE)
        told = re.search(r"Output token count: (\d+)", ended["logs"])
        assert told is not None
        assert int(told[1]) == -(-len("".join(ended["output"])) // 4)

    talk(scene)


def test_a_prompt_that_asks_for_no_json_is_answered_in_prose() -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create({"Prefer": "wait"}, prompt="describe this image")
        assert "".join(made["output"]).startswith("This image shows a navy garment")

    talk(scene)


@pytest.mark.parametrize(
    "uri", ["data:image/jpeg;base64,AAAA", "data:image/png;base64,%%%", "https://a.invalid/b"]
)
def test_what_is_no_picture_fails(uri: str) -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create({"Prefer": "wait"}, images=[uri])
        assert (made["status"], made["output"]) == ("failed", None)
        assert made["error"].startswith("Unable to process input image")

    talk(scene)


def habit_of(name: str) -> tuple[Json, str]:
    """The ended prediction and its text, of a model that has this habit always."""
    kept: list[Json] = []

    async def scene(client: Client) -> None:
        _, _, made = await client.create(max_output_tokens=300)
        kept.append(await client.ended(made))

    talk(scene, {name: 1.0})
    return kept[0], "".join(kept[0]["output"] or [])


def test_the_model_has_bad_habits_when_told_to() -> None:
    failed, text = habit_of("failed")
    assert (failed["status"], text) == ("failed", "")
    assert re.search(r"\(E\d{4}\)$", failed["error"])
    fenced = habit_of("fences")[1]
    assert json.loads(fenced.removeprefix("```json\n").removesuffix("\n```"))["is_garment"] is True
    wrapped = habit_of("prose")[1]
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(wrapped)
    assert json.loads(wrapped[wrapped.index("{") : wrapped.rindex("\n}") + 2])["is_garment"] is True
    cut, text = habit_of("truncated")
    assert (cut["status"], len(text)) == ("succeeded", 1200)
    assert cut["logs"].endswith("Output token count: 300")
    invalid = json.loads(habit_of("invalid")[1])
    assert (invalid["garment_type"], invalid["confidence"], invalid["mood"]) == (
        "spacesuit",
        "very",
        "brooding",
    )
    assert "can't help" in habit_of("refusal")[1]
    empty, text = habit_of("empty")
    assert (empty["status"], empty["output"], text) == ("succeeded", [], "")


@pytest.mark.parametrize("whole", [True, False])
def test_input_is_echoed_with_pictures_whole_or_shortened(whole: bool) -> None:
    async def scene(client: Client) -> None:
        uri = data_uri()
        _, _, made = await client.create(prompt="JSON, marked 17", images=[uri])
        assert made["input"]["prompt"] == "JSON, marked 17"
        assert (made["input"]["images"] == [uri]) is whole
        assert made["input"]["images"][0].startswith("data:image/jpeg;base64,")

    talk(scene, {"echo_pictures": whole})


def test_cancel_answers_with_the_whole_prediction() -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create()
        status, _, ended = await client.call("POST", made["urls"]["cancel"])
        assert (status, ended["status"], ended["output"], ended["logs"]) == (200, "canceled", None, None)
        assert ended["webhook_completed"] is None
        assert ended["completed_at"]
        assert ended["metrics"]["total_time"] >= 0
        assert client.server.counts["canceled"] == 1

    talk(scene, {"median": 60.0})


def test_the_list_may_show_a_create_late() -> None:
    async def scene(client: Client) -> None:
        _, _, made = await client.create()
        assert (await client.call("GET", "/v1/predictions"))[2]["results"] == []
        assert (await client.call("GET", f"/v1/predictions/{made['id']}"))[0] == 200

    talk(scene, {"registers_after": 1000.0})


def test_the_list_is_newest_first_page_by_page_and_each_account_sees_its_own() -> None:
    async def scene(client: Client) -> None:
        ids = [(await client.create(prompt=f"mark {number}"))[2]["id"] for number in range(5)]
        _, _, page = await client.call("GET", "/v1/predictions")
        seen, previous = list(page["results"]), page["previous"]
        while page["next"]:
            _, _, page = await client.call("GET", page["next"])
            seen += page["results"]
        assert [each["id"] for each in seen] == ids[::-1]
        assert [each["input"]["prompt"] for each in seen] == [f"mark {n}" for n in (4, 3, 2, 1, 0)]
        assert previous is None
        _, _, newer = await client.call("GET", page["previous"])
        assert [each["id"] for each in newer["results"]] == ids[1:3][::-1]
        _, _, since = await client.call("GET", f"/v1/predictions?created_after={seen[1]['created_at']}")
        assert [each["id"] for each in since["results"]] == ids[3:][::-1]
        other = {"Authorization": "Token u"}
        assert (await client.call("GET", "/v1/predictions", other))[2]["results"] == []
        assert (await client.call("GET", f"/v1/predictions/{ids[0]}", other))[0] == 404

    talk(scene, {"page": 2})
