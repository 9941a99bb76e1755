"""`callrouter seats`: how the seats stand, and a word for one of them, by way of the running controller.

Exit codes: 0 done, 1 no such seat, 2 an error that the user can mend.
"""

from __future__ import annotations

from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, RehearsalOption
from callrouter.vocabulary.seat_state import PauseReason

commands = typer.Typer(
    help="座席：状态、签入、签出、示忙、示闲 / seats: how they stand, log in, log out, pause, back",
    no_args_is_help=True,
)

_SeatArgument = Annotated[str, typer.Argument(metavar="SEAT", help="座席账号 / the seat's account")]


@commands.command("list")
def list_seats(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON / one JSON value a line")] = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """每个座席在每个队列中的状态 / How each seat stands in each of its queues."""
    from callrouter.cli.seats_asked import print_seats

    raise typer.Exit(print_seats(config, rehearsal, as_json=as_json))


@commands.command("log-in")
def log_in(seat: _SeatArgument, *, config: ConfigOption = None, rehearsal: RehearsalOption = False) -> None:
    """签入，开始接听 / It takes calls."""
    from callrouter.cli.seats_asked import tell_seat

    raise typer.Exit(tell_seat(config, rehearsal, seat, "log-in"))


@commands.command("log-out")
def log_out(seat: _SeatArgument, *, config: ConfigOption = None, rehearsal: RehearsalOption = False) -> None:
    """签出，直到再次签入 / It takes none until it logs in."""
    from callrouter.cli.seats_asked import tell_seat

    raise typer.Exit(tell_seat(config, rehearsal, seat, "log-out"))


@commands.command("pause")
def pause(
    seat: _SeatArgument,
    *,
    reason: Annotated[PauseReason, typer.Option("--reason", help="原因 / why")] = PauseReason.UNSTATED,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """示忙，暂不接听 / It takes none for now."""
    from callrouter.cli.seats_asked import tell_seat

    raise typer.Exit(tell_seat(config, rehearsal, seat, "pause", {"reason": reason.value}))


@commands.command("back")
def back(seat: _SeatArgument, *, config: ConfigOption = None, rehearsal: RehearsalOption = False) -> None:
    """示闲，恢复接听；无应答被示忙的也用它 / It takes calls again, also when it was paused for no answer."""
    from callrouter.cli.seats_asked import tell_seat

    raise typer.Exit(tell_seat(config, rehearsal, seat, "back"))
