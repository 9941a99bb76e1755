"""Who holds a lease: a name that tells others on the same machine whether the holder still lives.

Rules:
- A process is named by the kernel's boot, the PID namespace and the time namespace, its PID there, and when it
  started: nothing else ever has that name, and nobody but a process of the same boot and namespaces judges it.
- "Gone" is said only when it is certain: there is no such process any more, or another one has its PID. What may
  not be looked at, and what is merely stopped, is alive.
- A `/proc` that is another PID namespace's (a container may be given its host's) is about other processes: nothing
  is read there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_PROC = Path("/proc")
_NAME = re.compile(
    r"(?P<kernel>[0-9a-f-]{36}):(?P<namespaces>\d+\+\d+)/(?P<pid>\d+)@(?P<start>\d+)", re.ASCII
)
_DEAD = frozenset("ZXx")
"""States of a process that will run no more (proc(5)): its parent has not noticed yet."""


def holder_name() -> str:
    """Name this process."""
    here = _kernel_and_namespaces()
    start = _state_and_start(os.getpid())
    if here is None or start is None:
        # Nobody can tell then whether we live: a name that nobody recognises.
        return f"unknown-{os.getpid()}-{os.urandom(8).hex()}"
    return f"{here}/{os.getpid()}@{start[1]}"


def is_gone(holder: str) -> bool:
    """Whether a holder is a process of this machine that has ended; False when that cannot be told from here."""
    match = _NAME.fullmatch(holder)
    if match is None or f"{match['kernel']}:{match['namespaces']}" != _kernel_and_namespaces():
        return False
    pid = int(match["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        # Another account's: it is there. Whether it is the same is told below, if we may look.
        pass
    found = _state_and_start(pid)
    return found is not None and (found[0] in _DEAD or found[1] != match["start"])


def _kernel_and_namespaces() -> str | None:
    try:
        if (_PROC / "self").readlink() != Path(str(os.getpid())):
            return None
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        pids = (_PROC / "self/ns/pid").stat().st_ino
    except (OSError, UnicodeDecodeError):
        return None
    return f"{boot}:{pids}+{_time_namespace()}"


def _time_namespace() -> int:
    """Where clocks are shifted, the same process seems to have started at another time (time_namespaces(7))."""
    try:
        return (_PROC / "self/ns/time").stat().st_ino
    except OSError:
        return 0  # a kernel without them


def _state_and_start(pid: int) -> tuple[str, str] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, and may hold anything.
    fields = text.rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else None
