"""`callrouter desk`: who may use the agents' desks over HTTP, and the API's document.

Exit codes: 0 done, 1 no such token, 2 an error that the user can mend.
"""

from __future__ import annotations

from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, RehearsalOption
from callrouter.vocabulary.desk_role import Role

commands = typer.Typer(
    help="座席桌面：令牌、API 文档 / the agents' desks: tokens, the API's document", no_args_is_help=True
)
_token = typer.Typer(help="令牌：谁能用座席桌面 / tokens: who may use the desks", no_args_is_help=True)
commands.add_typer(_token, name="token")


@_token.command("add")
def add(
    seat: Annotated[str, typer.Argument(metavar="SEAT", help="座席或班长的账号 / the account")],
    *,
    role: Annotated[Role, typer.Option("--role", help="座席或班长 / whose sight it has")] = Role.AGENT,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """新令牌，只显示这一次 / A new token, shown this once."""
    from callrouter.cli.desk_tokens_kept import add_token

    raise typer.Exit(add_token(config, rehearsal, seat, role))


@_token.command("list")
def list_(*, config: ConfigOption = None, rehearsal: RehearsalOption = False) -> None:
    """有哪些令牌；令牌本身不保存 / Which there are; the tokens themselves are not kept."""
    from callrouter.cli.desk_tokens_kept import print_tokens

    raise typer.Exit(print_tokens(config, rehearsal))


@_token.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="见 callrouter desk token list")],
    *,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """作废，立即生效 / Revoke it, at once."""
    from callrouter.cli.desk_tokens_kept import revoke_token

    raise typer.Exit(revoke_token(config, rehearsal, token_id))


@commands.command("openapi")
def openapi() -> None:
    """OpenAPI 3.1 文档 / The API as an OpenAPI 3.1 document."""
    from callrouter.console.desk_openapi import openapi_text

    typer.echo(openapi_text(), nl=False)
