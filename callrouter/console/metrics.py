"""The controller's figures for Prometheus. No label ever holds a person's number: lines are public numbers.

What is counted at every call is counted in plain numbers here, and put into Prometheus' form when somebody asks:
its own counters, with their locks and labels, cost a dip more than the decision does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from callrouter.log import lines_lost
from callrouter.vocabulary.decision import Decision, Ruling

_DIP_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0, 3.0)
_Labels = tuple[str, str, str, str]
_MOST_RULINGS = 10_000
"""Rulings that are counted one by one; a plan may list a million landlines."""
_OTHER_LINES = "other"


class FigureMetrics:
    """What is read when somebody asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._calls = Gauge(
            "callrouter_calls",
            "Recorded calls by line, phase and terminal state, all that the database holds; at most 15 s old",
            ["line", "phase", "terminal_state"],
            registry=self.registry,
        )

    def calls(self, counts: Iterable[tuple[str, str, str, int]]) -> None:
        """Show how many recorded calls there are by line, phase and terminal state, fallback calls included."""
        self._calls.clear()
        for line, phase, terminal_state, calls in counts:
            self._calls.labels(line, phase, terminal_state).set(calls)

    def show(self, figures: Mapping[str, float]) -> None:
        """Show figures that live elsewhere as they are now: name → value, each a gauge `callrouter_<name>`.

        One that is not told any more is not shown any more: nobody should take an old figure for a new one.
        """
        for name in self._gauges.keys() - figures.keys():
            self.registry.unregister(self._gauges.pop(name))
        for name, value in figures.items():
            if name not in self._gauges:
                self._gauges[name] = Gauge(
                    f"callrouter_{name}", name.replace("_", " "), registry=self.registry
                )
            self._gauges[name].set(value)


class ControllerMetrics(FigureMetrics, Collector):
    """What is counted as it happens, and what is read when somebody asks."""

    def __init__(self) -> None:
        super().__init__()
        self._dips: dict[str, int] = {}
        # By the first bucket that a dip fits in; the last is for what fits in none.
        self._dips_in_bucket = [0] * (len(_DIP_BUCKETS_S) + 1)
        self._dip_seconds = 0.0
        self._decisions: dict[_Labels, int] = {}
        self._rulings: dict[Ruling, int] = {}
        self._other_strays = 0
        self._seats: Mapping[tuple[str, str], int] = {}
        self._targets: dict[str, int] = {}
        self.registry.register(self)

    def seats(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Show how many seats each queue has in each state; none while nobody knows."""
        self._seats = counts

    def dip(self, outcome: str, seconds: float) -> None:
        """Count a dip."""
        self._dips[outcome] = self._dips.get(outcome, 0) + 1
        self._dips_in_bucket[bisect_left(_DIP_BUCKETS_S, seconds)] += 1
        self._dip_seconds += seconds

    def target(self, answer: str) -> None:
        """Count an agent who asked by phone whether a caller may be passed on: `allowed`, or why not."""
        self._targets[answer] = self._targets.get(answer, 0) + 1

    def decision(self, line: str, mode: str, phase: str, reason: str) -> None:
        """Count a decision."""
        labels = (line, mode, phase, reason)
        self._decisions[labels] = self._decisions.get(labels, 0) + 1

    def decided(self, decision: Decision) -> None:
        """Count a decision that a caller got."""
        ruling = decision.ruling
        if ruling not in self._rulings and len(self._rulings) >= _MOST_RULINGS:
            # Of one line too many: counted with all those that came too late for a label of their own.
            self.decision(_OTHER_LINES, *_labels(ruling)[1:])
            self._other_strays += ruling.stray
            return
        self._rulings[ruling] = self._rulings.get(ruling, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """Give what was counted, as Prometheus wants it."""
        yield _counter("callrouter_dips", "AGI dips by outcome", ["outcome"], _as_labels(self._dips))
        yield self._dip_times()
        yield _counter(
            "callrouter_decisions",
            "Decided calls by line, mode, phase and first reason; a call to an ended number is counted here",
            ["line", "mode", "phase", "reason"],
            self._decided(),
        )
        yield _counter(
            "callrouter_stray_calls",
            "Calls that by plan should not have come, by line: the carrier is wrong, or the plan",
            ["line"],
            self._strays(),
        )
        yield _counter(
            "callrouter_transfer_targets",
            "Targets that agents asked for by phone, by the answer: allowed, or why not",
            ["answer"],
            _as_labels(self._targets),
        )
        yield _counter(
            "callrouter_log_lines_lost",
            "Lines of the controller's log that nobody read or no disk had room for",
            [],
            {(): lines_lost()},
        )
        yield self._seats_by_state()

    def _seats_by_state(self) -> Metric:
        seats = GaugeMetricFamily(
            "callrouter_seats",
            "Seats by queue and state; a queue with none ready or busy lets its callers go on at once",
            labels=["queue", "state"],
        )
        for labels, count in self._seats.items():
            seats.add_metric(labels, count)
        return seats

    def _dip_times(self) -> Metric:
        so_far, buckets = 0, []
        for bound, dips in zip((*_DIP_BUCKETS_S, "+Inf"), self._dips_in_bucket, strict=True):
            so_far += dips
            buckets.append((str(bound), float(so_far)))
        times = HistogramMetricFamily("callrouter_dip_seconds", "How long a dip took, from accept to close")
        times.add_metric([], buckets, self._dip_seconds)
        return times

    def _strays(self) -> Mapping[tuple[str, ...], int]:
        counted: Counter[tuple[str, ...]] = Counter()
        if self._other_strays:
            counted[_OTHER_LINES,] = self._other_strays
        for ruling, calls in tuple(self._rulings.items()):
            if ruling.stray:
                counted[ruling.line or "none",] += calls
        return counted

    def _decided(self) -> Mapping[tuple[str, ...], int]:
        counted: Counter[tuple[str, ...]] = Counter(self._decisions)
        for ruling, calls in tuple(self._rulings.items()):
            counted[_labels(ruling)] += calls
        return counted


def _labels(ruling: Ruling) -> _Labels:
    return ruling.line or "none", ruling.mode, ruling.phase or "none", ruling.reasons[0].code


def _as_labels(counts: Mapping[str, int]) -> Mapping[tuple[str, ...], int]:
    return {(name,): count for name, count in counts.items()}


def _counter(name: str, meaning: str, labels: list[str], counts: Mapping[tuple[str, ...], int]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family
