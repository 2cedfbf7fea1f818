"""Who may ask: hosts, other sites' pages, tokens, cookies, forged forms; and what browsers are told."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.web.downloads import disposition
from manyeyes.web.house import Doors
from manyeyes.web.rates import Rate, Rates
from manyeyes.web.sessions import LASTS, Sessions
from page_place import OWN_PAGE, Page, served, server

TOKEN = "a-token-of-many-letters"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def with_session(page: Page, *, signed_in: bool = True) -> tuple[dict[str, str], str]:
    """A browser's cookie, and the token of its pages against forgery."""
    sessions: Sessions = page.client._transport.app.state.sessions  # type: ignore[attr-defined]
    session = sessions.fresh(signed_in=signed_in)
    cookie = sessions.as_cookie(session, is_https=False, path="/").partition(";")[0]
    return {"cookie": cookie}, sessions.csrf(session)


@served()
async def test_a_name_that_is_not_ours_is_refused_against_rebinding(page: Page) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", ""):
        answer = await page.client.get("/healthz", headers={"host": host})
        assert answer.status_code == 421, host
        assert "MANYEYES_HOSTS" in answer.json()["remedy"]
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
        assert (await page.client.get("/healthz", headers={"host": host})).status_code == 200


@served(allow_host="pictures.example, Other.example")
async def test_a_name_that_was_allowed_is_ours(page: Page) -> None:
    for host in ("pictures.example", "other.example:443"):
        assert (await page.client.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_another_sites_page_may_ask_for_nothing_even_on_this_machine(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            for method, path in (("POST", "/api/portfolios"), ("GET", "/api/portfolios")):
                answer = await page.client.request(method, path, headers=headers)
                assert answer.status_code == 403
                assert answer.json()["type"] == "urn:manyeyes:problem:cross-site"
            assert (await page.get("/api/portfolios"))["portfolios"] == []

    asyncio.run(scene())


@served()
async def test_a_link_from_another_site_may_be_followed(page: Page) -> None:
    follows = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert (await page.client.get("/api/portfolios", headers=follows)).status_code == 200
    assert (await page.client.post("/api/portfolios", headers=follows)).status_code == 403


@served()
async def test_a_browser_on_this_machine_shows_that_its_request_comes_from_a_page_of_ours(page: Page) -> None:
    cookie, csrf = with_session(page, signed_in=False)
    asked = {"name": "Spring"}
    for headers in (OWN_PAGE, cookie, OWN_PAGE | cookie, OWN_PAGE | cookie | {"x-csrf-token": "0" * 64}):
        answer = await page.client.post("/api/portfolios", json=asked, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:manyeyes:problem:forged"
    answer = await page.client.post(
        "/api/portfolios", json=asked, headers={**OWN_PAGE, **cookie, "x-csrf-token": csrf}
    )
    assert answer.status_code == 201


@served(token=TOKEN)
async def test_without_the_token_nothing_but_signs_of_life_is_told(page: Page) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await page.client.get(path)).status_code == 200
    for path in ("/api/portfolios", "/metrics", "/openapi.json", "/api/runs", "/api/analyzers", "/nothing"):
        answer = await page.client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await page.client.post("/api/portfolios", json={"name": "x"})).status_code == 401


@served(token=TOKEN)
async def test_the_token_opens_the_api_and_a_wrong_one_does_not(page: Page) -> None:
    assert (await page.client.post("/api/portfolios", json={"name": "x"}, headers=BEARER)).status_code == 201
    assert (await page.client.get("/metrics", headers=BEARER)).status_code == 200
    for wrong in ("Bearer nonsense", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer \xff"):
        answer = await page.client.get("/api/runs", headers=[(b"authorization", wrong.encode("latin-1"))])
        assert answer.status_code == 401


@served(token=TOKEN)
async def test_a_browser_without_a_session_is_led_to_where_it_signs_in(page: Page) -> None:
    answer = await page.client.get("/portfolios/abc?sort=name", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/portfolios/abc%3Fsort%3Dname"


@served(token=TOKEN)
async def test_a_session_opens_the_api_to_scripts_of_our_pages_alone(page: Page) -> None:
    cookie, csrf = with_session(page)
    assert (await page.client.get("/api/portfolios", headers=cookie)).status_code == 200
    forged = await page.client.post("/api/portfolios", json={"name": "x"}, headers=cookie)
    assert forged.status_code == 403
    own = {**cookie, **OWN_PAGE, "x-csrf-token": csrf}
    assert (await page.client.post("/api/portfolios", json={"name": "x"}, headers=own)).status_code == 201


@served(token=TOKEN)
async def test_a_session_that_was_tampered_with_opens_nothing(page: Page) -> None:
    cookie, _ = with_session(page)
    signed_out, _ = with_session(page, signed_in=False)
    for wrong in (cookie["cookie"][:-1], signed_out["cookie"], signed_out["cookie"].replace("=out", "=in")):
        assert (await page.client.get("/api/portfolios", headers={"cookie": wrong})).status_code == 401


def sessions_with(token: str | None = TOKEN, secret: bytes = b"s") -> Sessions:
    return Sessions(Doors(token, secret))


def read_back(kept: Sessions, cookie: str) -> bool:
    """Whether a server takes a cookie for one that it signed somebody in with."""
    return kept.read({"type": "http", "headers": [(b"cookie", cookie.encode())]}).signed_in


def test_a_session_outlives_a_restart_and_ends_with_its_token_its_secret_and_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = sessions_with()
    cookie = first.as_cookie(first.fresh(signed_in=True), is_https=True, path="/").partition(";")[0]
    assert read_back(sessions_with(), cookie)
    assert not read_back(sessions_with("another-token-of-letters"), cookie)
    assert not read_back(sessions_with(secret=b"t"), cookie)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LASTS + 1)
    assert not read_back(sessions_with(), cookie)


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    sessions = sessions_with()
    told = sessions.as_cookie(sessions.fresh(), is_https=True, path="/manyeyes").split("; ")[1:]
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/manyeyes"} <= set(told)
    assert "Secure" not in sessions.as_cookie(sessions.fresh(), is_https=False, path="/")


@given(
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=";,"), max_size=80)
)
def test_no_cookie_that_is_made_up_signs_anybody_in(made_up: str) -> None:
    sessions = sessions_with()
    cookie = f"{sessions.cookie}={made_up}".encode("latin-1")
    assert not sessions.read({"type": "http", "headers": [(b"cookie", cookie)]}).signed_in


@served()
async def test_every_answer_keeps_browsers_in_bounds(page: Page) -> None:
    for path in ("/healthz", "/api/portfolios", "/nothing", "/openapi.json"):
        headers = (await page.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "access-control-allow-origin" not in headers


@served()
async def test_a_body_of_json_is_capped_whether_it_tells_its_length_or_not(page: Page) -> None:
    async def endless() -> object:
        while True:
            yield b" " * 100_000

    kind = {"content-type": "application/json"}
    for body in (b" " * 1_100_000, endless()):
        answer = await page.client.post("/api/portfolios", content=body, headers=kind)  # type: ignore[arg-type]
        assert answer.status_code == 413


@served()
async def test_an_original_is_a_file_to_keep_and_never_a_page(page: Page) -> None:
    portfolio = await page.portfolio('a"b é.png')
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    answer = await page.client.get(f"/api/images/{image['id']}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@given(st.text(max_size=60))
def test_a_name_to_keep_a_file_under_is_one_plain_header(name: str) -> None:
    written = disposition(name)
    assert written.isascii()
    assert written.isprintable()
    assert written.count('"') == 2


def test_a_rate_lets_a_burst_pass_and_then_so_many_a_second() -> None:
    now = 0.0
    rates = Rates(Rate(burst=3, per_second=2), lambda: now)
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rates.wait("b") == 0
    now = 0.5
    assert (rates.wait("a"), rates.wait("a") > 0) == (0, True)
    now = 100.0
    assert [rates.wait("a") for _ in range(3)] == [0, 0, 0]


@served(token=TOKEN)
async def test_tries_to_sign_in_are_few(page: Page) -> None:
    statuses = [(await page.client.post("/sign-in", headers=OWN_PAGE)).status_code for _ in range(12)]
    assert statuses[-1] == 429
    assert 429 not in statuses[:10]
