"""Lines to a stream that may be slow, full or gone: whoever logs never waits for its reader.

Rules
1. A line is written at once and in one piece; nothing is kept back, so a kill loses none.
2. What a pipe, a socket or a terminal can't take at the moment is lost and counted: a reader that has stopped
   reading stops no call. A file is written as ever; no system offers not to wait for a disk.
3. Where a write is cut short, the rest of its line goes before anything else: no two lines run into each other.
4. When lines were lost, the first that can be written again says how many.
"""

from __future__ import annotations

import os
import socket
import stat
import weakref
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import IO


class Lines:
    """Writes lines, from any thread; never raises for the stream's sake, never waits for a reader."""

    def __init__(self, stream: IO[str], lost: Callable[[int], str]) -> None:
        """Write to the file behind `stream`, or to the stream itself if it has none; `lost` words rule 4."""
        self.lost = 0
        """Lines that could not be written since the start."""
        self._write, close = _writing_to(stream)
        weakref.finalize(self, close).atexit = False
        self._say_lost = lost
        self._untold = 0
        self._rest = b""
        # Re-entrant: whatever is collected as garbage in here may log, too.
        self._lock = RLock()

    def write(self, line: str) -> None:
        """Write one line, or count it as lost."""
        octets = f"{line}\n".encode("utf-8", "backslashreplace")
        with self._lock:
            if self._untold:
                octets = f"{self._say_lost(self._untold)}\n".encode() + octets
            if self._rest_is_written() and self._put(octets):
                self._untold = 0
            else:
                self.lost += 1
                self._untold += 1

    def _rest_is_written(self) -> bool:
        return not self._rest or (self._put(self._rest) and not self._rest)

    def _put(self, octets: bytes) -> bool:
        """Write; False if nothing of it was taken. What was not taken of it is kept as the rest."""
        try:
            written = self._write(octets)
        except (OSError, ValueError):
            return False
        self._rest = octets[written:]
        return True


def _writing_to(stream: IO[str]) -> tuple[Callable[[bytes], int], Callable[[], None]]:
    """Give what writes without waiting, and what closes it; the stream itself stays as it is."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return lambda octets: _written_as_text(stream, octets), lambda: None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        connection = socket.socket(fileno=os.dup(descriptor))
        return lambda octets: connection.send(octets, socket.MSG_DONTWAIT), connection.close
    own = _own_descriptor(descriptor, mode)
    return lambda octets: os.write(own, octets), lambda: os.close(own)


def _own_descriptor(descriptor: int, mode: int) -> int:
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        # Opened anew: "does not wait" set on the old one would hold for every process that shares it. Where that
        # cannot be done (no /proc, somebody else's terminal) a line may have to wait.
        with suppress(OSError):
            return os.open(
                f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            )
    return os.dup(descriptor)


def _written_as_text(stream: IO[str], octets: bytes) -> int:
    stream.write(octets.decode())
    stream.flush()
    return len(octets)
