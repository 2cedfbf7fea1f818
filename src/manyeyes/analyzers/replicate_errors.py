"""Sorts what Replicate says went wrong by what we do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from manyeyes.analyzers.line import Answer
from manyeyes.analyzers.quota_headers import number, replicate_allowance, retry_after
from manyeyes.model.errors import (
    AccessDenied,
    AnalyzerError,
    Broken,
    OutOfTime,
    Overloaded,
    Pushback,
    RateLimited,
    Refused,
)

#: What a request was for; the same status means different things.
Call = Literal["create", "upload", "check", "list", "cancel"]

_WAIT_IN_WORDS = re.compile(r"(?:resets in ~?|available in )\s*(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)
#: Codes of the platform itself (docs/reference/error-codes), such as E1000 unknown, E1001 out of memory
#: and E6716 time-out when starting. They say nothing of the picture, whatever words stand beside them.
_PLATFORM_CODE = re.compile(r"\bE\d{4}\b")
_REFUSAL = re.compile(
    r"sensitive|flagged|safety|nsfw|moderat|prohibited|content polic|usage polic|recitation|blocked",
    re.IGNORECASE,
)
_PICTURE = r"(?:image|picture|photo)s?"
_FAULT = r"invalid|unsupported|corrupt|cannot identify|unable to process|not valid|decod|too large|exceeds"
_PICTURE_FAULT = re.compile(
    rf"\b{_PICTURE}\b.*(?:{_FAULT})|(?:{_FAULT}).*\b{_PICTURE}\b", re.IGNORECASE | re.DOTALL
)
_SHORT_OF_CAPACITY = re.compile(
    r"high demand|overloaded|over capacity|resource.?exhausted|too many requests|\b429\b|rate limit",
    re.IGNORECASE,
)
_ABOUT_THE_PICTURE = re.compile(r"\binput\.images?\b", re.IGNORECASE)


def said_by(answer: Answer) -> str:
    """What an answer gives as the reason, for people, in one line; else what its status means."""
    parts = (answer.body.get("title"), answer.body.get("detail"))
    text = ". ".join(part.strip(" .\n") for part in parts if isinstance(part, str) and part.strip())
    return " ".join(text.split())[:300] or answer.meaning


def error_for(answer: Answer, call: Call, model: str) -> AnalyzerError:
    """The error that an unsuccessful answer stands for."""
    return (
        _pushback(answer, call)
        or _access_denied(answer)
        or (_about_the_upload(answer) if call == "upload" else None)
        or (_about_the_create(answer, model) if call == "create" else None)
        or Broken(f"Replicate answered with HTTP {answer.status} ({said_by(answer)}).", heard=True)
    )


def failure_of(prediction: Mapping[str, object]) -> AnalyzerError:
    """The error that a prediction's own end (`failed`, `canceled`, `aborted`) stands for."""
    name, status = prediction.get("id"), prediction.get("status")
    if status in ("canceled", "aborted"):
        when = "while it ran" if status == "canceled" else "before it could start"
        return OutOfTime(f"Replicate stopped prediction {name} at its deadline, {when}.", ended=True)
    reason = " ".join(str(prediction.get("error") or "it gave no reason").split())[:300]
    text = f"Replicate's prediction {name} failed: {reason.rstrip('.')}."
    if _PLATFORM_CODE.search(reason):
        return Broken(text, ended=True)
    if _SHORT_OF_CAPACITY.search(reason):
        return Overloaded(text, ended=True)
    if _REFUSAL.search(reason) or _PICTURE_FAULT.search(reason):
        return Refused(text, ended=True)
    return Broken(text, ended=True)


def wait_named(answer: Answer) -> float | None:
    """Seconds to wait that a 429 names, or None.

    The order is that of the official clients: `Retry-After`, `retry_after` in the body, the sentence in
    `detail`, `ratelimit-reset`. The last is a named wait too: seconds until the quota grants a request.
    """
    wait = retry_after(answer.headers)
    if wait is None:
        wait = number(answer.body.get("retry_after"))
    if wait is None and (match := _WAIT_IN_WORDS.search(str(answer.body.get("detail", "")))):
        wait = float(match[1])
    return number(answer.headers.get("ratelimit-reset")) if wait is None else wait


def _pushback(answer: Answer, call: Call) -> Pushback | None:
    if answer.status == 429:
        return RateLimited(
            f"Replicate limits the rate: {said_by(answer)}.",
            retry_after=wait_named(answer),
            # All other calls share a quota of their own, which says nothing of creates.
            allowance=replicate_allowance(answer.headers) if call == "create" else None,
        )
    wait = retry_after(answer.headers)
    if answer.status in (503, 529) and wait is not None:
        return Overloaded(f"Replicate is overloaded: {said_by(answer)}.", retry_after=wait)
    return None


def _access_denied(answer: Answer) -> AccessDenied | None:
    said, tokens = said_by(answer), "https://replicate.com/account/api-tokens"
    match answer.status:
        case 401:
            text = (
                f"Replicate does not accept the token ({said}): set REPLICATE_API_TOKEN to one from {tokens}."
            )
        case 402:
            text = f"Replicate asks for credit ({said}): buy some at https://replicate.com/account/billing."
        case 403:
            text = f"Replicate does not permit this ({said}): set REPLICATE_API_TOKEN to one from {tokens}."
        case status if 300 <= status < 400:
            place = answer.headers.get("location", "nowhere")[:200]
            text = (
                f"The service redirects to {place}, where the token must not follow: set REPLICATE_BASE_URL "
                "to the service's own origin."
            )
        case _:
            return None
    return AccessDenied(text)


def _about_the_upload(answer: Answer) -> Refused | None:
    if answer.status not in (400, 413, 415, 422):
        return None
    return Refused(f"Replicate does not take this picture as a file: {said_by(answer)}.")


def _about_the_create(answer: Answer, model: str) -> AnalyzerError | None:
    """What is wrong with this request: with its picture alone, or with every picture's?"""
    said = said_by(answer)
    if answer.status == 413:
        return Refused(f"The picture is too large for Replicate in one request ({said}).")
    if answer.status == 404:
        return AccessDenied(
            f"Replicate knows no model {model!r} ({said}): set --model to one that exists, as owner/name, "
            "and see that REPLICATE_BASE_URL is the service's origin."
        )
    if answer.status not in (400, 422):
        return None
    if all(_ABOUT_THE_PICTURE.search(place) for place in _places(answer)):
        return Refused(f"Replicate does not take this picture: {said}.")
    return AccessDenied(
        f"Replicate does not take the request for model {model!r} ({said}): set --model to one that exists "
        "and takes a prompt and images, as google/gemini-2.5-flash does."
    )


def _places(answer: Answer) -> list[str]:
    """Where in the request its faults lie, as far as the answer says."""
    found = answer.body.get("invalid_fields")
    fields = (
        [str(item.get("field")) for item in found if isinstance(item, dict)]
        if isinstance(found, list)
        else []
    )
    return fields or [str(answer.body.get("detail", ""))]
