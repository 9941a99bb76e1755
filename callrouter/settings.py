"""The settings: what an installation may choose, and what cannot be chosen together."""

from __future__ import annotations

import ipaddress
from datetime import time
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from callrouter.vocabulary.web_address import WebAddressError, is_loopback, web_address

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: templates, plans, prompts and the relative paths of the settings hang here."""

Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
"""Lower case, digits and hyphens: safe in a topic, a file name and a dialplan."""


def _time_of_day(value: object) -> object:
    """Take `"HH:MM"` alone: YAML reads an unquoted 10:30 as the number 630."""
    if value is None or value == "" or isinstance(value, time):
        return value or None
    if not isinstance(value, str):
        # Not a TypeError: pydantic tells a ValueError's text beside the setting's name.
        raise ValueError('write the time of day in quotes, such as "03:10"; empty: never')  # noqa: TRY004
    return value


TimeOfDay = Annotated[time | None, BeforeValidator(_time_of_day)]
"""By the clock of Asia/Shanghai."""
UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]

_TAKEN_IN_PJSIP = frozenset({"carrier", "trunk", "phone", "global", "udp"})
"""Sections that asterisk/pjsip.conf.j2 has for itself."""
_REHEARSAL_RTP_PORTS = 1000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sip(_Part):
    """Telephony: the trunk, the seats, the phones."""

    port: Port = 5060
    rtp_first: Port = 21000
    rtp_last: Port = 21999
    carrier_networks: tuple[ipaddress.IPv4Network, ...] = (ipaddress.IPv4Network("127.0.0.2/32"),)
    seats: tuple[Name, ...] = ("1001", "1002")
    duty_phone: Name = "1999"
    softphone: Name | Literal[""] = "citizen"

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*self.seats, self.duty_phone, *([self.softphone] if self.softphone else [])]
        if len(set(names)) != len(names):
            raise ValueError("seats, duty_phone and softphone need names that differ; rename one")
        if taken := _TAKEN_IN_PJSIP.intersection(names):
            raise ValueError(f"{', '.join(sorted(taken))}: a section of pjsip.conf; rename the phone")
        if self.rtp_first >= self.rtp_last:
            raise ValueError("rtp_first must be below rtp_last")
        return self

    def beside(self, shift: int) -> Sip:
        """The same telephony for an instance beside this one: ports of its own, and no carrier but ours."""
        # Asterisk takes even ports for RTP, and would go one below an odd first one.
        first = self.rtp_last + 1 + (self.rtp_last + 1) % 2
        if first + _REHEARSAL_RTP_PORTS > 65535:
            first = self.rtp_first - self.rtp_first % 2 - _REHEARSAL_RTP_PORTS
        return self.model_copy(
            update={
                "port": self.port + shift,
                "rtp_first": first,
                "rtp_last": first + _REHEARSAL_RTP_PORTS - 1,
                "carrier_networks": (ipaddress.IPv4Network("127.0.0.2/32"),),
            }
        )


class Queue(_Part):
    """How long a caller waits, and for whom. Seconds."""

    general: Name = "hotline"
    """The general queue."""
    wait_s: Annotated[int, Field(ge=1, le=3600)] = 300
    duty_ring_s: Annotated[int, Field(ge=1, le=120)] = 25
    voicemail_limit_s: Annotated[int, Field(ge=10, le=600)] = 180

    @model_validator(mode="after")
    def _not_reserved(self) -> Self:
        if self.general == "general":
            raise ValueError(
                "`general` is what Asterisk calls the head of its queues.conf; take another, such as hotline"
            )
        return self


class Agi(_Part):
    """Our FastAGI server, always on loopback: the protocol has neither encryption nor authentication."""

    port: Port = 14573
    allowed_peers: tuple[ipaddress.IPv4Network, ...] = (ipaddress.IPv4Network("127.0.0.1/32"),)
    """Addresses that may ask; others are closed at once, and counted."""


class Ami(_Part):
    """Asterisk's manager interface, always on loopback."""

    port: Port = 15038


class Asterisk(_Part):
    """Where an Asterisk of your own keeps its things; None: CallRouter's own does, in the run directory."""

    log_dir: Path | None = None
    """Holds cel-custom/cel.csv."""
    spool_dir: Path | None = None
    """Holds voicemail/."""


class Mqtt(_Part):
    """The broker between us and the ticketing side."""

    host: str = "127.0.0.1"
    port: Port = 18883
    username: UserName = "callrouter"
    password_file: Path | None = None
    """0600; None: the password that was made for the broker of ours."""
    tls_ca: Path | None = None
    """The certificates (PEM) by which the broker is known; None: no TLS."""

    @property
    def is_on_loopback(self) -> bool:
        """Whether what is said to the broker stays on this machine."""
        return is_loopback(self.host)


class Http(_Part):
    """Probes and metrics, on loopback."""

    port: Port = 18080


class Ticketing(_Part):
    """Delivery to the ticketing side."""

    deliver_by: Literal["mqtt", "webhook", "json_lines"] = "mqtt"
    resend_after_s: Annotated[float, Field(gt=0, le=3600)] = 15
    live_events: bool = True
    """Whether arrivals, answers, transfers and ends are told as they happen, beside the record."""
    events_per_message: Annotated[int, Field(ge=1, le=500)] = 100
    """At most so many travel together; 1 for a receiver that takes no batches."""
    reconcile_at: TimeOfDay = time(3, 10)
    """When, by the clock of Asia/Shanghai, both sides compare what they have; None: never."""
    webhook_url: str = ""
    webhook_secret_file: Path | None = None
    """0600; None: one is made, in the run directory."""
    lines_dir: Path | None = None
    """Where the JSON lines are written; None: in the run directory."""
    webhook_plain_http: bool = False
    """Whether webhook_url may be http to another machine: whoever is on the way can read the records."""

    @model_validator(mode="after")
    def _webhook_can_be_asked(self) -> Self:
        if self.deliver_by == "webhook" or self.webhook_url:
            try:
                web_address(self.webhook_url, plain_http=self.webhook_plain_http)
            except WebAddressError as error:
                raise ValueError(f"webhook_url: {error}") from None
        return self


class Records(_Part):
    """What is kept, and for how long. Records themselves are kept for ever."""

    rotate_journal_mb: Annotated[int, Field(ge=1, le=4096)] = 64
    """Asterisk's journal is put aside when it is that large."""
    keep_journal_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Journal files that were read to their end."""
    keep_rows_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """The journal's rows of a call, in the database."""
    keep_delivered_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Messages that the ticketing side has acknowledged."""


class Managed(_Part):
    """Which parts CallRouter starts itself."""

    asterisk: bool = True
    controller: bool = True
    broker: bool = True
    ticketing_subscriber: bool = True


class Rehearsal(_Part):
    """Where a rehearsal differs from the live instance."""

    port_shift: Annotated[int, Field(ge=1, le=30000)] = 100
    run_dir: Path = Path(".local/rehearsal")


class Log(_Part):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = "info"


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
    database_url: str = ""
    ticketing: Ticketing = Ticketing()
    records: Records = Records()
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
