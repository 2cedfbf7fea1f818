"""Sorts what an OpenAI-shaped service says went wrong by what we do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from manyeyes.analyzers.line import Answer
from manyeyes.analyzers.openai_wire import Place
from manyeyes.analyzers.quota_headers import openai_allowance, plain_allowance, retry_after, wait_in_words
from manyeyes.model.ask import Allowance
from manyeyes.model.errors import AccessDenied, AnalyzerError, Broken, Overloaded, RateLimited, Refused

#: No wait helps. An ordinary 429 may speak of billing too, so that words tell nothing.
_OUT_OF_CREDIT = {
    "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active",
}  # fmt: skip
_REFUSAL = re.compile(
    r"content.?polic|content.?filter|content_management|safety system|moderation|flagged|usage polic",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\b(?:image|picture|photo)s?\b|image_url|invalid_image|image_parse", re.IGNORECASE)
#: The model cannot look at pictures, whatever they show.
_BLIND = re.compile(
    r"(?:not|n't|only) support\w*|not (?:a )?multimodal|only supported|does not have vision|mmproj"
    r"|no endpoints|invalid content type|at most 0",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"response_format|json_schema|structured.?output|guided|grammar", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error object, in whichever of its forms it came."""

    status: int
    said: str
    #: `type`, `code` and `param` of the error; empty where they are not told as texts.
    kind: str = ""
    code: str = ""
    param: str = ""
    #: The service itself has spoken, rather than something in front of it.
    from_service: bool = True

    @property
    def words(self) -> str:
        """All that was said, to look for words in."""
        return f"{self.code} {self.param} {self.said}"


def fault_in(answer: Answer) -> Fault | None:
    """The error that an answer tells of; None where it is a success. A 200 may hold one, too."""
    told = answer.body.get("error", answer.body.get("detail") if answer.status >= 400 else None)
    if told is None and answer.body.get("object") == "error":
        told = answer.body
    if told is None and answer.status == 200 and isinstance(choices := answer.body.get("choices"), list):
        told = next((each.get("error") for each in choices if isinstance(each, Mapping)), None)
    if not told:
        return None if answer.status == 200 else Fault(answer.status, answer.meaning, from_service=False)
    fault = _read(told, answer)
    if answer.status == 200:
        status = int(fault.code) if fault.code.isdecimal() else 502
        return replace(fault, status=status if 400 <= status < 600 else 502)
    return fault


def _read(told: object, answer: Answer) -> Fault:
    if not isinstance(told, Mapping):
        return Fault(answer.status, _in_one_line(str(told)) or answer.meaning)
    texts = {name: told.get(name) for name in ("message", "type", "code", "param")}
    said, kind, code, param = ("" if value is None else str(value) for value in texts.values())
    return Fault(answer.status, _in_one_line(said) or answer.meaning, kind, code, param)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:300].rstrip(" .")


def allowance_of(answer: Answer) -> Allowance | None:
    """What an answer's headers say of requests and tokens, in OpenAI's form or a plain one."""
    return openai_allowance(answer.headers) or plain_allowance(answer.headers)


def is_about_format(fault: Fault) -> bool:
    """Whether the request would be taken without a schema for the answer: nothing was bought."""
    return fault.status in (400, 404, 415, 422, 500, 501) and bool(_FORMAT.search(fault.words))


def error_for(fault: Fault, answer: Answer, model: str, place: Place) -> AnalyzerError:
    """The error that a fault stands for."""
    return (
        _pushback(fault, answer)
        or _access_denied(fault, answer, place)
        or _about_the_request(fault, model, place)
        # An error object says that the work has ended; a page of someone in front of it says nothing.
        or Broken(
            f"{place.origin} answered with HTTP {fault.status} ({fault.said}).",
            ended=fault.from_service,
            heard=True,
        )
    )


def wait_named(fault: Fault, answer: Answer) -> float | None:
    """Seconds to wait that a refusal names, or None: by its headers, by its words, and by what of the quotas
    the headers say is used up."""
    wait = retry_after(answer.headers)
    if wait is None:
        wait = wait_in_words(fault.said)
    allowance = allowance_of(answer)
    if wait is None and allowance is not None:
        empty = ((allowance.remaining, allowance.reset), (allowance.tokens, allowance.tokens_reset))
        wait = max((reset for remaining, reset in empty if remaining == 0), default=None)
    return wait


def _pushback(fault: Fault, answer: Answer) -> AnalyzerError | None:
    wait = wait_named(fault, answer)
    if fault.status == 429:
        if {fault.kind, fault.code} & _OUT_OF_CREDIT:
            return None
        if fault.said.startswith("Request too large"):
            return Refused(f"The account's limits do not allow so large a request: {fault.said}.")
        return RateLimited(
            f"The service limits the rate: {fault.said}.", retry_after=wait, allowance=allowance_of(answer)
        )
    if fault.status in (503, 529) and (fault.from_service or retry_after(answer.headers) is not None):
        return Overloaded(f"The service is overloaded: {fault.said}.", retry_after=wait)
    return None


def _access_denied(fault: Fault, answer: Answer, place: Place) -> AccessDenied | None:
    said, origin = fault.said, place.origin
    match fault.status:
        case 401:
            text = f"{origin} does not accept the key ({said}): set OPENAI_API_KEY to one that it knows."
        case 402 | 429:
            text = f"{origin} asks for credit ({said}): see to the account's billing, or use another key."
        case 403 if not _REFUSAL.search(fault.words):
            text = (
                f"{origin} does not permit this ({said}): set OPENAI_API_KEY to one that may use the model."
            )
        case status if 300 <= status < 400:
            there = answer.headers.get("location", "nowhere")[:200]
            text = (
                f"The service redirects to {there}, where the key must not follow: set OPENAI_BASE_URL to "
                "the service's own address."
            )
        case _:
            return None
    return AccessDenied(text)


def _about_the_request(fault: Fault, model: str, place: Place) -> AnalyzerError | None:
    """What is wrong with this request: with its picture alone, or with every picture's?"""
    said = fault.said
    if fault.status == 413:
        return Refused(f"The picture is too large for {place.origin} in one request ({said}).")
    if fault.status in (404, 405):
        return AccessDenied(
            f"{place.origin} knows no model {model!r}, or no such route ({said}): set --model to one that it "
            "serves, and OPENAI_BASE_URL to its address with the path, as http://localhost:11434/v1."
        )
    if fault.status not in (400, 403, 415, 422):
        return None
    if _REFUSAL.search(fault.words):
        return Refused(f"The service will not look at this picture: {said}.")
    if _PICTURE.search(fault.words) and not _BLIND.search(fault.words):
        return Refused(f"The service does not take this picture: {said}.")
    return AccessDenied(
        f"{place.origin} does not take the request for model {model!r} ({said}): set --model to one that "
        "takes pictures."
    )
