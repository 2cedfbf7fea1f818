"""Translates between our words and the JSON that Replicate speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from yarl import URL

from manyeyes.model.ask import Allowance, Ask, Reply, Usage
from manyeyes.model.errors import Broken, SettingsError
from manyeyes.model.reply_json import is_cut_off

Prediction = Mapping[str, object]

_MODEL = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?::(?P<version>[0-9a-f]{64}))?", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
_INPUT_TOKENS = re.compile(r"input token count:\s*(\d{1,15})", re.IGNORECASE)
_OUTPUT_TOKENS = re.compile(r"output token count:\s*(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list of past predictions, read for one intent."""

    predictions: Sequence[Prediction] = ()
    #: Seconds since the epoch, by Replicate's clock: what was created before is none of the intent's.
    oldest: float = 0.0
    #: Why the rest of the list cannot be known; empty where it can.
    doubt: str = ""

    def reaches(self, prediction: Prediction) -> bool:
        """Whether it may have been created for the intent, by its time alone."""
        created = created_at(prediction)
        return created is None or created >= self.oldest


@dataclass(frozen=True, slots=True)
class Route:
    """Where predictions of a model are created."""

    path: str
    #: Sent beside the input; None for an official model, whose route says it all.
    version: str | None


def route_of(model: str) -> Route:
    """`owner/name` (official), `owner/name:version` or a bare version of 64 hex digits."""
    if _VERSION.fullmatch(model):
        return Route("/predictions", model)
    match = _MODEL.fullmatch(model)
    if match is None or ".." in model:
        raise SettingsError(
            f"--model {model!r} is no model of Replicate's: give owner/name, owner/name:version, or the "
            "version's 64 hex digits."
        )
    if version := match["version"]:
        return Route("/predictions", version)
    return Route(f"/models/{match['owner']}/{match['name']}/predictions", None)


def origin_of(base_url: str) -> str:
    """`base_url` without `/v1` and slashes at its end, so that either way of giving it is the same."""
    try:
        url = URL(base_url.strip())
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url.user or url.query_string or url.fragment:
        raise SettingsError(
            f"REPLICATE_BASE_URL {base_url!r} is no address: give the origin alone, as https://api.replicate.com."
        )
    path = url.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return str(url.origin()) + path


def model_input(picture: str, ask: Ask, prompt: str) -> dict[str, object]:
    """The `input` of google/gemini-2.5-flash; `picture` is a URL or a data URI."""
    generation = ask.generation
    thinking: dict[str, object] = {} if generation.thinking else {"thinking_budget": 0}
    return {
        "prompt": prompt,
        "images": [picture],
        "max_output_tokens": generation.max_output_tokens,
        "temperature": generation.temperature,
        "dynamic_thinking": generation.thinking,
    } | thinking


def id_of(prediction: Prediction) -> str:
    """The prediction's id, safe to stand in a path; Broken where there is none."""
    name = prediction.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise Broken("Replicate's answer is no prediction: it has no id.")
    return name


def results_of(page: Mapping[str, object]) -> list[Prediction]:
    """The predictions on a page of the list; Broken where it is no such page."""
    results = page.get("results")
    if not isinstance(results, list):
        raise Broken("Replicate's answer is no list of predictions: it has no results.")
    return [item for item in results if isinstance(item, Mapping)]


def created_at(prediction: Prediction) -> float | None:
    """Seconds since the epoch, by Replicate's clock; None where it does not say."""
    try:
        return datetime.fromisoformat(str(prediction.get("created_at"))).timestamp()
    except (ValueError, OverflowError):
        return None


def bears(prediction: Prediction, mark: str) -> bool:
    """Whether `mark` ends the prediction's prompt. An hour after its end Replicate removes the input."""
    asked = prediction.get("input")
    prompt = asked.get("prompt") if isinstance(asked, Mapping) else None
    return isinstance(prompt, str) and prompt.rstrip().endswith(mark)


def reply_of(prediction: Prediction, allowance: Allowance | None) -> Reply:
    """The answer of a prediction that succeeded."""
    if prediction.get("output") is None and prediction.get("data_removed"):
        raise Broken(
            f"Replicate has removed the answer of prediction {prediction.get('id')}: it was too old."
        )
    text, usage = text_of(prediction.get("output")), usage_of(prediction)
    return Reply(text, usage, allowance, _is_truncated(prediction, text, usage))


def text_of(output: object) -> str:
    """A model's output in one text; chunks are split inside words, so they join without a space."""
    match output:
        case None:
            return ""
        case str():
            return output
        case list():
            return "".join(map(text_of, output))
    return orjson.dumps(output).decode()


def usage_of(prediction: Prediction) -> Usage:
    """Tokens from the text of the log, where this model reports them, or else from `metrics`."""
    logs = prediction.get("logs")
    metrics = prediction.get("metrics")
    text = logs if isinstance(logs, str) else ""
    counts = metrics if isinstance(metrics, Mapping) else {}
    return Usage(
        _tokens(_INPUT_TOKENS, text, counts.get("input_token_count")),
        _tokens(_OUTPUT_TOKENS, text, counts.get("output_token_count")),
    )


def _tokens(pattern: re.Pattern[str], logs: str, metric: object) -> int | None:
    if found := pattern.findall(logs):
        return int(found[-1])
    return metric if isinstance(metric, int) and not isinstance(metric, bool) and metric >= 0 else None


def _is_truncated(prediction: Prediction, text: str, usage: Usage) -> bool:
    """Replicate names no reason for the end of an answer: it is read from the tokens and the text."""
    asked = prediction.get("input")
    most = asked.get("max_output_tokens") if isinstance(asked, Mapping) else None
    full = isinstance(most, int) and usage.output_tokens is not None and usage.output_tokens >= most
    return full or is_cut_off(text)
