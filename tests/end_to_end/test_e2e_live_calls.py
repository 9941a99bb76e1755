"""Looks at a real Asterisk, and a log file of it that is put aside, by the user that may do next to nothing."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from parties import carrier_caller
from running_system import MakeSystem, System, eventually

from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.asterisk_link.live_calls import LiveCalls
from callrouter.asterisk_link.log_files import LogFiles
from callrouter.local_system.secrets import read
from callrouter.records.cel_csv import cut
from callrouter.sip_party.call_state import CallState
from callrouter.vocabulary.cel import at_node, facts_of
from callrouter.vocabulary.journal import JournalEvent

UNANNOUNCED = "110"


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system()
    made.start()
    return made


def looking(system: System) -> LiveCalls:
    return LiveCalls(
        *("127.0.0.1", system.settings.ami.port, "callrouter", read(system.layout.secrets).ami),
        boot_name=partial(read_boot_name, system.layout.boot_name),
        node=system.settings.node,
    )


def ids_in_the_journal(system: System, sip_call_id: str) -> set[str]:
    """The ids of the calls that arrived with this Call-ID, as records name them."""
    rows = cut(system.layout.cel_csv.read_bytes()).rows
    return {
        at_node(row, system.settings.node).linkedid
        for row in rows
        if row.event == JournalEvent.ARRIVED and facts_of(row).get("sip_call_id") == sip_call_id
    }


async def test_a_look_names_the_calls_that_are_up_as_the_journal_does_and_none_that_is_over(
    system: System,
) -> None:
    look = looking(system)
    assert await look.linked_ids() == frozenset()
    async with carrier_caller(system) as one, carrier_caller(system) as other:
        calls = [await party.dial(UNANNOUNCED) for party in (one, other)]
        for call in calls:
            await call.wait_for(CallState.UP, timeout_s=5)
        up = [ids_in_the_journal(system, call.sip_call_id) for call in calls]
        assert await look.linked_ids() == up[0] | up[1]
        assert [len(ids) for ids in up] == [1, 1]
        await calls[0].hang_up()
        await asyncio.to_thread(eventually, "one channel is left", lambda: system.channels() == 1)
        assert await look.linked_ids() == up[1]
        await calls[1].hang_up()


async def test_a_queue_log_that_was_put_aside_is_followed_by_a_new_one_for_its_owner_alone(
    system: System,
) -> None:
    log = system.layout.queue_log
    aside = log.with_name("queue_log.aside")
    before = log.rename(aside).stat().st_size
    files = LogFiles(
        *("127.0.0.1", system.settings.ami.port, "callrouter", read(system.layout.secrets).ami),
        boot_name=partial(read_boot_name, system.layout.boot_name),
    )
    await files.open_anew()
    eventually("the new file", lambda: log.exists() and log.stat().st_size)
    assert aside.stat().st_size == before
    assert log.stat().st_mode & 0o077 == 0
    # The others are opened where they are.
    assert [file.name for file in log.parent.glob("*.log*")] == ["messages.log"]
