"""The tables of the gallery, and of what pages and the API keep; beside those of runs in `tables`."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    event,
    text,
)

from manyeyes.store.tables import FileName, Words, metadata

gallery = Table(
    "gallery",
    metadata,
    # Counted up by hand: it is a picture's number in `facets` and `words` too, and numbers that follow
    # each other keep those small.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("picture", ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), nullable=False),
    # Bytes, so that every database sorts them alike.
    Column("name_key", FileName, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    # `waiting`, `analyzed` or `failed`.
    Column("status", String(10), nullable=False),
    Column("confidence", Float),
    # Counts the changes of a portfolio: the picture with the highest number changed last.
    Column("changed", Integer, nullable=False),
    # The outcome that is shown, and its answer; null for a picture that waits.
    Column("run", String(26)),
    Column("position", Integer),
    Column("answer", String(40)),
    Index("gallery_changed", "portfolio", "changed"),
    Index("gallery_name", "portfolio", "name_key", "picture"),
    # Holds all that the counts of a portfolio ask for.
    Index("gallery_status", "portfolio", "status", "size"),
    Index("gallery_sha256", "sha256"),
)

facets = Table(
    "facets",
    metadata,
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), primary_key=True),
    # Pictures are counted in groups of 1024 by their number in the gallery.
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("field", String(40), primary_key=True),
    Column("value", Words, primary_key=True),
    # One bit for each picture of the segment, the first in the lowest bit of the first byte.
    Column("members", LargeBinary, nullable=False),
    # One of the colours that were called so.
    Column("hex", String(7)),
)

corrections = Table(
    "corrections",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("schema", String(40), primary_key=True),
    Column("field", String(40), primary_key=True),
    # JSON.
    Column("value", Text, nullable=False),
    Column("made", Float, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    # What was asked for, as JSON.
    Column("wish", Text, nullable=False),
    # The run that this one goes on with.
    Column("continues", String(26)),
    Index("orders_continues", "continues"),
)

idempotency = Table(
    "idempotency",
    metadata,
    # SHA-256 of the key, and of the request that it came with.
    Column("key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    # What was answered; null while the request is being worked on.
    Column("answer", Text),
    Column("expires", Float, nullable=False),
)

shares = Table(
    "shares",
    metadata,
    Column("id", String(26), primary_key=True),
    # SHA-256; the token itself is told once and kept nowhere.
    Column("token", String(64), nullable=False, unique=True),
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    # Null where it holds until it is withdrawn.
    Column("expires", Float),
    Column("withdrawn", Float),
    Index("shares_portfolio", "portfolio"),
)

writings = Table(
    "writings",
    metadata,
    # One order of words about a portfolio: what was asked of whom, and what came of it.
    Column("id", String(26), primary_key=True),
    Column("portfolio", ForeignKey("portfolios.id", ondelete="CASCADE"), nullable=False),
    Column("adapter", Text, nullable=False),
    Column("model", Text, nullable=False),
    # SHA-256 of the figures that were asked about, and the whole question.
    Column("figures", String(64), nullable=False),
    Column("prompt", Words, nullable=False),
    # The contact sheet that was sent, until there is an answer.
    Column("picture", LargeBinary),
    Column("created", Float, nullable=False),
    # Whether a server is to go on with it when it starts again.
    Column("lasting", Boolean, nullable=False),
    # Who is at it: a run of the engine, the process that it is part of, and until when.
    Column("run", String(26)),
    Column("owner", Text),
    Column("expires", Float),
    # What the model wrote; else why it did not, and whether asking once more would be another purchase.
    Column("text", Words),
    Column("kind", Text),
    Column("message", Words),
    Column("final", Boolean, nullable=False),
    Column("attempts", Integer),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("possibly_paid_twice", Integer),
    Column("ended", Float),
    Index("writings_portfolio", "portfolio"),
)

writing_intents = Table(
    "writing_intents",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("writing", ForeignKey("writings.id", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    Column("cancel_after", Float, nullable=False),
    Column("payer", Text, nullable=False),
    # The provider's id for the work, where one came back.
    Column("ticket", Text),
    # Set once what became of it is known and kept.
    Column("closed", Boolean, nullable=False),
    Index("writing_intents_writing", "writing"),
)

#: Words are looked for in a table that each database makes in its own way. Those of a picture are one text
#: (`store.words`), which is split at its spaces and at nothing else.
WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE words USING fts5("
        "text, detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")",
    ),
    "postgresql": (
        "CREATE TABLE words (id INTEGER NOT NULL PRIMARY KEY REFERENCES gallery (id) ON DELETE CASCADE, "
        "text TSVECTOR NOT NULL)",
        "CREATE INDEX words_words ON words USING gin (text)",
    ),
}


@event.listens_for(gallery, "after_create")
def _make_words(_: Table, connection: Connection, **__: object) -> None:
    for statement in WORDS[connection.dialect.name]:
        connection.execute(text(statement))
