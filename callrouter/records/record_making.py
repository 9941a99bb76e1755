"""From calls that are over to the records that are to be written.

Rules:
- A call that took the safe default is explained afterwards by asking the plan what it would have said. What was
  explained once stays as it was explained: the plan may be another one by now.
- A call that has a record gets another revision only when it folds to something else, or when a file of it that was
  missing is there by now. How it was explained is no difference.
- One call that cannot be folded, proved or spelled costs only itself.
- Files are read in a thread, and before any transaction is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import structlog

from callrouter.records.bodies import read_record, record_body
from callrouter.records.counters import RecordCounters
from callrouter.records.fold import explained, fold
from callrouter.records.open_calls import KnownRecord, OpenCall
from callrouter.records.unkept_messages import may_have_left_a_file
from callrouter.vocabulary.record import CallRecord, RecordedDecision
from callrouter.vocabulary.record_parts import FileProof, Recording, Voicemail
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, TerminalState

log = structlog.get_logger(__name__)

Explain = Callable[[CallRecord], RecordedDecision | None]
"""Says what would have been decided about a call that took the safe default; None: that cannot be said."""
Prove = Callable[[CallRecord], CallRecord]
"""Adds what proves the call's sound files. Reads them: it is called in a thread."""

_SAID_AFTERWARDS = frozenset({Anomaly.NOT_EXPLAINED, Anomaly.RECORDING_MISSING, Anomaly.RECORDING_REPAIRED})
"""What is found odd after the fold."""


@dataclass(frozen=True, slots=True)
class Made:
    """A record, or a correction of one, that is to be written."""

    record: CallRecord
    body: str


@dataclass(frozen=True, slots=True)
class NotMade:
    """There is nothing to be written about the call."""

    is_ours: bool
    """False: no call of ours arrived in its rows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The call cannot become a record."""

    error: str
    """The error's name: its text may quote a caller."""


@dataclass(frozen=True, slots=True)
class _Again:
    """A call folds to the record that it has. There is something to be said if a missing file is there by now."""

    record: CallRecord


Making: TypeAlias = Made | NotMade | Fault
_Draft: TypeAlias = CallRecord | _Again | NotMade | Fault


class RecordMaker:
    """Makes records of calls that are over."""

    def __init__(self, *, explain: Explain, prove: Prove, rehearsal: bool, counters: RecordCounters) -> None:
        self._explain = explain
        self._prove = prove
        self._rehearsal = rehearsal
        self._counters = counters

    async def make(self, node: str, calls: Sequence[OpenCall]) -> list[Making]:
        """Say what becomes of each call."""
        drafts = [self._draft(node, call) for call in calls]
        proved: list[CallRecord | NotMade | Fault]
        if any(_is_to_be_proved(draft) for draft in drafts):
            proved = await asyncio.to_thread(lambda: list(map(self._proved, drafts)))
        else:
            proved = [draft for draft in drafts if not isinstance(draft, _Again)]
        return [self._spelled(draft) if isinstance(draft, CallRecord) else draft for draft in proved]

    def _draft(self, node: str, call: OpenCall) -> _Draft:
        try:
            # Lines of the queue log alone arrive from nowhere.
            closed_by = ClosedBy.END if call.ended else ClosedBy.RULE
            record = fold(call.cel, node, call.queue, closed_by=closed_by) if call.cel else None
            if record is None:
                return NotMade(is_ours=call.record is not None)
            record = replace(record, rehearsal=True) if self._rehearsal else record
            earlier = _earlier(call.record)
            if earlier is not None and _bare(earlier) == _bare(record):
                return _Again(earlier) if _has_unproved_files(earlier) else NotMade(is_ours=True)
            if call.record is not None:
                record = replace(record, revision=call.record.revision + 1)
            return self._explained(_with_what_was_said(record, earlier))
        except Exception as error:
            return self._fault(call.linkedid, error)

    def _explained(self, record: CallRecord) -> CallRecord:
        if record.decision is not None or record.terminal_state is TerminalState.REFUSED:
            return record
        try:
            decision = self._explain(record)
        except Exception as error:
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "a call could not be explained", call_id=record.call_id, error=type(error).__name__
            )
            decision = None
        if decision is None:
            return replace(record, anomalies=tuple(sorted({*record.anomalies, Anomaly.NOT_EXPLAINED})))
        return explained(record, decision)

    def _proved(self, draft: _Draft) -> CallRecord | NotMade | Fault:
        if isinstance(draft, CallRecord):
            return self._proved_one(draft)
        if not isinstance(draft, _Again):
            return draft
        before = draft.record
        after = self._proved_one(replace(before, revision=before.revision + 1))
        nothing_new = isinstance(after, CallRecord) and replace(after, revision=before.revision) == before
        return NotMade(is_ours=True) if nothing_new else after

    def _proved_one(self, record: CallRecord) -> CallRecord | Fault:
        if not _has_files_to_see_to(record):
            return record
        try:
            return _with_proofs_of(self._prove(record), record)
        except Exception as error:
            return self._fault(record.call_id, error)

    def _spelled(self, record: CallRecord) -> Made | Fault:
        try:
            return Made(record, record_body(record))
        except Exception as error:
            return self._fault(record.call_id, error)

    def _fault(self, call_id: str, error: Exception) -> Fault:
        # One call must not stop all others. Its rows stay, and the count is alarmed on.
        self._counters.calls_not_folded += 1
        name = type(error).__name__
        log.error("a call could not be made a record", call_id=call_id, error=name)
        return Fault(name)


def _earlier(known: KnownRecord | None) -> CallRecord | None:
    if known is None:
        return None
    try:
        return read_record(known.body)
    except ValueError:
        # A version ago it was spelled otherwise: it cannot be compared, and the next one can.
        return None


def _bare(record: CallRecord) -> CallRecord:
    """Give what the fold alone says."""
    return replace(
        explained(record, None) if record.decision_derived else record,
        revision=1,
        anomalies=tuple(one for one in record.anomalies if one not in _SAID_AFTERWARDS),
        recordings=tuple(replace(one, proof=None) for one in record.recordings),
        voicemail=replace(record.voicemail, proof=None, length_ms=None) if record.voicemail else None,
    )


def _with_what_was_said(record: CallRecord, earlier: CallRecord | None) -> CallRecord:
    """Keep how the call was explained, and what was found of its files."""
    if earlier is None:
        return record
    if earlier.decision_derived and record.decision is None:
        record = explained(record, earlier.decision)
    if Anomaly.RECORDING_REPAIRED in earlier.anomalies:
        anomalies = {*record.anomalies, Anomaly.RECORDING_REPAIRED}
        record = replace(record, anomalies=tuple(sorted(anomalies)))
    return _with_proofs_of(record, earlier)


def _with_proofs_of(record: CallRecord, earlier: CallRecord) -> CallRecord:
    """Keep what was proved once: by now the file may be gone."""
    proofs = {one.file: one.proof for one in _files(earlier) if one.proof is not None}
    if not proofs:
        return record
    voicemail = record.voicemail
    record = replace(
        record,
        recordings=tuple(replace(one, proof=one.proof or proofs.get(one.file)) for one in record.recordings),
        voicemail=_with_proof(voicemail, voicemail.proof or proofs.get(voicemail.file))
        if voicemail
        else None,
    )
    if _has_unproved_files(record):
        return record
    return replace(
        record, anomalies=tuple(one for one in record.anomalies if one is not Anomaly.RECORDING_MISSING)
    )


def _with_proof(voicemail: Voicemail, proof: FileProof | None) -> Voicemail:
    return replace(voicemail, proof=proof, length_ms=proof.duration_ms if proof else None)


def _files(record: CallRecord) -> tuple[Recording | Voicemail, ...]:
    return (*record.recordings, record.voicemail) if record.voicemail else record.recordings


def _is_to_be_proved(draft: _Draft) -> bool:
    return isinstance(draft, _Again) or (isinstance(draft, CallRecord) and _has_files_to_see_to(draft))


def _has_files_to_see_to(record: CallRecord) -> bool:
    return _has_unproved_files(record) or may_have_left_a_file(record)


def _has_unproved_files(record: CallRecord) -> bool:
    return any(one.file is not None and one.proof is None for one in _files(record))
