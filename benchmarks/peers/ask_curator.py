"""Bespoke Curator's LLM on its OpenAI backend, with the rate that it is told, or its own."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from asked import KEY, MODEL, PROMPT, asked, data_uri, tell

# LiteLLM, which Curator brings along, holds the table of tokens that would be downloaded otherwise.
if (litellm := find_spec("litellm")) is not None and litellm.origin is not None:
    tables = Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(tables))

from bespokelabs import curator
from datasets import Dataset

given = asked()


class Describer(curator.LLM):  # type: ignore[misc]  # it is not installed where types are checked
    """Asks about one picture a row."""

    def prompt(self, row: dict[str, Any]) -> Any:
        """The question."""
        return PROMPT, curator.types.Image(content=row["picture"], mime_type="image/jpeg")

    def parse(self, _: dict[str, Any], response: str) -> dict[str, Any]:
        """The answer."""
        return {"answer": response}


backend: dict[str, Any] = {"base_url": given.base_url, "api_key": KEY, "require_all_responses": False}
if given.per_minute:
    # Its default of tokens would bind long before, where no header tells of more.
    backend |= {"max_requests_per_minute": given.per_minute, "max_tokens_per_minute": 10_000_000}
describer = Describer(model_name=MODEL, backend="openai", backend_params=backend)
rows = Dataset.from_list([{"picture": data_uri(picture).partition(",")[2]} for picture in given.pictures])
found = describer(rows)
tell([row["answer"] for row in getattr(found, "dataset", found)])
