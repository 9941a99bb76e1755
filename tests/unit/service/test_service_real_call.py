"""A real call as a test: the same call in every way, with nobody in it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from callrouter.plans.load import load_plan
from callrouter.records.fold import fold
from callrouter.service.pseudonyms import Pseudonyms
from callrouter.service.real_call import ScenarioError, as_json, scenario_of
from callrouter.service.stored_call import StoredCall, StoredJournal
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.cel import CelRow, at_node, cel_row
from callrouter.vocabulary.queue_log import QueueRow
from tests.unit.cli.recorded_calls import real_rows

ROWS = Path(__file__).parents[1] / "records" / "asterisk_22_10_1_agent_hung_up.csv"
PLAN = load_plan(PROJECT_ROOT / "dialplans" / "sichuan")
MOBILE, LANDLINE, NAME, SIP_ID = "13987654321", "02887654321", "王小二", "a84b4c76e66710@192.0.2.7"


def rows(caller: str, **facts: str) -> tuple[CelRow, ...]:
    """The real rows, with another caller: as Asterisk would have written them."""
    found = []
    with ROWS.open(encoding="utf-8", newline="") as file:
        for fields in csv.reader(file):
            row = at_node(cel_row(fields), "node1")
            if row.caller_number == "sipp":
                row = row._replace(caller_number=caller)
            if row.event == "CR_ARRIVED":
                said = {
                    "arrived_at": "1795339777.073297",
                    "called": "12315",
                    "caller": caller,
                    "presentation": "allowed",
                    "trunk": "carrier",
                    "sip_call_id": SIP_ID,
                    **facts,
                    "clock_offset": "0",
                }
                text = "&".join(f"{key}={quote(value, safe='')}" for key, value in said.items())
                row = row._replace(extra=json.dumps({"extra": text}))
            found.append(row)
    return tuple(found)


def scenario(cel: tuple[CelRow, ...], queue: tuple[QueueRow, ...] = ()) -> str:
    record = fold(cel, "node1", queue)
    assert record is not None
    call = StoredCall("node1", (as_json(record),), StoredJournal(cel, queue))
    return scenario_of(call, PLAN, "dialplans/sichuan")


@pytest.mark.parametrize("caller", [MOBILE, f"+86{MOBILE}", f"0086{MOBILE}", LANDLINE, NAME, "Wang Xiaoer"])
def test_no_original_digits_or_name_of_a_caller_survive(caller: str) -> None:
    text = scenario(rows(caller))
    for part in (caller, quote(caller), MOBILE[-8:], LANDLINE[-7:], SIP_ID, "192.0.2.7"):
        assert part not in text
    assert "1380013" in text or "555" in text


def test_one_person_has_one_pseudonym_everywhere() -> None:
    told = yaml.safe_load(scenario(rows(MOBILE)))
    assert {row[8] for row in told["rows"] if row[2] == told["rows"][0][2]} == {"13800130001"}
    assert "caller=13800130001&" in told["rows"][1][10]


def test_a_landline_keeps_its_area_which_the_plan_looks_at() -> None:
    told = yaml.safe_load(scenario(rows(LANDLINE)))
    assert told["rows"][0][8].startswith("028555")
    assert len(told["rows"][0][8]) == len(LANDLINE)


def test_an_emergency_service_stays_what_it_is() -> None:
    assert "caller=110&" in yaml.safe_load(scenario(rows("110")))["rows"][1][10]


def test_a_header_keeps_the_hotline_and_loses_names_hosts_and_people() -> None:
    header = f'"{NAME}" <sip:{MOBILE}@10.1.2.3>;reason=unconditional,Zhang <tel:+862812315>'
    text = scenario(rows(MOBILE, diversion=header))
    diversion = yaml.safe_load(text)["rows"][1][10]
    assert "%2B862812315" in diversion
    for part in (NAME, quote(NAME), "Zhang", "10.1.2.3", MOBILE):
        assert part not in text


def test_what_an_agent_wrote_is_not_in_it_and_that_he_did_is() -> None:
    said = "id=n&kind=note&by=1001&at=1795339780.000000&part=1&of=1&text=Li%20owes%20rent"
    named = "id=t&kind=ticket&by=1001&at=1795339781.000000&number=SC-2026-77"
    cel = rows(MOBILE)
    desk = [cel[1]._replace(event="CR_DESK", extra=json.dumps({"extra": one})) for one in (said, named)]
    text = scenario((*cel, *desk))
    assert text.count("CR_DESK") == 2
    for part in ("Li", "rent", "SC-2026", "77&"):
        assert part not in text


def test_the_queue_log_is_of_the_same_people() -> None:
    cel = rows(MOBILE)
    entered = QueueRow(1795339777, cel[0].uniqueid, "hotline", "NONE", "ENTERQUEUE", ("", MOBILE, "1"))
    assert "13800130001" in str(yaml.safe_load(scenario(cel, (entered,)))["queue_log"])


def test_instants_and_outcome_are_the_calls_own() -> None:
    cel = rows(MOBILE)
    told = yaml.safe_load(scenario(cel))
    assert [row[1].replace(".", "") for row in told["rows"]] == [str(row.at_us) for row in cel]
    assert told["record"]["terminal_state"] == "completed"
    assert told["record"]["agent"] == "1001"


def test_a_call_whose_rows_were_pruned_cannot_become_a_test() -> None:
    call = StoredCall("node1", ({"closed_by": "end"},), StoredJournal((), ()))
    with pytest.raises(ScenarioError, match="pruned"):
        scenario_of(call, PLAN, "dialplans/sichuan")


def test_a_record_that_its_rows_do_not_give_is_no_test() -> None:
    cel = rows(MOBILE)
    record = fold(cel, "node1")
    assert record is not None
    call = StoredCall("node1", (as_json(replace(record, talk_ms=1)),), StoredJournal(cel, ()))
    with pytest.raises(ScenarioError, match="no longer give"):
        scenario_of(call, PLAN, "dialplans/sichuan")


def test_a_call_that_the_plan_of_today_decides_otherwise_is_no_test() -> None:
    cel = real_rows()
    record = fold(cel, "node1")
    assert record is not None
    call = StoredCall("node1", (as_json(record),), StoredJournal(cel, ()))
    assert "12315" in scenario_of(call, PLAN, "dialplans/sichuan")
    other = load_plan(PROJECT_ROOT / "dialplans" / "yunnan")
    with pytest.raises(ScenarioError, match="decides this call otherwise"):
        scenario_of(call, other, "dialplans/yunnan")


def test_what_is_overlooked_is_found_before_anything_is_written() -> None:
    people = Pseudonyms(lambda _number: False)
    people.person(MOBILE)
    people.sip_id(SIP_ID)
    assert people.survivors(people.in_text(f"{MOBILE} {SIP_ID}")) == 0
    assert people.survivors(f"...{MOBILE[-8:]}") == 1
    assert people.survivors(quote(SIP_ID, safe="")) == 1
