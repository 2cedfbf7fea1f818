"""What a client asks for when it creates a prediction, checked as the service checks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from manyeyes.stand_in.problems import InvalidField, Problem, invalid_input, invalid_version
from manyeyes.stand_in.replies import Question
from manyeyes.stand_in.world import ReplicateWorld

#: The version whose input schema this file knows, and the model it belongs to.
MODEL = "google/gemini-2.5-flash"
MAX_OUTPUT_TOKENS = 65535

_NUMBERS = {
    "temperature": ("number", 0, 2),
    "top_p": ("number", 0, 1),
    "max_output_tokens": ("integer", 1, MAX_OUTPUT_TOKENS),
    "thinking_budget": ("integer", 0, 24576),
}
_MODEL = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_VERSION = re.compile(r"(?:(?P<model>[\w.-]+/[\w.-]+):)?(?P<hash>[0-9a-f]{64})", re.ASCII)
_PREFER = re.compile(r"wait(=([1-9]|[1-9][0-9]|60))?")
_CANCEL_AFTER = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


@dataclass(frozen=True, slots=True)
class Order:
    """One create that may be carried out."""

    model: str
    #: 64 hex digits, or `hidden` for an official model.
    version: str
    input: Mapping[str, object]
    #: `Prefer` as sent, where it asks to wait, and the seconds it asks for.
    preferred: str | None = None
    wait: float = 0.0
    #: Seconds from creation to the deadline.
    cancel_after: float | None = None
    webhook: str | None = None

    @property
    def question(self) -> Question:
        """What the model is asked, beside the pictures."""
        asked = self.input
        most = asked.get("max_output_tokens", MAX_OUTPUT_TOKENS)
        assert isinstance(most, int)
        return Question(str(asked["prompt"]), str(asked.get("system_instruction", "")), most)

    @property
    def pictures(self) -> list[str]:
        """Data URIs and URLs, as sent."""
        pictures = self.input.get("images", [])
        assert isinstance(pictures, list)
        return pictures


def parse_order(
    body: object, headers: Mapping[str, str], world: ReplicateWorld, model: str | None = None
) -> Order:
    """The order in a request. `model` comes from the path, where the path names one. Raises `Problem`."""
    if not isinstance(body, dict):
        raise invalid_input([InvalidField("invalid_type", "(root)", "Invalid type. Expected: object")])
    wrong = list(_invalid_body(body, from_path=model is not None))
    if wrong:
        raise invalid_input(wrong)
    if model is None:
        model, version = _version(str(body["version"]), world.accounts.missing)
    else:
        version = "hidden"
        if model in world.accounts.missing:
            raise Problem(404, "The requested resource could not be found.")
    wrong = list(_invalid_input(body["input"]))
    if wrong:
        raise invalid_input(wrong)
    preferred, wait = parse_prefer(headers.get("Prefer"))
    least = world.wire.least_cancel_after
    cancel_after = parse_cancel_after(headers.get("Cancel-After"), least)
    return Order(model, version, body["input"], preferred, wait, cancel_after, body.get("webhook"))


def parse_prefer(header: str | None) -> tuple[str | None, float]:
    """The preference to echo and the seconds to wait, at most 60; any other preference is passed over."""
    if header is None or (match := _PREFER.fullmatch(header.strip())) is None:
        return None, 0.0
    return header.strip(), min(60.0, float(match.group(2) or 60))


def parse_cancel_after(header: str | None, least: float) -> float | None:
    """Seconds of `30s`, `5m`, `1h30m45s` or a bare number, at least `least`. Raises `Problem`."""
    if header is None:
        return None
    match = _CANCEL_AFTER.fullmatch(header.strip())
    if match is None or not any(match.groups()):
        raise Problem(422, f"Cancel-After: {header!r} is no duration", "Invalid header")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = float(hours * 3600 + minutes * 60 + seconds)
    if total < least:
        raise Problem(422, f"Cancel-After: must be at least {least:g} seconds", "Invalid header")
    return total


def _version(named: str, missing: tuple[str, ...]) -> tuple[str, str]:
    """Model and version of `owner/name` (official models), `owner/name:hash` or `hash`."""
    if named in missing:
        raise invalid_version()
    if _MODEL.fullmatch(named):
        return named, "hidden"
    match = _VERSION.fullmatch(named)
    if match is None or match["hash"] in missing or match["model"] in missing:
        raise invalid_version()
    return match["model"] or MODEL, match["hash"]


def _invalid_body(body: Mapping[str, object], *, from_path: bool) -> Iterator[InvalidField]:
    if from_path and "version" in body:
        yield _extra("version")
    if "model" in body:
        yield _extra("model")
    if not from_path and not isinstance(body.get("version"), str):
        yield InvalidField("required", "(root)", "version is required")
    if not isinstance(body.get("input"), dict):
        yield InvalidField("required", "(root)", "input is required")
    if not isinstance(body.get("webhook", ""), str):
        yield _type("webhook", "string", body["webhook"])


def _invalid_input(given: Mapping[str, object]) -> Iterator[InvalidField]:
    if "prompt" not in given:
        yield InvalidField("required", "input", "prompt is required")
    for name in ("prompt", "system_instruction"):
        if name in given and not isinstance(given[name], str):
            yield _type(f"input.{name}", "string", given[name])
    for name, (kind, low, high) in _NUMBERS.items():
        if name in given:
            yield from _invalid_number(f"input.{name}", given[name], kind, low, high)
    if "dynamic_thinking" in given and not isinstance(given["dynamic_thinking"], bool):
        yield _type("input.dynamic_thinking", "boolean", given["dynamic_thinking"])
    for name in ("images", "videos"):
        if name in given:
            yield from _invalid_uris(f"input.{name}", given[name])


def _invalid_number(field: str, value: object, kind: str, low: float, high: float) -> Iterator[InvalidField]:
    wanted = int if kind == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        yield _type(field, kind, value)
    elif value < low:
        yield InvalidField("number_gte", field, f"Must be greater than or equal to {low:g}")
    elif value > high:
        yield InvalidField("number_lte", field, f"Must be less than or equal to {high:g}")


def _invalid_uris(field: str, value: object) -> Iterator[InvalidField]:
    if not isinstance(value, list):
        yield _type(field, "array", value)
        return
    if len(value) > 10:
        yield InvalidField("array_max_items", field, "Array must have at most 10 items")
    for index, each in enumerate(value):
        if not isinstance(each, str):
            yield _type(f"{field}.{index}", "string", each)
        elif not re.match(r"(data:|https?://)", each):
            yield InvalidField("format", f"{field}.{index}", "Does not match format 'uri'")


def _extra(name: str) -> InvalidField:
    return InvalidField(
        "additional_property_not_allowed", "(root)", f"Additional property {name} is not allowed"
    )


def _type(field: str, expected: str, given: object) -> InvalidField:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    named = names.get(type(given), "null")
    return InvalidField("invalid_type", field, f"Invalid type. Expected: {expected}, given: {named}")
