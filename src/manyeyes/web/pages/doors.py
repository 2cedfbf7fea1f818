"""Signing in and out, and what is said where something goes wrong."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from manyeyes.web.pages.rendering import at_of, show
from manyeyes.web.problems import Problem
from manyeyes.web.sessions import checked_form, sign_in, sign_out

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - what the address calls it
    """Ask for the token."""
    return show(request, "sign_in.html", title="Sign in", next=next, wrong="")


@router.post("/sign-in")
async def let_in(request: Request) -> Response:
    """Let in whoever knows the token."""
    form = await checked_form(request)
    onward = form.get("next", "/")
    if sign_in(request, form.get("token", "").strip()):
        return RedirectResponse(at_of(request) + _own(onward), 303)
    wrong = "This is not the token of this server. Look for MANYEYES_TOKEN where it was started."
    return show(request, "sign_in.html", title="Sign in", status=403, next=onward, wrong=wrong)


@router.post("/sign-out")
async def let_out(request: Request) -> Response:
    """Forget that the browser was signed in."""
    await checked_form(request)
    sign_out(request)
    return RedirectResponse(f"{at_of(request)}/sign-in", 303)


def _own(path: str) -> str:
    """A path of this server; anything else would lead whoever signs in elsewhere."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


async def problem_page(request: Request, problem: Problem) -> Response:
    """What is wrong, and what to do about it, as a page."""
    told = {
        "status": problem.status_code,
        "title": problem.title,
        "detail": _sentence(str(problem.detail)),
        "remedy": _sentence(problem.remedy),
    }
    shared = request.path_params.get("token", "")
    back = request.headers.get("referer") or ""
    answer = show(
        request,
        "error.html",
        title=problem.title,
        status=problem.status_code,
        shared=shared,
        problem=told,
        back=back if back.startswith(str(request.base_url)) else "",
    )
    answer.headers.update(problem.headers or {})
    return answer


def _sentence(text: str) -> str:
    if not text:
        return ""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")
