"""`callrouter demo` (`make run`): the whole system, and one real call through it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Annotated

import typer

from callrouter.cli.instance import BindOption, ClockOption, ConfigOption, Instance, choose_instance
from callrouter.cli.serve import until_told_to_stop
from callrouter.clock import Clock
from callrouter.local_system.secrets import read
from callrouter.log import configure_logging


def demo(
    config: ConfigOption = None,
    clock: ClockOption = None,
    bind: BindOption = None,
    number: Annotated[str, typer.Option(help="试拨的号码 / the number to dial")] = "12315",
    once: Annotated[bool, typer.Option("--once", help="试拨后退出 / leave after the call")] = False,
) -> None:
    """启动整套系统并真实试拨一次 / Run the whole system and place one real call through it."""
    instance = choose_instance(config, clock, bind)
    configure_logging("warning")
    code = asyncio.run(_end_on_sigterm(_demo(instance, number, once)))
    raise typer.Exit(code)


async def _end_on_sigterm(run: Coroutine[None, None, int]) -> int:
    task = asyncio.create_task(run)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


async def _demo(instance: Instance, number: str, once: bool) -> int:
    from callrouter.demonstration.first_call import CallFailed, agent_at_a_seat, place_first_call
    from callrouter.local_system.system import LocalSystem

    settings, layout = instance.settings, instance.layout
    if instance.clock:
        typer.echo(f"演练时钟 / rehearsal clock: {instance.clock.now().astimezone():%F %T%z} and running on")
    async with LocalSystem(settings, instance.clock, instance.config, typer.echo):
        secrets = read(layout.secrets)
        async with agent_at_a_seat(settings, secrets.phones[settings.sip.seats[-1]]) as taken:
            typer.echo(f"试拨 / dialling {number} through the carrier's trunk:")
            try:
                await place_first_call(settings, instance.clock or Clock(), number, taken, typer.echo)
            except CallFailed as failure:
                typer.echo(f"失败 / FAILED: {failure}", err=True)
                return 1
            typer.echo("成功 / the call went as it should")
            if not once:
                typer.echo(_what_to_try(instance))
                await until_told_to_stop()
    return 0


def _what_to_try(instance: Instance) -> str:
    settings, layout = instance.settings, instance.layout
    seats = ", ".join(settings.sip.seats)
    return f"""
系统在运行，Ctrl-C 结束 / the system stays up; Ctrl-C ends it.
  软电话 / your own softphone: SIP UDP {settings.bind}:{settings.sip.port}
    account {settings.sip.softphone or "(none)"} plays the caller: dial 12315, 12345, 12366, 12300 …
    accounts {seats} are seats, {settings.sip.duty_phone} is the duty phone;
    the built-in agent keeps answering at seat {settings.sip.seats[-1]} (a tone of 850 Hz)
  账号密码 / accounts and passwords: {layout.softphones}
  日志 / logs:                       {layout.logs}
  状态 / state:                      http://127.0.0.1:{settings.http.port}/readyz  /metrics
  另一天 / another day:              make run CLOCK=2021-09-30T23:59:50+08:00 NUMBER=12300
"""
