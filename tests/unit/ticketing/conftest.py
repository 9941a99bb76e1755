"""A real broker and the real reference subscriber, on loopback, ended by process id."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

SUBSCRIBER = Path(__file__).parents[3] / "deploy" / "ticketing-subscriber" / "subscriber.py"


def _mosquitto() -> str | None:
    set_up = Path(__file__).parents[3] / ".local" / "bin"
    places = [str(set_up), *os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/usr/local/sbin"]
    return next((str(one) for place in places if (one := Path(place) / "mosquitto").is_file()), None)


def _wait_for(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not happen within 10 s"
        time.sleep(0.02)


class RunningBroker:
    """Mosquitto without persistence: a kill loses everything that it has acknowledged."""

    def __init__(self, folder: Path, program: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._program = program
        self._configuration = folder / "mosquitto.conf"
        self._accesses = folder / "acl"
        self._accesses.write_text("topic readwrite #\n")
        self._configuration.write_text(
            # A mosquitto started by root takes on another user's rights, who cannot read these files.
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            f"acl_file {self._accesses}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(self._accepts, "the broker's start")
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def pause(self) -> None:
        """Stand still, until killed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def forbid_everyone_to_write(self) -> None:
        self._accesses.write_text("topic read #\n")

    def take_at_most(self, octets: int) -> None:
        """Take no packet that is larger."""
        with self._configuration.open("a") as file:
            file.write(f"max_packet_size {octets}\n")

    def allow_everything(self) -> None:
        assert self._process is not None
        self._accesses.write_text("topic readwrite #\n")
        self._process.send_signal(signal.SIGHUP)

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class RunningSubscriber:
    """The reference subscriber as its own process."""

    def __init__(self, folder: Path, port: int) -> None:
        self._database = folder / "ticketing.db"
        self._log = folder / "subscriber.log"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        before = self.log().count("listening")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, str(SUBSCRIBER), "--port", str(self._port)),
                    *("--topic", "callrouter/+", "--database", str(self._database)),
                ],
                stdout=log,
                stderr=log,
            )
        try:
            _wait_for(lambda: self.log().count("listening") > before, "the subscriber's start")
        except BaseException:
            self.end()
            raise

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(10)
        self._process = None
        return code

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def calls(self) -> list[str]:
        return [str(subject) for (subject,) in self.ask("SELECT subject FROM inbox ORDER BY rowid")]

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._database)) as database:
            return database.execute(query).fetchall()

    def lose(self, which: str) -> None:
        """As a database that was restored from an old copy."""
        with closing(sqlite3.connect(self._database)) as database, database:
            database.execute(f"DELETE FROM inbox WHERE {which}")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    program = _mosquitto()
    if program is None:
        pytest.fail("mosquitto is not set up: make setup")
    running = RunningBroker(tmp_path, program)
    try:
        running.start()
        yield running
    finally:
        running.kill()


@pytest.fixture
def subscriber(tmp_path: Path, broker: RunningBroker) -> Iterator[RunningSubscriber]:
    running = RunningSubscriber(tmp_path, broker.port)
    try:
        yield running
    finally:
        running.end()
