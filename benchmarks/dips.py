"""What a FastAGI dip costs the server that answers it: CPU a dip, decision included, without Asterisk's part.

Rules:
- Each server is a process of its own; what it has used is read from its CPU clock before and after a slice.
- Slices of all servers alternate within one run, and ratios are taken within a round, so that what else the
  machine does hits all alike.
- Measured one at a time, as on a quiet platform, and eight in flight: several then share a turn of the event loop
  and the processor's caches stay warm, which makes every server cheaper.
- C and Node answer with a constant, without a decision; they are left out where there is no compiler or no Node.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.dip_servers import SERVERS
from benchmarks.figures import Spread, ratios
from benchmarks.table import Finding
from callrouter.asterisk_link.agi_double import ACCEPTED, AsteriskDouble, environment

_HERE = Path(__file__).resolve().parent
_ROUNDS, _DIPS_A_SLICE, _WARM_UP = 12, 240, 320
_QUIET, _BUSY = 1, 8
"""Dips in flight."""
_NUMBERS: Final = ("12315", "12345", "12300", "12360", "12333", "%2B8628123", "110")
_WHOLE_PROCESS: Final = 2
"""Of a clock id: the process's own time, in and out of the kernel, in ns (Linux, posix-timers.h)."""

_MOST, _MOST_LOGGING = 1.2, 1.7
"""Of the bare protocol's CPU."""

_OURS, _BARE = "callrouter", "protocol"
_PEERS: Final = {
    "protocol": "bare asyncio.Protocol on uvloop, no decision",
    "panoramisk": "panoramisk 1.4 on uvloop, same decision, one command",
    "panoramisk, six": "panoramisk as one would write it, six commands",
    "C": "C, one thread and epoll, no decision",
    "Node": "Node, no decision",
}


@dataclass(slots=True)
class Measured:
    """A running server, and what its slices cost."""

    process: subprocess.Popen[str]
    port: int
    commands: int = 1
    slices_us: dict[int, list[float]] = field(default_factory=lambda: {_QUIET: [], _BUSY: []})
    """CPU a dip, by dips in flight."""

    def cpu_ns(self) -> int:
        """Return the CPU time that the server has used."""
        return time.clock_gettime_ns((~self.process.pid << 3) | _WHOLE_PROCESS)

    def slice(self, dips: int, in_flight: int) -> float:
        """Send some dips; return the server's CPU in µs a dip."""
        before = self.cpu_ns()
        for first in range(0, dips, in_flight):
            _dip_together(self.port, self.commands, range(first, first + in_flight))
        return (self.cpu_ns() - before) / dips / 1000


def measure() -> list[Finding]:
    """Measure every server in alternating slices."""
    with ExitStack() as running:
        servers = {name: running.enter_context(started(name)) for name in SERVERS}
        for name, command in _strangers(Path(running.enter_context(tempfile.TemporaryDirectory()))):
            servers[name] = running.enter_context(_running(command, 1))
        for server in servers.values():
            server.slice(_WARM_UP, _BUSY)
        for _ in range(_ROUNDS):
            for in_flight in (_QUIET, _BUSY):
                for server in servers.values():
                    server.slices_us[in_flight].append(server.slice(_DIPS_A_SLICE, in_flight))
    return [_finding(servers, "one at a time", _QUIET), _finding(servers, f"{_BUSY} in flight", _BUSY)]


def _finding(servers: dict[str, Measured], how: str, in_flight: int) -> Finding:
    slices = {name: server.slices_us[in_flight] for name, server in servers.items()}
    cpu = {name: Spread.of(of_server).text(0) for name, of_server in slices.items()}
    ours, logging = slices[_OURS], slices["callrouter, logging"]
    peers = (
        f"{said}: {cpu[name]} µs, ours is {Spread.of(ratios(ours, slices[name])).text(2)} x that"
        for name, said in _PEERS.items()
        if name in slices
    )
    own, logged = ratios(ours, slices[_BARE]), ratios(logging, slices[_BARE])
    return Finding(
        f"FastAGI dip, {how}: CPU of the server alone, decision included, median [quartiles]",
        f"≤ {_MOST} x the bare protocol, with logging ≤ {_MOST_LOGGING} x (130 and 180 µs where that takes 106)",
        f"{cpu[_OURS]} µs, {Spread.of(own).text(2)} x the bare protocol;"
        f" with logging {cpu['callrouter, logging']} µs, {Spread.of(logged).text(2)} x",
        "; ".join(peers),
        met=statistics.median(own) <= _MOST and statistics.median(logged) <= _MOST_LOGGING,
    )


def _strangers(folder: Path) -> Iterator[tuple[str, Sequence[str | Path]]]:
    """Give the servers in other languages that this machine can run."""
    node, compiler = shutil.which("node"), shutil.which("cc")
    if node is not None:
        yield "Node", [node, _HERE / "dip_peer.js"]
    if compiler is not None:
        built = folder / "dip_peer"
        done = subprocess.run(
            [compiler, "-O2", "-o", built, _HERE / "dip_peer.c"], capture_output=True, check=False
        )
        if done.returncode == 0:
            yield "C", [built]


@contextmanager
def started(name: str) -> Iterator[Measured]:
    """Run a server of `dip_servers` as a process of its own."""
    with _running([sys.executable, "-m", "benchmarks.dip_servers", name], SERVERS[name].commands) as server:
        yield server


@contextmanager
def _running(command: Sequence[str | Path], commands: int) -> Iterator[Measured]:
    process = subprocess.Popen(command, cwd=_HERE.parent, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Measured(process, int(process.stdout.readline()), commands)
    finally:
        process.kill()
        process.wait()


def _dip_together(port: int, commands: int, numbers: range) -> None:
    """Be Asterisk for some dips at once. Raises RuntimeError when an answer is none."""
    with ExitStack() as opened:
        dips = [opened.enter_context(AsteriskDouble(port)) for _ in numbers]
        for dip, number in zip(dips, numbers, strict=True):
            dip.send(environment_of(number))
        for _ in range(commands):
            for dip in dips:
                if not dip.command().startswith(b"SET VARIABLE "):
                    raise RuntimeError("a server answered with something else than a variable")
            for dip in dips:
                dip.send(ACCEPTED)
        if not all(dip.is_closed() for dip in dips):
            raise RuntimeError("a server sent more commands than it should")


def environment_of(number: int) -> bytes:
    """Return what Asterisk sends for the call of that number: callers and ids differ, the dialled number turns."""
    call_id, caller = f"node1-1795340556.{number}", f"138{number * 7919 % 10**8:08d}"
    facts = {
        "call_id": call_id,
        "called": _NUMBERS[number % len(_NUMBERS)],
        "caller": caller,
        "sip_call_id": f"35a2cdd1771633b5{number}%40192.0.2.7",
    }
    return environment(
        facts, agi_channel=f"PJSIP/carrier-{number:08x}", agi_uniqueid=call_id, agi_callerid=caller
    )
