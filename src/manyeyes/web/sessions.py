"""Who a browser is: a signed cookie that scripts cannot read, and a token in forms against forgery."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from manyeyes.web.house import Doors
from manyeyes.web.problems import Problem

#: Seconds for which a browser stays signed in.
LASTS = 14 * 86_400
#: The header and the form field that carry the token against forged requests.
CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrf"
#: Bytes that a form may have; pictures come another way.
FORM_BYTES = 256_000


@dataclass(slots=True)
class Session:
    """One browser's visit."""

    nonce: str
    #: Seconds since the epoch.
    expires: int
    signed_in: bool = False
    #: The browser is to be told of it with the answer.
    is_new: bool = True


class Sessions:
    """Makes and reads cookies; keeps nothing: a restart signs nobody out, and a new token everybody."""

    def __init__(self, doors: Doors) -> None:
        self._token = doors.token
        self._key = hmac.digest(doors.secret, (doors.token or "").encode(), "sha256")
        # Cookies of one host are shared by all its ports: each server goes by a name of its own.
        self.cookie = f"manyeyes_{hashlib.sha256(self._key).hexdigest()[:8]}"

    @property
    def asks(self) -> bool:
        """Whether a token is needed at all."""
        return self._token is not None

    def is_token(self, given: str) -> bool:
        """Whether this is the token, compared in a time that tells nothing of it."""
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def read(self, scope: Scope) -> Session:
        """The session of a request: as its cookie says, or a new one."""
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        kind, _, rest = cookies.get(self.cookie, "").partition(".")
        parts = rest.split(".")
        if len(parts) == 3 and self._is_ours(f"{kind}.{parts[0]}.{parts[1]}", parts[2]):
            expires = int(parts[0])
            if expires > time.time():
                return Session(parts[1], expires, signed_in=kind == "in", is_new=False)
        return self.fresh()

    def fresh(self, *, signed_in: bool = False) -> Session:
        """A new session."""
        return Session(secrets.token_urlsafe(16), int(time.time()) + LASTS, signed_in)

    def as_cookie(self, session: Session, *, is_https: bool, path: str) -> str:
        """The whole `Set-Cookie` for a session."""
        what = f"{'in' if session.signed_in else 'out'}.{session.expires}.{session.nonce}"
        told = f"{self.cookie}={what}.{self._sign(what)}; Path={path}; Max-Age={LASTS}"
        return f"{told}; HttpOnly; SameSite=Strict" + ("; Secure" if is_https else "")

    def csrf(self, session: Session) -> str:
        """What forms of this session carry."""
        return self._sign(f"csrf.{session.nonce}")

    def is_csrf(self, session: Session, given: str) -> bool:
        """Whether a form, or a script, is one of our own pages'."""
        return hmac.compare_digest(given.encode(), self.csrf(session).encode())

    def _is_ours(self, what: str, signature: str) -> bool:
        # As bytes: text is compared only where it is ASCII.
        return hmac.compare_digest(signature.encode(), self._sign(what).encode())

    def _sign(self, what: str) -> str:
        return hmac.digest(self._key, what.encode(), "sha256").hex()


def csrf_token(request: Request) -> str:
    """What a page's forms carry in a hidden field `csrf`, and its scripts in the header `X-CSRF-Token`."""
    session = session_of(request)
    request.scope["tells_session"] = True
    return _sessions(request).csrf(session)


def session_of(request: Request) -> Session:
    """The session of the browser that asks."""
    session: Session = request.scope["session_of_browser"]
    return session


def sign_in(request: Request, token: str) -> bool:
    """Sign the browser in where this is the token; whether it is."""
    if not _sessions(request).is_token(token):
        return False
    request.scope["session_of_browser"] = _sessions(request).fresh(signed_in=True)
    request.scope["tells_session"] = True
    return True


def sign_out(request: Request) -> None:
    """Have the browser forget that it was signed in."""
    request.scope["session_of_browser"] = _sessions(request).fresh()
    request.scope["tells_session"] = True


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent from a page of ours. Raises Problem where it was not."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise Problem(413, "too-large", "the form is too large", "send less at once")
    # Read under a cap; the parser takes it from here.
    request._body = body
    async with request.form(max_files=0, max_fields=200) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
    check_csrf(request, fields.get(CSRF_FIELD, ""))
    return fields


def check_csrf(request: Request, given: str) -> None:
    """Raise Problem unless `given` is what our own pages carry."""
    if not _sessions(request).is_csrf(session_of(request), given):
        raise Problem(
            403, "forged", "this request did not come from a page of this server", "load the page again"
        )


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
