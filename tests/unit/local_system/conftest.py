"""An instance in a folder of its own, and stand-ins for what set-up provides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callrouter.local_system import asterisk, programs
from callrouter.local_system.secrets import Secrets
from callrouter.settings import Settings
from callrouter.settings_parts import Rehearsal

SECRETS = Secrets(
    ami="secret-of-ami",
    mqtt_controller="secret-of-controller",
    mqtt_ticketing="secret-of-ticketing",
    phones={name: f"secret-of-{name}" for name in ("1001", "1002", "1999", "citizen")},
)


@pytest.fixture
def secrets() -> Secrets:
    return SECRETS


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**chosen: Any) -> Settings:
        folders = Settings(run_dir=tmp_path / "run", rehearsal=Rehearsal(run_dir=tmp_path / "rehearsal"))
        return folders.model_copy(update=chosen)

    return make


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What set-up would have made: programs that do nothing, and an Asterisk with its modules."""
    folder = tmp_path / "set-up"
    (folder / "bin").mkdir(parents=True)
    for name in ("asterisk", "mosquitto", "mosquitto_passwd"):
        (folder / "bin" / name).write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    modules = folder / "debian" / "usr" / "lib" / "x86_64-linux-gnu" / "asterisk" / "modules"
    modules.mkdir(parents=True)
    (modules / "chan_pjsip.so").touch()
    monkeypatch.setattr(programs, "_PROGRAMS", folder / "bin")
    monkeypatch.setattr(asterisk, "SETUP_FOLDER", folder)
    return folder
