"""AMI on a real Asterisk: what our user may do, what it is told, what a forger gets, and the double's likeness."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ami_conversations import LOOKED_AT, kinds, seat_with_a_desk, short_conversation, short_talk, the_talk
from ami_speakers import QUEUE, SEAT, client, seat_1001, secret, wire
from panoramisk.manager import Manager
from parties import CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually

from callrouter.asterisk_link.ami_client import FOLLOWED_CLASSES
from callrouter.asterisk_link.ami_double import AmiDouble
from callrouter.asterisk_link.ami_errors import AmiRefused
from callrouter.asterisk_link.ami_follow import follow, take_snapshot
from callrouter.asterisk_link.ami_messages import MAX_HEADERS, MAX_LINE_BYTES, AmiMessage, encode_action
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.asterisk_link.ami_trust import Distrust
from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.sip_party.call_state import CallState


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """A system without a controller: what is seen on AMI is ours alone, and calls take the dialplan's default."""
    made = make_system(managed={"controller": False})
    made.start()
    eventually("Asterisk is booted", lambda: asyncio.run(is_ready(made)))
    return made


async def is_ready(system: System) -> bool:
    async with client(system):
        return True


async def make_a_call(caller: Any, agent: Any) -> None:
    call = await caller.dial("12345")
    ringing = await agent.next_call(timeout_s=15)
    await ringing.answer()
    await ringing.hears(CALLER_HZ, timeout_s=25)
    await call.hang_up()
    await ringing.wait_for(CallState.ENDED, timeout_s=5)


async def test_the_double_converses_as_the_real_asterisk_does(system: System) -> None:
    real = await short_conversation(system.settings.ami.port, secret(system))
    async with AmiDouble(secret="not-a-secret") as double:
        double.queues[QUEUE] = []
        feigned = await short_conversation(double.port, "not-a-secret")
    for said, same in zip(real, feigned, strict=True):
        assert same == said
    assert len(real[0]) > 15


async def test_the_double_tells_of_a_call_and_moves_it_as_the_real_asterisk_does(system: System) -> None:
    async with (
        client(system) as ami,
        seat_with_a_desk(ami),
        phone(system, "1001") as agent,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial("12345")
        ringing = await agent.next_call(timeout_s=15)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        named = await the_talk(ami)
        real = await short_talk(system.settings.ami.port, secret(system), *named)
        # In a conference by now: nothing was recorded, but for a pause both are taken out of the queue's talk.
        await ringing.hears(CALLER_HZ, timeout_s=5)
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=15)  # he is told that the caller has gone
    async with AmiDouble(secret="not-a-secret") as double:
        double.channels += named
        held = double.variables[named[0]] = dict.fromkeys(LOOKED_AT[:-1], "x")
        double.on_redirect = lambda _action: held.update(CR_IN="1")
        feigned = await short_talk(double.port, "not-a-secret", *named)
    for said, same in zip(real, feigned, strict=True):
        assert same == said
    words = [word for _, word in real]
    assert {"CR_NOBODYS=(null)", "CR_TICKET_TAIL=0042", "CR_IN=1"} <= set(words)
    assert "Channel does not exist: PJSIP/gone-1" in words
    assert "ExtraChannel does not exist: PJSIP/gone-1" in words
    assert words.count("Redirect successful") == words.count("Dual Redirect successful") == 1
    assert "CR_DESK" in system.layout.cel_csv.read_text(encoding="utf-8")


MAY_NOT = {
    "Originate": {"Channel": f"{SEAT}", "Application": "Wait", "Data": "1"},
    "Command": {"Command": "core show version"},
    "UpdateConfig": {"SrcFilename": "queues.conf", "DstFilename": "queues.conf"},
    "GetConfig": {"Filename": "manager.conf"},
    "GetConfigJSON": {"Filename": "manager.conf"},
    "CreateConfig": {"Filename": "new.conf"},
    "ModuleLoad": {"LoadType": "reload"},
    "Reload": {},
    "DBPut": {"Family": "a", "Key": "b", "Val": "c"},
    "DBDel": {"Family": "a", "Key": "b"},
    "UserEvent": {"UserEvent": "x"},
    "Filter": {"Operation": "Add", "Filter": "x"},
}


COMES_WITH_REDIRECT = {
    "Redirect": {"Channel": "nobody", "Context": "transfer-place", "Exten": "s", "Priority": "1"},
    "Getvar": {"Channel": "nobody", "Variable": "CR_TRANSFER"},
    "Setvar": {"Channel": "nobody", "Variable": "CR_TICKET_TAIL", "Value": "1"},
    "Hangup": {"Channel": "nobody"},
    "Bridge": {"Channel1": "nobody", "Channel2": "nobody"},
    "Atxfer": {"Channel": "nobody", "Exten": "1", "Context": "connect"},
    "BlindTransfer": {"Channel": "nobody", "Exten": "1", "Context": "connect"},
    "SendText": {"Channel": "nobody", "Message": "b"},
    "AbsoluteTimeout": {"Channel": "nobody", "Timeout": "1"},
}
"""Asterisk gives no smaller right than `call` to move a channel; these come along. They reach channels that are
there, and places that the dialplan has: no number is dialled by them."""


async def test_the_right_to_move_a_channel_brings_no_more_along_than_we_know_of(system: System) -> None:
    async with client(system) as ami:
        for name, headers in COMES_WITH_REDIRECT.items():
            with pytest.raises(AmiRefused) as refused:
                await ami.action(name, headers)
            assert refused.value.response.get("Message") != "Permission denied", name


async def test_what_our_user_has_no_need_of_is_refused_by_asterisk(system: System) -> None:
    async with client(system) as ami:
        for name, headers in MAY_NOT.items():
            with pytest.raises(AmiRefused) as refused:
                await ami.action(name, headers)
            assert refused.value.response.get("Message") == "Permission denied", name
        await ami.action("Ping")
        await seat_1001(ami)
        snapshot = await take_snapshot(ami)
        queue = snapshot.queue(QUEUE)
        assert queue
        assert SEAT in {member.interface for member in queue.members}


async def test_a_login_from_anywhere_but_our_own_address_is_refused(system: System) -> None:
    async with wire(system.settings.ami.port, secret(system), source="127.0.0.2") as elsewhere:
        (answer,) = elsewhere.seen
        assert (answer.name, answer.get("Message")) == ("Error", "Authentication failed")


async def test_without_the_class_system_asterisk_does_not_say_that_it_is_booted(system: System) -> None:
    async with wire(system.settings.ami.port, secret(system), Events="agent") as deaf:
        await deaf.ask("Ping")
        assert not any(message.name == "FullyBooted" for message in deaf.seen)


async def test_asterisk_refuses_an_action_beyond_its_limits_and_takes_one_at_them(system: System) -> None:
    async with wire(system.settings.ami.port, secret(system)) as said:
        whole = encode_action("Ping", "1", {"X": ("",) * (MAX_HEADERS - 2)})
        longest = encode_action("Ping", "2", {"X": "x" * (MAX_LINE_BYTES - len("X: "))})
        said.writer.write(whole + longest)
        await said.until(("Response", "Success"), ("ActionID", "1"))
        await said.until(("Response", "Success"), ("ActionID", "2"))
        said.writer.write(whole.replace(b"X: \r\n", b"X: \r\nX: \r\n", 1))
        (refused,) = await said.until(("Response", "Error"))
        assert refused.get("Message") == "Too many lines in message or allocation failure"
        said.writer.write(longest.replace(b"X: x", b"X: xx"))
        (refused,) = await said.until(("Response", "Error"))
        assert refused.get("Message") == "Failed to parse message: line too long"


async def test_the_boot_name_is_on_all_that_asterisk_tells_and_on_no_answer(system: System) -> None:
    boot_name = read_boot_name(system.layout.boot_name)
    async with (
        client(system) as ami,
        seat_with_a_desk(ami),
        wire(system.settings.ami.port, secret(system), Events=FOLLOWED_CLASSES) as said,
        phone(system, "1001") as agent,
        carrier_caller(system) as caller,
    ):
        await said.ask("Ping")
        del said.seen[:]
        await make_a_call(caller, agent)
        await said.until(("Event", "AgentComplete"))
        await said.until(("Event", "QueueMemberStatus"), ("Status", "1"))
        told = list(said.seen)
        answered = await said.ask("CoreShowChannels") + await said.ask("QueueStatus")
    assert len(told) <= 10, kinds(told)
    assert {"QueueCallerJoin", "AgentCalled", "AgentConnect", "AgentComplete"} <= {each.name for each in told}
    talks = [each for each in told if each.name == "UserEvent"]
    assert [(each.get("UserEvent"), each.get("State")) for each in talks] == [
        ("CRTalk", "began"),
        ("CRTalk", "ended"),
    ]
    assert {each.headers[2] for each in told} == {("SystemName", boot_name)}
    assert not any(each.get("SystemName") for each in answered)


async def test_an_independent_client_sees_the_same_news_in_the_same_order(system: System) -> None:
    loop = asyncio.get_running_loop()
    theirs: list[dict[str, str]] = []
    booted = asyncio.Event()
    manager = Manager(
        host="127.0.0.1",
        port=system.settings.ami.port,
        loop=loop,
        events=FOLLOWED_CLASSES,
        username="callrouter",
        secret=secret(system),
        ping_delay=60,
        ping_interval=60,
    )
    manager.register_event("*", lambda _manager, message: theirs.append(dict(message.items())))
    manager.register_event("FullyBooted", lambda _manager, _message: booted.set())
    async with client(system) as ami:
        await seat_1001(ami)
        async with phone(system, "1001") as agent, carrier_caller(system) as caller:
            await manager.connect()
            await booted.wait()
            await asyncio.sleep(0.2)  # the phone's own events
            del theirs[:]
            ami.events.forget_queued()
            for _ in range(2):
                await make_a_call(caller, agent)
                await asyncio.sleep(5.2)  # wrap-up
        await ami.action("Ping")
        await manager.send_action({"Action": "Ping"})  # both have then read as far as their own answer
        manager.close()
    ours = [dict(news.headers) async for news in ami.events if isinstance(news, AmiMessage)]
    assert [_plain(each) for each in theirs] == [_plain(each) for each in ours]
    assert sum(each["Event"] == "AgentConnect" for each in ours) == 2


def _plain(headers: dict[str, str]) -> dict[str, str]:
    # Their client strips values, and spells names in its own way.
    return {name.lower(): value.strip() for name, value in headers.items() if name.lower() != "content"}


async def test_after_a_cut_link_the_snapshot_names_the_channels_that_are_up(system: System) -> None:
    async with (
        client(system) as ami,
        phone(system, "1001") as agent,
        carrier_caller(system) as caller,
    ):
        await seat_1001(ami)
        news = aiter(follow(ami))
        first = await anext(news)
        assert isinstance(first, Snapshot)
        assert first.channels == ()
        calls = [await caller.dial("12345") for _ in range(3)]
        ringing = await agent.next_call(timeout_s=15)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        link = ami._link
        assert link
        began = asyncio.get_running_loop().time()
        link.abort("the test has cut it")
        async with asyncio.timeout(5):
            while not isinstance(again := await anext(news), Snapshot):
                pass
        assert asyncio.get_running_loop().time() - began < 1
        up = {
            line.split("!")[0] for line in system.asks_asterisk("core show channels concise") if "!" in line
        }
        assert {channel.name for channel in again.channels} == up
        assert len(up) == 4
        assert again.missing == 0
        (queue,) = (each for each in again.queues if each.name == QUEUE)
        assert len(queue.waiting) == 2
        assert {caller.unique_id for caller in queue.waiting} < {each.unique_id for each in again.channels}
        for call in calls:
            await call.hang_up()


PAUSE = f"queue pause member {SEAT} queue {QUEUE}"
FORGED = (
    "x\r\nWrapuptime: 9\r\n\r\nEvent: QueueMemberAdded\r\nPrivilege: agent,all\r\nSystemName: guessedguessed22"
    "\r\nForged: yes"
)


async def test_a_text_that_writes_messages_gets_none_handed_on_and_the_state_is_asked_anew(
    system: System,
) -> None:
    async with client(system) as ami:
        await seat_1001(ami)
        news = aiter(follow(ami))
        assert isinstance(await anext(news), Snapshot)
        await asyncio.to_thread(system.asks_asterisk, f'{PAUSE} reason "{FORGED}"')
        async with asyncio.timeout(10):
            again = await anext(news)
        assert isinstance(again, Snapshot)
        (queue,) = (each for each in again.queues if each.name == QUEUE)
        assert again.missing == 1
        assert SEAT not in {member.interface for member in queue.members}
        await asyncio.to_thread(system.asks_asterisk, f'{PAUSE} reason "y"')
        async with asyncio.timeout(10):
            told = await anext(news)
        assert isinstance(told, AmiMessage)
        assert (told.name, told.get("PausedReason")) == ("QueueMemberPause", "y")
        await asyncio.to_thread(system.asks_asterisk, PAUSE.replace("pause", "unpause"))
    dropped = ami.counters.by_fault
    assert dropped[Distrust.FORGED] + dropped[Distrust.CUT] > 2, dropped
