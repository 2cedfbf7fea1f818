"""What is asked of an analyzer, and what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from manyeyes.model.image import Preparation


@dataclass(frozen=True, slots=True)
class Generation:
    """How the model writes its answer."""

    max_output_tokens: int = 1024
    temperature: float = 0.0
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about one picture."""

    prompt: str
    #: Name and version of the schema that the answer must have.
    schema: str
    generation: Generation = Generation()
    #: What was wrong with the answer before, said when asking again.
    correction: str | None = None

    def corrected(self, why: str) -> Ask:
        """The same question, saying what was wrong with the last answer."""
        return replace(self, correction=why)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides an answer but the picture: equal recipes and bytes, equal answers."""

    adapter: str
    base_url: str
    model: str
    ask: Ask
    preparation: Preparation

    @property
    def digest(self) -> str:
        """32 hex digits that change with any part."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer used, as far as the provider says; sums over the attempts of a picture."""

    input_tokens: int | None = None
    output_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            _plus(self.input_tokens, other.input_tokens),
            _plus(self.output_tokens, other.output_tokens),
        )


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider's headers say of its quotas at the moment of a response."""

    #: Requests that may still be sent now; None where nothing is said of requests.
    remaining: int | None
    #: Seconds until more may be.
    reset: float = 0.0
    #: The same of tokens.
    tokens: int | None = None
    tokens_reset: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A finished answer, not yet checked."""

    text: str
    usage: Usage = Usage()
    allowance: Allowance | None = None
    #: The provider says that the answer was cut off at `max_output_tokens`.
    truncated: bool = False
