"""Says what a fault of the machine is, and what to do about it."""

from __future__ import annotations

import errno
import os

#: What to do, by the fault's number.
_REMEDIES = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or send the output elsewhere"
    ),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "give yourself the right to it, or choose another place"
    ),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "see whether it is still there"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "close other programs, or allow more with `ulimit -n`"),
}


def reason(error: OSError) -> str:
    """What went wrong, in the system's own words, without its number: `no space left on device`."""
    words = str(error) if error.errno is None else os.strerror(error.errno)
    return words[:1].lower() + words[1:]


def sentence(error: OSError) -> str:
    """What went wrong, with which file, and what to do."""
    what = "" if error.filename is None else f"{os.fsdecode(error.filename)!r}: "
    remedy = _REMEDIES.get(error.errno or 0, "run the same command again once that is mended")
    return f"{what}{reason(error)}: {remedy}"
