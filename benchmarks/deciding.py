"""How long `decide()` takes: at the Sichuan plan, and with 10,000 and 1,000,000 landlines beside its lines.

Rules:
- The large plans are the Sichuan plan with a list of landlines, as a CSV file would bring them, which follow the
  schedule of its first line.
- 90 % of the calls dial a number of the plan, a listed one where there are any, evenly spread over all of them; the
  others dial a landline or other digits that are in no plan.
- Each decision is timed alone; a timer around nothing is taken in turns with it, and not subtracted.
- The median of a few repeats, each with the plans in turn. The garbage collector is left as it is in the controller.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.figures import Range, percentile, ratios
from benchmarks.table import Bar, Finding, Panel
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.number_table import LineList, LineLists
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan

PLAN = Path(__file__).resolve().parent.parent / "dialplans" / "sichuan"
_SIZES: Final = (10_000, 1_000_000)
_CALLS, _REPEATS = 20_000, 7
_HITS = 0.9
_FEW_US, _MANY_US, _GROWTH = 10.0, 15.0, 1.3


def measure() -> list[Finding]:
    """Time single decisions."""
    small = load_plan(PLAN)
    chance = random.Random(1)  # the same calls in every run
    plans = [small, *(enlarged(small, size) for size in _SIZES)]
    taken: list[list[tuple[float, float]]] = [[] for _ in plans]
    idle = []
    calls = [_calls(plan, chance) for plan in plans]
    for _ in range(_REPEATS):
        for plan, dialled, repeats in zip(plans, calls, taken, strict=True):
            repeats.append(_both(_timed(plan, dialled)))
        idle.append(_both(_timed_nothing(calls[0])))
    few, ten_thousand, million = taken
    growth = Range.of(ratios([p50 for p50, _ in million], [p50 for p50, _ in ten_thousand]))
    nothing = f"timer around nothing: {_text(idle)}"
    return [
        _finding(f"{len(small.lines) + 1} numbers", few, _FEW_US, nothing),
        _finding("10,000 landlines", ten_thousand, _MANY_US, nothing),
        _finding("1,000,000 landlines", million, _MANY_US, nothing),
        Finding(
            "decide(), p50 at 1,000,000 landlines against 10,000",
            f"≤ {_GROWTH} x",
            f"{growth.text()} x",
            "",
            met=growth.median <= _GROWTH,
        ),
    ]


def enlarged(plan: Plan, size: int) -> Plan:
    """The plan with so many listed landlines, all of which follow the schedule of its first line."""
    model = next(iter(plan.lines.values()))
    landlines = LineList(
        "landlines", "各部门固定电话", "该部门", model.schedule, "landlines.csv", model.source, model.place
    )
    named = ((landline(number), f"四川省某某局第{number}办公室") for number in range(size))
    return replace(plan, lists=LineLists.of(landlines, named))


def landline(place: int) -> str:
    """A number of Chengdu; neighbours are not far apart, as in a real list."""
    return f"028{30_000_000 + 7 * place}"


def _finding(
    size: str, repeats: Sequence[tuple[float, float]], p99_us: float | None, nothing: str
) -> Finding:
    p99 = Range.of([longest for _, longest in repeats])
    return Finding(
        f"decide(), {size}, {_HITS:.0%} hits, p50 / p99, median of {_REPEATS} repeats",
        f"p99 ≤ {p99_us:.0f} µs" if p99_us else "",
        _text(repeats),
        nothing,
        met=p99.median <= p99_us if p99_us else None,
        bars=(Bar(Panel.DECIDE, size, p99, p99_us),),
    )


def _text(repeats: Sequence[tuple[float, float]]) -> str:
    p50, p99 = (statistics.median(values) for values in zip(*repeats, strict=True))
    return f"{p50:.2f} / {p99:.2f} µs"


def _both(samples_ns: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 99th percentile, in µs."""
    return percentile(samples_ns, 50) / 1000, percentile(samples_ns, 99) / 1000


def _timed(plan: Plan, calls: Sequence[Call]) -> list[float]:
    now = time.perf_counter_ns
    samples: list[float] = []
    for call in calls:
        began = now()
        decide(call, plan, call.arrived_at)
        samples.append(now() - began)
    return samples


def _timed_nothing(calls: Sequence[Call]) -> list[float]:
    now = time.perf_counter_ns
    samples: list[float] = []
    for _ in calls:
        began = now()
        samples.append(now() - began)
    return samples


def _calls(plan: Plan, chance: random.Random) -> list[Call]:
    codes = list(plan.lists.numbers()) or [*plan.lines, plan.hub.number]
    known = plan.short_codes
    caller = parse_number("13800138000", known)
    strangers = (
        lambda: landline(chance.randrange(10**6, 5 * 10**6)),
        lambda: str(chance.randrange(10**9, 10**10)),
    )
    dialled = (
        chance.choice(codes) if chance.random() < _HITS else chance.choice(strangers)() for _ in range(_CALLS)
    )
    return [
        Call(
            call_id=f"node1-1795340556.{place}",
            called=parse_number(number, known),
            found_by=FoundBy.REQUEST_URI,
            caller=caller,
            trunk="carrier",
            arrived_at=datetime.now(UTC),
        )
        for place, number in enumerate(dialled)
    ]
