"""Templates made into pages: what every page knows, and nothing that is not escaped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from manyeyes.web.pages import cards, words
from manyeyes.web.sessions import csrf_token, session_of
from manyeyes.web.site import site_of

WEB = Path(__file__).parent.parent
#: The cookie that remembers light or dark; scripts may read it, it is no secret.
THEME_COOKIE = "manyeyes_theme"
#: What the switch goes on to.
_NEXT_THEME = {"": "light", "light": "dark", "dark": ""}
#: Pixels at the longest edge of a large picture.
LARGE_EDGE = 1280


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
        name: getattr(cards, name) for name in ("headline_of", "subline_of", "alt_of", "spans_of")
    }
    return made


@cache
def _stamp(name: str) -> str:
    """Changes with the file, so that browsers may keep it for good."""
    return hashlib.sha256((WEB / "static" / name).read_bytes()).hexdigest()[:10]


def at_of(request: Request) -> str:
    """The path below which a proxy shows the server; empty where there is none."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def theme_of(request: Request) -> str:
    """`light`, `dark`, or empty for what the system says."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in _NEXT_THEME else ""


def show(
    request: Request, template: str, *, title: str, status: int = 200, shared: str = "", **context: object
) -> HTMLResponse:
    """The page. `shared` is the token of a read-only link, under which pictures are then found."""
    known = _known(request, shared) | {"title": title} | context
    return HTMLResponse(environment().get_template(template).render(known), status)


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
        "static": lambda name: f"{at}/static/{name}?v={_stamp(name)}",
        **_pictures(at, shared),
    }


def _pictures(at: str, shared: str) -> Mapping[str, Callable[..., str]]:
    place = f"{at}/api/shared/{shared}/images" if shared else f"{at}/api/images"

    def thumbnail_at(picture: str, edge: int) -> str:
        return f"{place}/{picture}/thumbnail?size={edge}"

    def large(picture: str, alt: str) -> Markup:
        # Markup escapes what is put into it.
        return Markup('<img src="{}" alt="{}" decoding="async" fetchpriority="high">').format(
            thumbnail_at(picture, LARGE_EDGE), alt
        )

    return {"thumbnail_at": thumbnail_at, "large": large}
