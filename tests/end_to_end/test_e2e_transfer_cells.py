"""Each cell of the transfer table on Asterisk itself: the step that the dialplan takes is the one of the core."""

from __future__ import annotations

import re

from parties import carrier_caller
from running_system import MakeSystem, System, eventually

from callrouter.decide.transfer_table import TABLE, Ignored
from callrouter.sip_party.call_state import CallState
from callrouter.vocabulary.transfer import TransferState, TransferStimulus

_WALK = (
    "Set(CR_CALL=cells)",
    "Set(CR_CALLER_CHANNEL=${CHANNEL(name)})",
    f"Set(STATES={'-'.join(TransferState)})",
    f"Set(STIMULI={'-'.join(TransferStimulus)})",
    "Set(A=1)",
    "Set(B=1)",
    "Set(CR_TRANSFER=1|${CUT(STATES,-,${A})}|three_way|expert)",
    "Gosub(transfer-step,s,1(${CUT(STIMULI,-,${B})}))",
    "CELGenUserEvent(CELL,${CUT(STATES,-,${A})}-${CUT(STIMULI,-,${B})}=${GOSUB_RETVAL}/${CR_TRANSFER}.)",
    "Set(B=$[1+${B}])",
    f"GotoIf($[${{B}}<={len(TransferStimulus)}]?7)",
    "Set(A=$[1+${A}])",
    f"GotoIf($[${{A}}<={len(TransferState)}]?6)",
    "Hangup()",
)
"""From cell to cell, each from the state that it belongs to."""


async def test_what_follows_is_what_the_core_says_and_what_is_ignored_changes_nothing(
    make_system: MakeSystem,
) -> None:
    system = make_system(managed={"controller": False})
    system.start()
    found = await walked(system)
    for (state, stimulus), cell in TABLE.items():
        returned, after = ("", state) if isinstance(cell, Ignored) else (cell.state, cell.state)
        assert found[f"{state}-{stimulus}"] == f"{returned}/1|{after}|three_way|expert"
    assert system.channels() == 0


async def walked(system: System) -> dict[str, str]:
    """What was returned in each cell, and what the caller's channel said then."""
    eventually("Asterisk is booted", lambda: "fully booted" in " ".join(said(system, "core waitfullybooted")))
    for priority, step in enumerate(_WALK, 1):
        said(system, f"dialplan add extension 7001,{priority},{step} into from-carrier")
    async with carrier_caller(system) as caller:
        call = await caller.dial("7001")
        await call.wait_for(CallState.ENDED, timeout_s=20)
    journal = system.layout.cel_csv.read_text("utf-8")
    return dict(re.findall(r"([a-z]+-[a-z_]+)=([^.]*)[.]", journal))


def said(system: System, command: str) -> list[str]:
    lines = system.asks_asterisk(command)
    assert not any("No such command" in line for line in lines), lines
    return lines
