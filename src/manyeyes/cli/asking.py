"""Asks whoever sits at the terminal, without holding anything else up."""

from __future__ import annotations

import asyncio
import sys


class Question:
    """A question that is answered by a line, and can be withdrawn.

    A prompt that blocks would keep Ctrl-C from being heard until a line is typed.
    """

    def __init__(self) -> None:
        self._answer: asyncio.Future[str] | None = None

    async def ask(self, text: str) -> bool:
        """Whether the answer is yes; no when the question is withdrawn, or nobody is there any more."""
        loop = asyncio.get_running_loop()
        self._answer = answer = loop.create_future()
        loop.add_reader(sys.stdin, self._read)
        try:
            sys.stderr.write(f"{text} [y/N]: ")
            sys.stderr.flush()
            return (await answer).strip().lower() in ("y", "yes")
        finally:
            loop.remove_reader(sys.stdin)
            self._answer = None

    def withdraw(self) -> None:
        """Take no for an answer, if it is being asked."""
        self._settle("")

    def _read(self) -> None:
        self._settle(sys.stdin.readline())

    def _settle(self, line: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(line)
