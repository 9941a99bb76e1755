"""Which instance a command means: the live one, or a rehearsal of another day."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from callrouter.asterisk_link.unsafe_value import UnsafeValue
from callrouter.clock import Clock, ClockError
from callrouter.layout import Layout
from callrouter.local_system.not_ready import NotReady
from callrouter.local_system.ports import PortsTaken
from callrouter.local_system.programs import ProgramMissing
from callrouter.local_system.secrets import SecretsError
from callrouter.plans.findings import PlanErrors
from callrouter.prompts.findings import PromptError
from callrouter.settings import Settings
from callrouter.settings_file import SettingsError, load_settings
from callrouter.ticketing.webhook_signature import WebhookSecretError

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="设置文件 / settings file [config/callrouter.yaml]")
]
ClockOption = Annotated[
    str | None,
    typer.Option("--clock", help="演练时刻 / rehearse as if it were 2021-09-30T23:59:50+08:00"),
]
RehearsalOption = Annotated[
    bool,
    typer.Option(
        "--rehearsal", help="演练实例的，不是正式的 / the rehearsal's (serve --clock), not the live one's"
    ),
]
"""To look at what a rehearsal has left behind; its own processes are started with it, too."""
BindOption = Annotated[
    str | None, typer.Option("--bind", help="SIP 与语音绑定的地址 / address for SIP and audio [127.0.0.1]")
]


class UnusableDatabaseError(Exception):
    """The records' database cannot be read or changed; the text says which, and the remedy."""


class UnusableFileError(Exception):
    """Nothing can be written there; the text says where, why, and the remedy."""


MENDABLE_ERRORS = (
    UnusableFileError,
    UnusableDatabaseError,
    SettingsError,
    ClockError,
    PlanErrors,
    PromptError,
    UnsafeValue,
    PortsTaken,
    ProgramMissing,
    SecretsError,
    PermissionError,
    NotReady,
    WebhookSecretError,
)
"""Errors whose text is all that the user needs: place, fault and remedy."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Settings and clock that belong together."""

    settings: Settings
    clock: Clock | None
    """None when live."""
    config: Path | None

    @property
    def layout(self) -> Layout:
        """Where this instance keeps its things."""
        return Layout.of(self.settings)


def choose_instance(config: Path | None, clock: str | None = None, bind: str | None = None) -> Instance:
    """Read the settings and, for a rehearsal, set its clock going. Raises SettingsError or ClockError."""
    settings = load_settings(config)
    if bind:
        try:
            address = ipaddress.IPv4Address(bind)
        except ValueError:
            raise SettingsError(
                f"--bind {bind}: 不是 IPv4 地址 / not an IPv4 address of this machine"
            ) from None
        settings = settings.model_copy(update={"bind": address})
    if clock is None:
        return Instance(settings, None, config)
    return Instance(settings.for_rehearsal(), Clock.starting_at(clock, datetime.now(UTC)), config)


def running_instance(config: Path | None, rehearsal: bool) -> Instance:
    """Read the settings of an instance that was started before; its clock is in its folder."""
    settings = load_settings(config)
    if not rehearsal:
        return Instance(settings, None, config)
    settings = settings.for_rehearsal()
    return Instance(settings, Clock.load(Layout.of(settings).clock), config)
