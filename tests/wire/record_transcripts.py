"""Records tests/wire/transcripts from a running Asterisk; by hand, when a new Asterisk version comes.

Usage: record_transcripts.py AMI_PORT AGI_PORT, with an Asterisk on loopback that has, in manager.conf, a user
``wire`` with the secret ``not-a-secret``; in queues.conf a queue ``hotline`` with two members; and in
extensions.conf what DIALPLAN holds (AGI_PORT filled in).

A transcript is one line a chunk: ``<`` (Asterisk sent) or ``>`` (we sent), then a Python bytes literal.
"""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

DIALPLAN = r"""
[dip]
exten => _X.,1,Set(CALLERID(num)=${EXTEN})
 same => n,Set(CALLERID(name)=市民"(甲) hangup)
 same => n,AGI(agi://127.0.0.1:AGI_PORT/arrival,called=${URIENCODE(${EXTEN})},name=${URIENCODE(${CALLERID(name)})},empty=)
 same => n,UserEvent(DipDone,Verdict: ${URIENCODE(${VERDICT})},Status: ${AGISTATUS})
"""

TRANSCRIPTS = Path(__file__).with_name("transcripts")
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

    def read_until(self, ending: bytes) -> bytes:
        seen = b""
        while ending not in seen:
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

    def save(self, name: str) -> None:
        self.connection.close()
        lines = "".join(f"{direction} {octets!r}\n" for direction, octets in self.chunks)
        (TRANSCRIPTS / f"{name}.txt").write_text(lines, "ascii")


def ami(port: int) -> Wire:
    wire = Wire(socket.create_connection(("127.0.0.1", port)))
    wire.send(b"Action: Login\r\nActionID: t-1\r\nUsername: wire\r\nSecret: not-a-secret\r\n\r\n")
    wire.read_until(b"Fully Booted\r\n\r\n")
    return wire


def record_ami(port: int) -> None:
    wire = ami(port)
    wire.save("ami_login")

    wire = ami(port)
    wire.send(b"Action: QueueStatus\r\nActionID: t-2\r\nQueue: hotline\r\n\r\n")
    wire.read_until(b"ListItems: 3\r\n\r\n")
    wire.save("ami_queue_status")

    wire = ami(port)
    wire.send(b"Action: Command\r\nActionID: t-2\r\nCommand: queue show hotline\r\n\r\n")
    wire.read_until(b"No Callers")
    wire.send(b"Action: Ping\r\nActionID: t-3\r\n\r\n")
    wire.read_until(b"Timestamp")
    wire.send(b"Action: Nonsense\r\nActionID: t-4\r\n\r\n")
    wire.read_until(b"Invalid/unknown command")
    wire.read_until_quiet()
    wire.save("ami_command")

    wire = Wire(socket.create_connection(("127.0.0.1", port)))
    wire.send(b"Action: Login\r\nActionID: t-1\r\nUsername: wire\r\nSecret: wrong\r\n\r\n")
    wire.read_until(b"failed")
    wire.read_until_quiet()
    wire.save("ami_wrong_secret")


def record_dip(ami_port: int, agi_port: int, name: str, serve: Callable[[Wire, Wire], None]) -> None:
    control = ami(ami_port)
    with socket.create_server(("127.0.0.1", agi_port)) as server:
        server.settimeout(10)
        control.send(
            b"Action: Originate\r\nActionID: t-2\r\nChannel: Local/12345@dip/n\r\nApplication: Wait\r\n"
            b"Data: 2\r\nAsync: true\r\nTimeout: 3000\r\n\r\n"
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


def hang_up_before_the_answer(dip: Wire, control: Wire) -> None:
    control.send(b"Action: Hangup\r\nActionID: t-3\r\nChannel: /^Local/12345@dip.*;2$/\r\n\r\n")
    dip.read_until(b"HANGUP\n")
    dip.send(b'SET VARIABLE VERDICT "late"\n')
    dip.read_until(b"200 result")
    dip.send(b"ANSWER\n")
    dip.read_until(b"511 ")


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


if __name__ == "__main__":
    AMI_PORT, AGI_PORT = int(sys.argv[1]), int(sys.argv[2])
    record_ami(AMI_PORT)
    record_dip(AMI_PORT, AGI_PORT, "agi_answered", answer)
    record_dip(AMI_PORT, AGI_PORT, "agi_hung_up", hang_up_before_the_answer)
    record_dip(AMI_PORT, AGI_PORT, "agi_other_replies", ask_in_other_ways)
