"""Settings, read once at start from config/callrouter.yaml and CALLROUTER_* variables; all errors at once."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: templates, plans, prompts and the relative paths of the settings hang here."""

Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
"""Lower case, digits and hyphens: safe in a topic, a file name and a dialplan."""


class SettingsError(Exception):
    """The settings cannot be used; the text lists every fault with its place and remedy."""


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
        if "carrier" in names:
            raise ValueError("`carrier` is the trunk's own name; rename the phone")
        if self.rtp_first >= self.rtp_last:
            raise ValueError("rtp_first must be below rtp_last")
        return self


class Queue(_Part):
    """How long a caller waits, and for whom. Seconds."""

    general: Name = "hotline"
    """The general queue. Not `general`: that is what Asterisk calls the head of its queues.conf."""
    wait_s: Annotated[int, Field(ge=1, le=3600)] = 300
    duty_ring_s: Annotated[int, Field(ge=1, le=120)] = 25
    voicemail_limit_s: Annotated[int, Field(ge=10, le=600)] = 180


class Agi(_Part):
    """Our FastAGI server, always on loopback: the protocol has neither encryption nor authentication."""

    port: Port = 14573


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


class Http(_Part):
    """Probes and metrics, on loopback."""

    port: Port = 18080


class Ticketing(_Part):
    """Delivery to the ticketing side."""

    resend_after_s: Annotated[float, Field(gt=0, le=3600)] = 15


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
    managed: Managed = Managed()
    rehearsal: Rehearsal = Rehearsal()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides the file; nothing else is read."""
        return (
            init_settings,
            env_settings,
            YamlConfigSettingsSource(settings_cls, settings_cls.model_config.get("yaml_file")),
        )

    def path(self, relative: Path) -> Path:
        """Anchor a path of the settings to the checkout."""
        return relative if relative.is_absolute() else PROJECT_ROOT / relative

    def for_rehearsal(self) -> Settings:
        """The same installation as a separate instance that cannot touch the live one.

        Its SIP is bound to loopback, from where the kernel lets no packet leave the machine: no emergency
        desk, branch center or carrier can be reached, whatever a plan says.
        """
        shift = self.rehearsal.port_shift
        ports = {
            "sip": self.sip.model_copy(
                update={
                    "port": self.sip.port + shift,
                    "rtp_first": self.sip.rtp_first + 1000,
                    "rtp_last": self.sip.rtp_last + 1000,
                    "carrier_networks": (ipaddress.IPv4Network("127.0.0.2/32"),),
                }
            ),
            "agi": Agi(port=self.agi.port + shift),
            "ami": Ami(port=self.ami.port + shift),
            "mqtt": Mqtt(host="127.0.0.1", port=self.mqtt.port + shift),
            "http": Http(port=self.http.port + shift),
        }
        return self.model_copy(
            update={
                **ports,
                "topic_prefix": f"{self.topic_prefix}-rehearsal",
                "bind": ipaddress.IPv4Address("127.0.0.1"),
                "run_dir": self.rehearsal.run_dir,
                "database_url": "",
                "asterisk": Asterisk(),
                "managed": self.managed.model_copy(update={"asterisk": True, "broker": True}),
            }
        )


def load_settings(file: Path | None = None) -> Settings:
    """Read the settings file (`config/callrouter.yaml` unless told) and the environment.

    Raises SettingsError, naming every faulty setting.
    """
    chosen = file or PROJECT_ROOT / "config" / "callrouter.yaml"
    if not chosen.is_file():
        raise SettingsError(f"{chosen}: there is no such settings file; name one with --config")

    class FromFile(Settings):
        model_config = SettingsConfigDict(**{**Settings.model_config, "yaml_file": chosen})

    try:
        return FromFile()
    except ValidationError as error:
        raise SettingsError(_all_faults(chosen, error)) from None


def _all_faults(file: Path, error: ValidationError) -> str:
    lines = [f"设置有误 / {error.error_count()} fault(s) in the settings ({_shown(file)} and CALLROUTER_*):"]
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"]) or "settings"
        lines.append(f"  {where}: {fault['msg']}")
    return "\n".join(lines)


def _shown(file: Path) -> str:
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)
