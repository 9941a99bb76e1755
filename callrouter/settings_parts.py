"""The settings of each part of the system, and what each of them may say by itself."""

from __future__ import annotations

import ipaddress
from datetime import time
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from callrouter.vocabulary.web_address import WebAddressError, is_loopback, web_address

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

_TAKEN_IN_PJSIP = frozenset({"carrier", "trunk", "phone", "system", "global", "udp"})
"""Sections that asterisk/pjsip.conf.j2 has for itself."""
_REHEARSAL_RTP_PORTS = 1000
_REHEARSED_CARRIER = ipaddress.IPv4Network("127.0.0.2/32")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sip(_Part):
    """Telephony: the trunk, the seats, the phones."""

    port: Port = 5060
    rtp_first: Port = 21000
    rtp_last: Port = 21999
    carrier_networks: tuple[ipaddress.IPv4Network, ...] = (ipaddress.IPv4Network("127.0.0.2/32"),)
    trunks: dict[Name, tuple[ipaddress.IPv4Network, ...]] = {}
    """Trunks beside the carrier's by which calls come in, by their ids in the plan, and from where:
    `police-110: [192.0.2.110/32]`. What such a trunk tells of a call is believed as far as the plan says."""
    seats: tuple[Name, ...] = ("1001", "1002")
    supervisors: tuple[Name, ...] = ()
    """Who help with calls and listen to them; a seat may be one too. Others answer no queue."""
    duty_phone: Name = "1999"
    softphone: Name | Literal[""] = "citizen"
    silent_trunk_s: Annotated[int, Field(ge=10, le=600)] = 30
    """Of a call that left by a trunk: without a packet for so long, the line counts as dead. A gateway that sends
    nothing while its side is silent (no comfort noise) needs more."""

    @property
    def staff(self) -> tuple[str, ...]:
        """Every account of an agent or a supervisor, each once."""
        return tuple(dict.fromkeys((*self.seats, *self.supervisors)))

    @model_validator(mode="after")
    def _addresses_tell_trunks_apart(self) -> Self:
        known = {"carrier": self.carrier_networks, **self.trunks}
        for (name, networks), (other, theirs) in combinations(known.items(), 2):
            if any(one.overlaps(another) for one in networks for another in theirs):
                raise ValueError(
                    f"{name} and {other} have an address in common: nobody could tell whose a call is"
                )
        for name, networks in self.trunks.items():
            if not networks or name.startswith("peer-"):
                raise ValueError(
                    f"trunks.{name}: needs an address, and a name that does not begin with peer-"
                )
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        others = [self.duty_phone, *([self.softphone] if self.softphone else []), *self.trunks]
        names = [*self.staff, *others]
        if len(set(names)) != len(names) or len(set(self.seats)) != len(self.seats):
            raise ValueError(
                "seats (or supervisors), duty_phone, softphone and trunks need names that differ; rename one"
            )
        if len(set(self.supervisors)) != len(self.supervisors):
            raise ValueError("supervisors: a name stands twice; remove one")
        if taken := _TAKEN_IN_PJSIP.intersection(names):
            raise ValueError(f"{', '.join(sorted(taken))}: a section of pjsip.conf; rename the phone")
        if self.rtp_first >= self.rtp_last:
            raise ValueError("rtp_first must be below rtp_last")
        return self

    def beside(self, shift: int) -> Sip:
        """The same telephony for an instance beside this one: ports of its own, and nobody from outside this machine.

        Calls of its trunks come from the loopback addresses that they have among others, if they have any.
        """
        # Asterisk takes even ports for RTP, and would go one below an odd first one.
        first = self.rtp_last + 1 + (self.rtp_last + 1) % 2
        if first + _REHEARSAL_RTP_PORTS > 65535:
            first = self.rtp_first - self.rtp_first % 2 - _REHEARSAL_RTP_PORTS
        return self.model_copy(
            update={
                "port": self.port + shift,
                "rtp_first": first,
                "rtp_last": first + _REHEARSAL_RTP_PORTS - 1,
                "carrier_networks": (_REHEARSED_CARRIER,),
                "trunks": {name: own for name, all_ in self.trunks.items() if (own := _on_loopback(all_))},
            }
        )


def _on_loopback(networks: tuple[ipaddress.IPv4Network, ...]) -> tuple[ipaddress.IPv4Network, ...]:
    return tuple(one for one in networks if one.is_loopback and not one.overlaps(_REHEARSED_CARRIER))


class Queue(_Part):
    """How long a caller waits, and for whom. Seconds."""

    general: Name = "hotline"
    """The general queue."""
    wait_s: Annotated[int, Field(ge=1, le=3600)] = 300
    duty_ring_s: Annotated[int, Field(ge=1, le=120)] = 25
    voicemail_limit_s: Annotated[int, Field(ge=10, le=600)] = 180
    voicemail_shortest_s: Annotated[int, Field(ge=1, le=30)] = 2
    """What is shorter is no message: the caller is asked again."""
    ring_s: Annotated[int, Field(ge=5, le=60)] = 15
    """How long one seat rings before the next one does, and the one that did not answer is paused."""
    wrap_up_s: Annotated[int, Field(ge=0, le=600)] = 5
    """After a call, before the seat's next one."""
    transfer_ring_s: Annotated[int, Field(ge=5, le=120)] = 30
    """How long another side rings to which an agent passes a caller."""
    emergency_ring_s: Annotated[int, Field(ge=10, le=60)] = 20
    """How long each trunk to an emergency service rings before the next one is called."""
    special_wait_s: Annotated[int, Field(ge=1, le=3600)] = 60
    """In a queue of expert or dedicated seats, before its overflow."""
    long_wait_s: Annotated[int, Field(ge=15, le=3600)] = 60
    """After which a message and a call-back are offered, again and again."""
    overload_at: Annotated[int, Field(ge=1, le=10_000)] = 40
    """With so many callers ahead a message and a call-back are offered at once."""
    call_back: bool = True
    """Whether a caller who waits may ask to be called back instead."""

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


class Desk(_Part):
    """The agents' desks, over HTTP."""

    show_numbers: bool = False
    """Whether agents see their caller's whole number; supervisors do."""
    most_streams: Annotated[int, Field(ge=1, le=5000)] = 200
    """Who may listen to events at once."""
    drain_s: Annotated[int, Field(ge=0, le=600)] = 60
    """How long a stop waits for transfers that go on."""


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


class Recording(_Part):
    """Recording of calls, after the caller has been told."""

    enabled: bool = True
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 730
    """No document names a term; network logs are kept for six months at least."""


class Survey(_Part):
    """What callers are asked after they have talked to an agent."""

    enabled: bool = True


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
