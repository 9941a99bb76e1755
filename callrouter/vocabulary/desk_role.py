"""What the bearer of a desk's token may see and do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Whose sight a token has."""

    AGENT = "agent"
    """His own call, its caller masked unless the settings say otherwise."""
    SUPERVISOR = "supervisor"
    """All calls, their callers whole; and whatever an agent may."""
