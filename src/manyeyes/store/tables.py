"""The tables of runs and what they brought, as they are now; `migrations` brings older stores here."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
    false,
    text,
)

metadata = MetaData()


class FileName(TypeDecorator[str]):
    """A name of the file system: UTF-8, or bytes that are not, exactly as they are there (PEP 383)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """To bytes."""
        return None if value is None else value.encode("utf-8", "surrogateescape")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """From bytes."""
        return None if value is None else value.decode("utf-8", "surrogateescape")


class Words(TypeDecorator[str]):
    """Text from outside, for people to read: what databases refuse (NUL, half surrogates) becomes `?`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Cleaned."""
        return None if value is None else value.encode("utf-8", "replace").decode().replace("\0", "?")


portfolios = Table(
    "portfolios",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("name", FileName, nullable=False),
    # The sources it was made from, as JSON: the same sources are the same portfolio.
    Column("origin", Text, nullable=False, unique=True),
    Column("created", Float, nullable=False),
    # Where pictures that were uploaded lie; null where they are the user's own files.
    Column("folder", FileName),
)

recipes = Table(
    "recipes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("adapter", Text, nullable=False),
    Column("model", Text, nullable=False),
    # The whole recipe as JSON, for whoever wants to know what an answer was an answer to.
    Column("recipe", Text, nullable=False),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), nullable=False),
    Column("path", FileName, nullable=False),
    Column("entry", FileName),
    Column("name", FileName, nullable=False),
    Column("version", Text, nullable=False),
    Column("size", Integer, nullable=False),
    # Empty where the bytes could not be read.
    Column("sha256", String(64), nullable=False),
    Index("pictures_portfolio", "portfolio"),
)

answers = Table(
    "answers",
    metadata,
    # Named after the run and the place that brought it. A newer answer to the same question does not
    # replace it: it was paid for, and runs that showed it still do.
    Column("id", String(40), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("recipe", ForeignKey("recipes.id"), nullable=False),
    # Null for a final no; then kind and message say why.
    Column("descriptor", Text),
    Column("raw", Words, nullable=False),
    Column("kind", Text),
    Column("message", Words),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("created", Float, nullable=False),
    Index("answers_key", "sha256", "recipe"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), nullable=False),
    Column("recipe", ForeignKey("recipes.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("stopped", Words),
    # Who runs it; `heartbeat` tells others that it is alive, `seq` that there is news in `progress`.
    Column("owner", Text, nullable=False),
    Column("heartbeat", Float, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("progress", Text, nullable=False),
    # What another process asks of the owner: pause, resume, stop.
    Column("wanted", String(20)),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    # What is kept from before these times does not count in this run.
    Column("answers_from", Float, nullable=False, server_default="0"),
    Column("noes_from", Float, nullable=False, server_default="0"),
    # Pictures at most (`--limit`).
    Column("most", Integer),
    Index("runs_portfolio", "portfolio"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("picture", ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False),
    # Null where the picture was analyzed.
    Column("kind", Text),
    Column("message", Words),
    Column("sha256", String(64), nullable=False),
    Column("reused", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    # Creates that nobody could find again.
    Column("possibly_paid_twice", Integer, nullable=False),
    # The answer it ended by. No foreign key: an answer may be forgotten, and deleting it would have to
    # look through all outcomes.
    Column("answer", String(40)),
    # Set once the gallery has taken it in, which is done by whoever looks.
    Column("shown", Boolean, nullable=False, server_default=false()),
    Index("outcomes_picture", "picture"),
)


@event.listens_for(outcomes, "after_create")
def _index_what_is_fresh(_: Table, connection: Connection, **__: object) -> None:
    is_fresh = "shown = 0" if connection.dialect.name == "sqlite" else "NOT shown"
    connection.execute(text(f"CREATE INDEX outcomes_fresh ON outcomes (run) WHERE {is_fresh}"))


intents = Table(
    "intents",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("recipe", String(32), nullable=False),
    Column("created", Float, nullable=False),
    Column("cancel_after", Float, nullable=False),
    # Whose account was to pay: another account's list does not show it.
    Column("payer", Text, nullable=False),
    # Set once what became of it is known and kept.
    Column("closed", Boolean, nullable=False),
    Index("intents_run", "run"),
)


@event.listens_for(intents, "after_create")
def _index_what_is_open(_: Table, connection: Connection, **__: object) -> None:
    # Only what is open is ever looked for by key, and that is little. An `Index` with a dialect's own words
    # would import that dialect, whichever database is used.
    is_open = "closed = 0" if connection.dialect.name == "sqlite" else "NOT closed"
    connection.execute(text(f"CREATE INDEX intents_open ON intents (sha256, recipe) WHERE {is_open}"))


tickets = Table(
    "tickets",
    metadata,
    Column("intent", ForeignKey("intents.id", ondelete="CASCADE"), primary_key=True),
    # The provider's id for the work.
    Column("id", Text, nullable=False),
    Column("created", Float, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    # Who buys: a run, and the process that it is part of.
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("owner", Text, nullable=False),
    Column("expires", Float, nullable=False),
)

lessons = Table(
    "lessons",
    metadata,
    # The provider, model and account, as JSON.
    Column("name", Text, primary_key=True),
    # What runs have learned of it, as JSON.
    Column("text", Text, nullable=False),
    Column("learned", Float, nullable=False),
)

#: One row: the version of these tables. The name tells a store of ours from any other database.
store_version = Table("manyeyes_store", metadata, Column("version", Integer, nullable=False))
