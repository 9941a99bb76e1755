"""The checker of the four accounts can fail: each seeded fault is found, and only there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from four_sources import Accounts, JournalCall, OutboxRow, PartyCall, disagreements

T0 = datetime(2021, 10, 1, tzinfo=UTC)


def a_call(number: int) -> tuple[PartyCall, JournalCall, dict[str, Any]]:
    began, ended = T0 + timedelta(seconds=10 * number), T0 + timedelta(seconds=10 * number + 5)
    party = PartyCall(f"call{number}", f"1380000000{number}", f"100{number}", began, ended)
    journal = JournalCall(
        f"call{number}", began + timedelta(milliseconds=30), (ended + timedelta(milliseconds=40),)
    )
    record = {
        "call_id": f"node1-{number}.0",
        "sip_call_id": party.sip_call_id,
        "caller_raw": party.caller,
        "agent": f"PJSIP/{party.seat}",
        "arrived_at": journal.arrived_at.isoformat(),
        "ended_at": journal.ends[0].isoformat(),
        "closed_by": "end",
        "terminal_state": "completed",
    }
    return party, journal, record


RECORD, ARRIVED, ENDED = (
    "cn.callrouter.record.closed.v2",
    "cn.callrouter.call.arrived.v1",
    "cn.callrouter.call.ended.v1",
)


def message(record: dict[str, Any], sequence: int, kind: str = RECORD) -> tuple[OutboxRow, dict[str, Any]]:
    id_, call_id = f"{record['call_id']}/{sequence}", record["call_id"]
    body = record if kind == RECORD else {"at": record["arrived_at"]}
    event = {"id": id_, "subject": call_id, "sequence": str(sequence), "type": kind, "data": body}
    return OutboxRow(id_, call_id, sequence, kind, "acknowledged", body), event


@pytest.fixture
def told() -> Accounts:
    """Three calls of which all accounts say the same; the first was told live, too, and one message came twice."""
    party, journal, records = zip(*(a_call(number) for number in range(3)), strict=True)
    messages = [
        message(records[0], 1, ARRIVED),
        message(records[0], 2, ENDED),
        message(records[0], 3),
        message(records[1], 1),
        message(records[2], 1),
    ]
    outbox, wire = zip(*messages, strict=True)
    return Accounts(party, journal, records, outbox, (*wire, copy.deepcopy(wire[1])))


def test_accounts_that_agree_are_left_in_peace(told: Accounts) -> None:
    assert disagreements(told) == []


def drop(entries: Any) -> Any:
    return entries[1:]


def double(entries: Any) -> Any:
    return (*entries, entries[0])


@pytest.mark.parametrize("fault", [drop, double])
@pytest.mark.parametrize("account", ["party", "journal", "records", "outbox", "wire"])
def test_a_dropped_or_doubled_entry_of_any_account_is_found(
    told: Accounts, account: str, fault: Callable[[Any], Any]
) -> None:
    spoilt = replace(told, **{account: fault(getattr(told, account))})
    may_come_again = account == "wire" and fault is double
    assert bool(disagreements(spoilt)) is not may_come_again


@pytest.mark.parametrize("account", ["outbox", "wire"])
def test_two_messages_of_a_call_in_the_wrong_order_are_found(told: Accounts, account: str) -> None:
    first, second, *rest = getattr(told, account)
    assert disagreements(replace(told, **{account: (second, first, *rest)}))


def test_an_end_that_was_written_twice_or_never_is_found(told: Accounts) -> None:
    first, *rest = told.journal
    for ends in ((), first.ends * 2):
        assert disagreements(replace(told, journal=(replace(first, ends=ends), *rest)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("caller_raw", "13800000001"),
        ("agent", "PJSIP/1001"),
        ("agent", None),
        ("arrived_at", (T0 + timedelta(seconds=2)).isoformat()),
        ("ended_at", (T0 + timedelta(seconds=7)).isoformat()),
    ],
)
def test_a_record_that_says_otherwise_than_phones_and_journal_is_found(
    told: Accounts, name: str, value: object
) -> None:
    spoilt = {**told.records[0], name: value}
    assert len(disagreements(replace(told, records=(spoilt, *told.records[1:])))) >= 1


def test_a_message_that_was_changed_on_its_way_or_is_still_open_is_found(told: Accounts) -> None:
    changed = {**told.wire[2], "data": {**told.wire[2]["data"], "agent": "PJSIP/1002"}}
    assert disagreements(replace(told, wire=(*told.wire[:2], changed, *told.wire[3:])))
    still_open = replace(told.outbox[4], state="open")
    assert disagreements(replace(told, outbox=(*told.outbox[:4], still_open)))


@pytest.mark.parametrize(
    "kinds",
    [(ENDED, ARRIVED, RECORD), (ARRIVED, ARRIVED, RECORD), (ARRIVED, ENDED, ENDED), (ARRIVED, RECORD, ENDED)],
)
def test_a_call_whose_story_is_told_in_the_wrong_order_is_found(
    told: Accounts, kinds: tuple[str, ...]
) -> None:
    messages = [message(told.records[0], place + 1, kind) for place, kind in enumerate(kinds)]
    outbox, wire = zip(*messages, strict=True)
    spoilt = replace(told, outbox=(*outbox, *told.outbox[3:]), wire=(*wire, *told.wire[3:5]))
    assert len(disagreements(spoilt)) == 1


def test_a_call_that_asterisk_died_with_has_no_end_and_a_record_that_says_so(told: Accounts) -> None:
    first, *rest = told.journal
    died = replace(told, journal=(replace(first, ends=()), *rest))
    told.records[0].update(closed_by="rule", terminal_state="interrupted")
    assert disagreements(died) == []
    assert disagreements(told)  # it has ended after all
    told.records[0].update(terminal_state="completed")
    assert disagreements(died)
