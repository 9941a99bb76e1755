"""Panoramisk's parser against ours: the same events from the same octets of a real Asterisk, until they are split."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from panoramisk.ami_protocol import AMIProtocol

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_protocol import AmiSession

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "wire" / "transcripts").glob("ami_*.txt"))


BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def received(file: Path) -> bytes:
    lines = file.read_text("ascii").splitlines()
    return b"".join(ast.literal_eval(line[2:]) for line in lines if line.startswith("<"))


def ours(octets: bytes) -> list[dict[str, str | list[str]]]:
    return [as_mapping(message) for message in AmiSession().receive_data(octets) if message.is_event]


def as_mapping(message: AmiMessage) -> dict[str, str | list[str]]:
    """A message as panoramisk has it: a repeated header is a list; what is empty or tells nothing is left out."""
    names = dict.fromkeys(name for name, _ in message.headers)
    found = {name: message.all(name) for name in names}
    return {
        name: list(values) if len(values) > 1 else values[0] for name, values in found.items() if any(values)
    }


def theirs(banner: bytes, *pieces: bytes) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []

    def dispatch(event: Any) -> None:
        seen.append({name: value for name, value in event.items() if value})

    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.encoding = "utf8"  # as its own client sets it
    protocol.factory = SimpleNamespace(dispatch=dispatch)
    # It takes the banner for a part of the first message, and drops that message.
    for piece in (banner + b"\r\n", *pieces):
        protocol.data_received(piece)
    return seen


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_theirs_reads_the_same_events_as_ours(file: Path) -> None:
    octets = received(file)
    assert theirs(BANNER, octets.removeprefix(BANNER)) == ours(octets)


MEMBER = "Event: QueueMemberAdded\r\nQueue: hotline\r\nMemberName: 值班员一\r\nPaused: 0\r\n\r\n".encode()


def test_ours_reads_chinese_whole_however_the_octets_are_split() -> None:
    for place in range(1, len(MEMBER)):
        session = AmiSession()
        session.receive_data(BANNER)
        (event,) = session.receive_data(MEMBER[:place]) + session.receive_data(MEMBER[place:])
        assert event.get("MemberName") == "值班员一"


def test_theirs_drops_a_chinese_character_that_is_split() -> None:
    place = MEMBER.index("值".encode()) + 1
    (event,) = theirs(BANNER, MEMBER[:place], MEMBER[place:])
    assert event["MemberName"] == "班员一"
