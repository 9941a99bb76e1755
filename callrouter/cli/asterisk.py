"""`callrouter asterisk render`: the configuration for an Asterisk of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, choose_instance
from callrouter.local_system.asterisk import render_asterisk
from callrouter.local_system.parts import phone_names
from callrouter.local_system.secrets import load_or_make

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
    instance = choose_instance(config)
    secrets = load_or_make(instance.layout.secrets, phone_names(instance.settings))
    render_asterisk(instance.settings, instance.layout, secrets, 0, etc=to.resolve())
    typer.echo(f"已生成 / written: {to}")
