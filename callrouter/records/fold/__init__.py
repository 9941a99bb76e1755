"""From a call's journal rows to its record. Pure.

Rules:
- Rows in which no call of ours arrived give no record (an agent's own call, a qualify). A caller who left before
  the dialplan's first step arrived all the same: such a call is known by where its channel started.
- A record always comes out: missing and contradictory rows leave gaps and anomalies, never an error.
- The same rows give the same record, in whatever order and however often they come.
- A call is completed when the caller was bridged with a person, whoever hung up. Else it is a voicemail when
  a message was left; else released when we hung up; else abandoned.
- What counts is the journal's clock; a rehearsal shifts it by a constant and never replaces it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from callrouter.records.fold.decisions import decision_of, whole_number
from callrouter.records.fold.journal import Fact, Journal, first_at, journal_of
from callrouter.records.fold.legs import (
    endpoint_of,
    hangup_of,
    hung_up_by,
    legs_of,
    talk_milliseconds,
    talks_of,
)
from callrouter.records.fold.stations import announcements_of, queue_visits_of, voicemail_of
from callrouter.vocabulary.cel import CelEvent, CelRow, CelRowError, instant_of
from callrouter.vocabulary.journal import Fallback, JournalEvent
from callrouter.vocabulary.record import (
    Anomaly,
    CallRecord,
    HungUpBy,
    LegRole,
    RecordedDecision,
    TerminalState,
)
from callrouter.vocabulary.wire_text import without_controls

_RELEASE = "release"


def fold(rows: Sequence[CelRow], node: str) -> CallRecord | None:
    """Fold the rows of one linkedid into the call's record; None when no call of ours arrived in them."""
    journal = journal_of(rows)
    if journal is None:
        return None
    arrival, refused = _arrival(journal)
    caller_rows = journal.of_channel(journal.caller)
    arrived_at = _arrived_at(journal, arrival)
    ended_at = _ended_at(journal, arrived_at)
    legs = legs_of(journal)
    talks = talks_of(journal, legs)
    voicemail = voicemail_of(journal)
    decision, fallback = decision_of(journal)
    ended_by = hung_up_by(journal, legs)
    hangup = hangup_of(journal, journal.caller)
    offset = whole_number(journal, arrival.text("clock_offset")) or 0
    state = _terminal_state(refused, bool(talks), voicemail is not None, ended_by, decision)
    _note_what_is_missing(journal, state, decision, fallback)
    return CallRecord(
        call_id=journal.caller,
        node=node,
        rehearsal=offset != 0,
        arrived_at=arrived_at,
        arrived_at_rehearsal=_shifted(journal, arrived_at, offset),
        accepted_at=talks[0].starts if talks else voicemail[1] if voicemail else None,
        called_raw=arrival.text("called") or "",
        caller_raw=arrival.text("caller") or without_controls(caller_rows[0].caller_number),
        presentation=arrival.text("presentation"),
        trunk=arrival.text("trunk"),
        sip_call_id=arrival.text("sip_call_id"),
        decision=decision,
        fallback=fallback,
        decision_derived=False,
        announcements=announcements_of(journal),
        queue_visits=queue_visits_of(journal, talks, ended_at),
        legs=legs,
        agent=next((talk.leg.endpoint for talk in reversed(talks) if talk.leg.role is LegRole.AGENT), None),
        talk_ms=talk_milliseconds(talks),
        voicemail=voicemail[0] if voicemail else None,
        hangup_cause=hangup.cause if hangup else None,
        hung_up_by=ended_by,
        terminal_state=state,
        ended_at=ended_at,
        cel_ids=journal.uniqueids,
        anomalies=tuple(sorted(journal.anomalies)),
        to_raw=_clue(journal, "to"),
        diversion_raw=_clue(journal, "diversion"),
        history_info_raw=_clue(journal, "history_info"),
    )


def _arrival(journal: Journal) -> tuple[Fact, bool]:
    """Give the facts of the arrival, and whether the call was refused."""
    refusals = journal.facts(JournalEvent.REFUSED)
    arrivals = journal.facts(JournalEvent.ARRIVED)
    return (arrivals or refusals or [_entry(journal.of_channel(journal.caller)[0])])[0], bool(refusals)


def _entry(row: CelRow) -> Fact:
    """Give what the channel itself tells of an arrival that the dialplan did not come to write down."""
    facts = {"called": row.exten, "caller": row.caller_number, "trunk": endpoint_of(row.channel)}
    return Fact(row.at, {key: without_controls(text) for key, text in facts.items()})


def _clue(journal: Journal, header: str) -> str | None:
    """Give what the dialled line may have been found in."""
    return next((text for fact in journal.facts(JournalEvent.CLUES) if (text := fact.text(header))), None)


def _arrived_at(journal: Journal, arrival: Fact) -> datetime:
    """Give the instant that the dialplan asked the plan about: a phase boundary must not fall between the two."""
    started = first_at(journal.of_channel(journal.caller), CelEvent.CHAN_START)
    written = arrival.text("arrived_at")
    if written is not None:
        try:
            return instant_of(written)
        except CelRowError:
            journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    if started is None:
        journal.anomalies.add(Anomaly.NO_CHANNEL_START)
        return arrival.at
    return started


def _ended_at(journal: Journal, arrived_at: datetime) -> datetime:
    rows = journal.of_channel(journal.caller)
    ended = first_at(rows, CelEvent.HANGUP)
    if ended is None:
        journal.anomalies.add(Anomaly.NO_HANGUP)
        ended = first_at(rows, CelEvent.CHAN_END) or journal.rows[-1].at
    if ended < arrived_at:
        journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
    return ended


def _shifted(journal: Journal, at: datetime, offset: int) -> datetime | None:
    if not offset:
        return None
    try:
        return at + timedelta(seconds=offset)
    except OverflowError:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        return None


def _terminal_state(
    refused: bool,
    talked: bool,
    message_left: bool,
    ended_by: HungUpBy | None,
    decision: RecordedDecision | None,
) -> TerminalState:
    if refused:
        return TerminalState.REFUSED
    if talked:
        return TerminalState.COMPLETED
    if message_left:
        return TerminalState.VOICEMAIL
    meant_to_release = decision is not None and decision.treatment == _RELEASE
    if ended_by is HungUpBy.CALLER or (ended_by is None and not meant_to_release):
        return TerminalState.ABANDONED
    return TerminalState.RELEASED


def _note_what_is_missing(
    journal: Journal,
    state: TerminalState,
    decision: RecordedDecision | None,
    fallback: Fallback | None,
) -> None:
    if state is TerminalState.REFUSED:
        return
    if decision is None and fallback is None:
        journal.anomalies.add(Anomaly.NO_DECISION)
    if state is TerminalState.RELEASED and (decision is None or decision.treatment != _RELEASE):
        journal.anomalies.add(Anomaly.ENDED_WITHOUT_A_PERSON)
