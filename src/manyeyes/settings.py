"""Flags, environment and `.env`, read once into one frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from dotenv import dotenv_values
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from manyeyes.model.errors import SettingsError

Strategy = Literal["continuous", "batch", "sequential"]
Preset = Literal["development", "production", "high-load", "rate-limited", "by-size"]

#: Calls at once that each preset stands for; `by-size` depends on the portfolio.
PRESETS: Mapping[str, int] = {"development": 4, "production": 6, "high-load": 12, "rate-limited": 2}
#: `by-size`: fewer than so many pictures, so many at once; 15 for more.
BY_SIZE = ((50, 5), (100, 8), (200, 10))
MOST_BY_SIZE = 15
#: Calls at once, and pictures of a batch, where nothing is said.
DEFAULT_CONCURRENCY = 5


def _whole(value: object) -> object:
    """Only what is written as a whole number: neither 2.5 nor 1e3 nor true."""
    if isinstance(value, str) and not value.strip().isdecimal():
        raise ValueError("not a whole number")
    return value


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def _span(value: object) -> object:
    """Seconds, of what is written as 90, 90s, 10m or 1.5h."""
    if not isinstance(value, str) or not (text := value.strip().lower()):
        return value
    unit = text[-1] if text[-1] in _UNITS else ""
    return float(text.removesuffix(unit)) * _UNITS[unit]


Span = Annotated[float, BeforeValidator(_span), Field(ge=0)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
#: A limit that is learned, or moved by a rule, rather than pinned.
Moving = Literal["auto", "threshold"]


def _variable(name: str, default: Any, says: str, **bounds: Any) -> Any:
    """A setting, the variable that holds it, and what it must be."""
    return Field(default, validation_alias=AliasChoices(name), description=says, **bounds)


class Settings(BaseSettings):
    """Everything that can be set. Flags win over the environment, that over `.env`, that over defaults.

    A field's alias is its variable; its flag has the field's name. Its description says what it must be.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        env_ignore_empty=True,
        allow_inf_nan=False,
    )

    concurrency: Count | Moving | None = _variable(
        "ANALYSIS_CONCURRENCY", None, "a whole number from 1 up, auto or threshold"
    )
    min_concurrency: Count = _variable("ANALYSIS_MIN_CONCURRENCY", 1, "a whole number from 1 up")
    max_concurrency: Count = _variable("ANALYSIS_MAX_CONCURRENCY", 256, "a whole number from 1 up")
    strategy: Strategy = _variable("ANALYSIS_STRATEGY", "continuous", "continuous, batch or sequential")
    preset: Preset | None = _variable(
        "ANALYSIS_PRESET", None, "development, production, high-load, rate-limited or by-size"
    )
    batch_size: Count | Literal["auto"] | None = _variable(
        "ANALYSIS_BATCH_SIZE", None, "a whole number from 1 up, or auto"
    )
    rpm: float | None = _variable("ANALYSIS_RPM", None, "calls a minute, more than 0", gt=0)
    tpm: float | None = _variable("ANALYSIS_TPM", None, "tokens a minute, more than 0", gt=0)
    burst: Count = _variable("ANALYSIS_BURST", 1, "a whole number from 1 up")
    memory_mb: float = _variable("ANALYSIS_MEMORY_MB", 100, "megabytes, more than 0", gt=0)
    upload_mbps: float | None = _variable(
        "ANALYSIS_UPLOAD_MBPS", None, "megabytes a second, more than 0", gt=0
    )
    when_down: Literal["wait", "stop"] = _variable("ANALYSIS_WHEN_DOWN", "wait", "wait or stop")
    wait_at_most: Span = _variable("ANALYSIS_WAIT_AT_MOST", 600, "a time such as 90s, 10m or 1h")
    hedge: bool = _variable("ANALYSIS_HEDGE", False, "true or false")
    deadline: float = _variable("ANALYSIS_DEADLINE", 300, "seconds, from 5 up", ge=5)
    max_megapixels: float = _variable("ANALYSIS_MAX_MEGAPIXELS", 100, "megapixels, more than 0", gt=0)
    analyzer: str = _variable("MANYEYES_ANALYZER", "local", "the name of an analyzer")
    model: str | None = _variable("MANYEYES_MODEL", None, "the name of one of the analyzer's models")
    store: str | None = _variable("MANYEYES_STORE", None, "a URL such as sqlite:///runs.db")
    server: str | None = _variable("MANYEYES_SERVER", None, "an address such as https://eyes.example.com")
    log_file: Path | None = _variable("MANYEYES_LOG_FILE", None, "a file's path")
    log_format: Literal["text", "json"] = _variable("MANYEYES_LOG_FORMAT", "text", "text or json")
    log_level: Literal["debug", "info", "warning", "error"] = _variable(
        "MANYEYES_LOG_LEVEL", "info", "debug, info, warning or error"
    )
    price_per_call: float | None = _variable("ANALYSIS_PRICE_PER_CALL", None, "money, from 0 up", ge=0)
    data: Path | None = _variable("MANYEYES_DATA", None, "a folder's path")
    host: str = _variable("MANYEYES_HOST", "127.0.0.1", "an address of this machine")
    port: int = _variable("MANYEYES_PORT", 8000, "a port, 0 to 65535", ge=0, le=65535)
    token: SecretStr | None = _variable("MANYEYES_TOKEN", None, "at least 16 characters")
    allow_host: str = _variable("MANYEYES_HOSTS", "", "names with commas between them")
    root_path: str = _variable("MANYEYES_ROOT_PATH", "", "a path such as /manyeyes")
    trusted_proxies: str = _variable("MANYEYES_TRUSTED_PROXIES", "", "addresses with commas between them")
    upload_gb: float = _variable("MANYEYES_UPLOAD_GB", 4, "gigabytes, more than 0", gt=0)
    unpacked_gb: float = _variable("MANYEYES_UNPACKED_GB", 8, "gigabytes, more than 0", gt=0)
    runs_at_once: Count = _variable("MANYEYES_RUNS_AT_ONCE", 4, "a whole number from 1 up")
    webhook_secret: SecretStr | None = _variable(
        "MANYEYES_WEBHOOK_SECRET", None, "a secret that begins with whsec_"
    )
    replicate_api_token: SecretStr | None = _variable("REPLICATE_API_TOKEN", None, "a token")
    replicate_base_url: str = _variable(
        "REPLICATE_BASE_URL", "https://api.replicate.com", "the service's origin"
    )
    replicate_upload_above: int = _variable(
        "REPLICATE_UPLOAD_ABOVE", 1_000_000, "bytes, a whole number from 0 up", ge=0
    )
    openai_api_key: SecretStr | None = _variable("OPENAI_API_KEY", None, "a key")
    openai_base_url: str = _variable(
        "OPENAI_BASE_URL", "https://api.openai.com/v1", "the service's address, as its clients want it"
    )
    fetch_allow: str = _variable(
        "MANYEYES_FETCH_ALLOW", "", "hosts, each with or without a port, and commas between them"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, `.env`: in this order."""
        return init_settings, env_settings, dotenv_settings

    @property
    def store_url(self) -> str:
        """Where runs and answers are kept: as set, else in the user's data folder."""
        if self.store is not None:
            return self.store
        return f"sqlite:///{self.data_folder / 'manyeyes.db'}"

    @property
    def data_folder(self) -> Path:
        """Where what is uploaded is kept: as set, else the user's data folder."""
        return self.data or Path(platformdirs.user_data_dir("manyeyes", appauthor=False))

    @property
    def moving(self) -> Moving | None:
        """How calls in flight are found out rather than pinned; None where a number is."""
        if self.strategy == "sequential" or isinstance(self.concurrency, int):
            return None
        if self.concurrency is None and self.strategy == "continuous" and self.preset is None:
            return "auto"
        return self.concurrency

    def calls_at_once(self, pictures: int | None = None) -> int:
        """Calls in flight: `sequential` has one; otherwise what is set, in the order flag, preset, default.
        Where the number moves, the one that groups of the log go by.

        `pictures` is the size of the portfolio, which `by-size` goes by.
        """
        if self.strategy == "sequential":
            return 1
        if self.concurrency is not None:
            return self.concurrency if isinstance(self.concurrency, int) else DEFAULT_CONCURRENCY
        if self.preset is not None:
            by_size = next((calls for below, calls in BY_SIZE if (pictures or 0) < below), MOST_BY_SIZE)
            return PRESETS.get(self.preset, by_size)
        if self.strategy == "batch" and isinstance(self.batch_size, int):
            return self.batch_size
        return DEFAULT_CONCURRENCY


def read_settings(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings, with `flags` by field name; those that are None were not given.

    Raises SettingsError that names the flag, or the variable and the file it stands in.
    """
    given: dict[str, Any] = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(_complaint(error, given)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the file .env cannot be read: {error}; mend it or move it away") from None
    if "preset" in given and "concurrency" not in given:
        # A flag wins over the environment, also where it is another way to say the same thing.
        return settings.model_copy(update={"concurrency": None})
    return settings


def _complaint(error: ValidationError, given: Mapping[str, object]) -> str:
    """The first thing that is wrong, by the name that the user knows it by."""
    fault = error.errors()[0]
    place = str(fault["loc"][0])
    name = next(
        (name for name, field in Settings.model_fields.items() if place in (name, _alias(field))), place
    )
    field = Settings.model_fields[name]
    value = fault["input"]
    shown = (
        "as given" if isinstance(value, SecretStr) or "token" in name or "key" in name else f"not {value!r}"
    )
    return f"{_where(name, _alias(field), given)} must be {field.description}, {shown}"


def _alias(field: Any) -> str:
    return str(field.validation_alias.choices[0])


def _where(name: str, variable: str, given: Mapping[str, object]) -> str:
    if name in given:
        return "--" + name.replace("_", "-")
    if any(variable.lower() == key.lower() for key in os.environ):
        return f"{variable} in the environment"
    if any(variable.lower() == key.lower() for key in dotenv_values(".env")):
        return f"{variable} in {Path('.env').absolute()}"
    return variable
