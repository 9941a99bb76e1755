"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from running_system import MakeSystem, System, first_audio_port, free_port

from callrouter.layout import SETUP_FOLDER
from callrouter.settings_file import load_settings

LONGEST_FIRST = (
    "test_e2e_fail_safe",
    "test_e2e_overflow",
    "test_e2e_hours",
    "test_e2e_day_sichuan",
    "test_e2e_emergency",
    "test_e2e_two_provinces",
    "test_e2e_processes",
    "test_e2e_day_yunnan",
    "test_e2e_day_inner_mongolia",
    "test_e2e_day_hainan",
    "test_e2e_desk_faults",
    "test_e2e_elsewhere",
    "test_e2e_call_back",
    "test_e2e_voicemail",
    "test_e2e_midnight",
    "test_e2e_waiting",
    "test_e2e_two_platforms",
    "test_e2e_supervision",
    "test_e2e_transfer_failures",
    "test_e2e_first_call",
    "test_e2e_guidance",
    "test_e2e_transfer_trunk",
    "test_e2e_seats_that_fail",
    "test_e2e_emergency_faults",
)
"""Files that take longest: several run at once, and the last to begin should be a short one."""


APART_S = 3.0


def pytest_sessionstart() -> None:
    """Let no two workers begin together: while a system boots, calls of the others lose packets."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    time.sleep(APART_S * int(worker))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; with `--dist loadfile --no-loadscope-reorder` they are begun in this order."""
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture(scope="module")
def make_system(request: pytest.FixtureRequest) -> Iterator[MakeSystem]:
    """Make systems that are ended when the module's tests are done; what they leave is kept only if one failed."""
    made: list[System] = []
    folders: list[Path] = []

    def make(**changes: Any) -> System:
        folder = SETUP_FOLDER / "test" / f"{os.getpid()}-{time.monotonic_ns()}"
        folder.mkdir(parents=True)
        folders.append(folder)
        rtp = first_audio_port()
        settings: dict[str, Any] = {
            "run_dir": str(folder / "run"),
            "sip": {"port": free_port(socket.SOCK_DGRAM), "rtp_first": rtp, "rtp_last": rtp + 400},
            "agi": {"port": free_port(socket.SOCK_STREAM)},
            "ami": {"port": free_port(socket.SOCK_STREAM)},
            "mqtt": {"port": free_port(socket.SOCK_STREAM)},
            "http": {"port": free_port(socket.SOCK_STREAM)},
            "rehearsal": {"run_dir": str(folder / "rehearsal"), "port_shift": 1},
            "ticketing": {"resend_after_s": 3},
            "queue": {"wrap_up_s": 0},
            # Whoever is told that he is recorded talks six seconds later: tests of recording say so.
            "recording": {"enabled": False},
            # Nor is he asked how it was.
            "survey": {"enabled": False},
        }
        for name, change in changes.items():
            settings[name] = {**settings[name], **change} if isinstance(settings.get(name), dict) else change
        config = folder / "callrouter.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        system = System(config, load_settings(config))
        made.append(system)
        return system

    yield make
    with ExitStack() as each_is_ended:
        for system in made:
            each_is_ended.callback(system.stop)
    if not request.session.testsfailed:
        for folder in folders:
            shutil.rmtree(folder)
