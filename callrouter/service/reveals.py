"""Who had unmasked numbers shown: written down before they are, and refused where that is impossible.

A line says who, when, by which command and how many calls'; never which.
"""

from __future__ import annotations

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path


def who() -> str:
    """The account that asks; behind sudo, also the one that became it."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER")
    return f"{behind} as {account}" if behind and behind != account else account


def note_reveal(file: Path, command: str, calls: int) -> None:
    """Write down that so many calls' numbers are about to be shown.

    Raises PermissionError where that is impossible: then they may not be.
    """
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "who": who(), "uid": os.getuid()}
    text = json.dumps({**line, "command": command, "calls": calls}, ensure_ascii=False)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as log:
            os.fchmod(log.fileno(), 0o600)
            log.write(f"{text}\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        raise PermissionError(
            f"{file}: 无法记下谁看了号码，因此不显示 / who had numbers shown cannot be written down, so none are"
            f" ({type(error).__name__}, {error.strerror}); remedy: make it a plain file that you may write"
        ) from None
