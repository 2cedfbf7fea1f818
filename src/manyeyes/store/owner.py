"""Who holds a claim: a process, told apart from every other, and whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

#: How long a claim holds without being renewed, in seconds.
LEASE = 60.0
#: A process of this machine that is alive but did not renew (a laptop asleep) keeps its claims so long.
GRACE = 3600.0


def new_owner() -> str:
    """A name for this process as a holder of claims."""
    return f"{_machine()}:{os.getpid()}:{_birth(os.getpid())}:{secrets.token_hex(4)}"


def holds(owner: str, expires: float, now: float) -> bool:
    """Whether `owner`'s claim that runs out at `expires` still counts at `now` (seconds of the epoch)."""
    machine, pid, birth, _ = owner.rsplit(":", 3)
    # Where process ids mean nothing to us, and on Windows, where asking would be a signal, time decides.
    if machine != _machine() or os.name == "nt":
        return now < expires
    return _lives(int(pid), birth) and now < expires + GRACE


def described(owner: str) -> str:
    """Who that is, in words for people."""
    machine, pid, _, _ = owner.rsplit(":", 3)
    host = machine.split("/")[0]
    return f"process {pid}" if machine == _machine() else f"process {pid} on {host}"


@cache
def _machine() -> str:
    """This machine since it was started, and the name space that its process ids count in.

    Containers may share a host's name, and come up again with the same process ids.
    """
    boot = space = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116 - a link to nothing
    return f"{socket.gethostname()}/{boot}/{space}"


def _lives(pid: int, birth: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    # The id may have been given to another process since, or to one that is dead and not buried.
    return _birth(pid) in (birth, "")


def _birth(pid: int) -> str:
    """When a process began, in clock ticks since the machine did; "dead" for one that only waits to be
    buried, empty where the system does not tell (macOS, or another user's process)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # proc(5): the name is in brackets and may hold anything; after it the state, and 19 fields on the birth.
    state, *fields = stat.rpartition(")")[2].split()
    return "dead" if state in "ZX" else fields[18]
