"""The programs that set-up provides, and what they are started with."""

from __future__ import annotations

import os
from pathlib import Path

from callrouter.layout import SETUP_FOLDER

_PROGRAMS = SETUP_FOLDER / "bin"


class ProgramMissing(Exception):
    """A program that set-up should have provided is not there."""


def program(name: str) -> Path:
    """Return a program that set-up provided. Raises ProgramMissing with the remedy."""
    path = _PROGRAMS / name
    if not path.exists():
        raise ProgramMissing(f"{name} is not set up in {_PROGRAMS}; remedy: make setup")
    return path


def plain_environment() -> dict[str, str]:
    """Pass on what a program needs, and no secret that happens to stand in our own environment."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}
