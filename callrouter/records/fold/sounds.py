"""What was recorded: the talk, and the message that a caller left. Pure.

Rules:
- A recording is known by its file's name; a name with folders in it is odd, and only its last part is kept.
- A recording that was not started is odd, and begins with the first that is known of it.
- A pause ends a file, and what is said after it goes into the next: it is known by the file that it ended. One that
  nobody ended lasts as long as the talk.
- What could not be recorded leaves no file, and is odd.
- A voicemail counts when its recording left a file (RECORD_STATUS is there, and neither ERROR nor SKIP).
- One whose end nobody wrote down, because the exchange died, is kept as far as it goes, with neither status nor end:
  whether the caller had said all nobody knows, so no call is accepted by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from callrouter.records.fold.facts import FAILED, FINISHED, PAUSED, RESUMED, STARTED, Fact, whole_number
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
    finished_us: int | None
    """None: the exchange died while it was spoken."""


def recordings_of(journal: Journal) -> tuple[Recording, ...]:
    """Give the files that the talk was recorded into, in order."""
    files: dict[str, list[Fact]] = {}
    for fact in journal.facts[_RECORDING_EVENT]:
        if fact.state == FAILED:
            journal.anomalies.add(Anomaly.RECORDING_FAILED)
        else:
            files.setdefault(_file(journal, fact), []).append(fact)
    return tuple([_recording(journal, file, facts) for file, facts in files.items()])


def message_of(journal: Journal) -> Message | None:
    """Give the message that the caller left."""
    facts = journal.facts[_VOICEMAIL_EVENT]
    if facts and facts[-1].state == STARTED and facts[-1].text("file"):
        return Message(_unfinished(journal, facts[-1]), None)
    for place in range(len(facts) - 1, -1, -1):
        fact = facts[place]
        if fact.state == FINISHED and fact.text("status") not in _NOTHING_RECORDED:
            started_us = next((one.at_us for one in reversed(facts[:place]) if one.state == STARTED), None)
            return Message(_voicemail(journal, fact, started_us), fact.at_us)
    if facts:
        journal.anomalies.add(Anomaly.VOICEMAIL_FAILED)
    return None


def _unfinished(journal: Journal, started: Fact) -> Voicemail:
    return Voicemail(file=started.text("file"), status=None, started_at=journal.at(started.at_us))


def _voicemail(journal: Journal, finished: Fact, started_us: int | None) -> Voicemail:
    return Voicemail(
        file=finished.text("file"),
        status=finished.text("status"),
        started_at=journal.at_if(started_us),
        finished_at=journal.at(finished.at_us),
    )


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
        bytes=whole_number(finished.text("bytes"), journal.anomalies) if finished else None,
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
