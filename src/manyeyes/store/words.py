"""Free text: the words of a picture, and the pictures that have all words of a question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from sqlalchemy import Connection, TextClause, text

from manyeyes.model.descriptor import StyleDescriptor

#: So many words of a question are looked for.
MOST_WORDS = 32
#: So many characters of a text are taken apart, and of a word kept.
_LONGEST_TEXT = 20_000
_LONGEST_WORD = 60

# Chinese and Japanese write words without spaces between them: there each character is a word.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_IDEOGRAPHS}]|[^\\W_{_IDEOGRAPHS}]+")
#: Scalar texts of a descriptor; names in lists come beside them.
_TEXTS = (
    "garment_type", "silhouette", "fit", "neckline", "sleeve_length", "fabric", "finish", "texture",
    "pattern", "background", "pose", "reasoning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Language:
    """How a database is told about words."""

    add: TextClause
    take_out: TextClause
    find: TextClause
    #: Between the words of a question.
    joint: str
    #: Around a word of it, and after the last one, which may be the beginning of a word.
    quote: str
    beginning: str


_LANGUAGES = {
    "sqlite": _Language(
        text("INSERT INTO words (rowid, text) VALUES (:id, :text)"),
        text("DELETE FROM words WHERE rowid = :id"),
        text("SELECT rowid AS id FROM words WHERE words MATCH :question"),
        " AND ",
        '"',
        "*",
    ),
    "postgresql": _Language(
        text("INSERT INTO words (id, text) VALUES (:id, array_to_tsvector(string_to_array(:text, ' ')))"),
        text("DELETE FROM words WHERE id = :id"),
        text("SELECT id FROM words WHERE text @@ CAST(:question AS tsquery)"),
        " & ",
        "'",
        ":*",
    ),
}


def words_of(said: str) -> list[str]:
    """The words of a text, plain and in lower case, each once: "Café, V-neck" has cafe, v and neck.

    ASCII letters, digits and `_` alone (other letters are spelt as their numbers), so that every database
    takes them for the same words, and nothing in them for a part of its language.
    """
    said = said[:_LONGEST_TEXT]
    folded = said.lower() if said.isascii() else _folded(said)
    return list(dict.fromkeys(_in_ascii(word[:_LONGEST_WORD]) for word in _WORD.findall(folded)))


def _folded(said: str) -> str:
    folded = unicodedata.normalize("NFKD", said).casefold()
    # Folding brings forth accents of its own, as of a capital I with a dot.
    parted = unicodedata.normalize("NFKD", folded)
    return "".join(sign for sign in parted if unicodedata.category(sign) != "Mn")


def _in_ascii(word: str) -> str:
    if word.isascii():
        return word
    return word.encode("ascii", "backslashreplace").decode().replace("\\", "_").lower()


def descriptor_words(descriptor: StyleDescriptor) -> Iterator[str]:
    """Every word that a descriptor says of a picture."""
    for name in _TEXTS:
        if said := getattr(descriptor, name):
            yield said
    for colour in descriptor.color_palette:
        yield colour.name
    yield from descriptor.embellishments
    yield from (label.name for label in descriptor.style_labels)
    for part in (descriptor.lighting, descriptor.camera):
        yield from (said for one in fields(part) if (said := getattr(part, one.name)))


def keep_words(connection: Connection, portfolio: str, said: Mapping[int, str]) -> None:
    """Keep what is said of pictures that nothing was kept of, by their numbers in the gallery."""
    rows = [
        {"id": number, "text": " ".join([_mark(portfolio), *words_of(text)])} for number, text in said.items()
    ]
    if rows:
        connection.execute(_LANGUAGES[connection.dialect.name].add, rows)


def take_out_words(connection: Connection, numbers: Iterable[int]) -> None:
    """Keep nothing of these pictures any more."""
    if rows := [{"id": number} for number in numbers]:
        connection.execute(_LANGUAGES[connection.dialect.name].take_out, rows)


def scrub_words(connection: Connection) -> None:
    """See that nothing stays of words that were taken out."""
    if connection.dialect.name == "sqlite":
        # Until its parts are put together, what was deleted stays in them.
        connection.exec_driver_sql("INSERT INTO words (words) VALUES ('optimize')")


def find_words(connection: Connection, portfolio: str, question: str) -> list[int]:
    """The numbers of a portfolio's pictures that have every word of `question`, the last one also as the
    beginning of a word; all of its pictures where the question holds no word."""
    language = _LANGUAGES[connection.dialect.name]
    words = words_of(question)[:MOST_WORDS]
    quoted = [f"{language.quote}{word}{language.quote}" for word in (_mark(portfolio), *words)]
    asked = language.joint.join(quoted) + (language.beginning if words else "")
    return [row.id for row in connection.execute(language.find, {"question": asked})]


def _mark(portfolio: str) -> str:
    """A word that all pictures of a portfolio have, and that nobody can ask for: only so many are read as
    the portfolio holds, whatever else is in the store."""
    return f"_{portfolio}"
