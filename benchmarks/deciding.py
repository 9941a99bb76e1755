"""How long `decide()` takes at the Sichuan plan, beside a timer around nothing."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import percentile
from benchmarks.table import Finding
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan

PLAN = Path(__file__).resolve().parent.parent / "dialplans" / "sichuan"
_SAMPLES = 100_000
_HITS = 0.9
"""The share of calls that dial a line of the plan or the hotline; the others are in no plan."""


def measure() -> list[Finding]:
    """Time single decisions, interleaved with the timer alone."""
    plan = load_plan(PLAN)
    numbers = len(plan.lines) + 1
    calls = _calls(plan, random.Random(1))  # the same calls in every run
    decided, idle = [], []
    now = time.perf_counter_ns
    for call in calls:
        began = now()
        decide(call, plan, call.arrived_at)
        ended = now()
        decided.append(ended - began)
        began = now()
        ended = now()
        idle.append(ended - began)
    return [
        Finding(
            f"decide() with {numbers} numbers, {_HITS:.0%} hits, p50 / p99",
            "p99 ≤ 10 µs",
            f"{percentile(decided, 50) / 1000:.2f} / {percentile(decided, 99) / 1000:.2f} µs",
            f"timer around nothing: {percentile(idle, 50) / 1000:.2f} / {percentile(idle, 99) / 1000:.2f} µs",
        )
    ]


def _calls(plan: Plan, chance: random.Random) -> list[Call]:
    codes = [*plan.lines, plan.hotline_number]
    caller = parse_number("13800138000", plan.short_codes)
    dialled = (
        chance.choice(codes) if chance.random() < _HITS else str(chance.randrange(10**10, 10**11))
        for _ in range(_SAMPLES)
    )
    return [
        Call(
            call_id=f"node1-1795340556.{place}",
            called=parse_number(number, plan.short_codes),
            found_by=FoundBy.REQUEST_URI,
            caller=caller,
            trunk="carrier",
            arrived_at=datetime.now(UTC),
        )
        for place, number in enumerate(dialled)
    ]
