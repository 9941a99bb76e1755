"""Calls that by plan should not have come are counted by line, and the count stays small."""

from __future__ import annotations

import pytest

from callrouter.console import metrics as module
from callrouter.console.metrics import ControllerMetrics
from tests.unit.decide.a_plan import decided


def test_c15_each_stray_call_counts_for_its_line() -> None:
    metrics = ControllerMetrics()
    for dialled in ("12300", "12300", "12315", "12380", "110"):
        metrics.decided(decided(dialled))
    value = metrics.registry.get_sample_value
    assert value("callrouter_stray_calls_total", {"line": "12300"}) == 2
    assert value("callrouter_stray_calls_total", {"line": "12380"}) == 1
    assert value("callrouter_stray_calls_total", {"line": "12315"}) is None


def test_a_million_listed_numbers_do_not_make_a_million_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_RULINGS", 2)
    metrics = ControllerMetrics()
    for dialled in ("12300", "12315", "12380", "12388", "12300"):
        metrics.decided(decided(dialled))
    value = metrics.registry.get_sample_value
    assert value("callrouter_stray_calls_total", {"line": "12300"}) == 2
    assert value("callrouter_stray_calls_total", {"line": "other"}) == 2
    assert value("callrouter_stray_calls_total", {"line": "12380"}) is None
    labels = {"line": "other", "mode": "withdrawn", "phase": "ended", "reason": "number_ended"}
    assert value("callrouter_decisions_total", labels) == 1
