"""The controller, wired together: the process that answers dips.

A call's way through it: `AgiServer` takes the dip, `arrival` makes a Call of its facts, `decide` a Decision
of the Call, `verdict_of` the one variable that goes back. Nothing else happens during a call. When it is over, the
records process (`records`) makes its record from Asterisk's journal, and another one delivers it (`records_links`).

It knows no database: the control lease is kept by a records process, which says how it stands (`control`).
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import structlog

from callrouter.announcements import missing_sounds, plan_to_serve
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.ami_client import AmiClient, AmiState
from callrouter.asterisk_link.arrival import FACTS
from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.asterisk_link.transfer_question import TRANSFER_FACTS
from callrouter.calls.arrivals import Decider
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import SeatDesk
from callrouter.calls.transfer_dip import TransferAnswerer
from callrouter.clock import Clock
from callrouter.console.desk_api import desk_routes
from callrouter.console.desk_tokens import DeskTokens
from callrouter.console.metrics import ControllerMetrics
from callrouter.console.probes import Readiness, probe_application, probe_server
from callrouter.console.seats_api import SeatService, seat_routes
from callrouter.layout import Layout, sounds_folder
from callrouter.service.control import Control, SeatKeeper
from callrouter.service.desk import DeskService
from callrouter.service.flags import FlagService
from callrouter.service.records_links import RecordsLinks, Share
from callrouter.service.roles import ALL_ROLES, Role
from callrouter.service.roster import roster, unknown_seats, unstaffed_queues
from callrouter.service.standing import records_wanted, standing_detail
from callrouter.service.targets_for_asterisk import staff_of, unclear_targets
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan

_log = structlog.get_logger(__name__)
_DRAIN_S = 3.0


async def run_controller(
    settings: Settings,
    layout: Layout,
    clock: Clock | None,
    *,
    ami_secret: str,
    shares: Sequence[Share],
    roles: frozenset[Role] = ALL_ROLES,
    seats_token: str = "",
) -> None:
    """Run until SIGTERM or Ctrl-C, and keep the records processes running beside it.

    `shares`: what each does of `roles`. Raises PlanErrors for a plan that cannot serve, OSError for a taken port.
    """
    plan = plan_to_serve(settings.path(settings.plan), (clock or Clock()).now())
    unheard, unstaffed = _unready(settings, plan)
    metrics = ControllerMetrics()
    decider = Decider(plan, metrics.decided, asks_for_ratings=settings.survey.enabled)
    control = Control()
    records = RecordsLinks(shares, control.told)
    staff = staff_of(settings)
    flags = FlagService(plan, layout.caller_flags)
    ami = AmiClient(
        "127.0.0.1",
        settings.ami.port,
        "callrouter",
        ami_secret,
        boot_name=partial(read_boot_name, layout.boot_name),
        chance=random.SystemRandom(),
    )
    members = roster(settings, plan)
    seats = SeatKeeper(ami, members, control)
    desk = SeatDesk(ami, members)
    desks = DeskService(
        ami,
        control,
        plan,
        staff,
        seats=desk,
        seat_board=seats.board,
        flags=flags.of,
        now=(clock or Clock()).now,
        most_streams=settings.desk.most_streams,
    )
    seats.also_tell(desks)
    answerer = TransferAnswerer(plan, staff, metrics.target, lambda: desks.desk.is_draining)
    agi = AgiServer(_agi_service(settings, decider, answerer, metrics, flags))
    desk_api = desks.api(DeskTokens(layout.desk_tokens, staff), show_numbers=settings.desk.show_numbers)
    await agi.start("127.0.0.1", settings.agi.port)

    def readiness() -> Readiness:
        told = records.told
        needed = {"asterisk": ami.state is AmiState.READY}
        if Role.COLLECT in roles:
            needed["journal"] = is_readable(layout.cel_csv)
        return Readiness(
            needed=needed,
            wanted={
                **records_wanted(told.figures, roles, told.silent),
                "control": control.standing is not None,
                "announcements": not unheard,
                "seats_for_every_queue": not unstaffed,
                "caller_flags": flags.is_usable,
            },
            detail={
                "ami": ami.state.value,
                "queues_without_ready_seat": " ".join(sorted(seats.board.unstaffed())),
                **standing_detail(told.figures, told.silent),
                "plan": f"{plan.jurisdiction} {plan.version} {plan.hash[:12]}",
                "clock": (clock or Clock()).now().isoformat(timespec="seconds"),
                "rehearsal": str(clock is not None).lower(),
                "draining": str(desks.desk.is_draining).lower(),
            },
        )

    routes = seat_routes(SeatService(seats.board, desk, lambda: ami.state is AmiState.READY, seats_token))
    figures = partial(_figures, agi, ami, records, metrics, seats.board, desks=desks)
    application = probe_application(readiness, metrics, figures, [*routes, *desk_routes(desk_api)])
    probes = probe_server(application, settings.http.port)
    lines = len(plan.lines) + len(plan.lists)
    _log.info("controller_started", plan=plan.jurisdiction, plan_version=plan.version, lines=lines)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(records.run(), name="records"),
            tasks.create_task(ami.run(), name="ami"),
            tasks.create_task(seats.run(), name="seats"),
            tasks.create_task(desks.run(), name="desks"),
            tasks.create_task(flags.run(), name="flags"),
            tasks.create_task(probes.serve(), name="probes"),
        ]
        told, told_again = _stop_words()
        await told.wait()
        _log.info("controller_stopping")
        await desks.drain(settings.desk.drain_s, told_again)
        await agi.drain(_DRAIN_S)
        desks.close()
        probes.should_exit = True
        for task in running[:-1]:
            task.cancel()


def _unready(settings: Settings, plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell what an admin should mend: announcements that are missing, queues without seats."""
    unheard = tuple(missing_sounds(plan, sounds_folder()))
    if unheard:
        _log.error("announcements_missing", keys=unheard, remedy="callrouter prompts check; make setup")
    unstaffed = tuple(unstaffed_queues(settings, plan))
    if unstaffed:
        _log.error("queues_without_seats", queues=unstaffed, remedy="give them seats in operator.yaml")
    if unknown := unknown_seats(settings, plan):
        _log.warning("seats_without_account", seats=unknown, remedy="add them to sip.seats in the settings")
    if untold := unclear_targets(settings, plan):
        _log.warning("targets_without_code", targets=untold, remedy="see `callrouter transfers list`")
    return unheard, unstaffed


def _agi_service(
    settings: Settings,
    decider: Decider,
    answerer: TransferAnswerer,
    metrics: ControllerMetrics,
    flags: FlagService,
) -> AgiService:
    def on_finished(outcome: Outcome, seconds: float) -> None:
        metrics.dip(outcome.value, seconds)

    def answer(request: AgiRequest) -> Answer:
        if request.script != "arrival":
            return answerer.answer(request)
        verdict = decider.answer(request)
        flags.arrived(request)
        return verdict

    return AgiService(
        handler=answer,
        scripts={"arrival": FACTS, "transfer": TRANSFER_FACTS},
        on_finished=on_finished,
        allowed_peers=settings.agi.allowed_peers,
    )


async def _figures(
    agi: AgiServer,
    ami: AmiClient,
    records: RecordsLinks,
    metrics: ControllerMetrics,
    board: SeatBoard,
    *,
    desks: DeskService,
) -> Mapping[str, float]:
    is_known = board.is_known and ami.state is AmiState.READY
    metrics.seats(board.counts() if is_known else {})
    of_records, told = await records.gauges()
    metrics.calls(told.figures.database.calls if told.figures and told.figures.database else ())
    return {
        "agi_open_sessions": agi.open_sessions,
        "asterisk_ready": ami.state is AmiState.READY,
        **desks.figures(),
        "ami_events_lost": ami.events.dropped,
        **{f"ami_dropped_{fault}": count for fault, count in ami.counters.dropped().items()},
        **of_records,
    }


def is_readable(journal: Path) -> bool:
    """Whether records can be made: Asterisk's journal, or the folder it will be written to, is open to us."""
    return os.access(journal if journal.exists() else journal.parent, os.R_OK)


def _stop_words() -> tuple[asyncio.Event, asyncio.Event]:
    """What the first SIGTERM or Ctrl-C sets, and what the second does."""
    told, told_again = asyncio.Event(), asyncio.Event()

    def hear() -> None:
        (told_again if told.is_set() else told).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear)
    return told, told_again
