"""What a real Asterisk sent gives the same events however the network cuts it: at every octet, at every place."""

import pytest
from wire_transcripts import (
    AGI,
    AMI,
    BANNER,
    agi_events,
    ami_messages,
    answers,
    cut,
    in_pieces,
    messages_of,
    new_session,
    sent_by,
)

from callrouter.asterisk_link.ami_protocol import AmiSession

LAST = 200
"""Octets: the end of the environment, all replies; a dip's beginning is not cut twice."""
APART = 24
"""How far apart two cuts are at most: two in one line, in one character, about one line's end."""
SHORT_STREAM = 2000
"""Octets; a longer stream is cut message by message (see below)."""


@pytest.mark.parametrize("name", AGI)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_dip_gives_the_same_events_octet_by_octet(name: str, size: int) -> None:
    assert agi_events(name, size) == agi_events(name)


@pytest.mark.parametrize("name", AGI)
def test_a_dip_gives_the_same_events_cut_in_two_anywhere(name: str) -> None:
    whole = agi_events(name)
    for place in range(1, len(sent_by("<", name))):
        assert agi_events(name, cuts=[place]) == whole, place


@pytest.mark.parametrize("name", AGI)
def test_a_dip_gives_the_same_events_cut_in_three_anywhere(name: str) -> None:
    whole, length = agi_events(name), len(sent_by("<", name))
    for first in range(max(1, length - LAST), length):
        for second in range(first + 1, min(first + APART, length)):
            assert agi_events(name, cuts=[first, second]) == whole, (first, second)


@pytest.mark.parametrize("name", AMI)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1448])
def test_a_stream_gives_the_same_messages_octet_by_octet(name: str, size: int) -> None:
    messages = messages_of(AmiSession(), in_pieces(sent_by("<", name), size))
    assert tuple(messages) == ami_messages(name)
    assert answers(messages) == answers(ami_messages(name))


@pytest.mark.parametrize("name", [name for name in AMI if len(sent_by("<", name)) <= SHORT_STREAM])
def test_a_short_stream_gives_the_same_answers_cut_in_two_anywhere(name: str) -> None:
    octets, whole, answered = sent_by("<", name), ami_messages(name), answers(ami_messages(name))
    for place in range(1, len(octets)):
        messages = messages_of(AmiSession(), cut(octets, [place]))
        assert tuple(messages) == whole, place
        assert answers(messages) == answered, place


@pytest.mark.parametrize("name", AMI)
def test_a_stream_gives_the_same_messages_cut_in_two_anywhere(name: str) -> None:
    """Every place of the stream, each in sight of its own message and the next: what a longer replay would add
    are messages that are whole before the cut or after it."""
    blocks = [
        block + b"\r\n\r\n" for block in sent_by("<", name).removeprefix(BANNER).split(b"\r\n\r\n")[:-1]
    ]
    whole = ami_messages(name)
    assert len(blocks) == len(whole)
    for number, block in enumerate(blocks):
        octets = b"".join(blocks[number : number + 2])
        for place in range(1, len(block) + 1):
            messages = messages_of(new_session(), cut(octets, [place]))
            assert tuple(messages) == whole[number : number + 2], (number, place)


@pytest.mark.parametrize("name", ["ami_login", "ami_wrong_secret"])
def test_a_short_stream_gives_the_same_messages_cut_in_three_anywhere(name: str) -> None:
    octets, whole = sent_by("<", name), ami_messages(name)
    for first in range(1, len(octets)):
        for second in range(first + 1, min(first + APART, len(octets))):
            assert tuple(messages_of(AmiSession(), cut(octets, [first, second]))) == whole, (first, second)
