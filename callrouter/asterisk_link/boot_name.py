"""The boot name: a word that Asterisk puts on everything it tells, and that nobody else knows.

Rules
1. It is Asterisk's ``systemname``: every event then carries it, and an event that somebody else wrote cannot
   (80 random bits).  Asterisk keeps 19 characters of a system name; this is 16.
2. Asterisk also begins every unique id with it.  It is taken off wherever such an id leaves Asterisk (the dialplan;
   `vocabulary.cel.at_node`), and the node's name put there with a digest of it: a call id is known to many, and must
   not tell it.
3. A new one is made before each start of an Asterisk that we start ourselves, and at each rendering for one of
   somebody's own; there it goes with the rendered files until the next rendering.
4. Only Asterisk and the controller know it; the file that holds it is its owner's alone.
5. PJSIP writes it beside each registered phone, and takes those over TCP or TLS that bear the present one out at its
   start (``prune_on_boot``).  Ours register over UDP: a crash leaves them registered.
"""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path
from typing import Final

BOOT_NAME: Final = re.compile(r"[a-z2-7]{16}")


def new_boot_name() -> str:
    """Make one."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def read_boot_name(file: Path) -> str | None:
    """Read the one that Asterisk was configured with; None when there is none, or the file is damaged."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if BOOT_NAME.fullmatch(text) else None
