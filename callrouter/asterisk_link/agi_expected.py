r"""The environment exactly as our Asterisk and our dialplan write it, read in one look.  PURE.

Rules
1. Nearly every dip is this one: Asterisk's own lines in its own order, one script, the facts in the order of
   the dialplan, and not an octet behind the end.  One pattern tells it, and takes the facts out.
2. Whatever differs in any way is not refused here but left to the general way (`agi_protocol`,
   `agi_arguments`), which is the law: this module may only say what that way says too, sooner.  A test holds
   the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from callrouter.asterisk_link.agi_arguments import ENCODED, decoded
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES

ASTERISKS_LINES: Final = (
    "agi_network",
    "agi_network_script",
    "agi_request",
    "agi_channel",
    "agi_language",
    "agi_type",
    "agi_uniqueid",
    "agi_version",
    "agi_callerid",
    "agi_calleridname",
    "agi_callingpres",
    "agi_callingani2",
    "agi_callington",
    "agi_callingtns",
    "agi_dnid",
    "agi_rdnis",
    "agi_context",
    "agi_extension",
    "agi_priority",
    "agi_enhanced",
    "agi_accountcode",
    "agi_threadid",
)
"""What Asterisk 22 tells of a channel, in its order (``setup_env`` in its ``res/res_agi.c``)."""


_ANYTHING = ".*+"  # to the end of the line; possessive, for what follows cannot be part of it


class ExpectedDip:
    """One script's dip: ``facts`` are the names of its arguments in the order of the dialplan."""

    __slots__ = ("_fullmatch", "_names", "script")

    def __init__(self, script: str, facts: Sequence[str]) -> None:
        self.script = script
        self._names = tuple(facts)
        lines = [f"{name}: {_ANYTHING}" for name in ASTERISKS_LINES]
        lines[ASTERISKS_LINES.index("agi_network_script")] = f"agi_network_script: {re.escape(script)}"
        lines += [rf"agi_arg_{place}: {re.escape(name)}=({ENCODED})" for place, name in enumerate(facts, 1)]
        self._fullmatch = re.compile("\n".join(lines) + "\n\n").fullmatch

    def read(self, octets: bytes) -> dict[str, str] | None:
        """Return the facts, decoded; None if the octets are not exactly this dip."""
        if len(octets) > MAX_ENVIRONMENT_BYTES:
            return None
        text = octets.decode("latin-1")  # one character an octet, as the general way reads it
        match = self._fullmatch(text)
        if match is None:
            return None
        facts = dict(zip(self._names, match.groups(), strict=True))
        if "%" in text:
            for name, value in facts.items():
                if "%" in value:
                    facts[name] = decoded(value)
        return facts
