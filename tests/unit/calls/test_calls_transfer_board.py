"""Which call has which agent and where its transfer stands, from events that may come twice, and from snapshots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Channel, Snapshot
from callrouter.calls.desk_protocol import DeskNews
from callrouter.calls.transfer_board import TransferAt, TransferBoard, read_transfer
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState

CALL, CALLER, AGENT = "node1-1.0", "PJSIP/carrier-00000000", "PJSIP/1001-00000001"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
TALK, CALLING, CONSULT = TransferState.TALK, TransferState.CALLING, TransferState.CONSULT


def event(name: str, **headers: str) -> AmiMessage:
    told = {"Event": "UserEvent", "UserEvent": name, "Call": CALL, "Agent": "1001", **headers}
    return AmiMessage(tuple(told.items()))


def talk(state: str, **headers: str) -> AmiMessage:
    return event("CRTalk", **{"AgentChannel": AGENT, "CallerChannel": CALLER, "State": state, **headers})


def step(attempt: int, state: str, stimulus: str = "consult", **headers: str) -> AmiMessage:
    told = {"Kind": "three_way", "Target": "tax", "Outcome": "", **headers}
    return event("CRTransfer", Attempt=str(attempt), State=state, Stimulus=stimulus, **told)


def channel(name: str, application: str = "Queue", **variables: str) -> Channel:
    return Channel(name, f"{name}-id", "linked", "Up", None, None, "connect", "s", application, "", variables)


def caller(transfer: str, *, agent: str = AGENT, seat: str = "1001", application: str = "Queue") -> Channel:
    held = {"CR_CALL": CALL, "CR_TRANSFER": transfer, "CR_AGENT": seat, "CR_AGENT_CHANNEL": agent}
    return channel(CALLER, application, **held)


def snapshot(*channels: Channel, missing: int = 0) -> Snapshot:
    return Snapshot(channels, (), missing)


@pytest.fixture
def board() -> TransferBoard:
    made = TransferBoard()
    made.see(snapshot())
    return made


def test_a_seat_has_the_call_from_its_agents_first_word_to_his_last(board: TransferBoard) -> None:
    began = board.hear(talk("began"), AT)
    assert began is not None
    assert (began.what, began.call.at) == (DeskNews.BEGAN, TransferAt(0, TALK))
    call = board.call_of("1001")
    assert call is not None
    assert (call.call_id, call.channel, call.since, call.talking_since) == (CALL, CALLER, AT, AT)
    ended = board.hear(talk("ended"), AT)
    assert ended is not None
    assert ended.what is DeskNews.ENDED
    assert board.call_of("1001") is None
    assert list(board.calls()) == []


def test_each_step_moves_the_call_and_is_news_once(board: TransferBoard) -> None:
    board.hear(talk("began"), AT)
    later = AT + timedelta(seconds=5)
    change = board.hear(step(1, "calling"), later)
    assert change is not None
    assert (change.what, change.stimulus) == (DeskNews.CHANGED, "consult")
    assert change.call.at == TransferAt(1, CALLING, TransferKind.THREE_WAY, "tax")
    assert (change.call.since, change.call.talking_since) == (later, AT)
    assert board.hear(step(1, "calling"), later + timedelta(seconds=1)) is None
    call = board.call_of("1001")
    assert call is not None
    assert call.since == later


def test_an_outcome_told_later_is_news_and_the_state_has_not_begun_anew(board: TransferBoard) -> None:
    for heard in (talk("began"), step(1, "talk", "failed")):
        board.hear(heard, AT)
    change = board.hear(step(1, "talk", "failed", Outcome="busy"), AT + timedelta(seconds=1))
    assert change is not None
    assert (change.call.outcome, change.call.since) == ("busy", AT)


def test_what_an_earlier_attempt_says_is_old(board: TransferBoard) -> None:
    for heard in (talk("began"), step(1, "talk", "failed", Outcome="busy"), step(2, "calling")):
        board.hear(heard, AT)
    assert board.hear(step(1, "asking"), AT) is None
    call = board.call_of("1001")
    assert call is not None
    assert (call.at.attempt, call.at.state, call.outcome) == (2, CALLING, None)


def test_who_has_left_has_no_call_but_may_still_write_something_down(board: TransferBoard) -> None:
    for heard in (talk("began"), step(1, "consult"), step(1, "handed", "leave"), talk("ended")):
        board.hear(heard, AT)
    assert board.call_of("1001") is None
    latest = board.latest_of("1001")
    assert latest is not None
    assert (latest.agent_channel, latest.at.state) == (None, TransferState.HANDED)
    over = board.hear(step(1, "ended", "target_gone"), AT)
    assert over is not None
    assert over.what is DeskNews.ENDED
    assert board.latest_of("1001") is None


def test_the_next_call_of_a_seat_is_its_call(board: TransferBoard) -> None:
    board.hear(talk("began"), AT)
    board.hear(step(1, "handed", "leave"), AT)
    board.hear(talk("ended"), AT)
    second = {"Call": "node1-2.0", "AgentChannel": "PJSIP/1001-00000007", "CallerChannel": "PJSIP/carrier-2"}
    board.hear(talk("began", **second), AT)
    call = board.call_of("1001")
    assert call is not None
    assert call.call_id == "node1-2.0"
    board.hear(step(1, "ended", "target_gone"), AT)
    assert board.call_of("1001") == call


@pytest.mark.parametrize("state", ["queued", "ended"])
def test_a_call_back_in_the_queue_or_at_its_end_is_nobodys(board: TransferBoard, state: str) -> None:
    board.hear(talk("began"), AT)
    change = board.hear(step(1, state, "agent_lost"), AT)
    assert change is not None
    assert change.what is DeskNews.ENDED
    assert list(board.calls()) == []
    assert board.hear(step(1, state, "agent_lost"), AT) is None


def test_the_same_word_twice_tells_nothing(board: TransferBoard) -> None:
    assert board.hear(talk("began"), AT) is not None
    assert board.hear(talk("began"), AT) is None
    assert board.hear(talk("ended"), AT) is not None
    assert board.hear(talk("ended"), AT) is None


def test_an_agents_end_is_not_taken_for_his_successors(board: TransferBoard) -> None:
    board.hear(talk("began"), AT)
    board.hear(talk("began", Agent="1002", AgentChannel="PJSIP/1002-00000005"), AT)
    assert board.hear(talk("ended"), AT) is None
    assert board.call_of("1001") is None
    assert board.call_of("1002") is not None


@pytest.mark.parametrize(
    "forged",
    [
        AmiMessage((("Event", "AgentConnect"), ("UserEvent", "CRTalk"), ("Call", CALL), ("State", "began"))),
        talk("began", Call="a b"),
        talk("began", Agent="1001|x"),
        talk("began", CallerChannel="PJSIP/x\nAction: Hangup"),
        talk("began", AgentChannel=""),
        step(1, "calling"),
        event("CRElse", State="began"),
    ],
)
def test_what_is_no_event_of_ours_or_of_no_call_here_tells_nothing(
    board: TransferBoard, forged: AmiMessage
) -> None:
    assert board.hear(forged, AT) is None
    assert list(board.calls()) == []


@pytest.mark.parametrize(
    "wrong", [{"Attempt": "x"}, {"Attempt": "1234567"}, {"State": "flying"}, {"Target": "PJSIP/110"}]
)
def test_a_step_that_cannot_be_read_changes_nothing(board: TransferBoard, wrong: dict[str, str]) -> None:
    board.hear(talk("began"), AT)
    headers = {"Attempt": "1", "State": "calling", "Target": "tax", **wrong}
    assert board.hear(event("CRTransfer", **headers), AT) is None
    call = board.call_of("1001")
    assert call is not None
    assert call.at == TransferAt(0, TALK)


def test_a_snapshot_alone_rebuilds_the_board() -> None:
    board = TransferBoard()
    was_known = board.is_known
    board.see(
        snapshot(
            caller("2|consult|three_way|tax", application="Wait"),
            channel(AGENT, CR_CALL=CALL),
            channel("PJSIP/carrier-00000009", CR_CALL="node1-9.0", CR_TRANSFER=""),
        )
    )
    assert (was_known, board.is_known) == (False, True)
    call = board.call_of("1001")
    assert call is not None
    assert call.at == TransferAt(2, CONSULT, TransferKind.THREE_WAY, "tax")
    assert (call.since, len(list(board.calls()))) == (None, 1)


def test_a_snapshot_is_the_whole_of_it_and_keeps_the_instants_of_what_is_still_so(
    board: TransferBoard,
) -> None:
    board.hear(talk("began"), AT)
    later = AT + timedelta(seconds=9)
    board.hear(step(1, "calling"), later)
    board.see(snapshot(caller("1|calling|three_way|tax"), channel(AGENT)))
    call = board.call_of("1001")
    assert call is not None
    assert (call.since, call.talking_since) == (later, AT)
    board.see(snapshot(caller("1|consult|three_way|tax"), channel(AGENT)))
    call = board.call_of("1001")
    assert call is not None
    assert (call.since, call.talking_since) == (None, AT)
    board.see(snapshot())
    assert list(board.calls()) == []
    assert board.latest_of("1001") is None


def test_events_that_are_in_the_snapshot_already_end_where_it_stood(board: TransferBoard) -> None:
    board.see(snapshot(caller("1|consult|three_way|tax"), channel(AGENT)))
    for heard in (talk("began"), step(1, "calling"), step(1, "asking"), step(1, "consult", "accepted")):
        board.hear(heard, AT)
    call = board.call_of("1001")
    assert call is not None
    assert (call.at.attempt, call.at.state) == (1, CONSULT)


def test_what_a_snapshot_is_missing_stays_as_it_was(board: TransferBoard) -> None:
    board.hear(talk("began"), AT)
    board.see(snapshot(missing=1))
    assert board.call_of("1001") is not None
    board.see(snapshot(channel(CALLER), missing=1))
    assert board.call_of("1001") is None


def test_in_a_snapshot_an_agent_is_there_if_his_channel_is(board: TransferBoard) -> None:
    board.see(snapshot(caller("1|alone|three_way|tax", application="Dial")))
    assert board.call_of("1001") is None
    latest = board.latest_of("1001")
    assert latest is not None
    assert latest.at.state is TransferState.ALONE


def test_a_caller_who_rates_the_talk_is_in_no_call_of_an_agent(board: TransferBoard) -> None:
    board.see(snapshot(caller("0|talk||", agent="", application="Read")))
    assert list(board.calls()) == []
    board.see(snapshot(caller("1|talk||", agent="", application="ConfBridge")))
    assert len(list(board.calls())) == 1


@pytest.mark.parametrize("state", ["queued", "ended"])
def test_in_a_snapshot_a_call_back_in_the_queue_or_at_its_end_is_nobodys(
    board: TransferBoard, state: str
) -> None:
    board.see(snapshot(caller(f"1|{state}|three_way|tax"), channel(AGENT)))
    assert list(board.calls()) == []


@pytest.mark.parametrize("state", [state.value for state in TransferState])
def test_in_flight_is_whoever_is_between_two_people(board: TransferBoard, state: str) -> None:
    board.see(snapshot(caller(f"1|{state}|three_way|tax"), channel(AGENT)))
    waits = {"held", "calling", "asking", "consult", "together", "passing", "alone"}
    assert board.in_flight() == (state in waits)


@pytest.mark.parametrize(
    "text", ["", "1", "x|talk||", "1|flying||", "1|talk|", "1|talk||a|b", "1|talk||PJSIP/1", "1234567|talk||"]
)
def test_a_state_that_is_spelled_otherwise_is_none(text: str) -> None:
    assert read_transfer(text) is None


def test_a_state_without_a_target_has_none() -> None:
    assert read_transfer("0|talk||") == TransferAt(0, TALK)
