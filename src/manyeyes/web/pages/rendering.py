"""Templates made into pages: what every page knows, and nothing that is not escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from manyeyes.web.pages import cards, words
from manyeyes.web.pages.assets import asset, packed
from manyeyes.web.pages.remedies import advice_on
from manyeyes.web.sessions import csrf_token, session_of
from manyeyes.web.site import site_of
from manyeyes.web.thumbnails import SIZES

WEB = Path(__file__).parent.parent
#: The cookie that remembers light or dark; scripts may read it, it is no secret.
THEME_COOKIE = "manyeyes_theme"
#: What the switch goes on to.
_NEXT_THEME = {"": "light", "light": "dark", "dark": ""}
#: Pixels at the longest edge of a picture on a card, and of a large one (`thumbnails.SIZES`).
SMALL, LARGE = SIZES


class Pictured(Protocol):
    """What a picture can be shown of."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def sha256(self) -> str:
        """Of its bytes; empty where they could not be read."""


@cache
def environment() -> Environment:
    """The templates. Everything is escaped, and a name that is not there is a fault."""
    made = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        name: getattr(words, name)
        for name in ("number", "many", "percent", "megabytes", "day", "moment", "span", "took")
    }
    made.globals |= {
        name: getattr(cards, name)
        for name in ("headline_of", "subline_of", "alt_of", "spans_of", "can_be_seen")
    }
    made.globals["advice_on"] = advice_on
    return made


def at_of(request: Request) -> str:
    """The path below which a proxy shows the server; empty where there is none."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def theme_of(request: Request) -> str:
    """`light`, `dark`, or empty for what the system says."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in _NEXT_THEME else ""


def show(
    request: Request, template: str, *, title: str, status: int = 200, shared: str = "", **context: Any
) -> Response:
    """The page. `shared` is the token of a read-only link, under which pictures are then found."""
    known = _known(request, shared) | {"title": title} | context
    content = environment().get_template(template).render(known).encode("utf-8", "replace")
    answer = packed(request, content, "text/html", {"Vary": "Accept-Encoding, Cookie"})
    answer.status_code = status
    return answer


def _known(request: Request, shared: str) -> dict[str, object]:
    """What every page knows."""
    at, theme, session = at_of(request), theme_of(request), session_of(request)
    path = request.url.path.removeprefix(at) if at else request.url.path
    return {
        "at": at,
        "path": path,
        "theme": theme,
        "next_theme": _NEXT_THEME[theme],
        "csrf": csrf_token(request),
        "may_sign_out": session.signed_in and not shared,
        "version": site_of(request).house.version,
        "shared": shared,
        "said": None,
        "here": "",
        "static": lambda name: _stamped(at, name),
        **_pictures(at, shared),
    }


def _stamped(at: str, name: str) -> str:
    found = asset(name)
    assert found is not None, name
    return f"{at}/static/{name}?v={found.stamp}"


def _pictures(at: str, shared: str) -> Mapping[str, Callable[..., str]]:
    place = f"{at}/api/shared/{shared}/images" if shared else f"{at}/api/images"

    def thumbnail_at(picture: Pictured, size: int) -> str:
        # What is named by its bytes may be kept for ever.
        named = f"&v={picture.sha256[:16]}" if picture.sha256 else ""
        return f"{place}/{picture.id}/thumbnail?size={size}{named}"

    def large(picture: Pictured, alt: str) -> Markup:
        # Markup escapes what is put into it.
        return Markup('<img src="{}" alt="{}" decoding="async" fetchpriority="high">').format(
            thumbnail_at(picture, LARGE), alt
        )

    return {"thumbnail_at": thumbnail_at, "large": large}
