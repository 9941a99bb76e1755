"""What another platform tells of a call is in its record, where it brings calls; anybody else's word is nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
from typing import Any

import pytest
from parties import carrier_caller
from running_system import MakeSystem, System

from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.context import HEADER, USER_TO_USER, PassedOn, told

HUB, LINE, SOFTPHONE = "12345", "12318", "citizen"
PASSED_ON = PassedOn(
    "node9-3f9c41ab-1795377263.12", ("sanya", "haikou"), LINE, "dual", source="emergency:110"
)
TEXT = told(PASSED_ON)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> System:
    """Hainan, whose carrier trunk is Haikou's platform."""
    folder = tmp_path_factory.mktemp("dialplans") / "hainan"
    shutil.copytree(PROJECT_ROOT / "dialplans" / "hainan", folder)
    operators = folder / "operator.yaml"
    text, count = re.subn(
        r"(\n  - id: carrier\n)", r'\1    source: "platform:haikou"\n', operators.read_text(encoding="utf-8")
    )
    assert count == 1
    operators.write_text(text, encoding="utf-8")
    made = make_system(plan=str(folder))
    made.start()
    return made


async def record_of(system: System, **headers: str) -> dict[str, Any]:
    """The record of a call that somebody brings with these headers."""
    async with carrier_caller(system) as caller:
        call = await caller.dial(
            HUB, headers=tuple((name.replace("_", "-"), value) for name, value in headers.items())
        )
        await call.wait_for(CallState.UP, timeout_s=5)
        await call.hang_up()
    return await asyncio.to_thread(system.record, call.sip_call_id)


def believed(record: dict[str, Any]) -> tuple[Any, ...]:
    decision = record["decision"]
    return tuple(decision[key] for key in ("path", "case", "line", "found_by", "source"))


WHOLE = ("sanya+haikou", PASSED_ON.case, LINE, "context", "emergency:110")
NOTHING = (None, None, HUB, "request-uri", "platform:haikou")


async def test_what_a_platform_tells_is_believed_from_its_own_header_or_from_user_to_user(
    system: System,
) -> None:
    by_header, by_user_to_user, by_both = await asyncio.gather(
        record_of(system, **{HEADER: TEXT}),
        record_of(system, **{USER_TO_USER: f"{TEXT.encode().hex()};encoding=hex"}),
        record_of(system, **{HEADER: TEXT, USER_TO_USER: "7631;encoding=hex"}),
    )
    assert [believed(one) for one in (by_header, by_user_to_user, by_both)] == [WHOLE] * 3
    assert by_header["platform_path"] == ["sanya", "haikou", "hainan"]
    assert by_header["context_raw"] == TEXT
    assert by_user_to_user["context_raw"].startswith("uui:")
    assert by_header["anomalies"] == by_user_to_user["anomalies"] == []


async def test_a_call_that_was_here_before_is_answered_here(system: System) -> None:
    came_round = told(PASSED_ON._replace(path=("hainan", "haikou")))
    record = await record_of(system, **{HEADER: came_round})
    assert record["platform_path"] == ["hainan", "haikou", "hainan"]
    assert record["decision"]["treatment"] == "queue"


@pytest.mark.parametrize(
    "text",
    ["v1&case=a", TEXT + "&more=$(id)", TEXT.replace("haikou", "${CHANNEL}"), "v1&case=a&path=" + "b+" * 150],
    ids=["without-a-path", "with-a-bracket", "with-an-expression", "too-long"],
)
async def test_what_no_platform_writes_is_nothing_and_the_call_goes_on(system: System, text: str) -> None:
    record = await record_of(system, **{HEADER: text})
    assert believed(record) == NOTHING
    assert record["context_raw"].startswith(text[:100])


async def test_nobody_else_is_listened_to(system: System) -> None:
    opened = SipParty.open(
        host="127.0.0.1", user=SOFTPHONE, server=system.sip, password=system.password(SOFTPHONE), tone_hz=1000
    )
    async with opened as citizen:
        call = await citizen.dial(HUB, headers=((HEADER, TEXT),))
        await call.wait_for(CallState.UP, timeout_s=5)
        await call.hang_up()
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert believed(record)[:2] == (None, None)
    assert record["context_raw"] is None
