"""What routes have in common: ids, filters, the problems that they may answer with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from fastapi.dependencies.models import Dependant

from manyeyes.store.facets import CORRECTED, FIELDS, STATUS
from manyeyes.store.gallery import Filters, Sort
from manyeyes.web.api.shapes import A_PICTURE, A_PORTFOLIO, A_RUN, ID
from manyeyes.web.gallery import PagePlace
from manyeyes.web.problems import MEDIA_TYPE, Problem
from manyeyes.web.site import Site, site_of

TheSite = Annotated[Site, Depends(site_of)]
PortfolioId = Annotated[str, Path(pattern=ID, examples=[A_PORTFOLIO])]
PictureId = Annotated[str, Path(pattern=ID, examples=[A_PICTURE])]
RunId = Annotated[str, Path(pattern=ID, examples=[A_RUN])]
ShareId = Annotated[str, Path(pattern=ID)]

#: What each status of a problem means here.
_MEANINGS = {
    400: "The body is malformed, or broke off.",
    401: "The server asks for its token.",
    403: "Another site asked, or a form of another page.",
    404: "There is no such thing.",
    409: "It cannot be done as things stand.",
    413: "It is too large.",
    415: "The body is of a type that is not taken.",
    422: "It is not usable as given.",
    429: "Too much at once; `Retry-After` says when to come again.",
    503: "The server cannot work just now.",
    507: "The server's disk is nearly full.",
}


Documented = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Documented:
    """The problems that a route answers with, for its description; some every route has."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told = {status: _MEANINGS[status] for status in sorted({401, 403, 422, 429, *statuses})}
    documented: Documented = {
        status: {"description": meaning, "content": content} for status, meaning in told.items()
    }
    return documented | {"default": {"description": "Any other problem.", "content": content}}


def at(request: Request, path: str) -> str:
    """A path as a header names it: below the path at which a proxy shows the server."""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}"


def only_known(request: Request) -> None:
    """Raise Problem where the query holds what the route does not know: a misspelt filter filters nothing."""
    dependant = getattr(request.scope["route"], "dependant", None)
    if dependant is None:
        return
    known = set(_query_of(dependant))
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        choose = f"choose among {', '.join(sorted(known))}" if known else "this address takes none"
        raise Problem(
            422, "unknown-parameter", f"{unknown[0][:80]!r} is no parameter of this address", choose
        )


def _query_of(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of all that it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for each in dependant.dependencies:
        yield from _query_of(each)


Text = Annotated[
    str, Query(max_length=200, description="Words of the name or the descriptor.", examples=["linen"])
]
#: Values of one field that may be asked for at once.
MOST_VALUES = 100
Status = Literal["waiting", "analyzed", "failed"]


def _filters(
    q: Text = "",
    status: Annotated[list[Status], Query(description="One of these.")] = [],  # noqa: B006 - never changed
    below: Annotated[
        float | None, Query(ge=0, le=1, description="The model was less sure than this: what to review.")
    ] = None,
    corrected: Annotated[bool | None, Query(description="Corrected by hand, or not.")] = None,
    **values: list[str],
) -> Filters:
    """Which pictures are meant."""
    chosen = {_paths[name]: frozenset(each) for name, each in values.items() if each}
    return Filters(chosen, q.replace("\0", " "), frozenset(status), below, corrected)


_paths = {path.replace(".", "_"): path for path in FIELDS if path not in (STATUS, CORRECTED)}


def _with_a_parameter_for_each_field(function: Callable[..., Filters]) -> Callable[..., Filters]:
    """`function` with a query parameter for each field of the descriptor, in place of its `**values`."""
    own = inspect.signature(function, eval_str=True)
    named = [each for each in own.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    fields = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[],
            annotation=Annotated[
                list[Annotated[str, Query(max_length=200)]],
                Query(
                    alias=path,
                    max_length=MOST_VALUES,
                    description=f"One of these in `{path}`; `none` for what could not be seen.",
                ),
            ],
        )
        for name, path in _paths.items()
    ]
    function.__signature__ = own.replace(parameters=[*named, *fields])  # type: ignore[attr-defined]
    return function


Cursor = Annotated[
    str | None, Query(pattern="^[A-Za-z0-9_-]{1,2000}$", description="The `cursor` of the page before.")
]


def _place(
    sort: Sort = "name", cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 60
) -> PagePlace:
    """Which page of the gallery is meant."""
    return PagePlace(sort, cursor, limit)


ThePlace = Annotated[PagePlace, Depends(_place)]
TheFilters = Annotated[Filters, Depends(_with_a_parameter_for_each_field(_filters))]
