"""One Replicate on this machine: its world, and everything that lives in it."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from manyeyes.stand_in.files import Files
from manyeyes.stand_in.journal import Journal
from manyeyes.stand_in.ledger import Ledger
from manyeyes.stand_in.order import Order
from manyeyes.stand_in.pictures import Eye, Picture, parse_data_uri
from manyeyes.stand_in.prediction import Clock, Prediction, Showing
from manyeyes.stand_in.problems import InvalidField, Problem, invalid_input
from manyeyes.stand_in.quota import Gate, throttle_form
from manyeyes.stand_in.replies import Answer, answer
from manyeyes.stand_in.runner import Runner
from manyeyes.stand_in.weather import Draw, draw
from manyeyes.stand_in.world import ReplicateWorld, Weather

#: Characters of a data URI that a shortened echo shows.
_SHOWN = 64


class Service:
    """What all routes share. Needs no socket; to be made inside a running loop."""

    def __init__(self, world: ReplicateWorld, journal: Path | None = None) -> None:
        self.clock = Clock(asyncio.get_running_loop())
        self.journal = Journal(self.clock.now, journal)
        self.gate = Gate()
        self.ledger = Ledger()
        self.files = Files(self.clock)
        self.runner = Runner(self.clock, self._weather, self.think, self._tell)
        self.showing = Showing("", self.clock)
        self._eye = Eye()
        #: Creates so far by account and picture.
        self._repeats: Counter[tuple[str, str]] = Counter()
        #: Those whose data is still here, in the order of their ends.
        self._ended: deque[Prediction] = deque()
        self.change(world)

    @property
    def world(self) -> ReplicateWorld:
        """What it is like now."""
        return self._world

    def change(self, world: ReplicateWorld) -> None:
        """Be like `world` from now on; what was drawn for predictions already bought stays.

        Raises `ValueError` for a throttle form that is none.
        """
        throttle_form(world.quotas.throttle_form, 0, low_credit=False)
        self._world = world
        self.runner.admit()

    def move_to(self, origin: str) -> None:
        """Name `origin` in every URL from now on."""
        self.showing = Showing(origin, self.clock)

    def accepts(self, token: str) -> bool:
        """Whether `token` is an account here."""
        accounts = self._world.accounts
        return bool(token) and token not in accounts.wrong_tokens and token in (accounts.tokens or (token,))

    def can_pay(self, token: str) -> bool:
        """Whether the account has credit left."""
        accounts = self._world.accounts
        return not accounts.no_credit and token not in accounts.broke_tokens

    def pictures(self, account: str, order: Order) -> list[Picture]:
        """The pictures of an order, as bytes. Raises `Problem` (422) where one is too large.

        A broken data URI, and a URL outside the file store, give a picture that cannot be decoded.
        """
        pictures = [self._picture(account, uri) for uri in order.pictures]
        most = self._world.wire.max_picture_bytes
        wrong = [
            InvalidField("file_size", f"input.images.{index}", f"File must be at most {most} bytes")
            for index, picture in enumerate(pictures)
            if len(picture.data) > most
        ]
        if wrong:
            raise invalid_input(wrong)
        return pictures

    def draw(self, account: str, pictures: list[Picture]) -> Draw:
        """What is in store for this account's next create that shows these pictures."""
        name = pictures[0].sha256 if pictures else "no picture"
        repeat = self._repeats[account, name]
        self._repeats[account, name] += 1
        return draw(self._world, name, repeat)

    def buy(
        self, account: str, order: Order, pictures: list[Picture], drawn: Draw, status: int | None
    ) -> Prediction:
        """Start the work: from here on it is paid for. `status` is the answer's, where there will be one."""
        if not self._world.wire.echo_pictures:
            shortened = {name: _shortened(value) for name, value in order.input.items()}
            order = replace(order, input=shortened)
        prediction = Prediction(
            account, order, drawn, round(self.clock.now(), 6), pictures,
            bytes=sum(len(each.data) for each in pictures),
            sha256=pictures[0].sha256 if pictures else None,
        )  # fmt: skip
        self.ledger.add(prediction)
        self.tell("create", prediction, status=status, seconds=drawn.seconds)
        self.runner.submit(prediction)
        return prediction

    def think(self, prediction: Prediction) -> Answer:
        """What the model says; worked out once, when first needed."""
        if prediction.answer is None:
            sights = [self._eye.look(picture) for picture in prediction.pictures]
            drawn = prediction.draw
            prediction.answer = answer(prediction.order.question, sights, drawn.key, drawn.habit)
        return prediction.answer

    def tidy(self) -> None:
        """Remove the data of what ended long enough ago; to be called before anything is shown."""
        long_ago = self.clock.now() - self._world.wire.keep_seconds
        while self._ended and (self._ended[0].completed or 0.0) <= long_ago:
            self._ended.popleft().remove()

    def tell(
        self, event: str, prediction: Prediction, *, status: int | None = None, seconds: float | None = None
    ) -> None:
        """Write down what happened to a prediction."""
        self.journal.note(
            event,
            id=prediction.id,
            sha256=prediction.sha256,
            bytes=prediction.bytes,
            status=status,
            seconds=None if seconds is None else round(seconds, 6),
        )

    def _tell(self, event: str, prediction: Prediction) -> None:
        self.tell(event, prediction, seconds=prediction.runs if event == "started" else None)
        if prediction.completed is not None:
            self._ended.append(prediction)

    def _weather(self) -> Weather:
        return self._world.weather

    def _picture(self, account: str, uri: str) -> Picture:
        if uri.startswith("data:"):
            data = parse_data_uri(uri)
            if data is not None:
                return Picture.of(data)
        elif (id_ := _file_id(uri)) is not None:
            try:
                return self.files.find(account, id_).picture
            except Problem:
                pass
        return Picture(sha256(uri.encode("utf-8", "surrogatepass")).hexdigest(), b"")


def _file_id(url: str) -> str | None:
    """The id in `…/v1/files/<id>` and `…/v1/files/<id>/download`."""
    try:
        parts = urlsplit(url).path.strip("/").split("/")
    except ValueError:
        return None
    return parts[2] if parts[:2] == ["v1", "files"] and len(parts) in (3, 4) else None


def _shortened(value: object) -> object:
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if isinstance(value, str) and value.startswith("data:") and len(value) > 2 * _SHOWN:
        return f"{value[:_SHOWN]}...({math.ceil(len(value) / 1024)} kB)"
    return value
