"""The guard at the door: who may ask, from which page, how much, and what browsers may do with the answer."""

from __future__ import annotations

import re
import time
from math import ceil
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from manyeyes.web.house import House
from manyeyes.web.problems import Problem, path_of
from manyeyes.web.rates import Rate, Rates
from manyeyes.web.sessions import CSRF_HEADER, Session, Sessions

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
#: What needs no token: signs of life, the page to sign in on and what it looks like, and shared portfolios,
#: whose address is the secret.
OPEN = re.compile(r"/(healthz|readyz|sign-in|static/.*|shared/.*|api/shared/.*|favicon\.ico)$")
#: Bodies that are streamed under caps of their own.
UPLOADS = re.compile(r"/api/portfolios/[^/]+/images$|/portfolios(/[^/]+/images)?$")
SIGN_IN = "/sign-in"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Whoever is told no referrer at all is sent no origin with forms either, and is then refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
#: What the answers to requests that change something, and pages, are: nobody else's to keep.
_NOT_KEPT = "no-store"

_SIGN_INS = Rate(burst=10, per_second=1 / 6)
_WRITES = Rate(burst=1000, per_second=50)


class Guard:
    """Asks every request for its papers before anybody else sees it, and signs every answer."""

    def __init__(self, app: ASGIApp, house: House, sessions: Sessions) -> None:
        self._app = app
        self._house = house
        self._sessions = sessions
        self._sign_ins = Rates(_SIGN_INS, time.monotonic)
        self._writes = Rates(_WRITES, time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        session = self._sessions.read(scope)
        scope["session_of_browser"], scope["tells_session"] = session, False
        signed = _signed(scope, send, self._sessions)
        try:
            refused = self._refusal(scope, session)
        except Problem as problem:
            refused = problem.as_response()
        if refused is not None:
            await refused(scope, receive, signed)
            return
        await self._app(scope, self._capped(scope, receive), signed)

    def _refusal(self, scope: Scope, session: Session) -> Response | None:
        """What is answered instead. Raises Problem."""
        headers, path = Headers(scope=scope), path_of(scope)
        self._check_host(headers)
        check_origin(scope, headers)
        self._check_rate(scope, path)
        self._check_length(headers, path)
        given = headers.get("authorization", "")
        is_bearer = given[:7].lower() == "bearer " and self._sessions.is_token(given[7:].strip())
        if self._sessions.asks and not (is_bearer or session.signed_in or OPEN.match(path)):
            return _unknown_caller(scope, headers, path)
        if not is_bearer:
            self._check_csrf(scope, headers, path, session)
        return None

    def _check_host(self, headers: Headers) -> None:
        host = re.sub(r":\d+$", "", headers.get("host", "")).lower()
        allowed = self._house.doors.hosts
        if "*" not in allowed and host not in allowed:
            raise Problem(
                421,
                "unknown-host",
                f"this server does not go by the name {host!r}",
                "ask for it under one of its names, or allow this one with --allow-host or MANYEYES_HOSTS",
            )

    def _check_rate(self, scope: Scope, path: str) -> None:
        if scope["method"] in SAFE_METHODS:
            return
        rates = self._sign_ins if path == SIGN_IN else self._writes
        wait = rates.wait((scope.get("client") or ("",))[0])
        if wait:
            seconds = ceil(wait)
            raise Problem(
                429,
                "too-many-requests",
                "too many requests in a short time",
                f"wait {seconds} s, then try again",
                headers={"Retry-After": str(seconds)},
            )

    def _check_length(self, headers: Headers, path: str) -> None:
        length, most = headers.get("content-length", "0"), self._most(path)
        if length.isdecimal() and int(length) > most:
            raise _too_large(most)

    def _most(self, path: str) -> int:
        return self._house.caps.upload if UPLOADS.match(path) else self._house.caps.json

    def _check_csrf(self, scope: Scope, headers: Headers, path: str, session: Session) -> None:
        """A browser's script shows that it is a page of ours; forms of pages show it in a field."""
        if scope["method"] in SAFE_METHODS or not path.startswith("/api/"):
            return
        is_browser = "origin" in headers or "sec-fetch-site" in headers or not session.is_new
        if is_browser and not self._sessions.is_csrf(session, headers.get(CSRF_HEADER, "")):
            raise Problem(
                403,
                "forged",
                "this request did not come from a page of this server",
                "load the page again; a program sends its token as `Authorization: Bearer` and no cookie",
            )

    def _capped(self, scope: Scope, receive: Receive) -> Receive:
        """The body, as long as it stays under its cap."""
        left = most = self._most(path_of(scope))

        async def capped() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _too_large(most)
            return message

        return capped


def check_origin(scope: Scope, headers: Headers) -> None:
    """Raise Problem where another site's page has its visitor's browser ask, even on this machine alone."""
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    follows_a_link = (
        scope["method"] in SAFE_METHODS
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )
    from_elsewhere = site not in ("same-origin", "none") and not follows_a_link
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        from_elsewhere = from_elsewhere or not follows_a_link
    if from_elsewhere:
        raise Problem(
            403, "cross-site", "another site asked for this", "open this server's own page, and do it there"
        )


def _unknown_caller(scope: Scope, headers: Headers, path: str) -> Response:
    if scope["method"] in SAFE_METHODS and "text/html" in headers.get("accept", ""):
        query = scope.get("query_string", b"").decode("latin-1")
        back = quote(path + (f"?{query}" if query else ""), safe="/")
        return RedirectResponse(f"{scope.get('root_path', '')}{SIGN_IN}?next={back}", 303)
    raise Problem(
        401,
        "sign-in",
        "this server asks for its token",
        "send it as `Authorization: Bearer …`, or sign in with a browser",
        headers={"WWW-Authenticate": 'Bearer realm="manyeyes"'},
    )


def _too_large(most: int) -> Problem:
    return Problem(
        413,
        "too-large",
        f"the request has more than {most / 1e6:g} MB",
        "send less at once",
        more={"mostBytes": most},
    )


def _signed(scope: Scope, send: Send, sessions: Sessions) -> Send:
    """Every answer with the headers that keep browsers in bounds, and the session where it is new."""

    async def signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", _NOT_KEPT)
            session: Session = scope["session_of_browser"]
            if scope["tells_session"] and session.is_new:
                path = scope.get("root_path", "").rstrip("/") or "/"
                is_https = scope["scheme"] == "https"
                headers.append("Set-Cookie", sessions.as_cookie(session, is_https=is_https, path=path))
        await send(message)

    return signed
