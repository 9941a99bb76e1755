"""From a call's journal rows to its record, and to what is told while it lasts. Pure.

Rules:
- Rows in which no call of ours arrived give no record (an agent's own call, a qualify).
- A record always comes out: missing and contradictory rows leave gaps and anomalies, never an error.
- The same rows give the same record, in whatever order and however often they come.
- What counts is the journal's clock. One that was set back during the call gives no negative duration, and an anomaly
  where the rows show it. One that was set forward only makes the call look longer: nothing in the rows tells that.
"""

from __future__ import annotations

from collections.abc import Sequence

from callrouter.records.fold.acceptance import deadline, explained
from callrouter.records.fold.announcements import announcements_of
from callrouter.records.fold.arrival import Arrival, arrival_of, canonical, clue, is_rehearsal
from callrouter.records.fold.channels import ANSWER
from callrouter.records.fold.consults import consultations_of, consults_of
from callrouter.records.fold.decisions import decision_of, platform_path
from callrouter.records.fold.desk import asked_for_a_rating, desk_of
from callrouter.records.fold.ending import Facts, answered_in_time, ended_us, terminal_state
from callrouter.records.fold.holds import holds_of
from callrouter.records.fold.journal import Journal, journal_of
from callrouter.records.fold.legs import hung_up_by, legs_of, with_consults
from callrouter.records.fold.milestones import milestones
from callrouter.records.fold.parties import parties_of
from callrouter.records.fold.queues import queue_visits_of
from callrouter.records.fold.requests import menu_of, request_of
from callrouter.records.fold.sounds import message_of, recordings_of
from callrouter.records.fold.supervisions import supervisions_of
from callrouter.records.fold.surveys import survey_of
from callrouter.records.fold.talks import Stretch, talk_milliseconds, talks_of
from callrouter.records.fold.transfers import attempts_of, emergency_of
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import Talk
from callrouter.vocabulary.record_words import ClosedBy, LegRole
from callrouter.vocabulary.wire_text import without_controls

__all__ = ["explained", "fold", "is_rehearsal", "milestones"]

_END = ClosedBy.END
_AGENT = LegRole.AGENT


def fold(
    rows: Sequence[CelRow], node: str, queue: Sequence[QueueRow] = (), *, closed_by: ClosedBy = _END
) -> CallRecord | None:
    """Fold the rows of one linkedid into the call's record; None when no call of ours arrived in them.

    `queue` are rows of the queue log, of this call and of others.
    """
    journal = journal_of(rows)
    if journal is None:
        return None
    caller = journal.caller
    arrival = arrival_of(journal)
    came = arrival.fact.text
    over_us = ended_us(journal, arrival.at_us, closed_by)
    decision, fallback = decision_of(journal, arrival)
    parties = parties_of(journal)
    talks = talks_of(journal, parties)
    message = message_of(journal)
    attempts = attempts_of(journal, parties, talks)
    consultations = consultations_of(journal, parties, talks, attempts, over_us) if attempts else []
    ended_by = hung_up_by(journal, parties, talks)
    waited_ms = journal.milliseconds(arrival.at_us, talks[0].starts_us) if talks else None
    picked_up_ms = _picked_up_ms(journal, arrival, talks[0]) if talks else None
    called_raw, sip_call_id = came("called") or "", came("sip_call_id")
    caller_raw = came("caller") or without_controls(caller.first_row.caller_number)
    request = request_of(journal, caller_raw)
    left = (bool(talks), message is not None and message.finished_us is not None, request is not None)
    ending = Facts(closed_by, arrival.refused, *left, ended_by, decision, fallback)
    # Whatever notes an anomaly comes before the record is made.
    announcements, menu = announcements_of(journal, over_us), menu_of(journal)
    visits = queue_visits_of(journal, talks, attempts, over_us, queue)
    emergency = emergency_of(journal, decision, attempts)
    recordings, survey = recordings_of(journal), survey_of(journal)
    (holds, held_ms), supervisions, desk = (
        holds_of(journal, talks, over_us),
        supervisions_of(journal),
        desk_of(journal),
    )
    state = terminal_state(journal, ending)
    talk_ms = talk_milliseconds(talks)
    told_talks = _talks(journal, talks)
    left_at = journal.at_if(message.finished_us) if message else None
    left_at = left_at or (request.call_back.requested_at if request else None)
    return CallRecord(
        call_id=caller.uniqueid,
        node=node,
        rehearsal=arrival.offset_s != 0,
        arrived_at=arrival.at,
        arrived_at_rehearsal=arrival.rehearsal_at,
        accepted_at=told_talks[0].starts_at if talks else left_at,
        called_raw=called_raw,
        caller_raw=caller_raw,
        presentation=came("presentation"),
        trunk=came("trunk"),
        sip_call_id=sip_call_id,
        decision=decision,
        fallback=fallback,
        decision_derived=False,
        announcements=announcements,
        queue_visits=visits,
        legs=with_consults(legs_of(journal, parties, talks, sip_call_id, talk_ms), consultations),
        agent=_agent(talks),
        talk_ms=talk_ms,
        voicemail=message.voicemail if message else None,
        hangup_cause=caller.hangup.cause if caller.hangup else None,
        hung_up_by=ended_by,
        terminal_state=state,
        ended_at=journal.at(over_us),
        cel_ids=tuple(journal.channels),
        anomalies=tuple(sorted(journal.anomalies)),
        to_raw=clue(journal, "to"),
        diversion_raw=clue(journal, "diversion"),
        history_info_raw=clue(journal, "history_info"),
        context_raw=clue(journal, "context"),
        closed_by=closed_by,
        called=canonical(called_raw),
        platform_path=platform_path(decision),
        waited_ms=waited_ms,
        answered_within_15_s=answered_in_time(ending, picked_up_ms, max(0, over_us - arrival.at_us) // 1000),
        talks=told_talks,
        transfers=tuple([attempt.transfer for attempt in attempts]),
        emergency=emergency,
        recordings=recordings,
        survey=asked_for_a_rating(survey, desk.enforcement),
        picked_up_ms=picked_up_ms,
        call_back=request.call_back if request else None,
        menu=menu,
        register_by=None if talks else deadline(decision, left_at),
        agents=_agents(talks),
        consults=consults_of(journal, consultations),
        holds=holds,
        held_ms=held_ms,
        supervisions=supervisions,
        notes=desk.notes,
        tickets=desk.tickets,
        enforcement=desk.enforcement,
        guided=desk.guided,
    )


def _picked_up_ms(journal: Journal, arrival: Arrival, talk: Stretch) -> int:
    """Give how long it took until the phone of the first talk was picked up; as far as that was written down."""
    answered_us = talk.party.channel.firsts.get(ANSWER, talk.starts_us)
    return journal.milliseconds(arrival.at_us, min(answered_us, talk.starts_us))


def _agent(talks: Sequence[Stretch]) -> str | None:
    for talk in reversed(talks):
        if talk.party.role is _AGENT:
            return talk.party.endpoint
    return None


def _agents(talks: Sequence[Stretch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([talk.party.endpoint for talk in talks if talk.party.role is _AGENT]))


def _talks(journal: Journal, talks: Sequence[Stretch]) -> tuple[Talk, ...]:
    return tuple(
        [
            Talk(journal.at(starts_us), journal.at(ends_us), uniqueid)
            for starts_us, ends_us, uniqueid, _ in talks
        ]
    )
