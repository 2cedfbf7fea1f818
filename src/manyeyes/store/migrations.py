"""Brings a store of any earlier version to the tables of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, inspect, select, text, update

from manyeyes.model.errors import SettingsError
from manyeyes.store.page_tables import WORDS
from manyeyes.store.tables import metadata, store_version

Step = Callable[[Connection], None]

# A step says in SQL what it does: today's tables are not those that it led to.


def _answers_have_names(connection: Connection) -> None:
    """To 2: answers are named rather than replaced, outcomes say which they showed, and runs from when on
    what is kept counts."""
    for statement in (
        "ALTER TABLE answers RENAME TO answers_1",
        """CREATE TABLE answers (
            id VARCHAR(40) NOT NULL, sha256 VARCHAR(64) NOT NULL, recipe VARCHAR(32) NOT NULL,
            descriptor TEXT, raw TEXT NOT NULL, kind TEXT, message TEXT, input_tokens INTEGER,
            output_tokens INTEGER, created FLOAT NOT NULL,
            PRIMARY KEY (id), FOREIGN KEY (recipe) REFERENCES recipes (id))""",
        """INSERT INTO answers SELECT substr(sha256, 1, 20) || substr(recipe, 1, 20), sha256, recipe,
            descriptor, raw, kind, message, input_tokens, output_tokens, created FROM answers_1""",
        "DROP TABLE answers_1",
        "CREATE INDEX answers_key ON answers (sha256, recipe)",
        "ALTER TABLE outcomes ADD COLUMN answer VARCHAR(40)",
        """UPDATE outcomes SET answer = (
            SELECT answers.id FROM answers, runs WHERE runs.id = outcomes.run
            AND answers.recipe = runs.recipe AND answers.sha256 = outcomes.sha256) WHERE kind IS NULL""",
        "ALTER TABLE runs ADD COLUMN answers_from FLOAT DEFAULT 0 NOT NULL",
        "ALTER TABLE runs ADD COLUMN noes_from FLOAT DEFAULT 0 NOT NULL",
    ):
        connection.execute(text(statement))


def _lessons_are_kept(connection: Connection) -> None:
    """To 3: what runs have learned of a provider, and how many pictures they were to look at."""
    connection.execute(text("ALTER TABLE runs ADD COLUMN most INTEGER"))
    connection.execute(
        text(
            "CREATE TABLE lessons (name TEXT NOT NULL, text TEXT NOT NULL, learned FLOAT NOT NULL, "
            "PRIMARY KEY (name))"
        )
    )


def _pages_have_tables(connection: Connection) -> None:
    """To 4: the gallery with its facets and words, corrections, and what pages and the API keep."""
    sqlite = connection.dialect.name == "sqlite"
    octets, fresh = ("BLOB", "shown = 0") if sqlite else ("BYTEA", "NOT shown")
    for statement in (
        f"ALTER TABLE portfolios ADD COLUMN folder {octets}",
        f"ALTER TABLE outcomes ADD COLUMN shown BOOLEAN DEFAULT {0 if sqlite else 'false'} NOT NULL",
        f"CREATE INDEX outcomes_fresh ON outcomes (run) WHERE {fresh}",
        f"""CREATE TABLE gallery (
            id INTEGER NOT NULL, picture VARCHAR(24) NOT NULL, portfolio VARCHAR(26) NOT NULL,
            name_key {octets} NOT NULL, sha256 VARCHAR(64) NOT NULL, size INTEGER NOT NULL,
            status VARCHAR(10) NOT NULL, confidence FLOAT, changed INTEGER NOT NULL, run VARCHAR(26),
            position INTEGER, answer VARCHAR(40), PRIMARY KEY (id), UNIQUE (picture),
            FOREIGN KEY (picture) REFERENCES pictures (id) ON DELETE CASCADE,
            FOREIGN KEY (portfolio) REFERENCES portfolios (id) ON DELETE CASCADE)""",
        "CREATE INDEX gallery_changed ON gallery (portfolio, changed)",
        "CREATE INDEX gallery_name ON gallery (portfolio, name_key, picture)",
        "CREATE INDEX gallery_status ON gallery (portfolio, status, size)",
        "CREATE INDEX gallery_sha256 ON gallery (sha256)",
        f"""CREATE TABLE facets (
            portfolio VARCHAR(26) NOT NULL, segment INTEGER NOT NULL, field VARCHAR(40) NOT NULL,
            value TEXT NOT NULL, members {octets} NOT NULL, hex VARCHAR(7),
            PRIMARY KEY (portfolio, segment, field, value),
            FOREIGN KEY (portfolio) REFERENCES portfolios (id) ON DELETE CASCADE)""",
        """CREATE TABLE corrections (
            sha256 VARCHAR(64) NOT NULL, schema VARCHAR(40) NOT NULL, field VARCHAR(40) NOT NULL,
            value TEXT NOT NULL, made FLOAT NOT NULL, PRIMARY KEY (sha256, schema, field))""",
        """CREATE TABLE orders (
            run VARCHAR(26) NOT NULL, wish TEXT NOT NULL, continues VARCHAR(26), PRIMARY KEY (run),
            FOREIGN KEY (run) REFERENCES runs (id) ON DELETE CASCADE)""",
        "CREATE INDEX orders_continues ON orders (continues)",
        """CREATE TABLE idempotency (
            key VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL, answer TEXT, expires FLOAT NOT NULL,
            PRIMARY KEY (key))""",
        """CREATE TABLE shares (
            id VARCHAR(26) NOT NULL, token VARCHAR(64) NOT NULL, portfolio VARCHAR(26) NOT NULL,
            created FLOAT NOT NULL, expires FLOAT, withdrawn FLOAT, PRIMARY KEY (id), UNIQUE (token),
            FOREIGN KEY (portfolio) REFERENCES portfolios (id) ON DELETE CASCADE)""",
        "CREATE INDEX shares_portfolio ON shares (portfolio)",
        *WORDS[connection.dialect.name],
    ):
        connection.execute(text(statement))


def _models_write(connection: Connection) -> None:
    """To 5: what models were asked to write about portfolios, and what they wrote."""
    octets = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    for statement in (
        f"""CREATE TABLE writings (
            id VARCHAR(26) NOT NULL, portfolio VARCHAR(26) NOT NULL, adapter TEXT NOT NULL,
            model TEXT NOT NULL, figures VARCHAR(64) NOT NULL, prompt TEXT NOT NULL, picture {octets},
            created FLOAT NOT NULL, lasting BOOLEAN NOT NULL, run VARCHAR(26), owner TEXT, expires FLOAT,
            text TEXT, kind TEXT, message TEXT, final BOOLEAN NOT NULL, attempts INTEGER,
            input_tokens INTEGER, output_tokens INTEGER, possibly_paid_twice INTEGER, ended FLOAT,
            PRIMARY KEY (id), FOREIGN KEY (portfolio) REFERENCES portfolios (id) ON DELETE CASCADE)""",
        "CREATE INDEX writings_portfolio ON writings (portfolio)",
        """CREATE TABLE writing_intents (
            id VARCHAR(26) NOT NULL, writing VARCHAR(26) NOT NULL, created FLOAT NOT NULL,
            cancel_after FLOAT NOT NULL, payer TEXT NOT NULL, ticket TEXT, closed BOOLEAN NOT NULL,
            PRIMARY KEY (id), FOREIGN KEY (writing) REFERENCES writings (id) ON DELETE CASCADE)""",
        "CREATE INDEX writing_intents_writing ON writing_intents (writing)",
    ):
        connection.execute(text(statement))


#: Step n brings a store from version n + 1 to n + 2; a new store starts at the newest version.
STEPS: Sequence[Step] = (_answers_have_names, _lessons_are_kept, _pages_have_tables, _models_write)


def bring_up_to_date(connection: Connection, steps: Sequence[Step] = STEPS) -> None:
    """Create the tables in an empty database, or carry out the steps that an older one lacks.

    Raises SettingsError for a database of something else, and for one of a later manyeyes.
    """
    newest = len(steps) + 1
    version = _version(connection)
    if version is None:
        metadata.create_all(connection)
        connection.execute(insert(store_version).values(version=newest))
        return
    if version > newest:
        raise SettingsError(
            f"the store is of a later manyeyes (version {version}, this one knows {newest}): "
            "update manyeyes, or choose another store with --store"
        )
    for step in steps[version - 1 :]:
        step(connection)
    if version < newest:
        connection.execute(update(store_version).values(version=newest))


def _version(connection: Connection) -> int | None:
    """The version of the store, None where the database is empty."""
    present = inspect(connection).get_table_names()
    if store_version.name in present:
        version: int = connection.execute(select(store_version.c.version)).scalar_one()
        return version
    if present:
        raise SettingsError(
            f"the database holds tables of something else ({', '.join(sorted(present)[:3])}): "
            "choose another store with --store"
        )
    return None
