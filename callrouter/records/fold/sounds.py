"""What was recorded: the talk, and the message that a caller left. Pure.

Rules:
- A recording is known by its file's name; a name with folders in it is odd, and only its last part is kept.
- A recording that was not started is odd, and begins with the first that is known of it.
- A pause that nobody ended lasts as long as the recording.
- A voicemail counts when its recording left a file (RECORD_STATUS is there, and neither ERROR nor SKIP).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from callrouter.records.fold.facts import FINISHED, PAUSED, RESUMED, STARTED, Fact
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Pause, Recording, Voicemail
from callrouter.vocabulary.record_words import Anomaly

_RECORDING_EVENT: Final = JournalEvent.RECORDING.value
_VOICEMAIL_EVENT: Final = JournalEvent.VOICEMAIL.value

_NOTHING_RECORDED: Final = frozenset({None, "ERROR", "SKIP"})
_STATES: Final = frozenset({STARTED, PAUSED, RESUMED, FINISHED})


class Message(NamedTuple):
    """The message that the caller left."""

    voicemail: Voicemail
    finished_us: int


def recordings_of(journal: Journal) -> tuple[Recording, ...]:
    """Give the files that the talk was recorded into, in order."""
    files: dict[str, list[Fact]] = {}
    for fact in journal.facts[_RECORDING_EVENT]:
        files.setdefault(_file(journal, fact), []).append(fact)
    return tuple([_recording(journal, file, facts) for file, facts in files.items()])


def message_of(journal: Journal) -> Message | None:
    """Give the message that the caller left."""
    facts = journal.facts[_VOICEMAIL_EVENT]
    for fact in reversed(facts):
        if fact.state == FINISHED and fact.text("status") not in _NOTHING_RECORDED:
            return Message(Voicemail(fact.text("file"), fact.text("status")), fact.at_us)
    if facts:
        journal.anomalies.add(Anomaly.VOICEMAIL_FAILED)
    return None


def _file(journal: Journal, fact: Fact) -> str:
    written = fact.text("file") or ""
    file = written.rpartition("/")[2]
    if file in {"", ".", ".."} or file != written or fact.state not in _STATES:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return file


def _recording(journal: Journal, file: str, facts: Sequence[Fact]) -> Recording:
    started = next((fact for fact in facts if fact.state == STARTED), None)
    finished = next((fact for fact in facts if fact.state == FINISHED), None)
    if started is not facts[0]:
        journal.anomalies.add(Anomaly.RECORDING_UNPAIRED)
    return Recording(
        file=file,
        started_at=journal.at((started or facts[0]).at_us),
        finished_at=journal.at(finished.at_us) if finished else None,
        pauses=_pauses(journal, facts),
    )


def _pauses(journal: Journal, facts: Sequence[Fact]) -> tuple[Pause, ...]:
    pauses: list[Pause] = []
    paused_us: int | None = None
    for fact in facts:
        if fact.state == PAUSED and paused_us is None:
            paused_us = fact.at_us
        elif fact.state == RESUMED and paused_us is not None:
            pauses.append(Pause(journal.at(paused_us), journal.at(fact.at_us)))
            paused_us = None
        elif fact.state == RESUMED:
            journal.anomalies.add(Anomaly.RECORDING_UNPAIRED)
    if paused_us is not None:
        pauses.append(Pause(journal.at(paused_us), None))
    return tuple(pauses)
