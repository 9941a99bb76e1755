"""The demonstration only succeeds for a call that went as the plan orders."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from callrouter.clock import Clock
from callrouter.demonstration import first_call
from callrouter.demonstration.first_call import CallFailed, Seen, place_first_call
from callrouter.settings import Settings
from callrouter.settings_parts import Sip
from callrouter.sip_party.call import Call as SipCall
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.treatment import Connect

SETTINGS = Settings()


def expected(number: str = "12315") -> Decision:
    seen = Seen(lambda _line: None, time.monotonic())
    seen.call_id, seen.arrived_at = "node1-1.1", datetime(2026, 11, 22, tzinfo=UTC)
    return first_call._expected(SETTINGS, Clock(), seen, number)


RIGHT: Mapping[str, Any] = {
    "fallback": None,
    "decision": {"line": "12315", "mode": "dual", "phase": "in_force", "notice": "g02-12315-sichuan"},
}


def test_what_should_have_happened_is_asked_of_the_plan_not_of_the_controller() -> None:
    decision = expected()
    assert (decision.line, decision.mode, decision.phase) == ("12315", "dual", "in_force")
    assert isinstance(decision.treatment, Connect)
    assert decision.treatment.notice == "g02-12315-sichuan"


def test_a_call_as_the_plan_orders_passes() -> None:
    first_call._require_decision(RIGHT, expected())


@pytest.mark.parametrize(
    "wrong",
    [
        {"fallback": "no_verdict"},
        {"decision": None},
        {"decision": {**RIGHT["decision"], "line": "12345"}},
        {"decision": {**RIGHT["decision"], "phase": "before"}},
        {"decision": {**RIGHT["decision"], "notice": None}},
    ],
)
def test_a_call_that_nobody_decided_or_that_was_decided_otherwise_fails(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(CallFailed, match="not as the plan orders"):
        first_call._require_decision({**RIGHT, **wrong}, expected())


class SilentCall:
    """A call that heard nothing."""


def test_an_announcement_that_was_never_recorded_is_a_failure_with_its_remedy() -> None:
    call = cast("SipCall", SilentCall())
    with pytest.raises(CallFailed, match=r"g02-99999-nowhere.*callrouter prompts build"):
        first_call._require_announcement(call, Seen(lambda _line: None, 0.0), "g02-99999-nowhere")


def test_a_call_that_is_in_no_journal_fails() -> None:
    with pytest.raises(CallFailed, match="not in Asterisk's journal"):
        first_call._expected(SETTINGS, Clock(), Seen(lambda _line: None, 0.0), "12315")


async def test_a_trunk_that_does_not_admit_the_built_in_caller_is_named_before_dialling() -> None:
    sip = Sip.model_validate({"carrier_networks": ["192.0.2.0/24"]})
    with pytest.raises(CallFailed, match=r"sip\.carrier_networks"):
        await place_first_call(
            SETTINGS.model_copy(update={"sip": sip}), Clock(), "12315", [], lambda _line: None
        )
