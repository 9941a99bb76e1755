"""What asking over AGI costs a whole call: calls a second, CPU and delay, against a verdict in the dialplan.

How it is measured is told in `call_rounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final

import uvloop

from benchmarks import call_rounds
from benchmarks.call_rounds import (
    CLASSIC,
    IN_FLIGHT,
    OF_THE_LIMIT,
    OURS,
    PANORAMISK,
    PANORAMISK_SIX,
    PURE,
    RECORDS,
    Effort,
    Rounds,
    measured,
)
from benchmarks.figures import Range, differences, percentile, ratios
from benchmarks.literal_dialplan import End
from benchmarks.sip_load import alone_per_second
from benchmarks.table import Bar, Finding, Panel

_ALONE_S: Final = 0.5
HOW = call_rounds.__doc__
_END_WORDS: Final = {End.BARE: "bare call", End.ROUTED: "routed call"}
_CALLS_PANEL: Final = {End.BARE: Panel.CALLS_BARE, End.ROUTED: Panel.CALLS_ROUTED}
_CPU_PANEL: Final = {End.BARE: Panel.CPU_BARE, End.ROUTED: Panel.CPU_ROUTED}
_WORDS: Final = {
    OURS: "decision only",
    RECORDS: "with records",
    PANORAMISK: "panoramisk, one command",
    PANORAMISK_SIX: "panoramisk, six commands",
    CLASSIC: "classic AGI",
}
_PEERS: Final = (PANORAMISK, PANORAMISK_SIX, CLASSIC)
_CPS_AT_LEAST: Final = {
    (OURS, End.BARE): 0.80,
    (RECORDS, End.BARE): 0.70,
    (OURS, End.ROUTED): 0.95,
    (RECORDS, End.ROUTED): 0.90,
}
_CPU_AT_MOST: Final = 1.25
"""Of a routed call."""
_PEERS_AT_LEAST: Final = {PANORAMISK_SIX: 1.5, CLASSIC: 40.0}
"""Our bare call with decision only, in calls a second, over theirs."""
_P50_AT_MOST_MS: Final = 0.6
_P99_AT_MOST_MS: Final = {OURS: 1.5, RECORDS: 2.5}


def measure() -> list[Finding]:
    """Measure whole calls; some five minutes."""
    alone = uvloop.run(alone_per_second(IN_FLIGHT, _ALONE_S))
    return findings(uvloop.run(measured(Effort())), alone)


def findings(rounds: Rounds, alone: float) -> list[Finding]:
    """Say what the rounds show; `alone` is what the load makes a second without Asterisk."""
    return [
        *(_throughput(rounds, name, end) for end in (End.ROUTED, End.BARE) for name in (OURS, RECORDS)),
        *(_against(rounds, peer) for peer in _PEERS),
        *(_cpu(rounds, name, end) for end in (End.ROUTED, End.BARE) for name in (OURS, RECORDS)),
        *(_delay(rounds, name, end) for end in (End.ROUTED, End.BARE) for name in (OURS, RECORDS)),
        *(_load(rounds, end, alone) for end in (End.ROUTED, End.BARE)),
    ]


def _throughput(rounds: Rounds, name: str, end: End) -> Finding:
    at_least = _CPS_AT_LEAST[name, end]
    share = _share_of_pure(rounds, name, end)
    shares = {peer: _share_of_pure(rounds, peer, end) for peer in _PEERS if (peer, end) in rounds}
    return Finding(
        f"{_END_WORDS[end]}, {_WORDS[name]}: calls/s against the literal verdict, {IN_FLIGHT} in flight,"
        f" {len(rounds[name, end].per_second)} pairs",
        f"≥ {at_least:.2f} x",
        f"{share.text()} x",
        f"literal verdict: {Range.of(rounds[PURE, end].per_second).text(0)} calls/s"
        + _peers_text(name, shares),
        met=share.median >= at_least,
        bars=_bars(_CALLS_PANEL[end], name, share, at_least, shares),
    )


def _peers_text(name: str, figures: Mapping[str, Range]) -> str:
    """Name the peers once: beside the figure that does the same as they do."""
    if name != OURS:
        return ""
    return "".join(f"; {_WORDS[peer]}: {figure.text()} x" for peer, figure in figures.items())


def _bars(
    panel: Panel, name: str, own: Range, target: float | None, peers: Mapping[str, Range]
) -> tuple[Bar, ...]:
    """Ours; behind the last of ours the peers."""
    behind = peers.items() if name == RECORDS else ()
    return (
        Bar(panel, _WORDS[name], own, target),
        *(Bar(panel, _WORDS[peer], figure, peer=True) for peer, figure in behind),
    )


def _share_of_pure(rounds: Rounds, name: str, end: End) -> Range:
    return Range.of(ratios(rounds[name, end].per_second, rounds[PURE, end].per_second))


def _against(rounds: Rounds, peer: str) -> Finding:
    ours, theirs = rounds[OURS, End.BARE].per_second, rounds[peer, End.BARE].per_second
    faster, at_least = Range.of(ratios(ours, theirs)), _PEERS_AT_LEAST.get(peer)
    digits = 0 if peer == CLASSIC else 2
    return Finding(
        f"bare call, decision only: calls/s against {_WORDS[peer]}",
        f"≥ {at_least:g} x" if at_least else "",
        f"{faster.text(digits)} x",
        f"{_WORDS[peer]}: {Range.of(theirs).text(0)} calls/s",
        met=faster.median >= at_least if at_least else None,
    )


def _cpu(rounds: Rounds, name: str, end: End) -> Finding:
    ratio = _cpu_over_pure(rounds, name, end)
    at_most = _CPU_AT_MOST if end is End.ROUTED else None
    ratios_of_peers = {
        peer: _cpu_over_pure(rounds, peer, end)
        for peer in _PEERS
        if (peer, end) in rounds and peer != CLASSIC
    }
    return Finding(
        f"{_END_WORDS[end]}, {_WORDS[name]}: CPU of Asterisk and the answerer, against the literal verdict",
        f"≤ {at_most:.2f} x" if at_most else "",
        f"{ratio.text()} x",
        f"literal verdict: {Range.of(rounds[PURE, end].cpu_ms).text()} ms a call"
        + _peers_text(name, ratios_of_peers),
        met=ratio.median <= at_most if at_most else None,
        bars=_bars(_CPU_PANEL[end], name, ratio, at_most, ratios_of_peers),
    )


def _cpu_over_pure(rounds: Rounds, name: str, end: End) -> Range:
    return Range.of(ratios(rounds[name, end].cpu_ms, rounds[PURE, end].cpu_ms))


def _delay(rounds: Rounds, name: str, end: End) -> Finding:
    asked, unasked = rounds[name, end].delays_ms, rounds[PURE, end].delays_ms
    added = Range.of(
        differences([percentile(one, 50) for one in asked], [percentile(one, 50) for one in unasked])
    )
    of_all, of_all_unasked = list(chain(*asked)), list(chain(*unasked))
    longest = percentile(of_all, 99) - percentile(of_all_unasked, 99)
    at_most = _P99_AT_MOST_MS[name]
    return Finding(
        f"{_END_WORDS[end]}, {_WORDS[name]}: post-dial delay added at {OF_THE_LIMIT} of the limit,"
        f" p50 of {len(asked)} pairs, p99 of all {len(of_all)} calls",
        f"p50 ≤ {_P50_AT_MOST_MS} ms, p99 ≤ {at_most} ms",
        f"p50 {added.text()} ms, p99 {longest:+.2f} ms",
        f"literal verdict: {percentile(of_all_unasked, 50):.2f} / {percentile(of_all_unasked, 99):.2f} ms;"
        f" asked: {percentile(of_all, 50):.2f} / {percentile(of_all, 99):.2f} ms",
        met=added.median <= _P50_AT_MOST_MS and longest <= at_most,
        bars=(
            Bar(Panel.DELAY, f"{_END_WORDS[end]}, {_WORDS[name]}, p50", added, _P50_AT_MOST_MS),
            Bar(Panel.DELAY, f"{_END_WORDS[end]}, {_WORDS[name]}, p99", Range.of([longest]), at_most),
        ),
    )


def _load(rounds: Rounds, end: End, alone: float) -> Finding:
    own_ms = Range.of(rounds[PURE, end].load_cpu_ms)
    reached = Range.of(rounds[PURE, end].per_second)
    return Finding(
        f"{_END_WORDS[end]}: CPU of the callers and the agent, a call, so that they are not the limit",
        "",
        f"{own_ms.text()} ms",
        f"without Asterisk they make {alone:.0f} calls/s; Asterisk took {reached.median:.0f}",
    )
