"""What a client asks of `/v1/chat/completions`, checked as the service checks it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manyeyes.stand_in.openai_problems import ApiError, no_such_model
from manyeyes.stand_in.openai_world import OpenAIWorld
from manyeyes.stand_in.pictures import Sight
from manyeyes.stand_in.replies import Question

MAX_OUTPUT_TOKENS = 16_384
_DETAILS = ("auto", "low", "high", "original")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChatPicture:
    """A picture in a message."""

    url: str
    detail: str
    #: Where it stands in the request.
    place: str


@dataclass(frozen=True, slots=True)
class ChatOrder:
    """One request that may be carried out."""

    model: str
    question: Question
    pictures: tuple[ChatPicture, ...]
    #: The JSON schema that the answer must have.
    schema: Mapping[str, Any] | None

    def tokens(self, sights: list[Sight]) -> int:
        """What the prompt comes to, pictures and all."""
        seen = zip(self.pictures, sights, strict=True)
        return self.question.tokens + sum(picture_tokens(sight, picture.detail) for picture, sight in seen)


def picture_tokens(sight: Sight, detail: str) -> int:
    """85 for low detail; else 85 and 170 for each tile of 512, within 2048² and the short side 768."""
    if detail == "low":
        return 85
    scale = min(1.0, 2048 / max(sight.width, sight.height))
    scale = min(scale, 768 / min(sight.width, sight.height))
    tiles = math.ceil(sight.width * scale / 512) * math.ceil(sight.height * scale / 512)
    return 85 + 170 * tiles


def parse_chat(body: object, world: OpenAIWorld) -> ChatOrder:
    """The order in a request. Raises `ApiError`."""
    if not isinstance(body, dict):
        raise ApiError(400, "We could not parse the JSON body of your request.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise ApiError(400, "you must provide a model parameter")
    if model in world.accounts.missing:
        raise no_such_model(model)
    for name, absent in (("stream", False), ("tools", None), ("n", 1)):
        if body.get(name, absent) not in (absent, None):
            raise ApiError(400, f"'{name}' is not supported by this stand-in.", param=name)
    texts: dict[str, list[str]] = {"user": [], "system": []}
    pictures: list[ChatPicture] = []
    for role, text, picture in _parts(body.get("messages")):
        texts["system" if role in ("system", "developer") else "user"].append(text)
        pictures += [picture] if picture else []
    schema, json = _format(body.get("response_format"), world.manners.structured)
    if json and schema is None and "json" not in str(texts).lower():
        raise ApiError(
            400,
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
            "'json_object'.",
            param="messages",
        )
    question = Question("\n".join(texts["user"]), "\n".join(texts["system"]), _most(body), json)
    return ChatOrder(model, question, tuple(pictures), schema)


def _parts(messages: object) -> Iterator[tuple[str, str, ChatPicture | None]]:
    """Role, text and picture of each part of each message; a string is a part of its own."""
    if not isinstance(messages, list) or not messages:
        raise _wrong("messages", "expected an array with at least one message")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise _wrong(f"messages[{number}]", "expected an object with a role")
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(parts, list):
            raise _wrong(f"messages[{number}].content", "expected a string or an array of parts")
        for index, part in enumerate(parts):
            yield message["role"], *_part(part, f"messages[{number}].content[{index}]")


def _part(part: object, place: str) -> tuple[str, ChatPicture | None]:
    match part:
        case {"type": "text", "text": str(text)}:
            return text, None
        case {"type": "image_url", "image_url": {"url": str(url), **more}}:
            detail = more.get("detail") or "auto"
            if detail not in _DETAILS:
                raise _wrong(f"{place}.image_url.detail", f"expected one of {', '.join(_DETAILS)}")
            return "", ChatPicture(url, detail, f"{place}.image_url.url")
    raise _wrong(place, "expected a text or an image_url")


def _format(asked: object, known: str) -> tuple[Mapping[str, Any] | None, bool]:
    """The schema asked for, and whether JSON is."""
    match asked:
        case None | {"type": "text"}:
            return None, False
        case _ if known == "none":
            raise _wrong("response_format", "it is not supported")
        case {"type": "json_object"}:
            return None, True
        case {"type": "json_schema", "json_schema": {"name": str(name), "schema": dict(schema)}}:
            if known != "schema":
                raise _wrong("response_format.type", "expected one of text, json_object")
            if not _NAME.fullmatch(name):
                raise _wrong(
                    "response_format.json_schema.name", "expected at most 64 of a-z, A-Z, 0-9, _ and -"
                )
            return schema, True
    raise _wrong("response_format", "expected text, json_object, or json_schema with a name and a schema")


def _most(body: Mapping[str, object]) -> int:
    for name in ("max_completion_tokens", "max_tokens"):
        most = body.get(name)
        if most is None:
            continue
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise _wrong(name, "expected an integer from 1 up")
        return min(most, MAX_OUTPUT_TOKENS)
    return MAX_OUTPUT_TOKENS


def _wrong(param: str, says: str) -> ApiError:
    return ApiError(400, f"Invalid value for '{param}': {says}.", code="invalid_value", param=param)
