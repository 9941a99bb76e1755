"""What Asterisk's own matching does with a plan's numbers: each an exact extension in its dialplan.

Rules:
- An Asterisk of ours, idle, with one context more, of 10,000 or 20,000 extensions; with `extenpatternmatchnew` and
  without. Larger ones take minutes to load without it.
- A reload: from the command to its end, and the CPU that the process has used meanwhile.
- A look-up: the dialplan asks 2,000 times whether the context's last number is there (DIALPLAN_EXISTS), and as often
  in a context of one number, for what the loop itself costs; the difference of their CPU, divided by the look-ups.
  A call that is put through such a context is looked up several times.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.deciding import landline
from benchmarks.own_system import Installation
from benchmarks.processes import cpu_s, memory_mib
from benchmarks.table import Finding
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.layout import SETUP_FOLDER
from callrouter.local_system.account import unprivileged_account
from callrouter.local_system.asterisk import asterisk_part
from callrouter.local_system.child import Part
from callrouter.local_system.parts import phone_names
from callrouter.local_system.programs import program
from callrouter.local_system.secrets import load_or_make

_SIZES: Final = (10_000, 20_000)
_LOOKUPS: Final = 2_000
_WITHIN_S: Final = 30.0
_LOOP: Final = """
[bench-{name}]
exten => s,1,Set(left={lookups})
 same => n(again),Set(found=${{DIALPLAN_EXISTS({context},{number},1)}})
 same => n,Set(left=$[${{left}} - 1])
 same => n,GotoIf($[${{left}} > 0]?again)
 same => n,Set(GLOBAL(BENCH_DONE)={name}-${{found}})
"""


class Matched(NamedTuple):
    """What so many extensions cost."""

    reload_s: float
    reload_cpu_s: float
    memory_mib: float
    """That the process has more than before."""
    lookup_us: float


def findings() -> list[Finding]:
    """Measure; some half a minute."""
    with _asterisk() as own:
        return [
            _finding(quick, {size: own.matched(size, quick=quick) for size in _SIZES})
            for quick in (False, True)
        ]


def dialplan(numbers: int, *, quick: bool) -> str:
    """The contexts to be measured: one with so many numbers, one with the last of them alone, a loop for each."""
    last = landline(numbers - 1)
    many = "".join(f"exten => {landline(place)},1,NoOp()\n" for place in range(numbers))
    loops = "".join(
        _LOOP.format(name=name, lookups=_LOOKUPS, context=f"bench-{name}-numbers", number=last)
        for name in ("one", "many")
    )
    general = f"[general]\nextenpatternmatchnew = {'yes' if quick else 'no'}\n"
    return f"{general}{loops}\n[bench-one-numbers]\nexten => {last},1,NoOp()\n\n[bench-many-numbers]\n{many}"


def _finding(quick: bool, found: dict[int, Matched]) -> Finding:
    few, many = (found[size] for size in _SIZES)
    sizes = " / ".join(f"{size:,}" for size in _SIZES)
    return Finding(
        f"Asterisk, {sizes} exact extensions, extenpatternmatchnew={'yes' if quick else 'no'}:"
        " reload, memory, a look-up of the last",
        "",
        f"{few.reload_s:.1f} / {many.reload_s:.1f} s ({few.reload_cpu_s:.1f} / {many.reload_cpu_s:.1f} s CPU);"
        f" {few.memory_mib:.0f} / {many.memory_mib:.0f} MiB; {few.lookup_us:.0f} / {many.lookup_us:.0f} µs",
        "",
    )


class _Own:
    """A running Asterisk."""

    def __init__(self, process: int, part: Part, etc: Path) -> None:
        self._process, self._part, self._etc = process, part, etc

    def matched(self, numbers: int, *, quick: bool) -> Matched:
        """Load so many extensions and look up the last; then take them out again."""
        self._reload("")
        memory = memory_mib(self._process)
        began, cpu = time.perf_counter(), cpu_s(self._process)
        self._reload(dialplan(numbers, quick=quick))
        reload_s, reload_cpu = time.perf_counter() - began, cpu_s(self._process) - cpu
        more = memory_mib(self._process) - memory
        one, many = self._loop("one"), self._loop("many")
        return Matched(reload_s, reload_cpu, more, max(0.0, many - one) / _LOOKUPS * 1e6)

    def says(self, command: str) -> str:
        """What the command line answers."""
        asterisk = [str(program("asterisk")), "-C", str(self._etc / "asterisk.conf"), "-rx", command]
        done = subprocess.run(
            asterisk, env=dict(self._part.environment), capture_output=True, text=True, check=False
        )
        return done.stdout

    def _reload(self, text: str) -> None:
        (self._etc / "extensions.conf").write_text(text, encoding="utf-8")
        self.says("dialplan reload")

    def _loop(self, name: str) -> float:
        """The CPU of one loop, in s. Raises RuntimeError if the number was not found, TimeoutError."""
        self.says("dialplan set global BENCH_DONE none")
        cpu, ends = cpu_s(self._process), time.monotonic() + _WITHIN_S
        self.says(f"channel originate Local/s@bench-{name} application NoOp")
        while (told := self.says("dialplan show globals")).find(f"BENCH_DONE={name}-") < 0:
            if time.monotonic() > ends:
                raise TimeoutError(f"the loop over {name} did not end")
            time.sleep(0.05)
        if f"BENCH_DONE={name}-1" not in told:
            raise RuntimeError("the number was not found: the extensions were not loaded")
        return cpu_s(self._process) - cpu


@contextmanager
def _asterisk() -> Iterator[_Own]:
    with Installation.made(asterisk=False, controller=False) as installation:
        settings, layout = installation.settings, installation.layout
        account = unprivileged_account(SETUP_FOLDER, layout.root)
        part = asterisk_part(
            settings,
            layout,
            load_or_make(layout.secrets, phone_names(settings)),
            0,
            account,
            plan=OfThePlan(queues=(settings.queue.general,)),
        )
        assert part.before_start
        assert part.log_file
        part.before_start()
        with (layout.asterisk_etc / "modules.conf").open("a", encoding="utf-8") as modules:
            modules.write(
                "".join(
                    f"load = {name}.so\n" for name in ("func_dialplan", "func_global", "res_clioriginate")
                )
            )
        part.log_file.parent.mkdir(parents=True, exist_ok=True)
        with part.log_file.open("ab") as log:
            process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(part.environment),
                umask=0o077,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        own = _Own(process.pid, part, layout.asterisk_etc)
        try:
            _wait_until_booted(own)
            yield own
        finally:
            process.kill()  # nothing of it is kept
            process.wait()


def _wait_until_booted(own: _Own) -> None:
    ends = time.monotonic() + _WITHIN_S
    while "fully booted" not in own.says("core waitfullybooted"):
        if time.monotonic() > ends:
            raise TimeoutError("Asterisk did not start")
        time.sleep(0.1)
