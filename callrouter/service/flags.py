"""The flags of callers, wired: the operator's file, and who has called lately (`calls.caller_flags`)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final, NoReturn

from callrouter.asterisk_link.agi_dip import AgiRequest
from callrouter.calls.caller_flags import AllFlags, Numbers, RecentCallers
from callrouter.calls.desk_calls import Flags
from callrouter.calls.listed_flags import ListedFlags
from callrouter.service.desk import wall_clock
from callrouter.vocabulary.plan import Plan

_KEY_OCTETS: Final = 32


class FlagService:
    """What an agent is told of a caller. `file`: the operator's list; it need not be there."""

    def __init__(self, plan: Plan, file: Path) -> None:
        numbers = Numbers(plan)
        self._recent = RecentCallers(numbers, wall_clock, os.urandom(_KEY_OCTETS))
        self._listed = ListedFlags(file, plan, numbers, wall_clock)
        self._listed.look()
        self.of: Flags = AllFlags(self._listed, self._recent).of

    @property
    def is_usable(self) -> bool:
        """Whether the operator's list, as it is now, could be read."""
        return self._listed.is_usable

    def arrived(self, request: AgiRequest) -> None:
        """Count a call that was decided, once its answer is on its way: nobody waits for it."""
        facts = request.arguments
        asyncio.get_running_loop().call_soon(self._recent.arrived, facts["caller"], facts["presentation"])

    async def run(self) -> NoReturn:
        """Follow the list's changes, until cancelled."""
        await self._listed.run()
