"""Flags of callers: what an agent is told of who calls.

Rules:
- A flag is shown to an agent, and that is all: nothing is decided by one, no call is blocked, delayed or passed on.
- `repeat` and `abusive` are what the operator's file says of a number (`listed_flags`); whoever calls a second time
  within 24 hours is `repeat` too, as far as this controller has decided his calls since it started.
- A number is the same however it is written. One that was withheld or not understood, and a service's, has no flags.
- Of who has called only a keyed hash is remembered, the key made anew at each start, and of so many callers at most:
  whoever called longest ago is forgotten first, and everybody after 24 hours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from callrouter.asterisk_link.arrival import caller_of
from callrouter.decide.center import sole_area
from callrouter.vocabulary.numbers import (
    LONGEST_NUMBER,
    Number,
    NumberKind,
    PhoneNumber,
    canonical_line,
    parse_number,
)
from callrouter.vocabulary.plan import Plan

REPEAT_WITHIN: Final = timedelta(hours=24)
MOST_CALLERS: Final = 100_000
"""About 30 MB; more than a city's hotline has callers in a day."""
_KEY_BYTES: Final = range(16, 65)
_PEOPLES: Final = frozenset({NumberKind.MOBILE, NumberKind.LANDLINE})


class CallerFlag(StrEnum):
    """What an agent may be told of a caller."""

    REPEAT = "repeat"
    """重复来电."""
    ABUSIVE = "abusive"
    """骚扰."""


class CallerFlags(Protocol):
    """Who knows flags."""

    def of(self, number: str) -> frozenset[str]:
        """Give a number's flags, as it stands on the caller's channel. Never raises."""


def one_spelling(number: Number, area: str | None = None) -> str | None:
    """Spell a person's number; None: a service's, nobody's, or a landline of which nobody knows where it is.

    `area`: where a landline is that was told without its area code.
    """
    if not isinstance(number, PhoneNumber) or number.kind not in _PEOPLES:
        return None
    return canonical_line(number, area)


class Numbers:
    """How the numbers of callers are told apart: one spelling for each, as the home platform of a plan reads it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._area = sole_area(plan.platforms[plan.home])

    def on_channel(self, number: str) -> str | None:
        """The one spelling of a number as it stands on a caller's channel; None: nobody's."""
        if len(number) > LONGEST_NUMBER:
            return None
        return one_spelling(parse_number(number, self._plan.short_codes), self._area)

    def of_arrival(self, caller: str, presentation: str) -> str | None:
        """The same of an arriving call's caller; None too if he withholds his number."""
        return one_spelling(caller_of(caller, presentation, self._plan), self._area)


class _Calls(NamedTuple):
    latest: datetime
    before: datetime | None


class RecentCallers:
    """Who has called lately. `now`: zone-aware; `key`: of chance, 16 octets at least."""

    def __init__(
        self, numbers: Numbers, now: Callable[[], datetime], key: bytes, *, most: int = MOST_CALLERS
    ) -> None:
        if len(key) not in _KEY_BYTES:
            raise ValueError(f"a key of {_KEY_BYTES.start} to {_KEY_BYTES.stop - 1} octets, not {len(key)}")
        self._numbers = numbers
        self._now = now
        self._key = key
        self._most = most
        self._calls: OrderedDict[bytes, _Calls] = OrderedDict()
        """By the hash of the number, the latest caller last."""

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._calls)

    def arrived(self, caller: str, presentation: str) -> None:
        """Count a call that was decided. Never raises."""
        number = self._numbers.of_arrival(caller, presentation)
        now = self._now()
        self._forget(now)
        if number is None:
            return
        hashed = self._hashed(number)
        found = self._calls.pop(hashed, None)
        self._calls[hashed] = _Calls(now, None if found is None else found.latest)
        if len(self._calls) > self._most:
            self._calls.popitem(last=False)

    def of(self, number: str) -> frozenset[str]:
        """Say `repeat` of who has called before, this call apart, within the last 24 hours."""
        spelled = self._numbers.on_channel(number)
        found = None if spelled is None else self._calls.get(self._hashed(spelled))
        if found is None or found.before is None or self._now() - found.before > REPEAT_WITHIN:
            return frozenset()
        return frozenset({CallerFlag.REPEAT.value})

    def _forget(self, now: datetime) -> None:
        while self._calls:
            oldest = next(iter(self._calls))
            if now - self._calls[oldest].latest <= REPEAT_WITHIN:
                return
            del self._calls[oldest]

    def _hashed(self, number: str) -> bytes:
        return blake2b(number.encode(), digest_size=16, key=self._key).digest()


class AllFlags:
    """What several know together."""

    def __init__(self, *known_to: CallerFlags) -> None:
        self._known_to = known_to

    def of(self, number: str) -> frozenset[str]:
        """Give a number's flags, whoever knows them."""
        return frozenset[str]().union(*(each.of(number) for each in self._known_to))
