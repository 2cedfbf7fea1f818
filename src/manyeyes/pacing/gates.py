"""What can hold a call back, each a value: which of them is closed now, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import inf

from manyeyes.model.ask import Allowance
from manyeyes.pacing.announced import Announced
from manyeyes.pacing.circuit import Circuit
from manyeyes.pacing.quota import Quota, Tokens
from manyeyes.pacing.uplink import Uplink
from manyeyes.pacing.window import ALONE, Learned

#: Seconds. A gate that opens sooner is open: no timer could be told to wait for it.
SHORTEST_WAIT = 1e-7
#: Share of a full bucket of tokens that headers tell of, to be left in it.
SPARE = 0.05


class Gate(Enum):
    """What can hold a call back."""

    CONCURRENCY = "concurrency"
    REQUESTS = "requests"
    TOKENS = "tokens"
    COOL_DOWN = "cool-down"
    UPLOAD = "upload"
    #: The provider's headers tell its quota; nobody else goes before the first ones are here.
    FIRST_WORD = "first word"
    #: It answers nobody: now and then a call finds out whether it does again.
    DOWN = "down"


#: A gate that is closed, and the seconds until it opens; None where only the end of a call opens it.
Closed = tuple[Gate | None, float | None]


@dataclass(slots=True)
class Gates:
    """Everything but the number of calls in flight."""

    #: Calls a minute, and tokens a minute, as configured.
    requests: Quota | None = None
    tokens: Tokens | None = None
    uplink: Uplink = field(default_factory=Uplink)
    #: Every response tells the quota in its headers: nobody goes before the first one has.
    listens_first: bool = False
    #: What headers say of requests and of tokens.
    announced: Announced = field(default_factory=Announced)
    announced_tokens: Announced = field(default_factory=Announced)
    #: What refusals have told; None where nothing is to be learned from them.
    learned: Learned | None = None
    circuit: Circuit = field(default_factory=Circuit)
    cool_until: float = float("-inf")
    #: A cool-down was kept to, and nobody has gone since.
    cooled: bool = False
    #: Tokens reserved so far, whether they were used or not, and tokens that are likely used.
    reserved: float = 0.0
    expected: float = 0.0

    def closed(self, now: float, in_flight: int) -> Closed:
        """The first gate that is closed, the quotas apart, which `spent` looks at."""
        if self.cool_until - now > SHORTEST_WAIT:
            return Gate.COOL_DOWN, self.cool_until - now
        wait = self.circuit.wait(now)
        if wait is None or wait > SHORTEST_WAIT:
            return Gate.DOWN, wait
        if self.listens_first and in_flight:
            return Gate.FIRST_WORD, None
        return None, None

    def spent(self, now: float) -> Closed:
        """The quota that has to be waited for longest."""
        requests = self.announced.wait(now) if self.announced.remaining != inf else 0.0
        if self.requests is not None:
            requests = max(requests, self.requests.wait(now))
        if self.learned is not None and not self.is_announced:
            requests = max(requests, self.learned.wait(now))
        gate, wait = Gate.REQUESTS, requests
        if self.tokens is not None and (tokens := self._tokens_wait(self.tokens, now)) > wait:
            gate, wait = Gate.TOKENS, tokens
        if (line := self.uplink.free_at - now) > wait:
            gate, wait = Gate.UPLOAD, line
        return (gate, wait) if wait > SHORTEST_WAIT else (None, None)

    @property
    def is_announced(self) -> bool:
        """Headers have told the quota, so that nothing has to be learned from refusals."""
        return self.announced.heard_of >= 0

    @property
    def told(self) -> tuple[float, float] | None:
        """Calls a second, and calls at once after a rest, by what headers say: of requests, or of tokens
        where these allow fewer; None where they do not tell."""
        told = []
        if self.is_announced and self.announced.rate:
            told.append((self.announced.rate, self.announced.most))
        if self.tokens is not None and self.announced_tokens.rate:
            each = self.tokens.expected
            told.append((self.announced_tokens.rate / each, self.announced_tokens.most / each))
        return min(told, default=None)

    def _tokens_wait(self, tokens: Tokens, now: float) -> float:
        # One call in twenty uses more than the estimate: some of what is told to be left is left.
        told = self.announced_tokens
        spare = SPARE * told.most if told.heard_of >= 0 else 0.0
        return max(tokens.wait(now), told.wait(now, tokens.estimate + spare))

    def take(self, now: float, seq: int) -> float:
        """Call number `seq` starts; the tokens that it reserves."""
        if self.cooled:
            # The others follow when this one has not been refused at once.
            self.cooled, self.cool_until = False, now + ALONE
        if self.requests is not None:
            self.requests = self.requests.taken(now)
        self.announced = self.announced.taken(now)
        if self.learned is not None:
            self.learned = self.learned.taken(now)
        self.circuit = self.circuit.taken()
        if self.tokens is None:
            return 0.0
        reserved = self.tokens.estimate
        self.reserved += reserved
        self.expected += self.tokens.expected
        self.tokens = self.tokens.taken(now, seq, reserved)
        self.announced_tokens = self.announced_tokens.taken(now, reserved)
        return reserved

    def settle(self, seq: int, used: float | None) -> None:
        """Call number `seq` has used so many tokens; None where it was not answered."""
        if self.tokens is not None:
            self.tokens = self.tokens.settled(seq, used)

    def hear(
        self,
        allowance: Allowance,
        *,
        sent_at: float,
        seq: int,
        sent: int,
        reserved: float,
        expected: float,
        refused: bool,
    ) -> None:
        """What headers say: of call number `seq`, `sent` having been sent by now, and of `reserved` tokens,
        its own and all before it, of which `expected` are likely used."""
        self.listens_first = False
        if allowance.remaining is not None:
            self.announced = self.announced.heard(
                allowance.remaining,
                allowance.reset,
                used=seq,
                sent_at=sent_at,
                used_since=sent - seq,
                refused=refused,
            )
        if allowance.tokens is not None:
            if self.tokens is None:
                self.tokens = Tokens(Quota(0.0))
            self.announced_tokens = self.announced_tokens.heard(
                allowance.tokens,
                allowance.tokens_reset,
                used=expected,
                sent_at=sent_at,
                used_since=self.reserved - reserved,
                refused=refused,
            )

    def cool_down(self, until: float) -> None:
        """Send nothing until then: the provider has named a wait, and it holds for every caller."""
        self.cool_until = max(self.cool_until, until)
        self.cooled = True
