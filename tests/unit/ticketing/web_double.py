"""A ticketing side on loopback that answers as a test wants: real sockets, and every request kept."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from callrouter.vocabulary.message import Acknowledgement


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class WebDouble:
    """What it is told to answer: a whole response, or None to say nothing and keep the connection."""

    port: int = 0
    answer: Callable[[Request], bytes | None] = lambda _request: response(204)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    trickles: bool = False
    """Say an octet now and then after the answer, for ever."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in lines)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = first.split(" ")
                self.requests.append(Request(method, path, headers, body))
                said = self.answer(self.requests[-1])
                if said is None:
                    await asyncio.sleep(3600)
                else:
                    writer.write(said)
                    await writer.drain()
                while self.trickles:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.05)
                if said is not None and b"connection: close" in said:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"] if status != 204 else ["HTTP/1.1 204 X"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def web_double(tls: ssl.SSLContext | None = None) -> AsyncIterator[WebDouble]:
    double = WebDouble()
    tasks: set[asyncio.Task[None]] = set()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(double.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Listener:
    """Remembers what a publisher told."""

    def __init__(self) -> None:
        self.words: list[Acknowledgement] = []
        self.ups = 0
        self.downs = 0

    @property
    def is_up(self) -> bool:
        return self.ups > self.downs

    def link_up(self) -> None:
        self.ups += 1

    def link_down(self) -> None:
        self.downs += 1

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        self.words += words


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 -- a count has no event
            await asyncio.sleep(0.005)
