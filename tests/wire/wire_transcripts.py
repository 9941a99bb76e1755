"""Reads the transcripts, and replays one direction of them through our codecs."""

import ast
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from callrouter.asterisk_link.agi_command import SetVariable
from callrouter.asterisk_link.agi_protocol import AgiEvent, AgiSession
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import AmiSession

TRANSCRIPTS = Path(__file__).with_name("transcripts")
AGI = sorted(file.stem for file in TRANSCRIPTS.glob("agi_*.txt"))
AMI = sorted(file.stem for file in TRANSCRIPTS.glob("ami_*.txt"))
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
Chunk = tuple[str, bytes]


@cache
def transcript(name: str) -> list[Chunk]:
    """The chunks of a transcript: ``<`` from Asterisk, ``>`` from us; neighbours of one direction joined."""
    chunks: list[Chunk] = []
    for line in (TRANSCRIPTS / f"{name}.txt").read_text("ascii").splitlines():
        direction, octets = line[0], ast.literal_eval(line[2:])
        if chunks and chunks[-1][0] == direction:
            octets = chunks.pop()[1] + octets
        chunks.append((direction, octets))
    return chunks


def sent_by(direction: str, name: str) -> bytes:
    """All octets of one direction."""
    return b"".join(octets for each, octets in transcript(name) if each == direction)


def in_pieces(octets: bytes, size: int) -> list[bytes]:
    return [octets[place : place + size] for place in range(0, len(octets), size)]


def cut(octets: bytes, places: Sequence[int]) -> list[bytes]:
    """``octets``, cut at each of ``places`` (ascending); a place outside cuts off nothing."""
    edges = [0, *(min(max(place, 0), len(octets)) for place in places), len(octets)]
    return [octets[begin:end] for begin, end in pairwise(edges)]


def agi_events(name: str, size: int = 1_000_000, cuts: Sequence[int] = ()) -> list[AgiEvent]:
    """Replay a dip; Asterisk's octets are cut at ``cuts`` (counted over the dip) and into pieces of ``size``.

    What we sent then only gives the codec its turn.
    """
    session, events, begin = AgiSession(), list[AgiEvent](), 0
    for direction, octets in transcript(name):
        if direction == ">":
            session.send_command(SetVariable("VERDICT", "x"))
            continue
        for part in cut(octets, [place - begin for place in cuts]):
            for piece in in_pieces(part, size):
                events += session.receive_data(piece)
        begin += len(octets)
    return events + session.receive_eof()


def new_session() -> AmiSession:
    """A session that has had its banner."""
    session = AmiSession()
    assert session.receive_data(BANNER) == []
    return session


def messages_of(session: AmiSession, pieces: Iterable[bytes]) -> list[AmiMessage]:
    found = [message for piece in pieces for message in session.receive_data(piece)]
    assert (session.malformed, session.repeated) == (0, 0)
    return found


@cache
def ami_messages(name: str) -> tuple[AmiMessage, ...]:
    """What the codec makes of the whole stream in one piece."""
    return tuple(messages_of(AmiSession(), [sent_by("<", name)]))


def answers(messages: Iterable[AmiMessage]) -> tuple[dict[str, AmiResponse], list[AmiMessage]]:
    """The answer to each ActionID that the transcripts use, and the news."""
    pending, found, news = PendingActions(), dict[str, AmiResponse](), list[AmiMessage]()
    for number in range(1, 8):
        pending.expect(f"t-{number}")
    for message in messages:
        answered = pending.receive(message)
        if isinstance(answered, tuple):
            found[answered[0]] = answered[1]
        elif answered is not None:
            news.append(answered)
    assert pending.unmatched == 0
    return found, news
