"""What people use today, each with the settings that its documentation names for the purpose."""

from __future__ import annotations

from dataclasses import dataclass

#: What is told to those that take a rate: the truth about the buckets.
RATE = ("--per-minute", "600")


@dataclass(frozen=True, slots=True)
class Client:
    """One way of asking."""

    name: str
    #: Its script here, `ask_*.py`; empty for manyeyes.
    script: str
    #: Its environment, `requirements/*.txt`; empty for manyeyes.
    environment: str
    flags: tuple[str, ...]
    settings: str
    #: How often it is run on what it keeps; the last run counts.
    runs: int = 1


def _at_once(calls: int) -> tuple[str, ...]:
    return "--at-once", str(calls)


CLIENTS = (
    Client("manyeyes auto, cold", "", "", (), "`--concurrency auto`, SQLite store, told nothing"),
    Client("manyeyes auto, warm", "", "", (), "a second run on the same store, `--fresh`", runs=2),
    *(
        Client(f"gather {size}", "gather", "plain", _at_once(size), f"batches of {size}, official client")
        for size in (5, 10)
    ),
    *(
        Client(f"semaphore {size}", "semaphore", "plain", _at_once(size), f"Semaphore({size}), the same")
        for size in (5, 10, 20)
    ),
    Client("aiometer 20", "aiometer", "plain", _at_once(20), "max_at_once=20, official client"),
    Client(
        "aiometer, told the rate", "aiometer", "plain", (*_at_once(20), *RATE),
        "max_at_once=20, max_per_second=10, official client",
    ),
    Client("LangChain 20", "langchain", "langchain", _at_once(20), "ChatOpenAI, abatch(max_concurrency=20)"),
    Client("LangChain, unbounded", "langchain", "langchain", (), "ChatOpenAI, abatch() as it is"),
    Client(
        "LiteLLM 20", "litellm", "litellm", _at_once(20),
        "Router as it is, Semaphore(20)",
    ),
    Client(
        "LiteLLM, told the rate", "litellm", "litellm", (*_at_once(20), *RATE),
        "Router, rpm=600, Semaphore(20)",
    ),
    Client("instructor 20", "instructor", "instructor", _at_once(20), "Mode.JSON, Semaphore(20)"),
    Client("pydantic-ai 20", "pydantic_ai", "pydantic-ai", _at_once(20), "Agent(max_concurrency=20)"),
    Client("Daft", "daft", "daft", (), "prompt(use_chat_completions=True, on_error=ignore)"),
    Client("Curator", "curator", "curator", (), "LLM(backend=openai, require_all_responses=False)"),
    Client(
        "Curator, told the rate", "curator", "curator", RATE,
        "the same, told 600 requests and 10,000,000 tokens a minute",
    ),
    Client("Pixeltable", "pixeltable", "pixeltable", (), "computed column, insert(on_error=ignore)"),
)  # fmt: skip
