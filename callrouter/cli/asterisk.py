"""`callrouter asterisk render`: the configuration for an Asterisk of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, choose_instance

commands = typer.Typer(help="Asterisk 配置 / Asterisk's configuration", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keep `render` a subcommand."""


@commands.command()
def render(
    to: Annotated[Path, typer.Option(help="写入的目录 / the folder to write to")],
    config: ConfigOption = None,
) -> None:
    """生成配置文件 / Write every *.conf, with this installation's passwords, for you to install or include."""
    from callrouter.asterisk_link.boot_name import new_boot_name, read_boot_name
    from callrouter.clock import Clock
    from callrouter.local_system.asterisk import render_asterisk
    from callrouter.local_system.parts import phone_names
    from callrouter.local_system.secrets import load_or_make
    from callrouter.plans.load import load_plan
    from callrouter.service.fallback_for_asterisk import with_fallback
    from callrouter.service.for_asterisk import of_the_plan

    instance, now = choose_instance(config), Clock().now()
    plan = load_plan(instance.settings.path(instance.settings.plan))
    secrets = load_or_make(instance.layout.secrets, phone_names(instance.settings))
    # An Asterisk that we start ourselves may be running: it must stay the one that the controller knows.
    known = read_boot_name(instance.layout.boot_name) if instance.settings.managed.asterisk else None
    render_asterisk(
        instance.settings,
        instance.layout,
        secrets,
        0,
        etc=to.resolve(),
        boot_name=known or new_boot_name(),
        plan=with_fallback(
            of_the_plan(instance.settings, plan, at=now),
            *(instance.settings, plan, now, instance.layout.made_for_asterisk),
        ),
    )
    typer.echo(f"已生成 / written: {to}")
