"""Refusals as Replicate words them, and the HTML of the edge in front of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Problem(Exception):
    """The request is answered with a problem document (RFC 7807) instead of what it asked for."""

    def __init__(self, status: int, detail: str, title: str | None = None, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.body: dict[str, object] = {"detail": detail, "status": status}
        if title is not None:
            self.body["title"] = title
        self.body |= more


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One thing that is wrong with an input."""

    type: str
    field: str
    description: str


def unauthenticated() -> Problem:
    """401: no token, or one that is not accepted."""
    return Problem(401, "You did not pass a valid authentication token", "Unauthenticated")


def insufficient_credit(origin: str) -> Problem:
    """402: the account cannot pay."""
    return Problem(
        402,
        f"You have insufficient credit to run this model. Go to {origin}/billing to purchase credit. "
        "Once you purchase credit, please wait a few minutes before trying again.",
        "Insufficient credit",
    )


def not_found(what: str) -> Problem:
    """404: there is no such `what`, or it is another account's."""
    return Problem(404, f"The specified {what} does not exist")


def too_large(limit: int) -> Problem:
    """413: the body is over `limit` bytes."""
    return Problem(413, f"Request body is larger than {limit} bytes", "Request entity too large")


def invalid_input(wrong: Sequence[InvalidField]) -> Problem:
    """422: all that is wrong with the input, one line each."""
    return Problem(
        422,
        "".join(f"- {each.field}: {each.description}\n" for each in wrong),
        "Input validation failed",
        invalid_fields=[
            {"type": each.type, "field": each.field, "description": each.description} for each in wrong
        ],
    )


def invalid_version() -> Problem:
    """422: the version has no known form, or does not exist."""
    return Problem(
        422,
        "The specified version does not exist (or perhaps you don't have permission to use it?)",
        "Invalid version or not permitted",
    )


EDGE_TITLES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}


def edge_page(status: int) -> str:
    """The HTML that a proxy answers with when the service behind it does not."""
    title = EDGE_TITLES.get(status, "Welcome")
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
    )
