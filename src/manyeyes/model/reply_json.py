"""Finds the JSON object in what a model wrote: fenced, wrapped in prose, sloppy, or cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import json_repair

from manyeyes.model.errors import BadReply

JsonObject = dict[str, object]

#: Characters; 1,024 tokens are some 5,000, so that anything near this is no descriptor.
LONGEST_REPLY = 200_000
#: Brackets inside brackets; a descriptor needs three.
DEEPEST = 40
#: Places in one reply where mending is tried; each costs time quadratic in its length at worst.
_MOST_REPAIRS = 8
_MOST_STARTS = 200
_LONGEST_REPAIR = 20_000
_CLOSER = {"{": "}", "[": "]"}


def find_object(text: str, score: Callable[[JsonObject], int]) -> tuple[JsonObject, list[object]]:
    """The object in `text` that `score` rates highest, and the other elements where it stood in a list.

    Of equals the last one counts: a model that corrects itself does so further down. In a list the
    first counts, since what matters most is named first. Raises BadReply where no object rates above 0.
    """
    if len(text) > LONGEST_REPLY:
        raise BadReply(f"The answer is {len(text):,} characters long.", "Answer with one short JSON object.")
    best: tuple[int, JsonObject, list[object]] | None = None
    for value in _values(text):
        found = _best_in(value, score)
        if found is not None and (best is None or found[0] >= best[0]):
            best = found
    if best is None:
        raise BadReply(
            "There is no JSON object in the answer.", "Answer with one JSON object and nothing else."
        )
    if best[0] == 0:
        names = ", ".join(repr(key[:40]) for key in list(best[1])[:5]) or "nothing"
        raise BadReply(f"The JSON object holds none of the keys asked for (it holds {names}).")
    return best[1], best[2]


def is_cut_off(text: str) -> bool:
    """Whether a JSON value begins in `text` and its end is missing."""
    start = text.find("{")
    return start >= 0 and _extent(text, start).closers != ""


def _best_in(
    value: object, score: Callable[[JsonObject], int]
) -> tuple[int, JsonObject, list[object]] | None:
    """Looks inside wrappers too: `{"descriptor": {…}}`, `[{…}]`, `{"result": [{…}]}`."""
    best: tuple[int, JsonObject, list[object]] | None = None
    level: list[tuple[object, list[object]]] = [(value, [])]
    for _ in range(4):
        inner: list[tuple[object, list[object]]] = []
        for item, others in level:
            if isinstance(item, dict):
                rated = score(item)
                if best is None or rated > best[0]:
                    best = (rated, item, others)
                inner += [(part, []) for part in item.values()]
            elif isinstance(item, list):
                inner += [(part, [*item[:i], *item[i + 1 :]]) for i, part in enumerate(item[:10])]
        level = inner
    return best


def _values(text: str) -> Iterator[object]:
    """Every JSON object or list in `text`, one after the other, mended where that is needed."""
    if text.lstrip()[:1] == '"' and isinstance(unquoted := _strict(text.strip(), 0)[0], str):
        text = unquoted
    position, repairs = 0, 0
    for _ in range(_MOST_STARTS):
        match = re.compile(r"[{\[]").search(text, position)
        if match is None:
            return
        start = match.start()
        value, end = _strict(text, start)
        if end == start and text[start] == "{" and repairs < _MOST_REPAIRS:
            repairs += 1
            value, end = _mended(text, start)
        position = max(end, start + 1)
        if end > start:
            yield value


def _strict(text: str, start: int) -> tuple[object, int]:
    """The valid JSON value at `start` and where it ends; (None, start) where there is none."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start


def _whole_number(digits: str) -> int | float:
    # Python refuses to read integers of thousands of digits, and nothing else takes more than 64 bits.
    return int(digits) if len(digits) <= 18 else float(digits)


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number)


@dataclass(frozen=True, slots=True)
class _Extent:
    """How far the value that begins somewhere reaches."""

    #: Index after its last character, or after the last one that is surely whole.
    end: int
    #: What has to be added to close it there; empty where it closes itself.
    closers: str
    depth: int


def _mended(text: str, start: int) -> tuple[object, int]:
    """The value at `start` though it is not valid JSON; of one cut off, only what is whole."""
    extent = _extent(text, start)
    if extent.depth > DEEPEST or extent.end - start > _LONGEST_REPAIR:
        return None, start
    whole = text[start : extent.end] + extent.closers
    value, end = _strict(whole, 0)
    if end == 0:
        try:
            value = json_repair.loads(whole, skip_json_loads=True)
        except (ValueError, RecursionError):
            return None, start
        if extent.closers and not text[: extent.end].rstrip().endswith(("'", '"', "]", "}")):
            _drop_last(value)
    return (value, extent.end) if isinstance(value, Mapping) else (None, start)


def _drop_last(value: object) -> None:
    """Takes off the innermost last value: without a quote at its end nobody knows whether it is whole."""
    while isinstance(value, dict | list) and value:
        last = next(reversed(value)) if isinstance(value, dict) else len(value) - 1
        if not (isinstance(value[last], dict | list) and value[last]):
            del value[last]
            return
        value = value[last]


def _extent(text: str, start: int) -> _Extent:
    """Follows brackets and strings from `start`.

    A value is sure to be whole only when a comma or a closing bracket follows it: of a text that ends
    without closing, what stands after the last of these is left out, so that no half word is kept.
    """
    closers, in_string, position, depth = "", False, start, 0
    safe, safe_closers = start, ""
    for match in _MARKS.finditer(text, start):
        mark, position = match.group(), match.start()
        if mark == '"':
            # A quote that nothing structural follows is one that the model forgot to escape.
            in_string = not in_string or not _ENDS_STRING.match(text, position + 1)
        elif in_string or len(mark) == 2:
            continue
        elif mark in _CLOSER:
            closers = _CLOSER[mark] + closers
            depth = max(depth, len(closers))
            safe, safe_closers = position + 1, closers
            if depth > DEEPEST:
                break
        elif mark == ",":
            safe, safe_closers = position, closers
        elif closers.startswith(mark):
            closers = closers[1:]
            safe, safe_closers = position + 1, closers
            if not closers:
                break
    return _Extent(safe, safe_closers, depth)


#: What changes where we are; a backslash takes the next character with it.
_MARKS = re.compile(r'\\.|["{}\[\],]', re.DOTALL)
_ENDS_STRING = re.compile(r"\s*(?:[,:}\]]|$)")
