"""How many connections this process may hold open: each is a file to the kernel."""

from __future__ import annotations

import resource
from typing import Final

_FOR_EVERYTHING_ELSE: Final = 256
"""Files that the rest of the controller may need: journal, database, broker, manager interface, probes."""


def room_for(connections: int) -> int:
    """Raise the process's limit of open files as far as `connections` need it and the system allows.

    Returns how many of them there is room for. At the kernel's limit no one could connect any more, an honest
    Asterisk included; at our own the oldest silent peer makes room.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FOR_EVERYTHING_ELSE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, soft - _FOR_EVERYTHING_ELSE))
