"""`callrouter transfers`: to whom agents can pass callers, and by which codes.

Exit codes: 0 done, 2 an error that the user can mend.
"""

from __future__ import annotations

from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption
from callrouter.cli.plan import AtOption, PlanArgument

commands = typer.Typer(
    help="转接：转接号码表、Asterisk 所知的转接对象 / transfers: the sheet of codes, what Asterisk knows",
    no_args_is_help=True,
)

_JsonOption = Annotated[bool, typer.Option("--json", help="每行一个 JSON / one JSON value a line")]


@commands.command("list")
def list_codes(
    path: PlanArgument = None,
    *,
    at: AtOption = None,
    as_json: _JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """转接号码表，供座席打印：号码、名称、方式、此刻能否转 / The agents' sheet: code, name, kind, open or why not."""
    from callrouter.cli.transfers_told import print_codes

    raise typer.Exit(print_codes(path, at, config, as_json=as_json))


@commands.command("targets")
def targets(
    path: PlanArgument = None,
    *,
    as_json: _JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """控制器不在时 Asterisk 所用的转接表 / The table by which Asterisk goes while the controller is away."""
    from callrouter.cli.transfers_told import print_targets

    raise typer.Exit(print_targets(path, config, as_json=as_json))
