"""A PostgreSQL of the tests' own: real, durable (fsync on), behind a socket that only its account and root can reach.

Rules:
- It is what `make setup-tests` unpacked. When it is missing that is an error that says so, never a skipped test.
- It refuses to run as root: then it is run as the project's account, else as whoever tests.
- It ends with the process that started it, whatever becomes of that one.
- One cluster a test run; each test gets a database of its own (`database`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from callrouter.layout import SETUP_FOLDER
from callrouter.local_system.account import ACCOUNT, unprivileged_account

_STARTS_WITHIN = 20.0
_ENDS_WITHIN = 20.0
_HBA = """\
local all      secretive              scram-sha-256
local all      all                    trust
"""
"""The account `secretive` needs a password; nobody else does, and there is no network."""


class PostgresqlMissing(Exception):
    """There is no PostgreSQL to test with."""


class Postgresql:
    """A cluster that can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = _programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres", user: str = ACCOUNT) -> str:
        """Give a database's address; `user` may be `name:password`."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    def make(self) -> None:
        """Lay out the cluster."""
        command = [
            *(str(self._programs / "initdb"), "-D", str(self._data), "-U", ACCOUNT, "--auth=trust"),
            *("--no-sync", "--encoding=UTF8", "--no-locale"),
        ]
        done = subprocess.run(_as_account(command), env=_ENVIRONMENT, capture_output=True, check=False)
        if done.returncode != 0:
            raise PostgresqlMissing(f"initdb failed: {done.stderr.decode(errors='replace')}")
        (self._data / "pg_hba.conf").write_text(_HBA, encoding="ascii")

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "unix_socket_permissions": "0700",
            "fsync": "on",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                _as_account(command), env=_ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        give_up_at = time.monotonic() + _STARTS_WITHIN
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise PostgresqlMissing(
                    f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}"
                )
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server. SIGINT: at once, in good order; SIGQUIT: as a crash does."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """Make an empty database, give its address, and drop it in the end."""
        name = f"test_{next(self._names)}"
        await self.run(f"CREATE DATABASE {name} STRATEGY wal_log")
        try:
            yield self.url(name)
        finally:
            await self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements, each by itself."""
        url = self.url(database).replace("postgresql://", "postgresql+asyncpg://")
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(sa.text(statement))
        await engine.dispose()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _is_ready(self) -> bool:
        # The last line of the lock file tells how far the server is.
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="ascii").split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.pid)


_ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "GMT", "LC_ALL": "C"}
"""GMT needs no time zone files, which a small machine may lack."""


@contextmanager
def running_postgresql() -> Iterator[Postgresql]:
    """Make a cluster, start it, and leave nothing of it behind."""
    # Not below the checkout: a socket's path is short, and the account must be able to enter every folder above.
    folder = Path(tempfile.mkdtemp(prefix="callrouter-postgresql-", dir="/tmp"))
    server = Postgresql(folder)
    try:
        account = unprivileged_account(folder.parent, SETUP_FOLDER)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """One cluster for all tests of a run."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def postgresql_url(postgresql: Postgresql) -> AsyncIterator[str]:
    """An empty PostgreSQL database of the test's own."""
    async with postgresql.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of the test's own, of each kind that records may be kept in."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.db'}"
        return
    # Asked for here, so that who wants SQLite alone starts no server.
    server: Postgresql = request.getfixturevalue("postgresql")
    async with server.database() as url:
        yield url


def _programs() -> Path:
    found = sorted(SETUP_FOLDER.glob("postgresql/usr/lib/postgresql/*/bin/postgres"))
    if not found:
        raise PostgresqlMissing(
            f"there is no PostgreSQL in {SETUP_FOLDER}/postgresql; remedy: make setup-tests"
        )
    return found[-1].parent


def _as_account(command: list[str]) -> list[str]:
    """Wrap the command in util-linux's setpriv: as the account, and never longer than the tests."""
    wrapped = ["setpriv", "--pdeathsig", "QUIT", "--no-new-privs"]
    account = unprivileged_account()
    if account is not None:
        wrapped += ["--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"]
    return [*wrapped, "--", *command]
