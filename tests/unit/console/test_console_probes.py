"""Probes and metrics, asked as Prometheus and a load balancer ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from callrouter.console.metrics import ControllerMetrics
from callrouter.console.probes import Readiness, probe_application


@dataclass
class Controller:
    needed: dict[str, bool] = field(default_factory=lambda: {"plan": True, "asterisk": True})
    wanted: dict[str, bool] = field(default_factory=lambda: {"broker": True})
    figures: dict[str, float] = field(default_factory=dict)
    metrics: ControllerMetrics = field(default_factory=ControllerMetrics)

    def readiness(self) -> Readiness:
        return Readiness(self.needed, self.wanted, {"plan": "sichuan 1.0 0123456789ab", "rehearsal": "false"})

    async def read_figures(self) -> Mapping[str, float]:
        return self.figures


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
async def http(controller: Controller) -> AsyncIterator[httpx.AsyncClient]:
    app = probe_application(controller.readiness, controller.metrics, controller.read_figures)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://probes") as client:
        yield client


async def metrics_of(http: httpx.AsyncClient) -> dict[str, float]:
    lines = (await http.get("/metrics")).text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


async def test_a_working_process_is_healthy_even_when_no_call_is_decided(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    controller.needed["asterisk"] = False
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_tells_its_parts_plan_and_clock(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "needed": {"plan": True, "asterisk": True},
        "wanted": {"broker": True},
        "plan": "sichuan 1.0 0123456789ab",
        "rehearsal": "false",
    }


@pytest.mark.parametrize("part", ["plan", "asterisk"])
async def test_without_a_needed_part_it_is_not_ready_and_says_which(
    http: httpx.AsyncClient, controller: Controller, part: str
) -> None:
    controller.needed[part] = False
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["needed"][part] is False


async def test_a_lost_broker_is_told_but_takes_no_calls_away(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    controller.wanted["broker"] = False
    answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["wanted"] == {"broker": False}


async def test_dips_are_counted_by_outcome_and_timed(http: httpx.AsyncClient, controller: Controller) -> None:
    controller.metrics.dip("answered", 0.0015)
    controller.metrics.dip("answered", 0.004)
    controller.metrics.dip("timed_out", 2.5)
    shown = await metrics_of(http)
    assert shown['callrouter_dips_total{outcome="answered"}'] == 2
    assert shown['callrouter_dips_total{outcome="timed_out"}'] == 1
    assert shown['callrouter_dip_seconds_bucket{le="0.002"}'] == 1
    assert shown['callrouter_dip_seconds_bucket{le="3.0"}'] == 3
    assert shown["callrouter_dip_seconds_sum"] == pytest.approx(2.5055)


async def test_a_call_to_an_ended_number_is_counted_as_such(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    for _ in range(3):
        controller.metrics.decision("12300", "merged", "ended", "number_ended")
    shown = await metrics_of(http)
    labels = 'line="12300",mode="merged",phase="ended",reason="number_ended"'
    assert shown[f"callrouter_decisions_total{{{labels}}}"] == 3


async def test_figures_are_read_anew_each_time_somebody_asks(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    controller.figures = {"outbox_depth": 3, "broker_connected": True}
    first = await metrics_of(http)
    controller.figures = {"outbox_depth": 0, "broker_connected": False}
    second = await metrics_of(http)
    assert (first["callrouter_outbox_depth"], second["callrouter_outbox_depth"]) == (3, 0)
    assert (first["callrouter_broker_connected"], second["callrouter_broker_connected"]) == (1, 0)


async def test_a_figure_that_nobody_tells_any_more_is_not_shown(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    controller.figures = {"outbox_depth": 3, "records_running": True}
    controller.metrics.calls([("12300", "ended", "completed", 2)])
    await metrics_of(http)
    controller.figures = {"records_running": False}
    controller.metrics.calls(())
    shown = await metrics_of(http)
    assert "callrouter_outbox_depth" not in shown
    assert not any(name.startswith("callrouter_calls{") for name in shown)
    controller.figures = {"outbox_depth": 1, "records_running": True}
    assert (await metrics_of(http))["callrouter_outbox_depth"] == 1


async def test_a_label_cannot_forge_a_line_of_metrics(
    http: httpx.AsyncClient, controller: Controller
) -> None:
    forged = 'x"} 9\ncallrouter_outbox_depth 77\n#\\'
    controller.metrics.decision(forged, "none", "none", "number_not_in_plan")
    text = (await http.get("/metrics")).text
    assert "\ncallrouter_outbox_depth 77" not in text
    assert 'x\\"} 9\\ncallrouter_outbox_depth 77\\n#\\\\' in text


async def test_metrics_come_in_prometheus_own_format(http: httpx.AsyncClient) -> None:
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")


async def test_two_controllers_in_one_process_count_apart(controller: Controller) -> None:
    other = ControllerMetrics()
    controller.metrics.dip("answered", 0.001)
    assert other.registry.get_sample_value("callrouter_dips_total", {"outcome": "answered"}) is None


async def test_probes_only_answer_reading(http: httpx.AsyncClient) -> None:
    assert (await http.post("/readyz")).status_code == 405
    assert (await http.get("/")).status_code == 404


async def test_lines_that_the_log_lost_are_shown(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrouter.console.metrics.lines_lost", lambda: 7)
    assert (await metrics_of(http))["callrouter_log_lines_lost_total"] == 7
