"""One OpenAI-shaped server on this machine: its world, and everything that lives in it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from manyeyes.stand_in.journal import Journal
from manyeyes.stand_in.openai_order import ChatOrder
from manyeyes.stand_in.openai_problems import unusable_picture
from manyeyes.stand_in.openai_quota import OpenAIGate
from manyeyes.stand_in.openai_world import OpenAIWorld
from manyeyes.stand_in.pictures import Eye, Picture, Sight, parse_data_uri
from manyeyes.stand_in.prediction import Clock, new_id
from manyeyes.stand_in.replies import CHARACTERS_PER_TOKEN, answer
from manyeyes.stand_in.schemas import shaped
from manyeyes.stand_in.slots import Slots
from manyeyes.stand_in.weather import Draw, draw
from manyeyes.stand_in.world import Weather

#: What the model may not do while a schema holds its hand.
_UNSTRUCTURED = ("prose", "fences", "invalid")


@dataclass(frozen=True, slots=True)
class Look:
    """The pictures of one request, seen."""

    pictures: tuple[Picture, ...]
    sights: tuple[Sight, ...]

    @property
    def name(self) -> str:
        """The sha256 of the first picture's bytes."""
        return self.pictures[0].sha256 if self.pictures else "no picture"

    @property
    def bytes(self) -> int:
        """Of all pictures."""
        return sum(len(each.data) for each in self.pictures)


class OpenAIService:
    """What all routes share. Needs no socket; to be made inside a running loop."""

    def __init__(self, world: OpenAIWorld, journal: Path | None = None) -> None:
        self.clock = Clock(asyncio.get_running_loop())
        self.journal = Journal(self.clock.now, journal)
        self.gate = OpenAIGate()
        self.slots = Slots(self.clock, self._weather)
        self.origin = ""
        self._world = world
        self._eye = Eye()
        self._repeats: Counter[str] = Counter()

    @property
    def world(self) -> OpenAIWorld:
        """What it is like now."""
        return self._world

    def change(self, world: OpenAIWorld) -> None:
        """Be like `world` from now on."""
        self._world = world
        self.slots.admit()

    def accepts(self, token: str) -> bool:
        """Whether `token` is an account here."""
        accounts = self._world.accounts
        if self._world.manners.keyless:
            return True
        return bool(token) and token not in accounts.wrong_tokens and token in (accounts.tokens or (token,))

    def can_pay(self, token: str) -> bool:
        """Whether the account has credit left."""
        accounts = self._world.accounts
        return not accounts.no_credit and token not in accounts.broke_tokens

    def look(self, order: ChatOrder) -> Look:
        """The pictures of an order. Raises `ApiError` (400) for one that cannot be looked at."""
        pictures, sights = [], []
        for asked in order.pictures:
            data = parse_data_uri(asked.url)
            picture = None if data is None else Picture.of(data)
            sight = None if picture is None else self._eye.look(picture)
            if picture is None or sight is None:
                raise unusable_picture(asked.place, from_afar=asked.url.startswith("http"))
            pictures.append(picture)
            sights.append(sight)
        return Look(tuple(pictures), tuple(sights))

    def draw(self, look: Look) -> Draw:
        """What is in store for the next request that shows these pictures, or for the next of all."""
        name = "order" if self._world.manners.draws_by == "order" else look.name
        repeat = self._repeats[name]
        self._repeats[name] += 1
        return draw(self._world, name, repeat)

    def think(self, order: ChatOrder, look: Look, drawn: Draw) -> Thought:
        """What the model says."""
        habit = drawn.habit
        if order.schema is not None and habit in _UNSTRUCTURED:
            habit = None
        said = answer(order.question, look.sights, f"{look.name}/{drawn.key.rpartition('/')[2]}", habit)
        text, tokens = "".join(said.chunks), said.output_tokens
        if order.schema is not None and habit is None:
            text = json.dumps(shaped(json.loads(text), order.schema), ensure_ascii=False)
            text = text[: order.question.max_output_tokens * CHARACTERS_PER_TOKEN]
            tokens = -(-len(text) // CHARACTERS_PER_TOKEN)
        return Thought(text, order.tokens(list(look.sights)), tokens, habit)

    def tell(
        self, event: str, look: Look, *, status: int | None = None, seconds: float | None = None
    ) -> None:
        """Write down what happened to a request."""
        self.journal.note(
            event,
            sha256=look.name if look.pictures else None,
            bytes=look.bytes,
            status=status,
            seconds=None if seconds is None else round(seconds, 6),
        )

    def _weather(self) -> Weather:
        return self._world.weather


@dataclass(frozen=True, slots=True)
class Thought:
    """An answer before it is told."""

    text: str
    input_tokens: int
    output_tokens: int
    #: A field name of `Habits`, or None for a plain answer.
    habit: str | None

    def completion(self, order: ChatOrder, world: OpenAIWorld, created: int) -> Mapping[str, object]:
        """The `chat.completion` object."""
        refuses, how = self.habit == "refusal", world.manners.refused_as
        message: dict[str, object] = {
            "role": "assistant",
            "content": self.text,
            "refusal": None,
            "annotations": [],
        }
        if refuses:
            message |= {"content": None, "refusal": self.text if how == "refusal" else None}
        return {
            "id": f"chatcmpl-{new_id(29)}",
            "object": "chat.completion",
            "created": created,
            "model": order.model,
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish(order, how)}
            ],
            "usage": self._usage(),
            "service_tier": "default",
            "system_fingerprint": "fp_standin",
        }

    def _finish(self, order: ChatOrder, how: str) -> str:
        if self.habit == "refusal" and how == "content_filter":
            return "content_filter"
        return "length" if self.output_tokens >= order.question.max_output_tokens else "stop"

    def _usage(self) -> Mapping[str, object]:
        return {
            "prompt_tokens": self.input_tokens,
            "completion_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }
