"""Records tests/wire/transcripts from a real Asterisk; by hand, when a new Asterisk version comes.

Usage: ``python tests/wire/record_transcripts.py``, after ``make setup``.  A transcript is one line a chunk: ``<``
(Asterisk sent) or ``>`` (we sent), then a Python bytes literal.
"""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from recording_asterisk import Recorded, running_asterisk

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

TRANSCRIPTS = Path(__file__).with_name("transcripts")
QUEUED = (
    'SET VARIABLE CR_VERDICT "v1|connect||waiting|5|line=12315&mode=dual&phase=in_force&treatment=connect"\n'
)
Chunk = tuple[str, bytes]


class Wire:
    """A socket that remembers every chunk."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.chunks: list[Chunk] = []
        connection.settimeout(10)

    def send(self, octets: bytes) -> None:
        self.connection.sendall(octets)
        self.chunks.append((">", octets))

    def read_until(self, marker: bytes, then: bytes = b"") -> bytes:
        """Read until ``marker`` has come, and behind it ``then``."""
        seen = b""
        while then not in (found := seen.partition(marker))[2] or not found[1]:
            octets = self.connection.recv(65536)
            if not octets:
                break
            self.chunks.append(("<", octets))
            seen += octets
        return seen

    def read_until_quiet(self, seconds: float = 1.0) -> None:
        self.connection.settimeout(seconds)
        try:
            while octets := self.connection.recv(65536):
                self.chunks.append(("<", octets))
        except (TimeoutError, ConnectionResetError):
            pass

    def ask(self, action: bytes, marker: bytes) -> None:
        self.send(action.replace(b"\n", b"\r\n") + b"\r\n\r\n")
        self.read_until(marker, b"\r\n\r\n")

    def save(self, name: str) -> None:
        self.connection.close()
        lines = "".join(f"{direction} {octets!r}\n" for direction, octets in self.chunks)
        (TRANSCRIPTS / f"{name}.txt").write_text(lines, "ascii")


def ami(port: int, events: bytes = b"on") -> Wire:
    wire = Wire(socket.create_connection(("127.0.0.1", port)))
    wire.send(
        b"Action: Login\r\nActionID: t-1\r\nUsername: wire\r\nSecret: not-a-secret\r\nEvents: %b\r\n\r\n"
        % events
    )
    wire.read_until(b"Event: FullyBooted" if events == b"on" else b"accepted", b"\r\n\r\n")
    return wire


def record_ami(port: int) -> None:
    wire = ami(port)
    wire.save("ami_login")

    wire = ami(port)
    wire.ask(b"Action: QueueStatus\nActionID: t-2\nQueue: hotline", b"ListItems: 3")
    wire.save("ami_queue_status")

    wire = ami(port)
    wire.ask(b"Action: Command\nActionID: t-2\nCommand: queue show hotline", b"No Callers")
    wire.ask(b"Action: Ping\nActionID: t-3", b"Timestamp")
    wire.ask(b"Action: Nonsense\nActionID: t-4", b"Invalid/unknown command")
    wire.read_until_quiet()
    wire.save("ami_command")

    wire = ami(port, b"off")
    wire.ask(b"Action: CoreShowChannels\nActionID: t-2", b"ListItems: 0")
    wire.ask(b"Action: QueueStatus\nActionID: t-3\nQueue: nobody", b"ListItems: 0")
    wire.ask(b"Action: CoreSettings\nActionID: t-4", b"ActionID: t-4")
    wire.save("ami_empty_lists")

    wire = Wire(socket.create_connection(("127.0.0.1", port)))
    wire.send(b"Action: Login\r\nActionID: t-1\r\nUsername: wire\r\nSecret: wrong\r\n\r\n")
    wire.read_until(b"failed")
    wire.read_until_quiet()
    wire.save("ami_wrong_secret")


def record_dip(at: Recorded, name: str, number: bytes, serve: Callable[[Wire, Wire], None]) -> None:
    control = ami(at.ami_port)
    with socket.create_server(("127.0.0.1", at.agi_port)) as server:
        server.settimeout(10)
        control.send(
            b"Action: Originate\r\nActionID: t-2\r\nChannel: Local/%b@dip/n\r\nApplication: Wait\r\n"
            b"Data: 2\r\nAsync: true\r\nTimeout: 3000\r\n\r\n" % number
        )
        dip = Wire(server.accept()[0])
        dip.read_until(b"\n\n")
        serve(dip, control)
        dip.save(name)
    control.read_until_quiet(3.5)
    control.save(f"ami_during_{name}")


def answer(dip: Wire, _control: Wire) -> None:
    dip.send(b'SET VARIABLE VERDICT "say \\"hangup\\" (\xe4\xbd\xa0\xe5\xa5\xbd) \\\\"\n')
    dip.read_until(b"\n")


def hang_up(control: Wire) -> None:
    control.send(b"Action: Hangup\r\nActionID: t-3\r\nChannel: /^Local/.*@dip.*;2$/\r\n\r\n")


def hang_up_before_the_answer(dip: Wire, control: Wire) -> None:
    hang_up(control)
    dip.read_until(b"HANGUP\n")
    dip.send(b'SET VARIABLE VERDICT "late"\n')
    dip.read_until(b"200 result")
    dip.send(b"ANSWER\n")
    dip.read_until(b"511 ")


def hang_up_during_a_command(dip: Wire, control: Wire) -> None:
    dip.send(b"EXEC Wait 5\n")
    hang_up(control)
    dip.read_until_quiet(3)


def ask_in_other_ways(dip: Wire, _control: Wire) -> None:
    for command, ending in (
        (b"SET VARIABLE\n", b"520 "),
        (b"NONSENSE\n", b"510 "),
        (b'SET VARIABLE VERDICT "say \\"hangup\\" (\xe4\xbd\xa0\xe5\xa5\xbd) \\\\"\n', b"\n"),
        (b"GET VARIABLE VERDICT\n", b"\n"),
        (b"GET VARIABLE UNSET\n", b"\n"),
    ):
        dip.send(command)
        dip.read_until(ending)


def record_dips(at: Recorded) -> None:
    record_dip(at, "agi_answered", b"12345", answer)
    record_dip(at, "agi_hung_up", b"12345", hang_up_before_the_answer)
    record_dip(at, "agi_hung_up_in_a_command", b"12345", hang_up_during_a_command)
    record_dip(at, "agi_hung_up_and_left", b"22345", hang_up_during_a_command)
    record_dip(at, "agi_other_replies", b"12345", ask_in_other_ways)


def serve_arrival(server: socket.socket) -> Wire:
    """Answer a dip of our own dialplan: into the queue, without a notice."""
    dip = Wire(server.accept()[0])
    dip.read_until(b"\n\n")
    dip.send(QUEUED.encode())
    dip.read_until(b"\n")
    dip.connection.close()
    return dip


@contextlib.asynccontextmanager
async def waiting_caller(
    at: Recorded, server: socket.socket, number: str, name: str
) -> AsyncIterator[SipParty]:
    """A caller who has gone through our own dialplan into the queue."""
    dip = asyncio.create_task(asyncio.to_thread(serve_arrival, server))
    async with SipParty.open(host="127.0.0.2", user=number, server=("127.0.0.1", at.sip_port)) as caller:
        call = await caller.dial("12315")
        (await dip).save(name)
        await call.wait_for(CallState.UP, timeout_s=5)
        yield caller


async def record_calls(at: Recorded) -> None:
    events, lists = ami(at.ami_port), ami(at.ami_port, b"off")
    phone = SipParty.open(user="1001", password=at.phones["1001"], server=("127.0.0.1", at.sip_port))
    server = socket.create_server(("127.0.0.1", at.agi_port))
    server.settimeout(10)
    async with (
        contextlib.AsyncExitStack() as stack,
        waiting_caller(at, server, "13800138000", "agi_arrival"),
        waiting_caller(at, server, "+8613800138001", "agi_arrival_from_abroad"),
        phone as agent,
    ):
        stack.callback(server.close)
        await agent.register()
        await asyncio.sleep(1)
        lists.ask(b"Action: QueueStatus\nActionID: t-2\nQueue: waiting", b"EventList: Complete")
        lists.ask(
            b"Action: QueueAdd\nActionID: t-3\nQueue: waiting\nInterface: PJSIP/1001\nMemberName: %b"
            % "值班员一".encode(),
            b"Added",
        )
        ringing = await agent.next_call(timeout_s=20)
        await ringing.ring()
        await ringing.answer()
        await ringing.wait_for(CallState.UP, timeout_s=3)
        await asyncio.sleep(0.5)
        lists.ask(b"Action: CoreShowChannels\nActionID: t-4", b"CoreShowChannelsComplete")
        lists.ask(b"Action: Status\nActionID: t-5\nVariables: CR_CALL,CR_QUEUE", b"StatusComplete")
        lists.ask(b"Action: QueueRemove\nActionID: t-6\nQueue: waiting\nInterface: PJSIP/1001", b"Removed")
        await ringing.hang_up()
    lists.read_until_quiet(0.5)
    lists.save("ami_lists")
    events.read_until_quiet(2)
    events.save("ami_call")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made, running_asterisk(Path(made)) as asterisk:
        record_ami(asterisk.ami_port)
        record_dips(asterisk)
        asyncio.run(record_calls(asterisk))
