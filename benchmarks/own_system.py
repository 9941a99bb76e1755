"""A system of its own for a measurement: free ports on loopback, a folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from callrouter.layout import SETUP_FOLDER, Layout
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_file import load_settings

_WITHIN_S, _STOPS_WITHIN_S = 60.0, 20.0
_RTP_FIRST = 10_000
"""Below the ports that the kernel gives away, so that a large range stays free."""


async def until(look: Callable[[], bool]) -> None:
    """Look every 20 ms, in a thread, until there is what is looked for. Raises TimeoutError after a minute."""
    async with asyncio.timeout(_WITHIN_S):
        while True:
            if await asyncio.to_thread(look):
                return
            await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings in a file and a folder of their own."""

    config: Path
    settings: Settings

    @classmethod
    @contextmanager
    def made(
        cls,
        *,
        rtp_ports: int = 200,
        database_url: str = "",
        seats: Sequence[str] = ("1001",),
        supervisors: Sequence[str] = (),
        **managed: bool,
    ) -> Iterator[Self]:
        """Make one; `managed` says which parts `callrouter serve` is not to start."""
        folder = SETUP_FOLDER / "bench" / f"{os.getpid()}-{time.monotonic_ns()}"
        folder.mkdir(parents=True)
        config = folder / "callrouter.yaml"
        sip, agi, ami, mqtt, http = _free_ports(5)
        config.write_text(
            json.dumps(  # which is YAML
                {
                    "run_dir": str(folder / "run"),
                    "sip": {
                        "port": sip,
                        "rtp_first": _RTP_FIRST,
                        "rtp_last": _RTP_FIRST + rtp_ports - 1,
                        "seats": list(seats),
                        "supervisors": list(supervisors),
                    },
                    "agi": {"port": agi},
                    "ami": {"port": ami},
                    "mqtt": {"port": mqtt},
                    "http": {"port": http},
                    "database_url": database_url,
                    "managed": managed,
                }
            )
        )
        try:
            yield cls(config, load_settings(config))
        finally:
            shutil.rmtree(folder)

    @property
    def layout(self) -> Layout:
        """Where it keeps its things."""
        return Layout.of(self.settings)

    @contextmanager
    def running(self, command: str, *arguments: str) -> Iterator[int]:
        """Run `callrouter <command>` while inside; give its process id."""
        with (self.config.parent / f"{command}.out").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "callrouter", command, "--config", str(self.config), *arguments],
                cwd=PROJECT_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def has_started(self) -> None:
        """Wait until `callrouter serve` has started its parts; a controller of ours finds their passwords then.

        Raises TimeoutError.
        """
        output = self.config.parent / "serve.out"
        await until(lambda: "ready;" in output.read_text())

    async def controller_is_ready(self) -> None:
        """Wait for the controller, and for its records process. Raises TimeoutError."""
        await until(self._is_ready)

    async def ticketing_listens(self) -> None:
        """Wait until the subscriber is at the broker. Raises TimeoutError."""
        log = self.layout.logs / "ticketing.log"
        await until(lambda: "listening on" in log.read_text())

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.settings.http.port}/readyz", timeout=2) as answer:
                return bool(json.load(answer)["wanted"]["records"])
        except (URLError, OSError):
            return False


def _free_ports(number: int) -> list[int]:
    """Find ports that are free for TCP and, as far as one can tell, for UDP."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
