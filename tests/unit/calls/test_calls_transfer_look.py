"""One look at a caller's channel says all that a desk shows and acts upon."""

from __future__ import annotations

import pytest

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.calls.desk_protocol import AsteriskAwayError, NoCallError, Recorded
from callrouter.calls.transfer_board import TransferAt
from callrouter.calls.transfer_look import look_at
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState

CALLER = "PJSIP/carrier-00000000"
SUCCESS = AmiMessage((("Response", "Success"),))
VERDICT = (
    "v1|connect|g01|hotline|0|line=12315&mode=dual&rule=dialplans%2Fa.yaml%3A14&path=chengdu%2Bsichuan"
    "|survey||path=x"
)
HELD = {
    "CR_CALL": "node1-1.0",
    "CR_TRANSFER": "1|consult|three_way|tax",
    "CR_AGENT": "1001",
    "CR_AGENT_CHANNEL": "PJSIP/1001-00000001",
    "CR_TARGET_CHANNEL": "PJSIP/peer-tax-00000004",
    "CR_IN": "0",
    "CR_QUEUE": "hotline",
    "CR_VERDICT": VERDICT,
    "CR_CALLER": "13800138000",
    "CR_PRESENTATION": "allowed",
    "CR_REC_ID": "0x7f",
    "CR_PAUSED": "(null)",
    "CR_TICKET": "(null)",
    "CR_ENFORCEMENT": "(null)",
    "CR_GUIDANCES": "2",
}


class AnAsterisk:
    """Has one channel, with these variables; or none, or an error."""

    def __init__(self, held: dict[str, str] | None = None, error: AmiError | None = None) -> None:
        self.held = HELD | (held or {})
        self.error = error
        self.asked: list[tuple[str, Headers, float | None]] = []

    async def action(self, name: str, headers: Headers, *, timeout_s: float | None = None) -> AmiResponse:
        self.asked.append((name, headers, timeout_s))
        if self.error is not None:
            raise self.error
        told = (
            *(("Event", "Status"), ("Privilege", "Call"), ("Channel", CALLER), ("ChannelStateDesc", "Up")),
            *(("Uniqueid", "boot-1.0"), ("Linkedid", "boot-1.0"), ("Application", "Wait")),
            *(("Variable", f"{name}={value}") for name, value in self.held.items()),
        )
        return AmiResponse(SUCCESS, (AmiMessage(told),))


async def test_one_question_tells_all_of_it() -> None:
    asterisk = AnAsterisk()
    look = await look_at(asterisk, CALLER, 0.1)
    ((name, headers, timeout_s),) = asterisk.asked
    assert (name, headers["Channel"], timeout_s) == ("Status", CALLER, 0.1)
    assert str(headers["Variables"]).split(",") == list(HELD)
    assert look.at == TransferAt(1, TransferState.CONSULT, TransferKind.THREE_WAY, "tax")
    assert (look.call_id, look.channel, look.seat, look.queue) == ("node1-1.0", CALLER, "1001", "hotline")
    assert (look.agent_channel, look.target_channel) == ("PJSIP/1001-00000001", "PJSIP/peer-tax-00000004")
    assert (look.application, look.caller, look.presentation) == ("Wait", "13800138000", "allowed")
    assert look.facts == {
        "line": "12315",
        "mode": "dual",
        "rule": "dialplans/a.yaml:14",
        "path": "chengdu+sichuan",
    }
    assert (look.recorded, look.ticket, look.is_enforcement) == (Recorded.ON, None, False)
    assert look.guidances == 2


@pytest.mark.parametrize(
    ("held", "recorded"),
    [
        ({"CR_REC_ID": ""}, Recorded.OFF),
        ({"CR_REC_ID": "(null)"}, Recorded.OFF),
        ({"CR_REC_ID": "", "CR_PAUSED": "1"}, Recorded.PAUSED),
        ({"CR_PAUSED": ""}, Recorded.ON),
    ],
)
async def test_whether_it_is_recorded_is_what_the_dialplan_says(
    held: dict[str, str], recorded: Recorded
) -> None:
    assert (await look_at(AnAsterisk(held), CALLER, 0.1)).recorded is recorded


@pytest.mark.parametrize(("inside", "is_out"), [("", False), ("(null)", False), ("0", True), ("1", True)])
async def test_whether_the_caller_has_left_the_queues_own_talk_is_seen(inside: str, is_out: bool) -> None:
    assert (await look_at(AnAsterisk({"CR_IN": inside}), CALLER, 0.1)).is_out_of_queue is is_out


async def test_what_the_agent_has_written_down_is_seen() -> None:
    look = await look_at(AnAsterisk({"CR_TICKET": "T-20261123-0042", "CR_ENFORCEMENT": "1"}), CALLER, 0.1)
    assert (look.ticket, look.is_enforcement) == ("T-20261123-0042", True)


@pytest.mark.parametrize("verdict", ["", "(null)", "v1", "v2|connect|||0|line=1|", "nonsense"])
async def test_a_call_that_nobody_decided_about_has_no_facts(verdict: str) -> None:
    look = await look_at(AnAsterisk({"CR_VERDICT": verdict}), CALLER, 0.1)
    assert look.facts == {}


async def test_a_look_shows_no_number_in_its_repr() -> None:
    assert "13800" not in repr(await look_at(AnAsterisk(), CALLER, 0.1))


@pytest.mark.parametrize("transfer", ["", "(null)", "1|flying||"])
async def test_a_channel_without_an_agents_talk_is_no_call(transfer: str) -> None:
    with pytest.raises(NoCallError):
        await look_at(AnAsterisk({"CR_TRANSFER": transfer}), CALLER, 0.1)


async def test_a_channel_that_has_gone_is_no_call() -> None:
    with pytest.raises(NoCallError):
        await look_at(AnAsterisk(error=AmiRefused("Status", SUCCESS)), CALLER, 0.1)


@pytest.mark.parametrize("error", [AmiLost("Status"), AmiTimeout("Status")])
async def test_without_an_answer_nothing_was_done_and_it_is_said_so(error: AmiError) -> None:
    with pytest.raises(AsteriskAwayError):
        await look_at(AnAsterisk(error=error), CALLER, 0.1)


@pytest.mark.parametrize("items", [(), (AmiMessage((("Event", "Status"), ("Channel", CALLER))),)])
async def test_an_answer_without_a_channel_that_can_be_read_is_no_call(items: tuple[AmiMessage, ...]) -> None:
    class Silent(AnAsterisk):
        async def action(self, name: str, headers: Headers, *, timeout_s: float | None = None) -> AmiResponse:
            await super().action(name, headers, timeout_s=timeout_s)
            return AmiResponse(SUCCESS, items)

    with pytest.raises(NoCallError):
        await look_at(Silent(), CALLER, 0.1)
