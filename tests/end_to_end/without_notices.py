"""Callers who are told nothing first: for scenes of what comes after, which would each wait for the whole of it."""

from __future__ import annotations

import re

from running_system import System


def without_notices(system: System) -> None:
    """Until Asterisk reads its dialplan again, no notice is played to who waits; who calls is answered at once."""
    shown = system.asks_asterisk("dialplan show notice")
    notices = {found[1] for line in shown if (found := re.match(r"\s*'([a-z][a-z0-9-]*)'\s*=>", line))}
    notices.discard("none")
    assert notices, shown
    for notice in notices:
        said = system.asks_asterisk(f"dialplan add extension {notice},1,Goto,none,1 into notice replace")
        assert "Goto(none,1)" in " ".join(said), said
