"""A child process that is started, watched, started again when it dies, and never left behind.

Rules:
- It dies with us: the kernel ends it when our process goes, however that goes (PR_SET_PDEATHSIG).
- It is ended politely, then surely; only processes that we started are ever signalled, by pid.
- A part that keeps dying is started again at growing intervals, and says so.
- What cannot be prepared anew (a full disk, a template that is being exchanged) keeps no part from its next start:
  it runs on what was prepared for the one before.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from callrouter.local_system.account import Account

_log = structlog.get_logger(__name__)
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0
"""Callers hear no announcement while the controller is away, so it is not kept away for long."""
_STABLE_AFTER_S = 10.0
_LONGEST_LINE = 1 << 24
"""Octets of one line that a part on pipes may write."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the system that runs as a process of its own."""

    name: str
    command: Sequence[str]
    log_file: Path | None
    """None: its log is ours; its input and output are pipes, for us to talk to it."""
    environment: Mapping[str, str]
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 8.0
    restart: bool = True
    inherited: tuple[int, ...] = ()
    """Descriptors of ours that it is given, under the same numbers."""
    niceness: int = 0
    """How far it stands back when there is not enough CPU: 0 to 19 (nice(2))."""
    before_start: Callable[[], None] | None = None
    """Done before each start; an error prevents the first one alone."""


@dataclass(slots=True)
class Child:
    """A running part."""

    part: Part
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    _watch: asyncio.Task[None] | None = field(default=None, repr=False)
    _stopping: bool = False

    async def start(self) -> None:
        """Start the process and keep it running.

        Raises OSError when the program cannot be started, and whatever `Part.before_start` raises.
        """
        if self.part.before_start:
            self.part.before_start()
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_running(), name=f"watch {self.part.name}")

    @property
    def pid(self) -> int | None:
        """The process's id, while it runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    async def stop(self) -> None:
        """End the process: politely, and after the time limit surely."""
        self._stopping = True
        if self._watch:
            self._watch.cancel()
            await asyncio.wait((self._watch,))
        process = self.process
        if process is None or process.returncode is not None:
            return
        try:
            process.send_signal(self.part.stop_signal)
            await asyncio.wait_for(process.wait(), self.part.stop_within_s)
        except ProcessLookupError:
            pass
        except TimeoutError:
            _log.warning("part_killed", part=self.part.name)
            process.kill()
            await process.wait()

    def _prepare_again(self) -> None:
        if self.part.before_start is None:
            return
        try:
            self.part.before_start()
        except Exception as error:
            # Without its traceback: that may show the passwords that were being written.
            _log.error("part_not_prepared", part=self.part.name, error=type(error).__name__)

    async def _spawn(self) -> None:
        command, environment = _tied_to_us(self.part), dict(self.part.environment)
        if self.part.log_file is None:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment,
                pass_fds=self.part.inherited,
                start_new_session=True,
                limit=_LONGEST_LINE,
                # No umask: uvloop cannot give one, and ours is inherited.
            )
        else:
            self.part.log_file.parent.mkdir(parents=True, exist_ok=True)
            with self.part.log_file.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    pass_fds=self.part.inherited,
                    umask=0o077,
                    # Ctrl-C goes to the terminal's whole group; the parts are to be ended by us, in order.
                    start_new_session=True,
                )
        if self.part.niceness:
            _stand_back(self.process.pid, self.part.niceness)
        self.starts += 1

    async def _keep_running(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            assert self.process
            began = time.monotonic()
            code = await self.process.wait()
            if self._stopping or not self.part.restart:
                return
            if time.monotonic() - began > _STABLE_AFTER_S:
                pause_s = _FIRST_PAUSE_S
            _log.error("part_died", part=self.part.name, exit_code=code, restart_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            self._prepare_again()
            try:
                await self._spawn()
            except OSError as error:
                # No memory, no process, no file to be had just now: the dead process stands, and is tried again.
                _log.error("part_not_started", part=self.part.name, error=type(error).__name__)


def _stand_back(pid: int, niceness: int) -> None:
    with suppress(OSError):  # it has died already, or may not be asked
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    # Where sessions share the CPU evenly (sched(7), autogroup), a process's own niceness counts in its session alone.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


def _tied_to_us(part: Part) -> list[str]:
    """Wrap the command in util-linux's setpriv: it outlives us in no case, and gains no privilege."""
    command = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"]
    if part.account:
        command += ["--reuid", str(part.account.uid), "--regid", str(part.account.gid), "--clear-groups"]
    return [*command, "--", *part.command]
