"""Asks a vision model at OpenAI, or at any server that speaks its chat completions."""

from __future__ import annotations

import orjson
import pybase64

from manyeyes.analyzers.access import Access, is_token, payer_of
from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.line import Answer, Line, Request
from manyeyes.analyzers.openai_errors import allowance_of, error_for, fault_in, is_about_format
from manyeyes.analyzers.openai_wire import place_of, reply_of, request_body
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import Broken, SettingsError, Untraceable
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket

DEFAULT_MODEL = "gpt-4.1-mini"
DEFAULT_BASE_URL = "https://api.openai.com/v1"

#: With so much a photograph costs four tiles of 512 pixels, or 768 patches of 32, whatever its shape.
_PREPARATION = Preparation(longest_edge=1024, encoding="jpeg", quality=85)
#: A server on this machine or network works on few at once, and nobody knows how many.
_START_NEARBY, _START = 4, 10


class OpenAI:
    """A vision model at an OpenAI-shaped server.

    Without a key none is sent, which a server on this machine or network may allow: then calls cost nothing.
    `patience` is how many seconds a silent service is given beyond the intent's own time.
    """

    def __init__(
        self,
        key: str | None,
        model: str = DEFAULT_MODEL,
        base_url: str = DEFAULT_BASE_URL,
        *,
        patience: float = 30.0,
    ) -> None:
        if key is not None and not is_token(key):
            raise SettingsError(
                "OPENAI_API_KEY holds characters that no key has: copy it again from where you got it."
            )
        if not model or not model.isprintable():
            raise SettingsError(f"--model {model!r} is no model's name: give one that the server lists.")
        self._place = place_of(base_url)
        self._patience = patience
        self._line = Line(self._place.origin, key or "", self._place.path)
        #: Whether the service is known to take a schema for the answer, or not known not to.
        self._structured = True
        # Whoever asks for a key nearby passes calls on to others, and has their limits.
        nearby = self._place.is_near and key is None
        self._traits = Traits(
            adapter="openai",
            model=model,
            base_url=self._place.base_url,
            preparation=_PREPARATION,
            paid=not nearby,
            start=_START_NEARBY if nearby else _START,
            payer=payer_of(key or "", self._place.base_url),
        )

    @property
    def traits(self) -> Traits:
        """What the server can use."""
        return self._traits

    async def __aenter__(self) -> OpenAI:
        await self._line.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._line.__aexit__()

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply:
        """Asks, and waits for the answer.

        A service that does not take a schema for it is asked again without one, and so for ever after.
        """
        structured = self._structured
        answer = await self._asked(image, ask, intent, structured=structured)
        fault = fault_in(answer)
        if fault is not None and structured and is_about_format(fault):
            self._structured = False
            answer = await self._asked(image, ask, intent, structured=False)
            fault = fault_in(answer)
        if fault is not None:
            raise error_for(fault, answer, self._traits.model, self._place)
        if not answer.body:
            raise Broken(f"{self._place.origin} answered with HTTP 200 and no JSON.", heard=True)
        return reply_of(answer.body, allowance_of(answer))

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """There is nothing to look at: an answer comes with its request, or never."""
        raise Untraceable(f"{self._place.origin} gives no tickets: {ticket.id!r} is none of its own.")

    async def find(self, intent: Intent) -> Reply | Ticket | None:
        """Nobody can know: there is no list of what was answered. Raises Untraceable."""
        raise Untraceable(
            f"{self._place.origin} keeps no list of answers: nobody can know whether {intent.id} was one."
        )

    async def cancel(self, ticket: Ticket) -> None:
        """There is nothing to stop; a request is given up by closing its connection."""

    async def _asked(self, image: PreparedImage, ask: Ask, intent: Intent, *, structured: bool) -> Answer:
        assert image.encoding == "jpeg", "prepared as the traits ask"
        picture = "data:image/jpeg;base64," + pybase64.b64encode_as_string(image.data)
        body = orjson.dumps(
            request_body(self._traits.model, self._place, picture, ask, structured=structured)
        )
        headers = {"Content-Type": "application/json"}
        patience = intent.cancel_after + self._patience
        return await self._line.call(Request("POST", "/chat/completions", patience, body, len(body), headers))


def opened(model: str | None, access: Access) -> OpenAI:
    """The analyzer. Raises SettingsError where a key or a model is needed and not said."""
    place = place_of(access.openai_base_url)
    if not access.openai_key and not place.is_near:
        raise SettingsError(
            f"OPENAI_API_KEY is not set, and {place.origin} is not on this network: put a key into the "
            "environment or into .env, set OPENAI_BASE_URL to a server of your own, or analyze without an "
            "account with --analyzer local"
        )
    if model is None and not place.is_openai:
        raise SettingsError(
            f"--model is needed: name one that {place.base_url} serves; {place.base_url}/models lists them"
        )
    return OpenAI(access.openai_key or None, model or DEFAULT_MODEL, access.openai_base_url)
