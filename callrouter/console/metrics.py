"""The controller's figures for Prometheus. No label ever holds a person's number: lines are public numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from callrouter.vocabulary.decision import Decision

_DIP_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0, 3.0)


class ControllerMetrics:
    """What is counted as it happens, and what is read when somebody asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._dips = Counter("callrouter_dips", "AGI dips by outcome", ["outcome"], registry=self.registry)
        self._dip_seconds = Histogram(
            "callrouter_dip_seconds",
            "How long a dip took, from accept to close",
            buckets=_DIP_BUCKETS_S,
            registry=self.registry,
        )
        self._decisions = Counter(
            "callrouter_decisions",
            "Decided calls by line, mode, phase and first reason; a call to an ended number is counted here",
            ["line", "mode", "phase", "reason"],
            registry=self.registry,
        )

        self._calls = Gauge(
            "callrouter_calls",
            "Recorded calls by line, phase and terminal state, all that the database holds",
            ["line", "phase", "terminal_state"],
            registry=self.registry,
        )

    def dip(self, outcome: str, seconds: float) -> None:
        """Count a dip."""
        self._dips.labels(outcome).inc()
        self._dip_seconds.observe(seconds)

    def decision(self, line: str, mode: str, phase: str, reason: str) -> None:
        """Count a decision."""
        self._decisions.labels(line, mode, phase, reason).inc()

    def decided(self, decision: Decision) -> None:
        """Count a decision that a caller got."""
        line, mode, phase = decision.line or "none", decision.mode or "none", decision.phase or "none"
        self.decision(line, mode, phase, decision.reasons[0].code)

    def calls(self, counts: Iterable[tuple[str, str, str, int]]) -> None:
        """Show how many recorded calls there are by line, phase and terminal state, fallback calls included."""
        for line, phase, terminal_state, calls in counts:
            self._calls.labels(line, phase, terminal_state).set(calls)

    def show(self, figures: Mapping[str, float]) -> None:
        """Show figures that live elsewhere as they are now: name → value, each a gauge `callrouter_<name>`."""
        for name, value in figures.items():
            if name not in self._gauges:
                self._gauges[name] = Gauge(
                    f"callrouter_{name}", name.replace("_", " "), registry=self.registry
                )
            self._gauges[name].set(value)
