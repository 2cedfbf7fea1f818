"""Pixeltable: a computed column by its `openai.chat_completions`, an error making a null."""

from __future__ import annotations

import pixeltable as pxt
from asked import LONGEST_ANSWER, MODEL, PROMPT, asked, tell
from pixeltable.functions import openai

given = asked()
table = pxt.create_table("pictures", {"picture": pxt.Image}, if_exists="replace")
content = [
    {"type": "text", "text": PROMPT},
    {"type": "image_url", "image_url": table.picture},
]
table.add_computed_column(
    completion=openai.chat_completions(
        messages=[{"role": "user", "content": content}],
        model=MODEL,
        model_kwargs={"max_tokens": LONGEST_ANSWER},
    )
)
table.insert([{"picture": str(picture)} for picture in given.pictures], on_error="ignore")
found = table.select(answer=table.completion.choices[0].message.content).collect()
tell([row["answer"] for row in found])
