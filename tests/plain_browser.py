"""A browser without JavaScript: follows links, sends the forms that pages hold, keeps cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from page_place import OWN_PAGE, Page

#: What stands apart from what is before it.
APART = {"dd", "td", "th", "li", "p", "div", "h1", "h2", "h3", "option"}


@dataclass(slots=True)
class Form:
    """A form with what is filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    #: Names and values of its buttons.
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Seen(HTMLParser):
    """A page as it was answered, read."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status, self.path = answer.status_code, answer.url.raw_path.decode()
        self.markup = answer.text
        self.forms: list[Form] = []
        self.links: list[str] = []
        #: Every tag with its attributes.
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self._option_of: str | None = None
        self._area: str | None = None
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Note a tag, and what a form has filled in."""
        told = {name: value or "" for name, value in attrs}
        if tag in APART:
            self.words += " "
        self.tags.append((tag, told))
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told.get("method", "get")))
        if self.forms:
            self._fill(tag, told)

    def _fill(self, tag: str, told: Mapping[str, str]) -> None:
        form, name = self.forms[-1], told.get("name", "")
        if tag == "input" and name and (told.get("type") not in ("checkbox", "file") or "checked" in told):
            form.fields[name] = told.get("value", "")
        elif tag == "select" and name:
            self._option_of, form.fields[name] = name, ""
        elif tag == "option" and "selected" in told and self._option_of:
            form.fields[self._option_of] = told.get("value", "")
        elif tag == "textarea" and name:
            self._area, form.fields[name] = name, ""
        elif tag == "button":
            form.buttons.append((name, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """Note that a text area ends."""
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        """Note what a person reads."""
        self.words += data
        if self._area is not None and self.forms:
            self.forms[-1].fields[self._area] += data

    @property
    def text(self) -> str:
        """What a person reads, on one line."""
        return " ".join(self.words.split())

    def form(self, action: str) -> Form:
        """The form whose address ends like this."""
        [found] = [form for form in self.forms if form.action.partition("?")[0].endswith(action)][:1]
        return found


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody who looks at pages."""

    client: httpx.AsyncClient

    async def see(self, path: str) -> Seen:
        """The page at an address, wherever that leads."""
        return Seen(await self.client.get(path, follow_redirects=True))

    async def send(self, form: Form, files: Sequence[tuple[str, bytes]] = (), **changed: str) -> Seen:
        """Send a form with some fields changed, and see where that leads."""
        fields = form.fields | changed
        if files:
            answer = await self.client.post(form.action, data=fields, files=[("files", one) for one in files])
        else:
            answer = await self.client.post(form.action, data=fields)
        if answer.is_redirect:
            return await self.see(answer.headers["location"])
        return Seen(answer)


@asynccontextmanager
async def browsing(page: Page) -> AsyncIterator[Browser]:
    """A browser at the pages of a server."""
    headers = {"accept": "text/html", **OWN_PAGE}
    async with httpx.AsyncClient(
        transport=page.client._transport, base_url="http://localhost", headers=headers
    ) as client:
        yield Browser(client)
