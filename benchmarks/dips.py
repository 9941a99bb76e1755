"""What a FastAGI dip costs the server that answers it: CPU a dip, decision included, without Asterisk's part.

Rules:
- Each server is a process of its own; what it has used is read from its CPU clock before and after a slice.
- Slices of all servers alternate within one run, and ratios are taken within a round, so that what else the
  machine does hits all alike.
- Measured one at a time, as on a quiet platform, and eight in flight: several then share a turn of the event loop
  and the processor's caches stay warm, which makes every server cheaper.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.dip_servers import SERVERS
from benchmarks.figures import Spread
from benchmarks.table import Finding

_ROUNDS, _DIPS_A_SLICE, _WARM_UP = 12, 240, 320
_QUIET, _BUSY = 1, 8
"""Dips in flight."""
_NUMBERS: Final = ("12315", "12345", "12300", "12360", "12333", "%2B8628123", "110")
_WHOLE_PROCESS: Final = 2
"""Of a clock id: the process's own time, in and out of the kernel, in ns (Linux, posix-timers.h)."""


@dataclass(slots=True)
class _Server:
    process: subprocess.Popen[str]
    port: int
    slices_us: dict[int, list[float]] = field(default_factory=lambda: {_QUIET: [], _BUSY: []})
    """CPU a dip, by dips in flight."""

    def cpu_ns(self) -> int:
        return time.clock_gettime_ns((~self.process.pid << 3) | _WHOLE_PROCESS)

    def slice(self, dips: int, in_flight: int) -> float:
        """Send some dips; return the server's CPU in µs a dip."""
        before = self.cpu_ns()
        for first in range(0, dips, in_flight):
            _dip_together(self.port, range(first, first + in_flight))
        return (self.cpu_ns() - before) / dips / 1000


def measure() -> list[Finding]:
    """Measure every server in alternating slices."""
    with ExitStack() as running:
        servers = {name: running.enter_context(_started(name)) for name in SERVERS}
        for server in servers.values():
            server.slice(_WARM_UP, _BUSY)
        for _ in range(_ROUNDS):
            for in_flight in (_QUIET, _BUSY):
                for server in servers.values():
                    server.slices_us[in_flight].append(server.slice(_DIPS_A_SLICE, in_flight))
    return [_finding(servers, "one at a time", _QUIET), _finding(servers, f"{_BUSY} in flight", _BUSY)]


def _finding(servers: dict[str, _Server], how: str, in_flight: int) -> Finding:
    slices = {name: server.slices_us[in_flight] for name, server in servers.items()}
    cpu = {name: Spread.of(of_server).text(0) for name, of_server in slices.items()}
    ours = slices["callrouter"]
    return Finding(
        f"FastAGI dip, {how}: CPU of the server alone, decision included, median [quartiles]",
        "≤ 130 µs, with logging ≤ 180 µs",
        f"{cpu['callrouter']} µs; with logging {cpu['callrouter, logging']} µs",
        f"bare asyncio.Protocol on uvloop, no decision: {cpu['protocol']} µs, ours is"
        f" {_ratio(ours, slices['protocol'])} x that; panoramisk 1.4 on uvloop, same decision:"
        f" {cpu['panoramisk']} µs, ours is {_ratio(ours, slices['panoramisk'])} x that",
    )


def _ratio(ours: list[float], theirs: list[float]) -> str:
    return Spread.of([mine / other for mine, other in zip(ours, theirs, strict=True)]).text(2)


@contextmanager
def _started(name: str) -> Iterator[_Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.dip_servers", name],
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield _Server(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def _dip_together(port: int, numbers: range) -> None:
    """Be Asterisk for some dips at once. Raises RuntimeError when an answer is none."""
    with ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in numbers
        ]
        for connection, number in zip(connections, numbers, strict=True):
            connection.sendall(_environment(number))
        for connection in connections:
            _take_verdict(connection)
        for connection in connections:
            connection.sendall(b"200 result=1\n")
        if any(connection.recv(4096) for connection in connections):
            raise RuntimeError("a server sent more than one command")


def _take_verdict(connection: socket.socket) -> None:
    answer = b""
    while not answer.endswith(b"\n"):
        part = connection.recv(4096)
        if not part:
            raise RuntimeError("a server closed a dip without an answer")
        answer += part
    if not answer.startswith(b"SET VARIABLE CR_VERDICT "):
        raise RuntimeError("a server answered with something else than the verdict")


def _environment(number: int) -> bytes:
    """Write what Asterisk 22 sends: 22 lines of its own, then the arguments of our dialplan."""
    arguments = (
        f"call_id=node1-1795340556.{number}",
        f"called={_NUMBERS[number % len(_NUMBERS)]}",
        "caller=13800138000",
        "presentation=allowed_not_screened",
        "trunk=carrier",
        f"sip_call_id=35a2cdd1771633b5{number}%40192.0.2.7",
        "arrived_at=1795340556.990428",
        "clock_offset=0",
    )
    lines = (
        "agi_network: yes",
        "agi_network_script: arrival",
        "agi_request: agi://127.0.0.1:14573/arrival",
        f"agi_channel: PJSIP/carrier-{number:08x}",
        "agi_language: zh_CN",
        "agi_type: PJSIP",
        f"agi_uniqueid: node1-1795340556.{number}",
        "agi_version: 22.10.1",
        "agi_callerid: 13800138000",
        "agi_calleridname: unknown",
        "agi_callingpres: 0",
        "agi_callingani2: 0",
        "agi_callington: 0",
        "agi_callingtns: 0",
        "agi_dnid: unknown",
        "agi_rdnis: unknown",
        "agi_context: arrival",
        "agi_extension: s",
        "agi_priority: 16",
        "agi_enhanced: 0.0",
        "agi_accountcode: ",
        "agi_threadid: 139980679968448",
        *(f"agi_arg_{place}: {argument}" for place, argument in enumerate(arguments, start=1)),
    )
    return ("\n".join(lines) + "\n\n").encode()
