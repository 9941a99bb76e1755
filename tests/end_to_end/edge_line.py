"""A running edge with a carrier's end before it and a sink behind it, all in octets."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, cast

from edge_messages import BRANCH, message
from running_system import eventually, free_port

from callrouter.layout import SETUP_FOLDER
from callrouter.settings import PROJECT_ROOT

ASTERISK, CARRIER, STRANGER, EDGE = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
RULES: Final = PROJECT_ROOT / "deploy" / "kamailio" / "kamailio.cfg"
KAMAILIO: Final = SETUP_FOLDER / "bin" / "kamailio"
Address = tuple[str, int]
STRANGERS = "left without an answer, not from the carrier;"


def kamailio(*arguments: str) -> list[str]:
    [modules] = (SETUP_FOLDER / "debian" / "usr" / "lib").glob("*-linux-gnu/kamailio/modules")
    return [str(KAMAILIO), "-E", "-L", str(modules), *arguments]


@dataclass
class Edge:
    """A running edge: where it listens, the port that it sends to, and its log."""

    address: Address
    next_hop: int
    log: Path
    process: subprocess.Popen[bytes]


@contextmanager
def running_edge(folder: Path, next_hop: int, *defines: str) -> Iterator[Edge]:
    """Start the project's own rules with a local.cfg for this test; end them afterwards."""
    port = free_port(socket.SOCK_DGRAM)
    for file in RULES.parent.glob("*.cfg"):
        shutil.copy(file, folder / file.name)
    (folder / "local.cfg").write_text(
        f"listen=udp:{EDGE}:{port}\nlisten=tcp:{EDGE}:{port}\n"
        f'#!substdef "!CARRIER_NETWORKS!198.51.100.0/24,{CARRIER}/32!g"\n'
        f'#!substdef "!ASTERISK_ADDRESS!{ASTERISK}!g"\n#!substdef "!ASTERISK_PORT!{next_hop}!g"\n'
    )
    log = folder / "edge.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            kamailio("-DD", "-f", str(folder / RULES.name), "-Y", str(folder), "-m", "64", *defines),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        edge = Edge((EDGE, port), next_hop, log, process)
        eventually("the edge answers OPTIONS", lambda: answers(edge), within_s=10)
        yield edge
        assert process.poll() is None, log.read_text(errors="replace")
    finally:
        process.terminate()
        process.wait(10)


def numbers_told(edge: Edge, what: str) -> list[int]:
    """The counts in those lines of the log that say it, in order."""
    found = re.findall(rf"edge: {re.escape(what)} so far: ([0-9]+)\n", edge.log.read_text(errors="replace"))
    return [int(count) for count in found]


def answers(edge: Edge) -> bool:
    assert edge.process.poll() is None, edge.log.read_text(errors="replace")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier:
        carrier.bind((CARRIER, 0))
        carrier.settimeout(0.2)
        carrier.sendto(message(b"OPTIONS", b"sip:127.0.0.4"), edge.address)
        try:
            return carrier.recv(4096).startswith(b"SIP/2.0 200 ")
        except TimeoutError:
            return False


class Wire(asyncio.DatagramProtocol):
    """A UDP end that keeps what it gets; a sink also turns every INVITE down, as a busy line would."""

    def __init__(self, *, is_sink: bool) -> None:
        self.got: list[bytes] = []
        self._by_branch: dict[bytes, list[bytes]] = {}
        self._is_sink = is_sink
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.got.append(data)
        for branch in set(BRANCH.findall(data)):
            self._by_branch.setdefault(branch, []).append(data)
        if self._is_sink and data.startswith(b"INVITE "):
            kept = [
                line
                for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
                if re.match(rb"(?i)(via|v|from|f|to|t|call-id|i|cseq)[ \t]*:", line)
            ]
            self.send(b"\r\n".join([b"SIP/2.0 486 Busy Here", *kept, b"Content-Length: 0", b"", b""]), addr)

    def send(self, data: bytes, to: Address) -> None:
        self._transport.sendto(data, to)

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    async def until(self, look: Callable[[], object], *, timeout_s: float) -> None:
        for _ in range(round(timeout_s / 0.01)):
            if look():
                return
            await asyncio.sleep(0.01)

    def got_of(self, request: bytes) -> list[bytes]:
        """Everything that came with a request's branch in it."""
        return self._by_branch.get(BRANCH.findall(request)[0], [])

    def status_of(self, request: bytes) -> int | None:
        """The final status that came for a request; None: none came."""
        found = [int(data[8:11]) for data in self.got_of(request) if data.startswith(b"SIP/2.0 ")]
        return next((status for status in found if status >= 200), None)


@asynccontextmanager
async def wire(host: str, port: int = 0, *, is_sink: bool = False) -> AsyncIterator[Wire]:
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(
        lambda: Wire(is_sink=is_sink), local_addr=(host, port)
    )
    try:
        yield end
    finally:
        transport.close()


@dataclass
class Line:
    """The carrier's end, the edge between, and the sink where Asterisk would be."""

    carrier: Wire
    edge: Edge
    sink: Wire

    async def send(self, *requests: bytes, may_be_silent: Collection[bytes] = ()) -> None:
        """Send a few at a time, and wait until each has its final answer; for some that may never come."""
        for start in range(0, len(requests), 50):
            batch = requests[start : start + 50]
            for request in batch:
                self.carrier.send(request, self.edge.address)
            await self.carrier.until(partial(self._are_answered, batch), timeout_s=0.2)
        due = [request for request in requests if request not in may_be_silent]
        await self.carrier.until(partial(self._are_answered, due), timeout_s=5)

    def _are_answered(self, requests: Collection[bytes]) -> bool:
        return all(self.carrier.status_of(request) for request in requests)

    async def through(self, request: bytes) -> bytes:
        """Send one request that must come through; return it as the sink got it."""
        await self.send(request)
        [got] = [data for data in self.sink.got_of(request) if data.startswith(b"INVITE ")]
        return got


@asynccontextmanager
async def line(edge: Edge) -> AsyncIterator[Line]:
    """Open the carrier's end and the sink; on leaving, a good call still gets through."""
    async with wire(ASTERISK, edge.next_hop, is_sink=True) as sink, wire(CARRIER) as carrier:
        opened = Line(carrier, edge, sink)
        yield opened
        assert b"sip:12345@" in await opened.through(message(b"INVITE", b"sip:12345@127.0.0.4"))
