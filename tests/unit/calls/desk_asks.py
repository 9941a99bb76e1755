"""What may be asked of a desk, each by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from callrouter.calls.desk_protocol import DeskAct, Done, TransferDesk
from callrouter.vocabulary.record_words import TransferKind

THREE_WAY, PLAIN, EMERGENCY = TransferKind.THREE_WAY, TransferKind.PLAIN, TransferKind.EMERGENCY
ACTS: Final = [act for act in DeskAct if "recording" not in act.value]
STEPS: Final = [act for act in ACTS if act is not DeskAct.GUIDE]
"""Those that the table of transfers knows."""


def consult(desk: TransferDesk) -> Awaitable[Done]:
    return desk.consult("1001", "tax", THREE_WAY)


def asked(desk: TransferDesk, act: DeskAct, attempt: int | None = None) -> Awaitable[Done]:
    if act is DeskAct.CONSULT:
        return desk.consult("1001", "tax", THREE_WAY, attempt=attempt)
    if act is DeskAct.PASS:
        return desk.consult("1001", "1002", PLAIN, attempt=attempt)
    if act is DeskAct.EMERGENCY:
        return desk.consult("1001", "110", EMERGENCY, attempt=attempt)
    if act is DeskAct.GUIDE:
        return desk.guide("1001", "army", attempt=attempt)
    said: Callable[..., Awaitable[Done]] = getattr(desk, act.value)
    return said("1001", attempt=attempt)


EVERYTHING: dict[str, Callable[[TransferDesk], Awaitable[Any]]] = {
    "my_call": lambda desk: desk.my_call("1001"),
    "calls": lambda desk: desk.calls(),
    "targets": lambda desk: desk.targets("1001"),
    "guidances": lambda desk: desk.guidances(),
    **{act.value: partial(asked, act=act) for act in ACTS},
    "pause_recording": lambda desk: desk.pause_recording("1001"),
    "resume_recording": lambda desk: desk.resume_recording("1001"),
    "note": lambda desk: desk.note("1001", "text"),
    "ticket": lambda desk: desk.ticket("1001", "0042"),
    "mark_enforcement": lambda desk: desk.mark_enforcement("1001"),
}
NEEDS_A_CALL = [name for name in EVERYTHING if name not in ("my_call", "calls", "guidances")]
MOVES = [*(act.value for act in ACTS), "pause_recording", "resume_recording"]
WORDS = ["note", "ticket", "mark_enforcement"]
