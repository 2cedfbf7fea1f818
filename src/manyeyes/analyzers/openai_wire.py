"""Translates between our words and the JSON of OpenAI's chat completions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from yarl import URL

from manyeyes.analyzers.descriptor_schema import schema_for
from manyeyes.analyzers.prompt import full_prompt
from manyeyes.model.ask import Allowance, Ask, Reply, Usage
from manyeyes.model.errors import Broken, Refused, SettingsError
from manyeyes.model.reply_json import is_cut_off
from manyeyes.model.written import WORDS_SCHEMA

#: Models that think before they answer: they take no temperature, and their thoughts count as output.
_THINKS = re.compile(r"(?:o\d|gpt-[5-9])(?!.*-chat)", re.ASCII)
#: What a model's thoughts may take beyond the answer, in tokens.
_THOUGHTS = 4_096


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is."""

    #: `https://api.openai.com`
    origin: str
    #: `/v1`; what comes before the routes.
    path: str

    @property
    def base_url(self) -> str:
        """Both together."""
        return self.origin + self.path

    @property
    def is_openai(self) -> bool:
        """OpenAI itself, rather than someone who speaks its wire."""
        return URL(self.origin).host == "api.openai.com"

    @property
    def is_near(self) -> bool:
        """On this machine or in its network: nobody else would be known by such a name."""
        host = (URL(self.origin).host or "").rstrip(".").lower()
        try:
            address = ip_address(host)
        except ValueError:
            return "." not in host or host.endswith((".local", ".localhost", ".lan", ".internal"))
        return address.is_private or address.is_loopback or address.is_link_local


def place_of(base_url: str) -> Place:
    """The place that `base_url` names, with or without the path `/v1`, slashes at its end, or the route.

    Raises SettingsError where it is no address.
    """
    try:
        url = URL(base_url.strip())
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url.user or url.query_string or url.fragment:
        raise SettingsError(
            f"OPENAI_BASE_URL {base_url!r} is no address: give one such as https://api.openai.com/v1 or "
            "http://localhost:11434/v1."
        )
    path = url.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return Place(str(url.origin()), path or "/v1")


def request_body(
    model: str, place: Place, picture: str, ask: Ask, *, structured: bool
) -> Mapping[str, object]:
    """The request; `picture` is a data URI. With `structured` the answer is held to the ask's schema."""
    content = [
        {"type": "text", "text": full_prompt(ask)},
        # `auto` would leave the price to the service.
        {"type": "image_url", "image_url": {"url": picture, "detail": "high"}},
    ]
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": content}]}
    schema = schema_for(ask) if structured else None
    if schema is not None:
        name = "words" if ask.schema == WORDS_SCHEMA else "style_descriptor"
        named = {"name": name, "schema": schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    return body | _generation(model, place, ask)


def _generation(model: str, place: Place, ask: Ask) -> dict[str, object]:
    generation, most = ask.generation, ask.generation.max_output_tokens
    if place.is_openai and _THINKS.match(model):
        effort: dict[str, object] = {} if generation.thinking else {"reasoning_effort": "low"}
        return {"max_completion_tokens": most + _THOUGHTS} | effort
    # Other servers than OpenAI know the older name alone.
    name = "max_completion_tokens" if place.is_openai else "max_tokens"
    return {name: most, "temperature": generation.temperature}


def reply_of(completion: Mapping[str, object], allowance: Allowance | None) -> Reply:
    """The answer in a `chat.completion`. Raises Refused, and Broken where it is none."""
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise Broken("The service's answer is no chat completion: it has no message.", ended=True, heard=True)
    finish, text = choice.get("finish_reason"), text_of(message.get("content"))
    if isinstance(said := message.get("refusal"), str) and said.strip():
        raise Refused(
            f"The model refuses to look at this picture: {' '.join(said.split())[:300].rstrip('.')}."
        )
    if finish == "content_filter":
        raise Refused("The service's content filter held back the answer to this picture.")
    cut = finish == "length" or (finish in (None, "") and is_cut_off(text))
    return Reply(text, usage_of(completion.get("usage")), allowance, cut)


def text_of(content: object) -> str:
    """A message's text, be it in parts."""
    match content:
        case str():
            return content
        case list():
            return "".join(text_of(part.get("text")) for part in content if isinstance(part, Mapping))
    return ""


def usage_of(usage: object) -> Usage:
    """Tokens, as far as they are counts; thoughts are among the output."""
    counts = usage if isinstance(usage, Mapping) else {}
    return Usage(_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
