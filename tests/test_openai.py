"""What the OpenAI adapter sends, and what it makes of the answers."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.openai import OpenAI, opened
from manyeyes.analyzers.openai_wire import place_of, request_body
from manyeyes.analyzers.prompt import default_ask, full_prompt
from manyeyes.model.ask import Allowance, Ask, Generation, Usage
from manyeyes.model.descriptor import StyleDescriptor, as_json, parse_descriptor
from manyeyes.model.errors import AccessDenied, Broken, Refused, SettingsError, Untraceable
from manyeyes.model.ticket import Ticket
from manyeyes.stand_in.schemas import shaped
from openai_service import DRESS, KEY, LIMITS, answers, completion, fault, run, start, start_error
from replicate_service import ASK, DATA, IMAGE, INTENT, breaks_off, hangs_up, says, stalls

# What is sent


def test_a_request_sends_the_prompt_the_picture_and_every_setting() -> None:
    _, (received,) = run([answers()], start, model="gpt-4o-mini")
    assert (received.method, received.path) == ("POST", "/v1/chat/completions")
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    sent = received.json
    text, picture = sent["messages"][0]["content"]
    assert text == {"type": "text", "text": full_prompt(ASK)}
    data = "data:image/jpeg;base64," + base64.b64encode(DATA).decode()
    assert picture == {"type": "image_url", "image_url": {"url": data, "detail": "high"}}
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == ("gpt-4o-mini", 1024, 0.0)
    assert "max_completion_tokens" not in sent


def test_no_reference_number_is_sent_since_there_is_no_list_to_find_it_in() -> None:
    _, (received,) = run([answers()], start)
    assert INTENT.id not in received.body.decode()


def test_the_answer_is_held_to_a_schema_that_every_descriptor_fits() -> None:
    _, (received,) = run([answers()], start)
    form = received.json["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    schema = form["json_schema"]["schema"]
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    said = shaped({"garment_type": "dress", "is_garment": True}, schema)
    assert said.keys() <= as_json(StyleDescriptor()).keys()
    described = parse_descriptor(json.dumps(said))
    assert (described.garment_type, described.unrecognized) == ("dress", {})


def test_a_question_of_ones_own_has_no_schema_of_ours() -> None:
    own = Ask("What is this? Answer in JSON.", "mine/1")
    _, (received,) = run([answers()], lambda openai: openai.start(IMAGE, own, INTENT))
    assert "response_format" not in received.json


def test_a_correction_is_sent_with_the_question() -> None:
    ask = ASK.corrected("There is no JSON object.")
    _, (received,) = run([answers()], lambda openai: openai.start(IMAGE, ask, INTENT))
    assert "There is no JSON object." in received.json["messages"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    "refusal",
    [
        fault("'response_format.type' must be 'json_schema' or 'text'"),
        fault("Invalid parameter: 'response_format'", "invalid_request_error", param="response_format"),
        fault("failed to parse grammar", code=500),
    ],
)
def test_a_service_that_takes_no_schema_is_asked_without_one_from_then_on(refusal: dict[str, Any]) -> None:
    async def use(openai: OpenAI) -> list[str]:
        return [(await start(openai)).text for _ in range(2)]

    texts, received = run([says(refusal, 400), answers()], use)
    assert texts == [DRESS, DRESS]
    assert ["response_format" in each.json for each in received] == [True, False, False]


def test_openai_itself_gets_its_newer_names() -> None:
    openai, other = place_of("https://api.openai.com/v1"), place_of("http://localhost:8000/v1")
    ask = default_ask(Generation(max_output_tokens=500, temperature=0.5))

    def sent(model: str, place: Any, question: Ask = ask) -> dict[str, object]:
        body = request_body(model, place, "data:,", question, structured=False)
        return {name: value for name, value in body.items() if name not in ("model", "messages")}

    assert sent("gpt-4.1-mini", openai) == {"max_completion_tokens": 500, "temperature": 0.5}
    assert sent("gpt-5-chat-latest", openai) == {"max_completion_tokens": 500, "temperature": 0.5}
    assert sent("o4-mini", openai) == {"max_completion_tokens": 4_596, "reasoning_effort": "low"}
    assert sent("gpt-5-mini", other) == {"max_tokens": 500, "temperature": 0.5}
    thinking = default_ask(replace(ask.generation, thinking=True))
    assert sent("gpt-5-mini", openai, thinking) == {"max_completion_tokens": 4_596}


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "//", "/v1/chat/completions"])
def test_the_address_is_taken_with_and_without_v1(suffix: str) -> None:
    async def use(openai: OpenAI) -> str:
        await start(openai)
        return openai.traits.base_url

    base_url, (received,) = run([answers()], use, suffix=suffix)
    assert received.path == "/v1/chat/completions"
    assert base_url.endswith("/v1")


def test_another_path_than_v1_is_kept() -> None:
    _, (received,) = run([answers()], start, suffix="/openai/v1/")
    assert received.path == "/openai/v1/chat/completions"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.openai.com",
        "ftp://a.test/v1",
        "https://key@a.test/v1",
        "https://a.test/v1?x=1",
        "https://[",
        "http://",
    ],
)
def test_what_is_no_address_is_named(base_url: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        OpenAI(KEY, base_url=base_url)


# Who is asked, and for whose money


@pytest.mark.parametrize(
    ("base_url", "near"),
    [
        ("http://localhost:11434/v1", True), ("http://127.0.0.1:8000", True), ("http://[::1]:8000/v1", True),
        ("http://192.168.1.20:1234/v1", True), ("http://10.0.0.5/v1", True), ("http://gpu-box:8000/v1", True),
        ("http://gpu.local:8000/v1", True), ("http://host.docker.internal:11434/v1", True),
        ("https://api.openai.com/v1", False), ("https://openrouter.ai/api/v1", False),
        ("http://8.8.8.8/v1", False), ("https://mylocal.dev/v1", False),
    ],
)  # fmt: skip
def test_a_server_nearby_costs_nothing_without_a_key_and_starts_slowly(base_url: str, near: bool) -> None:
    assert place_of(base_url).is_near is near
    keyless, keyed = OpenAI(None, base_url=base_url).traits, OpenAI(KEY, base_url=base_url).traits
    assert (keyless.paid, keyless.start) == ((False, 4) if near else (True, 10))
    assert (keyed.paid, keyed.start) == (True, 10)
    assert keyless.payer != keyed.payer


def test_without_a_key_none_is_sent() -> None:
    _, (received,) = run([answers()], start, key=None)
    assert "authorization" not in received.headers


@pytest.mark.parametrize(
    ("model", "access", "named"),
    [
        (None, Access(), "OPENAI_API_KEY is not set"),
        ("x", Access(openai_base_url="https://openrouter.ai/api/v1"), "OPENAI_API_KEY is not set"),
        (None, Access(openai_base_url="http://localhost:11434/v1"), "--model is needed"),
        (None, Access(openai_key="k", openai_base_url="https://openrouter.ai/api/v1"), "--model is needed"),
        (None, Access(openai_key="two words"), "OPENAI_API_KEY"),
        ("", Access(openai_key="k"), None),
        ("a\nb", Access(openai_key="k"), "--model"),
    ],
)
def test_what_is_missing_is_said(model: str | None, access: Access, named: str | None) -> None:
    if named is None:
        assert opened(model, access).traits.model == "gpt-4.1-mini"
        return
    with pytest.raises(SettingsError, match=named):
        opened(model, access)


def test_openai_has_a_model_of_its_own_choice_and_others_are_named() -> None:
    assert opened(None, Access(openai_key="k")).traits.model == "gpt-4.1-mini"
    assert opened("llava", Access(openai_base_url="http://localhost:11434/v1")).traits.model == "llava"


# What is made of an answer


def test_an_answer_tells_its_text_its_usage_and_what_is_left() -> None:
    reply, _ = run([says(completion(), 200, headers=LIMITS)], start)
    assert (reply.text, reply.usage, reply.truncated) == (DRESS, Usage(1263, 215), False)
    assert reply.allowance == Allowance(59, 1.0, 149_000, 0.0004)


def test_a_server_that_tells_nothing_of_quotas_or_usage_is_taken_as_it_is() -> None:
    body = completion()
    del body["usage"]
    reply, _ = run([says(body, 200)], start)
    assert (reply.allowance, reply.usage) == (None, Usage(None, None))


@pytest.mark.parametrize(
    ("content", "text"),
    [("x", "x"), (None, ""), ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"), (7, "")],
)
def test_a_text_comes_whole_or_in_parts(content: object, text: str) -> None:
    assert run([answers(content)], start)[0].text == text


@pytest.mark.parametrize(
    ("content", "finish", "cut"),
    [(DRESS, "length", True), (DRESS, "stop", False), ('{"a": ', None, True), ('{"a": ', "stop", False)],
)
def test_an_answer_that_was_cut_off_says_so(content: str, finish: str | None, cut: bool) -> None:
    assert run([answers(content, finish=finish)], start)[0].truncated is cut


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            completion(None, refusal="I can't help\nwith that."),
            "at this picture: I can't help with",
        ),
        (completion("", "content_filter"), "content filter"),
    ],
)
def test_a_refusal_is_final(body: dict[str, Any], said: str) -> None:
    error = start_error(says(body, 200))
    assert isinstance(error, Refused)
    assert said in str(error)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": True}, "odd"])
def test_usage_that_is_no_count_is_unknown(usage: object) -> None:
    reply, _ = run([says(completion() | {"usage": usage}, 200)], start)
    assert reply.usage == Usage(None, None)


@pytest.mark.parametrize(
    "body",
    [{"choices": []}, {"choices": [{}]}, {"choices": None}, {"id": 1}, {"choices": [{"message": "x"}]}],
)
def test_what_is_no_completion_is_broken(body: dict[str, Any]) -> None:
    error = start_error(says(body, 200))
    assert isinstance(error, Broken)
    assert (error.heard, error.ended) == (True, True)


@pytest.mark.parametrize("step", [hangs_up, breaks_off])
def test_a_line_that_breaks_leaves_it_unknown_what_was_bought(step: Any) -> None:
    error = start_error(step)
    assert isinstance(error, Broken)
    assert (error.heard, error.ended) == (False, False)


def test_a_silent_service_is_given_up_when_the_intents_time_and_the_patience_are_over() -> None:
    async def use(openai: OpenAI) -> None:
        with pytest.raises(Broken, match="did not answer"):
            await openai.start(IMAGE, ASK, replace(INTENT, cancel_after=0.02))

    run([stalls], use, patience=0.05)


def test_a_page_instead_of_json_is_broken_and_not_ended() -> None:
    error = start_error(says(status=200, text="<html>welcome</html>"))
    assert isinstance(error, Broken)
    assert (error.heard, error.ended) == (True, False)


# What cannot be had


def test_nobody_can_know_what_became_of_a_request() -> None:
    async def use(openai: OpenAI) -> None:
        with pytest.raises(Untraceable, match="keeps no list"):
            await openai.find(INTENT)
        with pytest.raises(Untraceable, match="nobodysticket"):
            await openai.check(Ticket(INTENT, "nobodysticket"))
        await openai.cancel(Ticket(INTENT, "nobodysticket"))

    _, received = run([answers()], use)
    assert received == []


def test_the_key_is_struck_from_whatever_the_service_repeats() -> None:
    error = start_error(says(fault(f"Incorrect API key provided: {KEY}.", code="invalid_api_key"), 401))
    assert isinstance(error, AccessDenied)
    assert "[token]" in str(error)
