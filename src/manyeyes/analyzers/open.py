"""From an analyzer's name to the analyzer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.local import Local
from manyeyes.analyzers.modelled import Modelled
from manyeyes.analyzers.replicate import DEFAULT_MODEL, Replicate
from manyeyes.model.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to reach the services."""

    replicate_token: str | None = None
    replicate_base_url: str = "https://api.replicate.com"
    #: Bytes of a picture from which it is uploaded rather than sent inside the request.
    replicate_upload_above: int = 1_000_000


def _local(model: str | None, access: Access) -> Analyzer:  # noqa: ARG001 - no account
    if model is not None:
        raise SettingsError("the local analyzer has no other models: leave --model out")
    return Local()


def _modelled(model: str | None, access: Access) -> Analyzer:  # noqa: ARG001 - no account
    if model is not None:
        raise SettingsError("the modelled analyzer has no models: leave --model out")
    return Modelled()


def _replicate(model: str | None, access: Access) -> Analyzer:
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


ANALYZERS: Mapping[str, Callable[[str | None, Access], Analyzer]] = {
    "local": _local,
    "modelled": _modelled,
    "replicate": _replicate,
}


def open_analyzer(name: str, model: str | None, access: Access) -> Analyzer:
    """The analyzer of this name. Raises SettingsError for an unknown one, and for a missing token."""
    if name not in ANALYZERS:
        raise SettingsError(f"--analyzer {name!r} is unknown: choose one of {', '.join(ANALYZERS)}")
    return ANALYZERS[name](model, access)
