"""Who holds a claim: a process, told apart from every other, and whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress

#: How long a claim holds without being renewed, in seconds.
LEASE = 60.0
#: A process of this machine that is alive but did not renew (a laptop asleep) keeps its claims so long.
GRACE = 3600.0


def _machine() -> str:
    """This machine, and the name space that its process ids count in (containers share host names)."""
    space = ""
    with suppress(OSError):
        space = str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116 - a link to nothing
    return f"{socket.gethostname()}/{space}"


def new_owner() -> str:
    """A name for this process as a holder of claims."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def holds(owner: str, expires: float, now: float) -> bool:
    """Whether `owner`'s claim that runs out at `expires` still counts at `now` (seconds of the epoch)."""
    machine, pid, _ = owner.rsplit(":", 2)
    if machine != _machine():
        return now < expires
    return _alive(int(pid)) and now < expires + GRACE


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
