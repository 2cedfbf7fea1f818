"""Daft's `prompt`, an error making a null rather than an end."""

from __future__ import annotations

import daft
from asked import KEY, LONGEST_ANSWER, MODEL, PROMPT, asked, tell
from daft.functions import prompt

given = asked()
daft.set_provider("openai", api_key=KEY, base_url=given.base_url)
rows = daft.from_pydict({"picture": [picture.read_bytes() for picture in given.pictures]})
answered = rows.with_column(
    "answer",
    prompt(
        [daft.lit(PROMPT), daft.col("picture")],
        provider="openai",
        model=MODEL,
        use_chat_completions=True,
        max_tokens=LONGEST_ANSWER,
        on_error="ignore",
    ),
)
tell(answered.select("answer").to_pydict()["answer"])
