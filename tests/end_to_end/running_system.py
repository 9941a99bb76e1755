"""A whole system of its own for a test: real Asterisk, broker, subscriber and controller on free loopback ports."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import asyncpg

from callrouter.crashpoint import VARIABLE
from callrouter.layout import SETUP_FOLDER, Layout
from callrouter.local_system.secrets import read
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.message import Kind

_FIRST_PORT, _PORTS_EACH, _WORKERS = 10_000, 700, 8
"""Below those that the kernel gives to outgoing connections and to phones (32768 and up): of these anybody might have
one when a system that was stopped for a while wants its own again. Each worker has some for itself."""
_FIRST_AUDIO_PORT, _AUDIO_PORTS_EACH, _AUDIO_STARTS = 15_600, 2_100, 10
_given_out = itertools.count(os.getpid() % 1_000 * 2)


def free_port(kind: socket.SocketKind) -> int:
    """Find a port that is free together with the next one, which a rehearsal would take."""
    for _ in range(_PORTS_EACH // 2):
        port = _FIRST_PORT + _worker() * _PORTS_EACH + next(_given_out) * 2 % _PORTS_EACH
        with socket.socket(socket.AF_INET, kind) as first, socket.socket(socket.AF_INET, kind) as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two free ports side by side")


def first_audio_port() -> int:
    """Where a system's audio may begin, and behind it its rehearsal's: not where another one's is in use just now."""
    for _ in range(_AUDIO_STARTS):
        port = _FIRST_AUDIO_PORT + _worker() * _AUDIO_PORTS_EACH + next(_given_out) % _AUDIO_STARTS * 60
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            try:
                first.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port for audio")


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % _WORKERS


def eventually(what: str, look: Callable[[], Any], *, within_s: float = 15.0) -> Any:
    """Look again and again until there is something to see; say what was missing otherwise."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {what}")


@dataclass
class System:
    """A running system, its settings, and what a test may do to it."""

    config: Path
    settings: Settings
    process: subprocess.Popen[bytes] | None = None
    output: Path = field(default=Path())
    extra: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout.of(self.settings)

    @property
    def sip(self) -> tuple[str, int]:
        return "127.0.0.1", self.settings.sip.port

    def password(self, phone: str) -> str:
        return read(self.layout.secrets).phones[phone]

    def rehearse(self, clock: str) -> None:
        """Start as a rehearsal; from then on its settings, paths and ports are the rehearsal's."""
        self.settings = self.settings.for_rehearsal()
        self.start("--clock", clock)

    def start(self, *arguments: str) -> None:
        self.output = self.config.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "callrouter", "serve", "--config", str(self.config), *arguments],
                cwd=PROJECT_ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        eventually("the system is ready: " + self.output.read_text(), self._says_ready, within_s=40)
        if self.settings.managed.controller and not arguments:
            # Calls are answered from now on, by the duty phone while no seat is in the queue: at the very first start
            # the controller adds them some seconds later. Where it cannot, a test says so.
            with suppress(AssertionError):
                eventually("there are seats", lambda: bool(self.seats_in_the_queue()), within_s=30)

    def _says_ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.output.read_text()
        return "ready;" in self.output.read_text()

    def seats_in_the_queue(self) -> set[str]:
        """The seats that Asterisk itself has stored for its general queue."""
        stored = self._stored_by_asterisk("/Queue/PersistentMembers/")
        return {seat for value in stored for seat in self.settings.sip.seats if f"PJSIP/{seat};" in value}

    def is_registration_stored(self, phone: str) -> bool:
        """Whether a crash of Asterisk would leave the phone registered; storing it may take a second."""
        return bool(self._stored_by_asterisk(f"/registrar/contact/{phone};"))

    def _stored_by_asterisk(self, keys: str) -> list[str]:
        database = self.layout.asterisk / "lib" / "astdb.sqlite3"
        # Without a lock: Asterisk does not try again to commit what a reader was in the way of.
        with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as stored:
            try:
                rows = stored.execute("SELECT value FROM astdb WHERE key LIKE ? || '%'", (keys,)).fetchall()
            except sqlite3.DatabaseError:
                return []  # it is being written
        return [value for (value,) in rows]

    def start_controller(self, *arguments: str, armed: str | None = None) -> subprocess.Popen[bytes]:
        """Start a controller of the test's own, armed as callrouter/crashpoint.py says: `record_kept:kill@3`."""
        with (self.layout.logs / "controller.log").open("ab") as log:
            controller = subprocess.Popen(
                [sys.executable, "-m", "callrouter", "controller", "--config", str(self.config), *arguments],
                cwd=PROJECT_ROOT,
                env={**os.environ, **({VARIABLE: armed} if armed else {})},
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.extra.append(controller)

        def is_ready() -> bool:
            if armed and is_struck(controller):
                return True  # on its way up
            assert controller.poll() is None, f"it ended at once; see {self.layout.logs / 'controller.log'}"
            return self.readyz()[0] == 200

        eventually("the controller is ready", is_ready, within_s=20)
        return controller

    def start_records(self, armed: str | None = None) -> subprocess.Popen[bytes]:
        """Start a records process with no controller, which nobody starts again."""
        with (self.layout.logs / "controller.log").open("ab") as log:
            records = subprocess.Popen(
                [sys.executable, "-m", "callrouter", "records", "make", "--config", str(self.config)],
                cwd=PROJECT_ROOT,
                env={**os.environ, **({VARIABLE: armed} if armed else {})},
                stderr=log,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        self.extra.append(records)
        return records

    def stop(self) -> None:
        for process in [*self.extra, self.process]:
            if process is None:
                continue
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(5)
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def pid_of(self, part: str) -> int:
        """Find a part by its command line among the processes that this system has started."""
        marks = {
            "asterisk": str(self.layout.asterisk_etc),
            "broker": str(self.layout.broker),
            "ticketing": str(self.layout.ticketing),
            "controller": "callrouter controller",
        }
        assert self.process
        for pid in children_of(self.process.pid):
            if marks[part] in command_line(pid):
                return pid
        raise AssertionError(f"no {part} among the children of {self.process.pid}")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.settings.http.port}{path}"

    def asks_asterisk(self, command: str) -> list[str]:
        """The lines of Asterisk's own answer to a command of its console; none if it is away."""
        return subprocess.run(
            [
                str(SETUP_FOLDER / "bin" / "asterisk"),
                *("-C", str(self.layout.asterisk_etc / "asterisk.conf")),
                *("-rx", command),
            ],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        ).stdout.splitlines()

    def is_reachable(self, *phones: str) -> bool:
        """Whether Asterisk has had the phones' answers to its OPTIONS; until then they count as unavailable."""
        shown = [line for line in self.asks_asterisk("pjsip show contacts") if " Avail " in line]
        return all(any(f" {phone}/sip:" in line for line in shown) for phone in phones)

    def trunk_is_up(self, endpoint: str) -> bool:
        """Whether whoever is behind the trunk has answered Asterisk's OPTIONS."""
        shown = self.asks_asterisk("pjsip show contacts")
        return any(f"{endpoint}/" in line and " Avail " in line for line in shown)

    def channels(self) -> int:
        """How many channels Asterisk has."""
        [count] = [
            line for line in self.asks_asterisk("core show channels count") if "active channel" in line
        ]
        return int(count.split()[0])

    def metrics(self) -> str:
        with urlopen(self.url("/metrics"), timeout=5) as answer:
            return str(answer.read().decode())

    def readyz(self) -> tuple[int, dict[str, Any]]:
        try:
            with urlopen(self.url("/readyz"), timeout=2) as answer:
                return answer.status, json.loads(answer.read())
        except URLError as error:
            body = getattr(error, "read", lambda: b"{}")()
            return getattr(error, "code", 0), json.loads(body or b"{}")
        except OSError:
            return 0, {}

    def messages_at_ticketing(self, which: str = "true", *values: str) -> list[dict[str, Any]]:
        """Everything that the reference ticketing side has stored, live events too; or `which`, in SQL."""
        if not self.layout.ticketing.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.layout.ticketing}?mode=ro", uri=True)) as database:
            rows = database.execute(
                f"SELECT event FROM inbox WHERE {which} ORDER BY rowid", values
            ).fetchall()
        return [json.loads(event) for (event,) in rows]

    def records_at_ticketing(self) -> list[dict[str, Any]]:
        """The events among them that hold a record."""
        return self.messages_at_ticketing("type = ?", Kind.RECORD_CLOSED)

    def starts_of_records(self) -> int:
        """How many records processes the running controller has started; 0 if it does not say."""
        try:
            told = re.search(r"^callrouter_records_starts ([0-9.]+)$", self.metrics(), re.MULTILINE)
        except OSError:
            return 0
        return int(float(told[1])) if told else 0

    def records(self, sip_call_id: str) -> list[dict[str, Any]]:
        # Looked for in SQL first: waiting must not cost a test what its parties need to speak in time.
        maybe = self.messages_at_ticketing("type = ? AND instr(event, ?)", Kind.RECORD_CLOSED, sip_call_id)
        return [event["data"] for event in maybe if event["data"]["sip_call_id"] == sip_call_id]

    def record(self, sip_call_id: str, *, within_s: float = 30.0) -> dict[str, Any]:
        """The one record of a call, once the ticketing side has it."""
        found = eventually(
            "a record at the ticketing side", lambda: self.records(sip_call_id), within_s=within_s
        )
        assert len(found) == 1
        return dict(found[0])

    def open_deliveries(self) -> int:
        """Messages that the ticketing side has not acknowledged yet."""
        [(count,)] = self.rows("SELECT count(*) FROM outbox WHERE state != 'acknowledged'")
        return int(count)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the records' database, with its own driver; not on an event loop."""
        if self.settings.database_url:
            return asyncio.run(_ask_postgresql(self.settings.database_url, query))
        with closing(sqlite3.connect(f"file:{self.layout.database}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


async def _ask_postgresql(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    return state_of(pid) not in {"", "Z"}


def records_processes_of(controller: int) -> dict[str, int]:
    """The pids of the records processes that a controller has started, by each role that they have."""
    lines = {pid: command_line(pid) for pid in children_of(controller)}
    return {
        role: pid
        for pid, line in lines.items()
        if "callrouter records" in line
        for role in line.partition("--roles ")[2].split()[0].split(",")
    }


def records_process_of(controller: int, role: str = "collect") -> int | None:
    """The pid of the records process that a controller has started for a role; None while there is none."""
    return records_processes_of(controller).get(role)


def is_struck(controller: subprocess.Popen[bytes]) -> bool:
    """Whether it was killed, or is stopped."""
    return controller.poll() == -signal.SIGKILL or state_of(controller.pid) == "T"


def state_of(pid: int) -> str:
    """A process's state as the kernel writes it: R, S, T (stopped), Z; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


MakeSystem = Callable[..., System]
