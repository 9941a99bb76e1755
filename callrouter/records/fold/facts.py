"""What the dialplan wrote down with an event, read once. Pure.

Rules:
- An empty fact is an absent one; a long one is shortened: it may be a caller's.
- A fact that is not spelled as the contract has it is noted as odd and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final, NamedTuple, TypeGuard, TypeVar

from callrouter.vocabulary.cel import CelRowError, facts_in, microseconds_in
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_words import Anomaly

_LONGEST_TEXT: Final = 512
"""Characters of a caller's text that a record keeps."""
_LONGEST_NUMBER: Final = 12
_UNREADABLE = Anomaly.UNREADABLE_FACT

STARTED: Final = "started"
FINISHED: Final = "finished"
ENTERED: Final = "entered"
DIALLED: Final = "dialled"
REQUESTED: Final = "requested"
RINGING: Final = "ringing"
ANSWERED: Final = "answered"
ACCEPTED: Final = "accepted"
JOINED: Final = "joined"
ENDED: Final = "ended"
OFFERED: Final = "offered"
PAUSED: Final = "paused"
RESUMED: Final = "resumed"
FAILED: Final = "failed"
SCHEDULED: Final = "scheduled"
CHOSEN: Final = "chosen"
GIVEN_UP: Final = "given_up"
WAIVED: Final = "waived"
BEGAN: Final = "began"
REFUSED: Final = "refused"

PLACE_OF_STATE: Final[Mapping[str | None, int]] = {
    **dict.fromkeys((STARTED, SCHEDULED, ENTERED, DIALLED, REQUESTED, OFFERED, BEGAN), 0),
    RINGING: 1,
    PAUSED: 1,
    ANSWERED: 2,
    RESUMED: 2,
    ACCEPTED: 3,
    JOINED: 4,
}
"""At equal instants, what begins comes before what ends; any other state comes last."""
LAST_PLACE: Final = 5

_SAID_OFTEN: Final = frozenset(
    event.value
    for event in (
        *(JournalEvent.DECIDED, JournalEvent.NOTICE, JournalEvent.QUEUE, JournalEvent.LAST_RESORT),
        *(JournalEvent.MENU, JournalEvent.SEAT, JournalEvent.CALL_BACK),
    )
)
"""Events that tell the same of many calls, and nothing of a person."""
_LONGEST_SAID_OFTEN: Final = 2048

Word = TypeVar("Word", bound=StrEnum)


class Fact(NamedTuple):
    """A user event of ours with its facts read."""

    at_us: int
    uniqueid: str
    """Of the channel that it was written down for."""
    facts: Mapping[str, str]
    """As `kept` gives them."""

    def text(self, key: str) -> str | None:
        """Give a fact; None when it is absent."""
        return self.facts.get(key)

    def texts(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Give several facts, as `text` does."""
        return dict(zip(keys, map(self.facts.get, keys), strict=True))

    @property
    def state(self) -> str | None:
        """The fact `state`."""
        return self.facts.get("state")


fact_of: Final[Callable[[tuple[int, str, Mapping[str, str]]], Fact]] = partial(tuple.__new__, Fact)
"""Make a fact of its fields, in their order: `Fact._make` in a third of its time."""


def facts_about(event: str, extra: str) -> Mapping[str, str]:
    """Read the facts of a user event of ours; what was read lately is not read again."""
    if event in _SAID_OFTEN and len(extra) <= _LONGEST_SAID_OFTEN:
        return _read_before(extra)
    return kept(facts_in(extra))


def kept(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what is empty, and shorten what is long."""
    texts = facts.values()
    if not facts or (all(texts) and max(map(len, texts)) <= _LONGEST_TEXT):
        return facts
    return {key: text[:_LONGEST_TEXT] for key, text in facts.items() if text}


@lru_cache(maxsize=1024)
def _read_before(extra: str) -> Mapping[str, str]:
    return kept(facts_in(extra))


def whole_number(text: str | None, anomalies: set[Anomaly]) -> int | None:
    """Read a whole number of at most 12 digits; note what is not one."""
    if text is None:
        return None
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER:
        return int(text)
    anomalies.add(_UNREADABLE)
    return None


def cause_in(text: str | None, anomalies: set[Anomaly]) -> int | None:
    """Read a Q.850 cause; None for 0, by which Asterisk means that it knows none."""
    number = whole_number(text, anomalies)
    return number if is_cause(number) else None


def is_cause(value: object) -> TypeGuard[int]:
    """Whether it is a Q.850 cause."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 127


def instant_in(text: str | None, written_us: int, anomalies: set[Anomaly]) -> int:
    """Read epoch seconds with µs, in microseconds; the instant of writing where they cannot be read."""
    try:
        return microseconds_in(text or "")
    except CelRowError:
        anomalies.add(_UNREADABLE)
        return written_us


def when_said(fact: Fact, anomalies: set[Anomaly]) -> Fact:
    """Give the fact as of the instant that it names itself: it was written down later. Most name none."""
    said = fact.text("at")
    return fact if said is None else fact._replace(at_us=instant_in(said, fact.at_us, anomalies))


def word_in(text: str | None, words: type[Word], anomalies: set[Anomaly]) -> Word | None:
    """Read one of the contract's words; note what is none of them."""
    if text is None:
        return None
    try:
        return words(text)
    except ValueError:
        anomalies.add(_UNREADABLE)
        return None
