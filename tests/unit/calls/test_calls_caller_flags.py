"""Who calls a second time within a day is known as such, whoever looks at the memory does not learn his number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import callrouter
from callrouter.calls.caller_flags import (
    MOST_CALLERS,
    REPEAT_WITHIN,
    AllFlags,
    CallerFlags,
    Numbers,
    RecentCallers,
)
from callrouter.vocabulary.plan import Plan
from tests.unit.decide.a_plan import PLAN

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
KEY, OTHER_KEY = b"a key of chance!", b"another of these"
MOBILE, ALLOWED = "13800138000", "allowed_not_screened"
REPEAT = frozenset({"repeat"})


class Recent:
    """Who has called, by a clock that the test sets."""

    def __init__(self, plan: Plan = PLAN, *, key: bytes = KEY, most: int = MOST_CALLERS) -> None:
        self.now = AT
        self.callers = RecentCallers(Numbers(plan), lambda: self.now, key, most=most)

    def call(
        self, caller: str = MOBILE, presentation: str = ALLOWED, *, after: timedelta = timedelta()
    ) -> None:
        self.now += after
        self.callers.arrived(caller, presentation)


def test_whoever_calls_for_the_first_time_has_no_flag_and_the_second_time_one() -> None:
    recent = Recent()
    assert recent.callers.of(MOBILE) == frozenset()
    recent.call()
    assert recent.callers.of(MOBILE) == frozenset()
    recent.call(after=timedelta(minutes=5))
    assert recent.callers.of(MOBILE) == REPEAT
    assert recent.callers.of("13900139000") == frozenset()


def test_a_call_counts_for_24_hours_and_then_it_is_forgotten() -> None:
    recent = Recent()
    recent.call()
    recent.call(after=REPEAT_WITHIN)
    assert recent.callers.of(MOBILE) == REPEAT
    recent.now += timedelta(seconds=1)
    assert recent.callers.of(MOBILE) == frozenset()
    recent.call("13900139000", after=REPEAT_WITHIN)
    assert len(recent.callers) == 1
    recent.call()
    assert recent.callers.of(MOBILE) == frozenset()


def test_what_is_longer_than_any_number_is_nobodys() -> None:
    recent = Recent()
    for _ in range(2):
        recent.call()
    assert recent.callers.of("1" + " " * 300 + MOBILE[1:]) == frozenset()


def test_a_third_call_is_counted_from_the_second() -> None:
    recent = Recent()
    for _ in range(3):
        recent.call(after=timedelta(hours=20))
    assert recent.callers.of(MOBILE) == REPEAT


@pytest.mark.parametrize("written", ["+8613800138000", "8613800138000", "013800138000", "138-0013-8000"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    recent = Recent()
    recent.call(written)
    recent.call()
    assert recent.callers.of(MOBILE) == recent.callers.of(written) == REPEAT


def test_a_landline_without_its_area_is_one_of_the_home_platforms_only_area() -> None:
    home = PLAN.platforms[PLAN.home]
    for areas, flags in ((("0355",), REPEAT), (("0355", "0356"), frozenset())):
        recent = Recent(replace(PLAN, platforms={**PLAN.platforms, PLAN.home: replace(home, areas=areas)}))
        recent.call("2180099")
        recent.call("03552180099")
        assert recent.callers.of("03552180099") == flags


@pytest.mark.parametrize("caller", ["", "anonymous", "110", "12345", "12315", "x" * 300, "+1555"])
def test_who_is_nobody_or_a_service_is_not_counted(caller: str) -> None:
    recent = Recent()
    for _ in range(2):
        recent.call(caller)
    assert recent.callers.of(caller) == frozenset()
    assert len(recent.callers) == 0


@pytest.mark.parametrize("presentation", ["prohib", "unavailable", ""])
def test_who_withholds_his_number_is_not_counted(presentation: str) -> None:
    recent = Recent()
    for _ in range(2):
        recent.call(presentation=presentation)
    assert len(recent.callers) == 0


def test_so_many_callers_are_remembered_and_whoever_called_longest_ago_is_forgotten_first() -> None:
    recent = Recent(most=3)
    for caller in ("13800138001", "13800138002", "13800138003", "13800138001", "13800138004"):
        recent.call(caller, after=timedelta(seconds=1))
    assert len(recent.callers) == 3
    recent.call("13800138003")
    assert recent.callers.of("13800138003") == REPEAT
    recent.call("13800138002")
    assert recent.callers.of("13800138002") == frozenset()


def test_who_looks_at_what_is_remembered_learns_no_number() -> None:
    recent = Recent()
    recent.call()
    kept = recent.callers._calls
    assert [type(key) for key in kept] == [bytes]
    assert "13800" not in repr(kept)
    other = Recent(key=OTHER_KEY)
    other.call()
    assert set(kept) != set(other.callers._calls)


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 65])
def test_a_key_that_is_none_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="16 to 64 octets"):
        Recent(key=key)


def test_a_clock_that_is_set_back_breaks_nothing() -> None:
    recent = Recent()
    recent.call()
    recent.call(after=-timedelta(hours=1))
    assert recent.callers.of(MOBILE) == REPEAT


class Knows:
    """Somebody who knows these flags of everybody."""

    def __init__(self, *flags: str) -> None:
        self.flags = frozenset(flags)

    def of(self, _number: str) -> frozenset[str]:
        return self.flags


def test_what_several_know_is_put_together() -> None:
    known: CallerFlags = AllFlags(Knows("repeat"), Knows(), Knows("abusive", "repeat"))
    assert known.of(MOBILE) == {"repeat", "abusive"}
    assert AllFlags().of(MOBILE) == frozenset()


def test_nothing_that_decides_knows_of_flags() -> None:
    rooms = [
        Path(callrouter.__file__).parent / room for room in ("decide", "vocabulary", "plans", "asterisk_link")
    ]
    modules = [module.read_text(encoding="utf-8") for room in rooms for module in room.rglob("*.py")]
    assert len(modules) > 100
    assert not [text for text in modules if "caller_flags" in text or "listed_flags" in text]
