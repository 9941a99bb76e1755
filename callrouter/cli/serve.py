"""`callrouter serve` runs the system, or some roles of it; `controller` the controller with its records beside it.

Rules:
- `serve` supervises: every part is a process of its own, those of ours too. Record-making shares no interpreter with
  the answering of dips: measured, a dip then waits for the lock of the interpreter while a batch of records is made.
  Records are made in one process and delivered in another: two cores have two at work.
- Which parts run here is said by `--roles`; on several hosts they meet in the database (PostgreSQL), and leases
  decide who does what only one may do. The others stand by.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

import structlog
import typer

from callrouter.cli.instance import (
    BindOption,
    ClockOption,
    ConfigOption,
    Instance,
    RehearsalOption,
    choose_instance,
    running_instance,
)
from callrouter.crashpoint import IN_THE_CONTROLLER, VARIABLE, Armed, CrashPointError, arm, armed_by
from callrouter.local_system.secrets import read
from callrouter.log import configure_logging
from callrouter.service.roles import OWN_ROLES, Role, read_roles
from callrouter.settings_file import SettingsError

_log = structlog.get_logger(__name__)


RolesOption = Annotated[
    str | None,
    typer.Option(
        "--roles",
        metavar="ROLE,…",
        help="只启动这些角色：route 接续判定，collect 制作话单，publish 投递，broker，asterisk，ticketing"
        " / run these roles alone: route, collect, publish, broker, asterisk, ticketing [all]",
    ),
]


def serve(
    config: ConfigOption = None,
    clock: ClockOption = None,
    bind: BindOption = None,
    roles: RolesOption = None,
) -> None:
    """启动整套系统，或其中的角色 / Run the whole system, or some roles of it, until Ctrl-C.

    两台主机（PostgreSQL）/ two hosts: 一台 --roles asterisk,route,collect，另一台 --roles publish,broker,ticketing
    """
    chosen = read_roles(roles)
    instance = choose_instance(config, clock, bind)
    configure_logging(instance.settings.log.level)
    asyncio.run(_serve(instance, chosen))


def controller(
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
    roles: RolesOption = None,
) -> None:
    """只启动控制器 / Run the controller alone, beside an Asterisk and a broker that are already there."""
    import uvloop

    from callrouter.local_system.parts import records_shares
    from callrouter.service.bell import Bell
    from callrouter.service.controller import run_controller

    armed, for_records = asked_to_strike()
    chosen = read_roles(roles) & OWN_ROLES | {Role.ROUTE}
    instance = running_instance(config, rehearsal)
    configure_logging(instance.settings.log.level)
    arm_as_asked(armed)
    secrets = read(instance.layout.secrets)
    with Bell.made() as bell:
        uvloop.run(
            run_controller(
                instance.settings,
                instance.layout,
                instance.clock,
                ami_secret=secrets.ami,
                shares=records_shares(config, rehearsal, for_records, chosen, bell),
                roles=chosen,
                seats_token=secrets.seats_token,
            )
        )


def asked_to_strike() -> tuple[Armed | None, str]:
    """Take the crash point out of the environment, where it would count as a misspelt setting.

    Give it as the controller's own, or in its own words as a records process's. Raises SettingsError for one that
    is none.
    """
    asked = os.environ.pop(VARIABLE, "")
    try:
        armed = armed_by(asked) if asked else None
    except CrashPointError as error:
        raise SettingsError(str(error)) from None
    return (armed, "") if armed is None or armed.point in IN_THE_CONTROLLER else (None, asked)


def arm_as_asked(armed: Armed | None) -> None:
    """Arm this process, and say so loudly."""
    if armed:
        _log.critical(
            "armed: this process will strike itself; never in service",
            point=armed.point,
            signal=armed.signal.name,
            passing=armed.passing,
        )
    arm(armed)


async def _serve(instance: Instance, roles: frozenset[Role]) -> None:
    from callrouter.local_system.system import LocalSystem

    async with LocalSystem(instance.settings, instance.clock, instance.config, typer.echo, roles):
        typer.echo(f"就绪 / ready; the logs are in {instance.layout.logs}; Ctrl-C ends it")
        await until_told_to_stop()


async def until_told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
