"""An MQTT 5 broker that does what a test tells it with each QoS 1 message (MQTT 5, chapter 3)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

SOON_S = 10.0
NOT_AUTHORISED = 0x87
_CONNECT, _PUBLISH, _SUBSCRIBE, _PING = 1, 3, 8, 12


@dataclass(frozen=True)
class Published:
    """A message as it came, and the number (from 1) of the connection on which it came."""

    connection: int
    packet_id: bytes
    payload: bytes


class Link:
    """One client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def packet(self) -> tuple[int, bytes]:
        """The next packet: its first octet and its body."""
        first = (await self.reader.readexactly(1))[0]
        return first, await self.reader.readexactly(await self._length())

    async def _length(self) -> int:
        length = shift = 0
        while True:
            octet = (await self.reader.readexactly(1))[0]
            length |= (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                return length

    def take(self, published: Published, reason: int = 0) -> None:
        """Send the PUBACK."""
        body = published.packet_id + (bytes([reason]) if reason else b"")
        self.writer.write(bytes([0x40, len(body)]) + body)

    def deliver(self, topic: str, payload: bytes) -> None:
        """Send a QoS 0 message of our own; short enough for a length of one octet."""
        body = len(topic).to_bytes(2, "big") + topic.encode() + b"\0" + payload
        assert len(body) < 0x80
        self.writer.write(bytes([0x30, len(body)]) + body)

    def drop(self) -> None:
        """Go as a killed broker goes."""
        self.writer.transport.abort()


OnPublish = Callable[[Link, Published], None]


class ScriptedBroker:
    """Accepts every client and subscription; what becomes of a message is for ``on_publish`` to say."""

    def __init__(self, on_publish: OnPublish) -> None:
        self.connections = 0
        self.published: list[Published] = []
        self.port = 0
        self._on_publish = on_publish
        self._changed = asyncio.Event()
        self._links: list[Link] = []

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["ScriptedBroker"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            async with asyncio.timeout(SOON_S):
                yield self
        finally:
            server.close()
            for link in self._links:
                link.drop()

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        self._links.append(link)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, body = await link.packet()
                self._react(link, first, body)
                self._changed.set()

    def _react(self, link: Link, first: int, body: bytes) -> None:
        match first >> 4:
            case code if code == _CONNECT:
                self.connections += 1
                link.writer.write(b"\x20\x03\0\0\0")
            case code if code == _SUBSCRIBE:
                link.writer.write(b"\x90\x04" + body[:2] + b"\0\x01")
            case code if code == _PING:
                link.writer.write(b"\xd0\0")
            case code if code == _PUBLISH:
                published = self._read(first, body)
                self.published.append(published)
                self._on_publish(link, published)
            case _:
                pass  # DISCONNECT, PUBACK

    def _read(self, first: int, body: bytes) -> Published:
        assert first & 0x06 == 0x02, "QoS 1 only"
        topic_end = 2 + int.from_bytes(body[:2], "big")
        return Published(self.connections, body[topic_end : topic_end + 2], body[body.find(b"{") :])


def take(link: Link, published: Published) -> None:
    link.take(published)


def drop(link: Link, _published: Published) -> None:
    link.drop()


def refuse(link: Link, published: Published) -> None:
    link.take(published, NOT_AUTHORISED)
