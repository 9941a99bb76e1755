"""The command line: one file a command group. An error the user can mend is one message and exit code 2."""

from __future__ import annotations

import sys

import typer

from callrouter.cli import (
    asterisk,
    demo,
    desk,
    outbox,
    plan,
    prompts,
    recordings,
    records,
    seats,
    serve,
    transfers,
)
from callrouter.cli.instance import MENDABLE_ERRORS

application = typer.Typer(
    name="callrouter",
    help="CallRouter 政务热线归并路由 / routes legacy hotlines to 12345.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
application.command("serve")(serve.serve)
application.command("controller")(serve.controller)
application.command("demo")(demo.demo)
application.add_typer(plan.commands, name="plan")
application.add_typer(records.commands, name="records")
application.add_typer(recordings.commands, name="recordings")
application.add_typer(outbox.commands, name="outbox")
application.add_typer(seats.commands, name="seats")
application.add_typer(desk.commands, name="desk")
application.add_typer(transfers.commands, name="transfers")
application.add_typer(prompts.commands, name="prompts")
application.add_typer(asterisk.commands, name="asterisk")


def main() -> int:
    """Run the command line; return the exit code, or end with the library's own for help and wrong usage."""
    try:
        application()
    except MENDABLE_ERRORS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
