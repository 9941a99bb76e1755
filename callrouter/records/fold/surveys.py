"""What the caller thought of it. Pure.

Rules:
- The first grade counts; one that is none of 1 to 5 is odd and left out.
- An agent may see to it that the caller is not asked: that is no survey without a grade, and it is told apart.
"""

from __future__ import annotations

from typing import Final

from callrouter.records.fold.facts import FINISHED, OFFERED, WAIVED
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Survey
from callrouter.vocabulary.record_words import Anomaly

_SURVEY_EVENT: Final = JournalEvent.SURVEY.value

_GRADES: Final = {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}


def survey_of(journal: Journal) -> Survey | None:
    """Give the survey; None when none was offered."""
    facts = journal.facts[_SURVEY_EVENT]
    if not facts:
        return None
    offered = next((fact for fact in facts if fact.state == OFFERED), facts[0])
    grades = [fact.text("grade") for fact in facts if fact.state == FINISHED]
    written = next((text for text in grades if text), None)
    grade = _GRADES.get(written or "")
    if written is not None and grade is None:
        journal.anomalies.add(Anomaly.SURVEY_UNREADABLE)
    return Survey(journal.at(offered.at_us), grade, waived=all(fact.state == WAIVED for fact in facts))
