"""The controller: the one place where its parts are wired together.

A call's way through it: `AgiServer` takes the dip, `arrival` makes a Call of its facts, `decide` a Decision
of the Call, `verdict_of` the one variable that goes back. When the call is over, `RecordKeeper` makes its record
from Asterisk's journal and delivers it through `MqttPublisher`. Nothing else happens during a call.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import structlog
import uvicorn

from callrouter.announcements import missing_sounds
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.ami_client import AmiClient, AmiState
from callrouter.asterisk_link.ami_errors import AmiError, AmiLost
from callrouter.asterisk_link.ami_events import SnapshotNeeded
from callrouter.asterisk_link.arrival import FACTS, ArrivalRefused, arrival
from callrouter.asterisk_link.backoff import Backoff
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE, decision_facts, verdict_of
from callrouter.calls.seats import Ami, Seat, add_missing_seats
from callrouter.clock import Clock
from callrouter.console.metrics import ControllerMetrics
from callrouter.console.probes import Readiness, probe_application
from callrouter.decide.route import decide
from callrouter.layout import Layout, sounds_folder
from callrouter.plans.load import load_plan
from callrouter.records.keeper import RecordKeeper
from callrouter.records.store import Store
from callrouter.settings import Settings
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record import CallRecord, RecordedDecision

_log = structlog.get_logger(__name__)
_DRAIN_S = 3.0
_SEATS_AGAIN = Backoff(first_s=2.0, ceiling_s=60.0)


class ArrivalRefusedError(Exception):
    """The facts of an arrival are not those that our dialplan writes; the text names which."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Answers the question that the dialplan asks, and the same question after a call that got no answer."""

    plan: Plan
    metrics: ControllerMetrics
    short_codes: frozenset[str]

    def answer(self, request: AgiRequest) -> Answer:
        """Decide an arriving call. Raises ArrivalRefusedError; the dialplan then takes its safe default."""
        call = arrival(request.arguments, self.short_codes)
        if isinstance(call, ArrivalRefused):
            raise ArrivalRefusedError("; ".join(call.reasons))
        decision = self._decide(call)
        return Answer(VERDICT_VARIABLE, verdict_of(call, decision))

    def explain(self, record: CallRecord) -> RecordedDecision | None:
        """Say what would have been decided about a call that took the safe default."""
        offset = (record.arrived_at_rehearsal or record.arrived_at) - record.arrived_at
        call = arrival(
            {
                "call_id": record.call_id,
                "called": record.called_raw,
                "caller": record.caller_raw,
                "presentation": record.presentation or "",
                "trunk": record.trunk or "",
                "sip_call_id": record.sip_call_id or "",
                "arrived_at": f"{record.arrived_at.timestamp():.6f}",
                "clock_offset": str(round(offset / timedelta(seconds=1))),
            },
            self.short_codes,
        )
        if isinstance(call, ArrivalRefused):
            return None
        return _recorded(decision_facts(call, self._decide(call)))

    def _decide(self, call: Call) -> Decision:
        decision = decide(call, self.plan, call.arrived_at)
        line, mode, phase = decision.line or "none", decision.mode or "none", decision.phase or "none"
        reason = decision.reasons[0]
        self.metrics.decision(line, mode, phase, reason.code)
        _log.info(
            "call_decided",
            call_id=call.call_id,
            line=line,
            mode=mode,
            phase=phase,
            reason=reason.code,
            rule=reason.rule,
        )
        return decision


async def run_controller(
    settings: Settings, layout: Layout, clock: Clock | None, *, ami_secret: str, mqtt_password: str
) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises PlanErrors for a plan that cannot serve, OSError for a port that is taken.
    """
    plan = load_plan(settings.path(settings.plan))
    unheard = missing_sounds(plan, sounds_folder())
    if unheard:
        _log.error("announcements_missing", keys=unheard, remedy="callrouter prompts check; make setup")
    metrics = ControllerMetrics()
    decider = Decider(plan, metrics, plan.short_codes)
    layout.database.parent.mkdir(parents=True, exist_ok=True)
    store = await Store.open(
        settings.database_url or f"sqlite+aiosqlite:///{layout.database}",
        explain=decider.explain,
        now=_wall_clock,
        rehearsal=clock is not None,
    )
    broker = Broker(
        settings.mqtt.host,
        settings.mqtt.port,
        client_id=f"{settings.instance}-{settings.node}",
        username="callrouter",
        password=mqtt_password,
    )
    publisher = MqttPublisher(broker, topic_prefix=settings.topic_prefix, instance=settings.instance)
    keeper = RecordKeeper(
        store,
        layout.cel_csv,
        settings.node,
        publisher,
        now=_wall_clock,
        acknowledged_within=timedelta(seconds=settings.ticketing.resend_after_s),
    )
    agi = AgiServer(_agi_service(decider, metrics))
    ami = AmiClient("127.0.0.1", settings.ami.port, "callrouter", ami_secret, chance=random.SystemRandom())
    await agi.start("127.0.0.1", settings.agi.port)

    def readiness() -> Readiness:
        return Readiness(
            needed={"plan": True, "agi": True, "asterisk": ami.state is AmiState.READY, "records": True},
            wanted={"broker": store.counters.broker_connected, "announcements": not unheard},
            detail={
                "plan": f"{plan.jurisdiction} {plan.version} {plan.hash[:12]}",
                "clock": (clock or Clock()).now().isoformat(timespec="seconds"),
                "rehearsal": str(clock is not None).lower(),
            },
        )

    probes = _ProbeServer(
        uvicorn.Config(
            probe_application(readiness, metrics, partial(_figures, agi, ami, keeper)),
            host="127.0.0.1",
            port=settings.http.port,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
    )
    _log.info("controller_started", plan=plan.jurisdiction, plan_version=plan.version, lines=len(plan.lines))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(keeper.run(), name="records"),
                tasks.create_task(ami.run(), name="ami"),
                tasks.create_task(_keep_seats(ami, _seats(settings)), name="seats"),
                tasks.create_task(probes.serve(), name="probes"),
            ]
            await _told_to_stop()
            _log.info("controller_stopping")
            await agi.drain(_DRAIN_S)
            probes.should_exit = True
            for task in running[:-1]:
                task.cancel()
    finally:
        await store.close()


def _agi_service(decider: Decider, metrics: ControllerMetrics) -> AgiService:
    def on_finished(outcome: Outcome, seconds: float) -> None:
        metrics.dip(outcome.value, seconds)

    return AgiService(handler=decider.answer, scripts={"arrival": FACTS}, on_finished=on_finished)


async def _figures(agi: AgiServer, ami: AmiClient, keeper: RecordKeeper) -> Mapping[str, float]:
    records = asdict(keeper.counters)
    return {
        "agi_open_sessions": agi.open_sessions,
        "asterisk_ready": ami.state is AmiState.READY,
        "outbox_depth": await keeper.reader.outbox_depth(),
        "outbox_dead_letters": await keeper.reader.dead_letters(),
        "outbox_oldest_seconds": (await keeper.reader.oldest_waiting_age(_wall_clock())).total_seconds(),
        **records,
    }


def _seats(settings: Settings) -> tuple[Seat, ...]:
    return tuple(Seat(name, settings.queue.general) for name in settings.sip.seats)


async def _keep_seats(ami: AmiClient, seats: tuple[Seat, ...]) -> None:
    """Look after the seats each time the link to Asterisk is there anew."""
    async for news in ami.events:
        if isinstance(news, SnapshotNeeded):
            await _reconcile(ami, seats)


async def _reconcile(ami: Ami, seats: tuple[Seat, ...]) -> None:
    """Try until every seat is in its queue: one without calls is an agent lost. A lost link ends the trying."""
    for attempt in count(1):
        try:
            if not (await add_missing_seats(ami, seats)).refused:
                return
        except AmiLost:
            return  # The next link brings its own news.
        except AmiError as error:
            _log.warning("seats_not_reconciled", error=type(error).__name__)
        await asyncio.sleep(_SEATS_AGAIN.delay_s(attempt, chance=0))


def _recorded(facts: Mapping[str, str]) -> RecordedDecision:
    text = {fact.value: facts.get(fact) or None for fact in DecisionFact}
    priority, decided_at = text.pop(DecisionFact.PRIORITY), text.pop(DecisionFact.DECIDED_AT)
    return RecordedDecision(
        **text,
        priority=int(priority) if priority else None,
        decided_at=datetime.fromisoformat(decided_at) if decided_at else None,
    )


class _ProbeServer(uvicorn.Server):
    """A server that leaves signals to us: calls are drained before the probes go."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _wall_clock() -> datetime:
    return datetime.now(UTC)
