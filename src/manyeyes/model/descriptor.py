"""The style descriptor: its fields, its vocabulary, and how an answer becomes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StyleDescriptor:
    """One main garment, described in the controlled vocabulary; what cannot be seen is None or empty."""

    garment_type: str | None = None
