"""What a real Asterisk 22.10.1 sent, byte for byte, through both codecs (see record_transcripts.py)."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_arguments import agi_arguments
from callrouter.asterisk_link.agi_command import SetVariable
from callrouter.asterisk_link.agi_protocol import (
    AgiEvent,
    AgiSession,
    EnvironmentReceived,
    HangupReceived,
    ReplyReceived,
    SessionEnded,
)
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import AmiSession

TRANSCRIPTS = Path(__file__).with_name("transcripts")
AGI = ["agi_answered", "agi_hung_up", "agi_other_replies"]
AMI = ["ami_login", "ami_queue_status", "ami_command", "ami_wrong_secret"]
AMI += [f"ami_during_{name}" for name in AGI]
VALUE = 'say "hangup" (你好) \\'
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


def pieces(octets: bytes, size: int) -> Iterable[bytes]:
    return (octets[place : place + size] for place in range(0, len(octets), size))


def agi_events(name: str, size: int) -> list[AgiEvent]:
    """Replay a dip, Asterisk's octets ``size`` at a time; what we sent then only gives the codec its turn."""
    session, events = AgiSession(), list[AgiEvent]()
    for direction, octets in transcript(name):
        if direction == ">":
            session.send_command(SetVariable("VERDICT", "x"))
            continue
        for piece in pieces(octets, size):
            events += session.receive_data(piece)
    return events + session.receive_eof()


def ami_messages(name: str, size: int) -> list[AmiMessage]:
    session = AmiSession()
    octets = b"".join(octets for direction, octets in transcript(name) if direction == "<")
    messages = [message for piece in pieces(octets, size) for message in session.receive_data(piece)]
    assert session.version == "11.0.0"
    assert session.malformed == 0
    return messages


@pytest.mark.parametrize("name", AGI)
@given(size=st.integers(1, 200))
@settings(max_examples=30)
def test_a_dip_gives_the_same_events_however_it_is_split(name: str, size: int) -> None:
    assert agi_events(name, size) == agi_events(name, 1_000_000)


@pytest.mark.parametrize("name", AMI)
@given(size=st.integers(1, 200))
@settings(max_examples=15)
def test_a_stream_gives_the_same_messages_however_it_is_split(name: str, size: int) -> None:
    assert ami_messages(name, size) == ami_messages(name, 1_000_000)


def test_an_answered_dip() -> None:
    environment, reply, end = agi_events("agi_answered", 7)
    assert isinstance(environment, EnvironmentReceived)
    assert environment.environment["agi_network_script"] == "arrival"
    assert environment.environment["agi_calleridname"] == '市民"(甲) hangup'
    assert agi_arguments(environment.environment, {"called", "name", "empty"}) == {
        "called": "12345",
        "name": '市民"(甲) hangup',
        "empty": "",
    }
    assert reply == ReplyReceived(200, "1", None, "result=1")
    assert end == SessionEnded()


def test_what_we_encode_is_what_asterisk_took() -> None:
    ((_, sent),) = [chunk for chunk in transcript("agi_answered") if chunk[0] == ">"]
    assert SetVariable("VERDICT", VALUE).encode() == sent
    (done,) = [m for m in ami_messages("ami_during_agi_answered", 100) if m.get("UserEvent") == "DipDone"]
    assert unquote(done.get("Verdict")) == VALUE


def test_a_dip_whose_caller_hung_up() -> None:
    _, hangup, reply, refusal, _ = agi_events("agi_hung_up", 5)
    assert hangup == HangupReceived()
    assert reply == ReplyReceived(200, "1", None, "result=1")
    assert isinstance(refusal, ReplyReceived)
    assert refusal.code == 511


def test_every_reply_is_paired_with_its_command() -> None:
    replies = [event for event in agi_events("agi_other_replies", 3) if isinstance(event, ReplyReceived)]
    assert [(reply.code, reply.result, reply.value) for reply in replies] == [
        (520, "", None),
        (510, "", None),
        (200, "1", None),
        (200, "1", VALUE),
        (200, "0", None),
    ]
    assert replies[0].text.splitlines()[1] == "Sets a variable to the current channel."


def test_a_login_ends_in_fully_booted() -> None:
    login, booted = ami_messages("ami_login", 11)
    assert (login.name, login.get("ActionID"), login.is_event) == ("Success", "t-1", False)
    assert (booted.name, booted.is_event) == ("FullyBooted", True)


def test_a_wrong_secret_is_an_error_response() -> None:
    (refusal,) = ami_messages("ami_wrong_secret", 11)
    assert (refusal.name, refusal.get("Message")) == ("Error", "Authentication failed")


def answers(name: str) -> dict[str, AmiResponse]:
    pending, found = PendingActions(), dict[str, AmiResponse]()
    for action_id in ("t-1", "t-2", "t-3", "t-4"):
        pending.expect(action_id)
    for message in ami_messages(name, 100):
        if isinstance(answer := pending.receive(message), tuple):
            found[answer[0]] = answer[1]
    return found


def test_a_queue_status_is_a_list_with_chinese_members() -> None:
    items = answers("ami_queue_status")["t-2"].items
    assert [item.name for item in items] == ["QueueParams", "QueueMember", "QueueMember"]
    assert [item.get("Name") for item in items[1:]] == ["值班员一", "值班员二"]


def test_a_commands_output_keeps_its_lines() -> None:
    found = answers("ami_command")
    assert len(found["t-2"].output) == 6
    assert "值班员二" in found["t-2"].output[3]
    assert found["t-2"].output[-1] == ""
    assert found["t-3"].get("Ping") == "Pong"
    assert found["t-4"].message.name == "Error"


def test_an_originate_response_is_an_event_though_it_holds_a_response() -> None:
    events = [m for m in ami_messages("ami_during_agi_hung_up", 100) if m.name == "OriginateResponse"]
    assert [(event.is_event, event.get("Response")) for event in events] == [(True, "Failure")]
