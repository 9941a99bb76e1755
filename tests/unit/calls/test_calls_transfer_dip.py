"""An agent who passes a caller on by his phone's keys: the dip's answer, whatever he presses."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, RefusedFactsError
from callrouter.asterisk_link.agi_double import AsteriskDouble, environment
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.transfer_question import TRANSFER_FACTS
from callrouter.asterisk_link.verdict import verdict_of
from callrouter.calls.transfer_dip import QuestionRefusedError, TransferAnswerer
from callrouter.console.metrics import ControllerMetrics
from callrouter.decide.transfer_sounds import IGNORED_KEYS, refusal_key
from callrouter.decide.transfer_table import Ignored, step
from callrouter.log import configure_logging
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import (
    AGENT_ASKS,
    IgnoredReason,
    Refused,
    RefusedTarget,
    Staff,
    TransferState,
)
from tests.unit.decide.a_plan import BEIJING, NOW, PLAN, call_to, decided

STAFF = Staff(("1001", "1002"), ("2001",))
SATURDAY = datetime(2022, 1, 8, 12, tzinfo=BEIJING)


@pytest.fixture
def counted() -> list[str]:
    return []


@pytest.fixture
def answerer(counted: list[str]) -> TransferAnswerer:
    return TransferAnswerer(PLAN, STAFF, counted.append)


def facts_of(dialled: str, trunk: str = "carrier") -> str:
    """What stands in CR_VERDICT of such a call."""
    verdict = verdict_of(call_to(dialled, trunk=trunk), decided(dialled, trunk=trunk))
    return verdict.split("|")[5]


def dip(code: str, kind: str = "three_way", at: datetime = NOW, **changed: str) -> AgiRequest:
    facts = {
        "call_id": "node1-1795339777.2",
        "code": code,
        "kind": kind,
        "seat": "1001",
        "caller": "13800138000",
        "presentation": "allowed_not_screened",
        "facts": facts_of("12345"),
        "asked_at": f"{at.timestamp():.6f}",
        "clock_offset": "0",
    }
    assert tuple(facts) == TRANSFER_FACTS
    return AgiRequest("transfer", facts | changed)


@pytest.mark.parametrize(
    ("code", "kind", "target"),
    [("12366", "three_way", "tax"), ("tax", "three_way", "tax"), ("0", "plain", "supervisor")],
)
def test_whom_the_agent_means_is_answered_with_the_one_variable(
    answerer: TransferAnswerer, counted: list[str], code: str, kind: str, target: str
) -> None:
    answer = answerer.answer(dip(code, kind))
    assert (answer.variable, answer.value) == ("CR_TARGET", f"v1|{target}")
    assert counted == ["allowed"]


@pytest.mark.parametrize(
    ("code", "kind", "key", "why", "target"),
    [
        ("12388x", "plain", "c02", "unknown", ""),
        ("12348", "three_way", "c03", "closed", "justice"),
        ("12367", "three_way", "c04", "no_peer", "borders"),
        ("power", "plain", "c04", "ticket_only", "power"),
        ("tax", "plain", "c05", "other_kind", "tax"),
        ("customs-north", "three_way", "c06", "other_kind", "customs-north"),
        ("110", "three_way", "c07", "emergency", "110"),
        ("1001", "plain", "c09", "yourself", "1001"),
    ],
)
def test_who_is_refused_hears_why(
    answerer: TransferAnswerer, counted: list[str], code: str, kind: str, key: str, why: str, target: str
) -> None:
    assert answerer.answer(dip(code, kind, SATURDAY)).value == f"v1|refused|{key}|{why}|{target}"
    assert counted == [why]


def test_every_refusal_has_something_to_say() -> None:
    keys = {refusal_key(Refused(why, ""), kind) for why in RefusedTarget for kind in TransferKind}
    assert keys == {"c02", "c03", "c04", "c05", "c06", "c07", "c08", "c09", "c32"}


def test_every_key_that_can_do_nothing_has_something_to_say() -> None:
    assert IGNORED_KEYS.keys() == set(IgnoredReason)
    asked = {
        cell.reason
        for state in TransferState
        for one in AGENT_ASKS
        if isinstance(cell := step(state, one), Ignored)
    }
    assert {IGNORED_KEYS[reason] for reason in asked} == {"c26", "c27", "c28", "c29", "c30", "c31"}


def test_the_callers_area_tells_which_center_is_meant(answerer: TransferAnswerer) -> None:
    asked = dip("12360", "plain", facts=facts_of("087112345"))
    assert answerer.answer(asked).value == "v1|customs-south"
    asked = dip("12360", "plain", caller="04728123456")
    assert answerer.answer(asked).value == "v1|customs-north"
    withheld = dip("12360", "plain", caller="08718123456", presentation="prohib")
    assert answerer.answer(withheld).value == "v1|customs-north"
    assert answerer.answer(dip("12360", "plain", caller="08718123456")).value == "v1|customs-south"


def test_a_call_does_not_go_back_where_it_has_come_from(answerer: TransferAnswerer) -> None:
    assert answerer.answer(dip("west", "plain")).value == "v1|west"
    assert (
        answerer.answer(dip("west", "plain", facts=facts_of("12345") + "&path=neighbour%2Bwest")).value
        == "v1|refused|c08|loop|west"
    )
    came = dip("0871", "plain", facts=facts_of("12345", trunk="cities"))
    assert answerer.answer(came).value == "v1|refused|c08|loop|east"


def test_the_hours_are_those_of_the_question_in_the_rehearsals_clock(answerer: TransferAnswerer) -> None:
    assert answerer.answer(dip("12348")).value == "v1|justice"
    assert answerer.answer(dip("12348", at=SATURDAY)).value == "v1|refused|c03|closed|justice"
    offset_s = round((NOW - SATURDAY) / timedelta(seconds=1))
    rehearsed = dip("12348", at=SATURDAY, clock_offset=str(offset_s))
    assert answerer.answer(rehearsed).value == "v1|justice"


def test_a_call_that_nobody_decided_about_can_be_passed_on_too(answerer: TransferAnswerer) -> None:
    assert answerer.answer(dip("12366", facts="")).value == "v1|tax"


@pytest.mark.parametrize(
    "changed",
    [
        {"call_id": "x;y"},
        {"kind": "four_way"},
        {"seat": "1001/x"},
        {"seat": ""},
        {"facts": "mode=hub&&"},
        {"facts": "mode"},
        {"facts": "mode=a|b"},
        {"asked_at": "now"},
        {"clock_offset": "1.5"},
    ],
)
def test_facts_that_our_dialplan_does_not_write_are_refused_and_not_quoted(
    answerer: TransferAnswerer, counted: list[str], changed: dict[str, str]
) -> None:
    ((name, value),) = changed.items()
    with pytest.raises(QuestionRefusedError, match="malformed") as raised:
        answerer.answer(AgiRequest("transfer", {**dip("12366").arguments, **changed}))
    assert name in str(raised.value)
    assert not value or value not in str(raised.value)
    assert counted == []


def test_facts_that_are_missing_are_named(answerer: TransferAnswerer) -> None:
    facts = dict(dip("12366").arguments)
    del facts["seat"], facts["facts"]
    with pytest.raises(RefusedFactsError, match="seat: missing; facts: missing"):
        answerer.answer(AgiRequest("transfer", facts))


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_people_choose_there_is_an_answer_that_can_be_sent(
    code: str, caller: str, presentation: str
) -> None:
    answerer = TransferAnswerer(PLAN, STAFF, lambda _: None)
    asked = dip(code, caller=caller, presentation=presentation)
    answer = answerer.answer(asked)
    targets = {"tax", "customs-north", "justice", "supervisor", "1002"}
    value = answer.value.removeprefix("v1|")
    assert value in targets or value.startswith("refused|c0") or value in {*PLAN.queues, *PLAN.platforms}
    assert len(answer.encode()) < 100


@given(st.dictionaries(st.sampled_from(TRANSFER_FACTS), st.text(max_size=80)))
def test_no_facts_make_it_fail(facts: dict[str, str]) -> None:
    answerer = TransferAnswerer(PLAN, STAFF, lambda _: None)
    try:
        said = answerer.answer(AgiRequest("transfer", {**dip("12366").arguments, **facts})).value
    except QuestionRefusedError as refused:
        said = str(refused)
    assert said.startswith("v1|") or all(text.endswith(": malformed") for text in said.split("; "))


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logging("info", stream)
    yield stream
    structlog.reset_defaults()


def test_it_is_logged_without_the_caller_and_without_what_was_pressed(
    answerer: TransferAnswerer, stream: io.StringIO
) -> None:
    answerer.answer(dip("12366"))
    answerer.answer(dip("13912345678"))
    asked, refused = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (asked["event"], asked["call_id"], asked["seat"]) == (
        "transfer_asked",
        "node1-1795339777.2",
        "1001",
    )
    assert (asked["target"], asked["answer"]) == ("tax", "allowed")
    assert (refused["target"], refused["answer"]) == (None, "unknown")
    assert "1380013" not in stream.getvalue()
    assert "13912" not in stream.getvalue()


def test_what_was_asked_for_is_counted_by_its_answer() -> None:
    metrics = ControllerMetrics()
    answerer = TransferAnswerer(PLAN, STAFF, metrics.target)
    for code in ("12366", "12366", "1"):
        answerer.answer(dip(code))
    counted = {
        answer: metrics.registry.get_sample_value("callrouter_transfer_targets_total", {"answer": answer})
        for answer in ("allowed", "unknown")
    }
    assert counted == {"allowed": 2, "unknown": 1}


async def test_asterisk_is_answered_over_the_wire(answerer: TransferAnswerer) -> None:
    server = AgiServer(AgiService(answerer.answer, {"transfer": TRANSFER_FACTS}))
    await server.start("127.0.0.1", 0)
    asked = {name: quote(value, safe="") for name, value in dip("12366").arguments.items()}
    octets = environment(agi_network_script="transfer")
    head, _, _ = octets.partition(b"agi_arg_1")
    arguments = "".join(f"agi_arg_{place}: {name}={asked[name]}\n" for place, name in enumerate(asked, 1))
    try:
        with await asyncio.to_thread(AsteriskDouble, server.port) as asterisk:
            command = await asyncio.to_thread(asterisk.dip, head + arguments.encode() + b"\n")
    finally:
        await server.stop()
    assert command == b'SET VARIABLE CR_TARGET "v1|tax"\n'


def test_who_is_about_to_stop_begins_no_transfer_and_says_so(counted: list[str]) -> None:
    stopping = TransferAnswerer(PLAN, STAFF, counted.append, lambda: True)
    assert stopping.answer(dip("12348")).value == "v1|refused|c32|stopping|"
    assert counted == ["stopping"]
