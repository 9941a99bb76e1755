"""The settings: what an installation may choose, and what cannot be chosen together."""

from __future__ import annotations

import ipaddress
from itertools import combinations
from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from callrouter.settings_parts import (
    Agi,
    Ami,
    Asterisk,
    Desk,
    Http,
    Log,
    Managed,
    Mqtt,
    Name,
    Queue,
    Recording,
    Records,
    Rehearsal,
    Sip,
    Survey,
    Ticketing,
)

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: templates, plans, prompts and the relative paths of the settings hang here."""


class Settings(BaseSettings):
    """Everything an installation may choose; see config/callrouter.yaml for what each means."""

    model_config = SettingsConfigDict(
        env_prefix="CALLROUTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    instance: Name = "callrouter"
    node: Name = "node1"
    topic_prefix: Name = "callrouter"
    plan: Path = Path("dialplans/sichuan")
    run_dir: Path = Path(".local/run")
    bind: ipaddress.IPv4Address = ipaddress.IPv4Address("127.0.0.1")
    sip: Sip = Sip()
    queue: Queue = Queue()
    asterisk: Asterisk = Asterisk()
    agi: Agi = Agi()
    ami: Ami = Ami()
    mqtt: Mqtt = Mqtt()
    http: Http = Http()
    desk: Desk = Desk()
    database_url: str = ""
    ticketing: Ticketing = Ticketing()
    records: Records = Records()
    recording: Recording = Recording()
    survey: Survey = Survey()
    managed: Managed = Managed()
    rehearsal: Rehearsal = Rehearsal()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides what is given; nothing else is read."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _instances_apart(self) -> Self:
        faults = _port_faults(self)
        if self.path(self.run_dir) == self.path(self.rehearsal.run_dir):
            faults.append("run_dir and rehearsal.run_dir are the same folder; give the rehearsal its own")
        if self.managed.broker and self.ticketing.deliver_by == "mqtt":
            faults += _broker_faults(self.mqtt)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def path(self, relative: Path) -> Path:
        """Anchor a path of the settings to the checkout."""
        return relative if relative.is_absolute() else PROJECT_ROOT / relative

    def for_rehearsal(self) -> Settings:
        """The same installation as a separate instance that cannot touch the live one.

        Its SIP is bound to loopback, from where the kernel lets no packet leave the machine: no emergency
        desk, branch center or carrier can be reached, whatever a plan says. What it records goes to a broker and a
        ticketing side of its own, whichever way the live instance delivers.
        """
        shift = self.rehearsal.port_shift
        ports = {
            "sip": self.sip.beside(shift),
            "agi": self.agi.model_copy(update={"port": self.agi.port + shift}),
            "ami": self.ami.model_copy(update={"port": self.ami.port + shift}),
            "mqtt": Mqtt(port=self.mqtt.port + shift),
            "http": self.http.model_copy(update={"port": self.http.port + shift}),
        }
        return self.model_copy(
            update={
                **ports,
                "topic_prefix": f"{self.topic_prefix}-rehearsal",
                "bind": ipaddress.IPv4Address("127.0.0.1"),
                "run_dir": self.rehearsal.run_dir,
                "database_url": "",
                "asterisk": Asterisk(),
                "ticketing": self.ticketing.model_copy(
                    update={
                        "deliver_by": "mqtt",
                        "webhook_url": "",
                        "webhook_secret_file": None,
                        "webhook_plain_http": False,
                        "lines_dir": None,
                    }
                ),
                "managed": self.managed.model_copy(
                    update={"asterisk": True, "broker": True, "ticketing_subscriber": True}
                ),
            }
        )


def _broker_faults(mqtt: Mqtt) -> list[str]:
    """Name what cannot be asked of the broker that we start ourselves."""
    faults = []
    if mqtt.tls_ca or mqtt.password_file:
        faults.append(
            "mqtt.tls_ca and mqtt.password_file are for a broker of your own: set managed.broker to false"
        )
    if mqtt.username == "ticketing":
        faults.append("mqtt.username: ticketing is the other side's name at our broker; take another")
    return faults


def _port_faults(settings: Settings) -> list[str]:
    """Name each TCP port that two parts, or live and rehearsal, would share, and each port there cannot be.

    SIP and audio of the two are apart by themselves; within one of them Asterisk passes over a taken port.
    """
    rehearsal = settings.for_rehearsal()
    tcp = [*_tcp_ports(settings, ""), *_tcp_ports(rehearsal, "the rehearsal's ")]
    audio = ("the rehearsal's audio", rehearsal.sip.rtp_first)
    outside = [
        f"{name}: {port} is no port; change rehearsal.port_shift or the setting"
        for name, port in [*tcp, ("the rehearsal's sip.port", rehearsal.sip.port), audio]
        if not 1 <= port <= 65535
    ]
    shared = [
        f"{one} and {other} share TCP port {port}; change one, or rehearsal.port_shift"
        for (one, port), (other, same) in combinations(tcp, 2)
        if port == same
    ]
    return outside + shared


def _tcp_ports(settings: Settings, whose: str) -> list[tuple[str, int]]:
    taken = {"agi.port": settings.agi.port, "ami.port": settings.ami.port, "http.port": settings.http.port}
    if settings.mqtt.is_on_loopback:
        taken["mqtt.port"] = settings.mqtt.port
    return [(f"{whose}{name}", port) for name, port in taken.items()]
