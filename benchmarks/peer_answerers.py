"""Two peers that answer the arrival question otherwise: panoramisk with six commands, and a program a call.

    python -m benchmarks.peer_answerers

serves panoramisk and prints its port. It decides by the same plan and the same code as ours, and then sets one
channel variable after the other, as its own example would have it. The program, which Asterisk starts anew for
each call, uses pyst2; it answers with a constant, so that no loading of a plan is counted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import uvloop
from panoramisk import fast_agi

import asterisk
from benchmarks.deciding import PLAN
from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_dip import AgiRequest
from callrouter.asterisk_link.arrival import FACTS
from callrouter.calls.arrivals import Decider
from callrouter.local_system.account import Account
from callrouter.local_system.programs import ProgramMissing
from callrouter.log import configure_logging
from callrouter.plans.load import load_plan

_PROGRAM: Final = """\
#!{python}
import os, sys
sys.path.append({packages!r})
sys.stderr = open(os.devnull, "w")  # pyst2 tells every line it reads
from asterisk.agi import AGI
AGI().set_variable("CR_VERDICT", {verdict!r})
"""


def write_program(file: Path, verdict: str, account: Account | None) -> None:
    """Write the program that answers one call; Asterisk's account is to run it.

    Raises ProgramMissing when there is no Python that the account may run.
    """
    packages = str(Path(asterisk.__file__).parent.parent)
    file.write_text(_PROGRAM.format(python=_python(account), packages=packages, verdict=verdict))
    file.chmod(0o755)


def _python(account: Account | None) -> str:
    """Find a Python: ours may lie in somebody's home."""
    for candidate in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")):
        if candidate and _runs(candidate, account):
            return candidate
    raise ProgramMissing(
        "no Python that Asterisk's account may run; remedy: install one for the whole system"
    )


def _runs(python: str, account: Account | None) -> bool:
    try:
        tried = subprocess.run(
            [python, "-c", ""],
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


async def _panoramisk() -> int:
    plan = load_plan(PLAN)
    decider = Decider(plan, lambda _decision: None)

    async def arrival(request: fast_agi.Request) -> None:
        facts = agi_arguments(request.headers, FACTS)
        assert not isinstance(facts, ArgumentFault)
        answer = decider.answer(AgiRequest("arrival", facts))
        parts = answer.value.split("|")
        for variable, value in zip(("ORDER", "NOTICE", "QUEUE", "PRIORITY", "FACTS"), parts[1:], strict=True):
            await request.send_command(f'SET VARIABLE BENCH_{variable} "{value}"')
        await request.send_command(f'SET VARIABLE {answer.variable} "{answer.value}"')

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("arrival", arrival)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


async def _serve() -> None:
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - opened once, at the start
        configure_logging("warning", nowhere)
        print(await _panoramisk(), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
