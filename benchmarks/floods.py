"""What dips feel of a flood: connections that close, stay silent or talk rubbish, while dips go on at a steady rate.

Rules:
- The flood comes from a process of its own at a fixed rate, more than twice what an Asterisk here can place as
  calls; the dips come from this one, at a fixed rate too. Faster than the server can take them, connections queue
  in the kernel and nobody's dip can overtake: that measures the machine, not the server.
- Slices without and with a flood alternate; the 99th percentiles are compared within a pair, and the median of the
  pairs is told.
- Silent peers hold their connection until they are cut; there are never more of them than the files that a process
  may open, so 10,000 of them come in waves.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.dips import environment_of, started
from benchmarks.figures import Spread, percentile, ratios
from benchmarks.table import Finding
from callrouter.asterisk_link.agi_dip import ENVIRONMENT_LIMIT_S
from callrouter.asterisk_link.agi_double import AsteriskDouble
from callrouter.asterisk_link.file_limit import room_for

_SESSIONS, _PAIRS = 10_000, 3
_SESSIONS_A_SECOND = 1000
_DIPS_A_SECOND, _QUIET_S = 100, 4.0
_MOST_TIMES: Final = 2
_MOST_SILENT: Final = 6000
_GARBAGE: Final = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20


def measure() -> list[Finding]:
    """Flood our server in three ways."""
    with started("callrouter") as server:
        return [_finding(kind, server.port) for kind in FLOODS]


def _finding(kind: str, port: int) -> Finding:
    quiet, flooded = list[float](), list[float]()
    for _ in range(_PAIRS):
        without = dips_for(port, lambda began: time.monotonic() - began < _QUIET_S)
        with flood(kind, port, _SESSIONS) as process:
            during = dips_for(port, lambda _: process.poll() is None)
        quiet.append(percentile(without, 99) * 1000)
        flooded.append(percentile(during, 99) * 1000)
    times = ratios(flooded, quiet)
    return Finding(
        f"dips at {_DIPS_A_SECOND} a second while {_SESSIONS} sessions, {_SESSIONS_A_SECOND} a second,"
        f" {FLOODS[kind][1]}: p99, median [quartiles]",
        f"≤ {_MOST_TIMES} x quiet",
        f"{Spread.of(flooded).text(2)} ms, {Spread.of(times).text(2)} x quiet",
        f"quiet, just before: {Spread.of(quiet).text(2)} ms",
        met=statistics.median(times) <= _MOST_TIMES,
    )


def dips_for(port: int, goes_on: Callable[[float], bool], a_second: int = _DIPS_A_SECOND) -> list[float]:
    """Send dips at a steady rate while `goes_on(when it began)`; return how long each took, in seconds.

    A dip's time counts from when it was due, so that one that is late makes the next late too.
    """
    began, took = time.monotonic(), list[float]()
    while goes_on(began):
        due = began + len(took) / a_second
        time.sleep(max(0.0, due - time.monotonic()))
        with AsteriskDouble(port) as asterisk:
            asterisk.dip(environment_of(len(took)))
        took.append(time.monotonic() - due)
    return took


@contextmanager
def flood(kind: str, port: int, sessions: int) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process flood a port; it is over when the process has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.floods", kind, str(port), str(sessions)],
        cwd=Path(__file__).resolve().parent.parent,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _paced(sessions: int) -> Iterator[None]:
    began = time.monotonic()
    for number in range(sessions):
        time.sleep(max(0.0, began + number / _SESSIONS_A_SECOND - time.monotonic()))
        yield


def _connect_and_close(port: int, sessions: int) -> None:
    for _ in _paced(sessions):
        with suppress(OSError), _connected(port):
            pass


def _stay_silent(port: int, sessions: int) -> None:
    most = room_for(_MOST_SILENT)
    silent: list[socket.socket] = []
    for _ in _paced(sessions):
        if len(silent) >= most:
            silent.pop(0).close()
        with suppress(OSError):
            silent.append(_connected(port))
    time.sleep(2 * ENVIRONMENT_LIMIT_S)  # silent to the end: the server cuts them, not we


def _talk_rubbish(port: int, sessions: int) -> None:
    for _ in _paced(sessions):
        with suppress(OSError), _connected(port) as connection:
            connection.sendall(_GARBAGE)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


FLOODS: Final[dict[str, tuple[Callable[[int, int], None], str]]] = {
    "close": (_connect_and_close, "connect and close"),
    "silent": (_stay_silent, "connect and say nothing"),
    "garbage": (_talk_rubbish, "send rubbish"),
}
"""Each flood, and what its sessions do."""


if __name__ == "__main__":
    FLOODS[sys.argv[1]][0](int(sys.argv[2]), int(sys.argv[3]))
