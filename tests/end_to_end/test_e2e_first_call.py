"""A call to a legacy number reaches a person, leaves a record, and the ticketing side has it once."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from parties import AGENT_HZ, CALLER_HZ, CALLER_NUMBER, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.call_state import CallState


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(recording={"enabled": True})
    made.start()
    return made


async def test_a_call_to_12315_hears_its_announcement_talks_to_an_agent_and_is_acknowledged_once(
    system: System,
) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("12315")
        # The seat rings while the caller hears the notice, and waits for its end.
        ringing = await agent.next_call(timeout_s=3)
        await ringing.ring()
        await ringing.answer()
        talk_began = await ringing.hears(CALLER_HZ, timeout_s=20)
        assert heard(call, "g02-12315-sichuan").is_whole
        assert heard(call, "g04").is_whole
        assert heard(ringing, "listening").is_whole
        await call.hears(AGENT_HZ, timeout_s=3, since=talk_began - 0.5)
        await asyncio.sleep(1)  # they talk
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=5)

    record = system.record(call.sip_call_id)
    decision = record["decision"]
    assert (decision["line"], decision["mode"], decision["phase"]) == ("12315", "dual", "in_force")
    assert decision["plan"] == "sichuan"
    assert decision["rule"].startswith("dialplans/sichuan/lines.yaml:")
    assert len(decision["plan_hash"]) == 64
    assert decision["plan_version"]
    assert decision["found_by"] == "request-uri"
    # The province has several areas, and none was dialled.
    assert (decision["entry"], decision["platform"], decision["area"]) == ("sichuan", "sichuan", None)
    assert record["rehearsal"] is False
    assert decision["decided_at"] == record["arrived_at"]
    assert record["fallback"] is None
    assert record["caller_raw"] == CALLER_NUMBER
    assert record["terminal_state"] == "completed"
    assert record["agent"] == "1001"
    assert record["hung_up_by"] == "caller"
    assert record["hangup_cause"] == 16
    assert 300 < record["talk_ms"] < 6000
    assert record["anomalies"] == []
    assert [played["key"] for played in record["announcements"]] == ["g02-12315-sichuan", "g04"]
    assert all(played["finished_at"] for played in record["announcements"])
    [visit] = record["queue_visits"]
    assert visit["agent"] == "1001"
    assert 8_000 <= visit["wait_ms"] < 20_000  # the notice, for the seat has picked up at once
    assert record["picked_up_ms"] < 2_000
    assert record["answered_within_15_s"] is True
    caller_leg, agent_leg = sorted(record["legs"], key=lambda leg: leg["started_at"])
    assert (caller_leg["role"], agent_leg["role"]) == ("caller", "agent")
    assert agent_leg["sip_call_id"] == ringing.sip_call_id
    assert set(record["cel_ids"]) >= {caller_leg["uniqueid"], agent_leg["uniqueid"]}
    assert datetime.fromisoformat(record["accepted_at"]) > datetime.fromisoformat(record["arrived_at"])
    eventually("the outbox row is closed", lambda: system.open_deliveries() == 0)
    assert len(system.records(call.sip_call_id)) == 1


async def test_a_call_through_the_trunk_with_an_international_number_is_the_same_line(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("+862812333")
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        assert heard(call, "g02-12333-sichuan").is_whole
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    record = system.record(call.sip_call_id)
    assert record["decision"]["line"] == "12333"
    assert record["hung_up_by"] == "agent"


async def test_the_area_code_in_a_phone_context_is_understood(system: System) -> None:
    async with carrier_caller(system) as caller:
        call = await caller.dial("sip:12366;phone-context=+8628@127.0.0.1")
        await call.hears_packets(10, timeout_s=5)
        await call.hang_up()
    record = system.record(call.sip_call_id)
    assert record["called_raw"] == "12366;phone-context=+8628"
    assert record["decision"]["line"] == "12366"
    assert record["announcements"][0]["key"] == "g05-12366-sichuan"


async def test_a_caller_who_leaves_during_the_announcement_leaves_one_abandoned_record(
    system: System,
) -> None:
    async with carrier_caller(system) as caller:
        call = await caller.dial("12345")
        await call.hears_packets(50, timeout_s=5)
        await call.hang_up()
    record = system.record(call.sip_call_id)
    assert record["terminal_state"] == "abandoned"
    assert record["announcements"][0]["key"] == "g01-sichuan"
    assert record["announcements"][0]["finished_at"] is None
    assert record["agent"] is None


async def test_an_agents_lost_device_sends_the_caller_back_to_the_head_of_the_queue(system: System) -> None:
    # The seat's rtp_timeout, which this waits for, is 15 s.
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await agent.vanish()
        async with phone(system, "1002", AGENT_HZ) as other:
            again = await other.next_call(timeout_s=45)
            await again.answer()
            await again.hears(CALLER_HZ, timeout_s=3)
            await again.hang_up()  # this one's own end is no second loss
            await call.wait_for(CallState.ENDED, timeout_s=5)
    record = system.record(call.sip_call_id)
    assert record["terminal_state"] == "completed"
    assert [visit["agent"] for visit in record["queue_visits"]] == ["1001", "1002"]


async def test_names_stars_and_hashes_are_refused_and_leave_a_trace(system: System) -> None:
    async with carrier_caller(system) as caller:
        for dialled in ("sip:#@127.0.0.1", "sip:anna@127.0.0.1", "sip:*12345@127.0.0.1"):
            call = await caller.dial(dialled)
            await call.wait_for(CallState.ENDED, timeout_s=5)
            assert call.ended
            assert call.ended.status == 484
    assert eventually(
        "three refused records", lambda: sorted(refused_numbers(system)) == ["#", "*12345", "anna"]
    )


def refused_numbers(system: System) -> list[str]:
    calls = [event["data"] for event in system.records_at_ticketing()]
    return [call["called_raw"] for call in calls if call["terminal_state"] == "refused"]


def test_readiness_health_and_metrics_are_told(system: System) -> None:
    status, body = system.readyz()
    assert status == 200
    assert body["needed"] == {"asterisk": True, "journal": True}
    assert body["wanted"] == {
        "records": True,
        "control": True,
        "broker": True,
        "announcements": True,
        "seats_for_every_queue": True,
        "caller_flags": True,
    }
    with urlopen(system.url("/healthz")) as answer:
        assert answer.status == 200
    eventually("the outbox is empty", lambda: "callrouter_outbox_depth 0.0" in system.metrics())
    text = system.metrics()
    assert (
        'callrouter_decisions_total{line="12315",mode="dual",phase="in_force",reason="line_in_phase"} 1.0'
        in text
    )
    assert 'callrouter_dips_total{outcome="answered"}' in text


def test_no_log_holds_the_callers_number_and_every_line_of_a_call_its_id(system: System) -> None:
    logs = [file for file in system.layout.root.rglob("*.log") if file.is_file()]
    assert len(logs) >= 5
    for file in logs:
        assert CALLER_NUMBER not in file.read_text(errors="replace"), file.name
    decided = [
        line
        for line in (system.layout.logs / "controller.log").read_text().splitlines()
        if '"call_decided"' in line
    ]
    assert decided
    assert all('"call_id": "node1-' in line for line in decided)


def test_what_holds_personal_data_or_passwords_is_readable_by_its_owner_alone(system: System) -> None:
    private = [
        system.layout.secrets,
        system.layout.softphones,
        system.layout.database,
        system.layout.ticketing,
        system.layout.cel_csv,
        system.layout.queue_log,
        system.layout.boot_name,
    ]
    for file in private:
        assert file.stat().st_mode & 0o077 == 0, file.name
    asterisk = Path(f"/proc/{system.pid_of('asterisk')}").stat()
    for file in system.layout.asterisk_etc.iterdir():
        assert file.stat().st_mode & 0o037 == 0, file.name
        assert file.stat().st_mode & 0o040 == 0 or file.stat().st_gid == asterisk.st_gid, file.name


def test_asterisk_and_the_broker_do_not_run_as_root(system: System) -> None:
    for part in ("asterisk", "broker"):
        status = Path(f"/proc/{system.pid_of(part)}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert "0" not in uids
