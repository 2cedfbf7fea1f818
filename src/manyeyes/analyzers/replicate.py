"""Asks a vision model on Replicate, by way of its HTTP API."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import orjson
import pybase64

from manyeyes.analyzers.access import Access, is_token, payer_of
from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.line import Answer, Line, Request
from manyeyes.analyzers.prompt import full_prompt
from manyeyes.analyzers.quota_headers import http_date, replicate_allowance
from manyeyes.analyzers.replicate_errors import Call, error_for, failure_of
from manyeyes.analyzers.replicate_wire import (
    Page,
    Prediction,
    bears,
    id_of,
    model_input,
    origin_of,
    reply_of,
    results_of,
    route_of,
)
from manyeyes.model.ask import Allowance, Ask, Reply
from manyeyes.model.errors import Broken, SettingsError, Untraceable
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket

DEFAULT_MODEL = "google/gemini-2.5-flash"
DEFAULT_BASE_URL = "https://api.replicate.com"

#: Both sides of one tile of the model: 258 tokens, whatever the picture shows.
_PREPARATION = Preparation(longest_edge=768, encoding="jpeg", quality=85)
_CHECKS_PER_MINUTE = 3_000
#: An hour after its end a prediction's input is removed, and with it the mark.
_FINDABLE_SECONDS = 3_600.0
#: Bytes; a page repeats the inputs of a hundred predictions.
_LONGEST_PAGE = 256 * 2**20
#: Seconds; Replicate takes no less.
_SHORTEST_CANCEL_AFTER = 5
_FIRST_CHECK, _LAST_CHECK, _CHECK_GROWTH = 0.5, 5.0, 1.5
#: Seconds that Replicate's clock may be off, beyond what its `Date` header tells.
_CLOCK_SLACK = 300
#: An hour's creates at 600 a minute; what is older can no longer be recognised.
_MOST_PAGES = 400
#: Answers to a cancel that say there is nothing left to stop: unknown, or ended already.
_NOTHING_TO_CANCEL = (400, 404, 409, 410, 422)


class Replicate:
    """A vision model on Replicate.

    `wait` is how many seconds a create may be held until its answer is there (1 to 60), `patience` how
    many more seconds a silent service is given, `upload_above` the bytes of a picture from which it is
    uploaded as a file rather than sent inside the request.
    """

    def __init__(
        self,
        token: str,
        model: str = DEFAULT_MODEL,
        base_url: str = DEFAULT_BASE_URL,
        *,
        upload_above: int = 1_000_000,
        wait: int = 60,
        patience: float = 30.0,
    ) -> None:
        if not is_token(token):
            raise SettingsError(
                "REPLICATE_API_TOKEN is empty or holds characters that no token has: copy it again from "
                "https://replicate.com/account/api-tokens."
            )
        self._route = route_of(model)
        self._origin = origin_of(base_url)
        self._upload_above = upload_above
        self._wait = min(60, max(1, wait))
        self._patience = patience
        self._line = Line(self._origin, token)
        #: Whether a create has been sent, and with it the question for the quota.
        self._introduced = False
        self._traits = Traits(
            adapter="replicate",
            model=model,
            base_url=self._origin,
            preparation=_PREPARATION,
            # Measured by many on its official models; others may have to boot a machine for each call.
            start=20,
            announces_quota=True,
            payer=payer_of(token, self._origin),
            checks_per_minute=_CHECKS_PER_MINUTE,
        )

    @property
    def traits(self) -> Traits:
        """What Replicate can use."""
        return self._traits

    async def __aenter__(self) -> Replicate:
        await self._line.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._line.__aexit__()

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply | Ticket:
        """Creates a prediction; a Reply where it ended within `wait` seconds."""
        try:
            picture = await self._picture(image)
        except Broken as broken:
            # No create was sent: there is nothing to look for.
            broken.ended = True
            raise
        body: dict[str, object] = {"input": model_input(picture, ask, full_prompt(ask, intent.mark))}
        if self._route.version is not None:
            body["version"] = self._route.version
        answer = await self._create(orjson.dumps(body), intent)
        return _outcome(answer.body, intent, replicate_allowance(answer.headers))

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """One look; each look that finds work going on puts the next one off by half as much again."""
        request = Request("GET", f"/predictions/{ticket.id}", self._patience)
        answer = self._accepted(await self._line.call(request), "check")
        # The quota that this look tells of is that of looks; an Allowance always speaks of creates.
        found = _outcome(answer.body, ticket.intent, None)
        if isinstance(found, Reply):
            return found
        after = min(_LAST_CHECK, max(_FIRST_CHECK, ticket.check_after * _CHECK_GROWTH))
        return replace(found, check_after=after)

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """Looks through the list of past predictions for the one that bears the intent's mark.

        None where none does, or where it failed. Untraceable where there is no whole list, or where a
        mark may have been removed: that happens to inputs, an hour after a prediction has ended.
        """
        running: Ticket | None = None
        age = time.time() - intent.created
        doubt = "it is too long ago" if age > _FINDABLE_SECONDS - _CLOCK_SLACK else ""
        async for page in self._listed(intent):
            doubt = page.doubt or doubt
            for prediction in page.predictions:
                ours = bears(prediction, intent.mark)
                match prediction.get("status"):
                    case "failed" | "canceled" | "aborted":
                        continue
                    case _ if prediction.get("data_removed"):
                        if ours or page.reaches(prediction):
                            doubt = f"the data of prediction {prediction.get('id')} was removed"
                    case "succeeded" if ours and prediction.get("output") is not None:
                        return reply_of(prediction, None)
                    case _ if ours:
                        running = running or Ticket(intent, id_of(prediction))
        if running is None and doubt:
            raise Untraceable(f"Nobody can know whether Replicate took a create: {doubt}.")
        return running

    async def cancel(self, ticket: Ticket) -> None:
        """Stops a prediction. That there is nothing left to stop is no error."""
        request = Request("POST", f"/predictions/{ticket.id}/cancel", self._patience)
        answer = await self._line.call(request)
        if answer.status not in (200, 201, 202, 204, *_NOTHING_TO_CANCEL):
            raise error_for(answer, "cancel", self._traits.model)

    async def _picture(self, image: PreparedImage) -> str:
        """The picture as a data URI, or the address of the file it was uploaded to."""
        assert image.encoding == "jpeg", "prepared as the traits ask"
        if len(image.data) <= self._upload_above:
            return "data:image/jpeg;base64," + pybase64.b64encode_as_string(image.data)
        form = aiohttp.FormData()
        # The file's own name is nobody's business.
        name = f"{image.sha256[:16]}.jpg"
        form.add_field("content", image.data, filename=name, content_type="image/jpeg")
        request = Request("POST", "/files", self._patience, form, len(image.data))
        urls = self._accepted(await self._line.call(request), "upload").body.get("urls")
        address = urls.get("get") if isinstance(urls, Mapping) else None
        if not isinstance(address, str):
            raise Broken("Replicate took the picture and did not say where it put it.")
        return address

    async def _create(self, body: bytes, intent: Intent) -> Answer:
        seconds = math.ceil(max(_SHORTEST_CANCEL_AFTER, intent.cancel_after))
        headers = {"Content-Type": "application/json", "Cancel-After": f"{seconds}s"}
        # Until the first answer tells the quota, waiting for a model would only hold up the news.
        waits, self._introduced = self._introduced, True
        if waits:
            headers["Prefer"] = f"wait={self._wait}"
        patience = self._patience + (self._wait if waits else 0)
        request = Request("POST", self._route.path, patience, body, len(body), headers)
        try:
            answer = await self._line.call(request)
        except (Broken, asyncio.CancelledError):
            self._introduced = waits
            raise
        return self._accepted(answer, "create")

    async def _listed(self, intent: Intent) -> AsyncIterator[Page]:
        """Past predictions, newest first, down to those that are older than the intent."""
        query = ""
        for _ in range(_MOST_PAGES):
            path = f"/predictions{query}"
            request = Request("GET", path, self._patience, longest_answer=_LONGEST_PAGE)
            answer = await self._line.call(request)
            if answer.status in (404, 405, 501):
                yield Page(doubt="the service keeps no list of predictions")
                return
            body = self._accepted(answer, "list").body
            page = Page(results_of(body), intent.created + _clock_skew(answer) - _CLOCK_SLACK)
            yield page
            following = _next_query(body)
            if not following or not any(map(page.reaches, page.predictions)):
                return
            if following == query:
                break
            query = following
        yield Page(doubt="the list does not go back far enough")

    def _accepted(self, answer: Answer, call: Call) -> Answer:
        """The answer, if it is a success that can be read; its error otherwise."""
        if answer.status not in (200, 201, 202):
            raise error_for(answer, call, self._traits.model)
        if not answer.body:
            raise Broken(f"Replicate answered with HTTP {answer.status} and no JSON.")
        return answer


def opened(model: str | None, access: Access) -> Replicate:
    """The analyzer. Raises SettingsError where there is no token, or none that can be one."""
    if not access.replicate_token:
        raise SettingsError(
            "REPLICATE_API_TOKEN is not set: put a token from https://replicate.com/account/api-tokens "
            "into the environment or into .env, or analyze without an account with --analyzer local"
        )
    return Replicate(
        access.replicate_token,
        model or DEFAULT_MODEL,
        access.replicate_base_url,
        upload_above=access.replicate_upload_above,
    )


def _outcome(prediction: Prediction, intent: Intent, allowance: Allowance | None) -> Reply | Ticket:
    """What a prediction has come to. Only a final status ends it: output may be there before, in part."""
    match prediction.get("status"):
        case "succeeded":
            return reply_of(prediction, allowance)
        case "failed" | "canceled" | "aborted":
            raise failure_of(prediction)
        case str():
            after = 0.0 if prediction.get("output") else _FIRST_CHECK
            return Ticket(intent, id_of(prediction), after, allowance)
    raise Broken("Replicate's answer is no prediction: it has no status.")


def _next_query(page: Mapping[str, object]) -> str:
    """The query of the next page; of the address nothing else is used, since the token goes with it."""
    address = page.get("next")
    query = urlsplit(address).query if isinstance(address, str) else ""
    return f"?{query}" if query else ""


def _clock_skew(answer: Answer) -> float:
    """Seconds that Replicate's clock is ahead of ours."""
    theirs = http_date(answer.headers.get("date", ""))
    return 0.0 if theirs is None else theirs - time.time()
