"""A stand-in for a provider, in a process of its own beside this one."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from manyeyes.model.errors import SettingsError

#: Seconds within which it surely takes requests, or something is wrong.
STARTS_WITHIN = 30.0
#: Seconds that it is given to end.
ENDS_WITHIN = 5.0


@asynccontextmanager
async def stand_in(world: Mapping[str, object]) -> AsyncIterator[str]:
    """The origin of a stand-in for Replicate that lives as long as the block, or this process.

    `world` holds its settings that differ from the defaults. Raises SettingsError where it cannot start.
    """
    words = [word for name, value in world.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    provider = ("-m", "manyeyes", "provider", "--port", "0", "--ends-with-input")
    # In a session of its own: Ctrl-C is heard here, and ends it in good order.
    process = await asyncio.create_subprocess_exec(
        sys.executable, *provider, *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        yield await _origin(process)
    finally:
        await _end(process)


async def _origin(process: Process) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            said = (await process.stdout.readline()).decode(errors="replace")
            if found := re.search(r"http://\S+", said):
                return found[0]
            why = (await process.stderr.read()).decode(errors="replace")
    except TimeoutError:
        why = f"nothing was heard of it for {STARTS_WITHIN:.0f} s"
    last = (why.strip() or "it says nothing of why").splitlines()[-1]
    raise SettingsError(f"the stand-in did not start: {last.removeprefix('manyeyes: ')}")


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
