"""`callrouter serve` runs the whole system; `controller` the controller with its records; `records` those alone."""

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
    choose_instance,
    running_instance,
)
from callrouter.crashpoint import IN_A_DIP, VARIABLE, Armed, CrashPointError, arm, armed_by
from callrouter.local_system.secrets import read
from callrouter.log import configure_logging
from callrouter.settings_file import SettingsError

_log = structlog.get_logger(__name__)


def serve(config: ConfigOption = None, clock: ClockOption = None, bind: BindOption = None) -> None:
    """启动整套系统 / Run the whole system until Ctrl-C: broker, Asterisk, ticketing, controller."""
    instance = choose_instance(config, clock, bind)
    configure_logging(instance.settings.log.level)
    asyncio.run(_serve(instance))


def controller(
    config: ConfigOption = None,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", hidden=True)] = False,
) -> None:
    """只启动控制器 / Run the controller alone, beside an Asterisk and a broker that are already there."""
    import uvloop

    from callrouter.local_system.child import Child
    from callrouter.local_system.parts import records_part
    from callrouter.service.controller import run_controller

    armed, for_records = _asked_to_strike()
    instance = running_instance(config, rehearsal)
    configure_logging(instance.settings.log.level)
    _arm(armed)
    uvloop.run(
        run_controller(
            instance.settings,
            instance.layout,
            instance.clock,
            ami_secret=read(instance.layout.secrets).ami,
            records_process=Child(records_part(config, rehearsal, for_records)),
        )
    )


def records(
    config: ConfigOption = None,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", hidden=True)] = False,
) -> None:
    """只制作通话记录 / Make and deliver records alone; the controller starts this by itself, beside it."""
    import uvloop

    from callrouter.service.records import run_records

    armed, for_records = _asked_to_strike()
    instance = running_instance(config, rehearsal)
    configure_logging(instance.settings.log.level)
    _arm(armed_by(for_records) if for_records else armed)
    uvloop.run(
        run_records(
            instance.settings,
            instance.layout,
            rehearsal=rehearsal,
            mqtt_password=read(instance.layout.secrets).mqtt_controller,
        )
    )


def _asked_to_strike() -> tuple[Armed | None, str]:
    """Take the crash point out of the environment, where it would count as a misspelt setting.

    Give it as the controller's own, or in its own words as the records process's. Raises SettingsError for one that
    is none.
    """
    asked = os.environ.pop(VARIABLE, "")
    try:
        armed = armed_by(asked) if asked else None
    except CrashPointError as error:
        raise SettingsError(str(error)) from None
    return (armed, "") if armed is None or armed.point in IN_A_DIP else (None, asked)


def _arm(armed: Armed | None) -> None:
    if armed:
        _log.critical(
            "armed: this process will strike itself; never in service",
            point=armed.point,
            signal=armed.signal.name,
            passing=armed.passing,
        )
    arm(armed)


async def _serve(instance: Instance) -> None:
    from callrouter.local_system.system import LocalSystem

    async with LocalSystem(instance.settings, instance.clock, instance.config, typer.echo):
        typer.echo(f"就绪 / ready; the logs are in {instance.layout.logs}; Ctrl-C ends it")
        await until_told_to_stop()


async def until_told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
