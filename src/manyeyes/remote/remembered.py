"""Which portfolio at which server the user's own folders and ZIPs were sent to, so that it is found again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from manyeyes.remote.address import Address


@dataclass(frozen=True, slots=True)
class Memory:
    """One small file of this user."""

    path: Path

    def recall(self, server: Address, sources: Sequence[str]) -> str | None:
        """The portfolio's id at this server; None where none is known."""
        found = self._read().get(str(server), {}).get(_key(sources))
        return found if isinstance(found, str) else None

    def keep(self, server: Address, sources: Sequence[str], portfolio: str) -> None:
        """Remember it. Raises OSError."""
        kept = self._read()
        kept.setdefault(str(server), {})[_key(sources)] = portfolio
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(kept, indent=1), "utf-8")
        part.replace(self.path)

    def _read(self) -> dict[str, dict[str, str]]:
        """What is known; a file that is gone or torn knows nothing."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        rows = told.items() if isinstance(told, dict) else ()
        return {server: portfolios for server, portfolios in rows if isinstance(portfolios, dict)}


def _key(sources: Sequence[str]) -> str:
    """Names a set of sources, whatever their order, without telling what they are."""
    return hashlib.sha256("\0".join(sorted(sources)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
