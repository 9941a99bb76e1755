"""What each part is started with: its command, its configuration, its files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from callrouter.crashpoint import VARIABLE
from callrouter.layout import Layout
from callrouter.local_system.account import Account
from callrouter.local_system.child import Child, Part
from callrouter.local_system.programs import plain_environment, program
from callrouter.local_system.secrets import Secrets, write_private
from callrouter.service.bell import Bell
from callrouter.service.records_links import Share
from callrouter.service.roles import OWN_ROLES, Role, shares, spell
from callrouter.service.standing import works_of
from callrouter.settings import PROJECT_ROOT, Settings

_RECORDS_NICENESS = 10
"""Records can wait; a caller who waits for a decision hears nothing."""


_OUR_TOPICS = ("records", "live", "reconcile")
"""What we write and the ticketing side reads."""


def phone_names(settings: Settings) -> tuple[str, ...]:
    """Every SIP account that needs a password."""
    softphone = (settings.sip.softphone,) if settings.sip.softphone else ()
    return (*settings.sip.staff, settings.sip.duty_phone, *softphone)


def broker_part(settings: Settings, layout: Layout, secrets: Secrets, account: Account | None) -> Part:
    """Return Mosquitto, with a password and a list of permitted topics for each of its two users."""
    folder = layout.broker
    (folder / "data").mkdir(parents=True, exist_ok=True)
    passwords = folder / "passwords"
    ours = settings.mqtt.username
    write_private(passwords, f"{ours}:{secrets.mqtt_controller}\nticketing:{secrets.mqtt_ticketing}\n")
    subprocess.run(  # noqa: S603 - our own program and file
        [program("mosquitto_passwd"), "-U", passwords], check=True, capture_output=True
    )
    topics = f"{settings.topic_prefix}/{settings.instance}"
    write_private(
        folder / "permissions",
        f"user {ours}\n{_topics('write', topics, _OUR_TOPICS)}topic read {topics}/acks\n"
        f"user ticketing\n{_topics('read', topics, _OUR_TOPICS)}topic write {topics}/acks\n",
    )
    write_private(
        folder / "mosquitto.conf",
        f"listener {settings.mqtt.port} {settings.mqtt.host}\n"
        "allow_anonymous false\n"
        f"password_file {passwords}\nacl_file {folder / 'permissions'}\n"
        # A message the broker forgot is sent again by the outbox; its own store only saves the repetition.
        f"persistence true\npersistence_location {folder / 'data'}/\nautosave_interval 60\n"
        "max_queued_messages 0\nset_tcp_nodelay true\n"
        "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\n",
    )
    if account:
        account.owns(folder)
    return Part(
        name="broker",
        command=[str(program("mosquitto")), "-c", str(folder / "mosquitto.conf")],
        log_file=layout.logs / "broker.log",
        environment=plain_environment(),
        account=account,
    )


def subscriber_part(settings: Settings, layout: Layout, secrets: Secrets) -> Part:
    """Return the reference ticketing subscriber."""
    layout.ticketing.parent.mkdir(parents=True, exist_ok=True)
    password = layout.ticketing.parent / "mqtt-password"
    write_private(password, secrets.mqtt_ticketing)
    return Part(
        name="ticketing",
        command=[
            sys.executable,
            str(PROJECT_ROOT / "deploy" / "ticketing-subscriber" / "subscriber.py"),
            "--host", settings.mqtt.host,
            "--port", str(settings.mqtt.port),
            "--username", "ticketing",
            "--password-file", str(password),
            "--topic", f"{settings.topic_prefix}/{settings.instance}",
            "--database", str(layout.ticketing),
        ],
        log_file=layout.logs / "ticketing.log",
        environment=plain_environment(),
        niceness=_RECORDS_NICENESS,
    )  # fmt: skip


def controller_part(
    layout: Layout,
    config: Path | None,
    rehearsal: bool,
    roles: frozenset[Role] = OWN_ROLES,
    *,
    drain_s: float = 0,
) -> Part:
    """Return the controller; it reads the same settings as we did, and the clock from its folder.

    `drain_s`: how long it may wait for transfers that go on before it stops.
    """
    return Part(
        name="controller",
        command=_own_command(["controller"], config, rehearsal, roles),
        log_file=layout.logs / "controller.log",
        environment=_own_environment(),
        # Its drain, and then its records processes, one after the other.
        stop_within_s=drain_s + 10.0,
    )


def records_alone_part(layout: Layout, config: Path | None, rehearsal: bool, roles: frozenset[Role]) -> Part:
    """Return the process that makes or delivers records where no controller runs; it has probes of its own.

    With both roles it keeps two processes running that do the work (`records_shares`).
    """
    return Part(
        name="records",
        command=_own_command(["records", "make"], config, rehearsal, roles - {Role.ROUTE}),
        log_file=layout.logs / "records.log",
        environment=_own_environment(),
    )


def records_shares(
    config: Path | None, rehearsal: bool, armed: str, roles: frozenset[Role], bell: Bell
) -> list[Share]:
    """Return the records processes of these roles, to be started; see `records_part`."""
    divided = shares(roles)
    return [
        Share(
            name,
            works_of(share),
            Child(
                records_part(
                    config,
                    rehearsal,
                    armed,
                    share,
                    name=name if len(divided) == 1 else f"records {name}",
                    bell=bell if len(divided) > 1 else None,
                    stands_back=Role.ROUTE in roles,
                )
            ),
        )
        for name, share in divided.items()
    ]


def records_part(
    config: Path | None,
    rehearsal: bool,
    armed: str = "",
    roles: frozenset[Role] = OWN_ROLES,
    *,
    name: str = "records",
    bell: Bell | None = None,
    stands_back: bool = True,
) -> Part:
    """Return a process that makes or delivers records, to be talked to over pipes.

    `armed`: what `callrouter.crashpoint.VARIABLE` says to the first one. The one after a strike passes every point.
    Of several, those that never come to the point live on. `stands_back`: where there are callers.
    """
    environment = dict(os.environ)
    arms = iter([armed])

    def arm_the_first_alone() -> None:
        environment[VARIABLE] = next(arms, "")

    words = ["records", "make"]
    if Role.ROUTE not in roles:
        words.append("--on-pipes")
    if bell:
        words += ["--bell", str(bell.descriptor)]
    return Part(
        name=name,
        command=_own_command(words, config, rehearsal, roles),
        log_file=None,
        environment=environment,
        stop_within_s=3.0,
        inherited=(bell.descriptor,) if bell else (),
        niceness=_RECORDS_NICENESS if stands_back else 0,
        before_start=arm_the_first_alone,
    )


def _own_command(words: list[str], config: Path | None, rehearsal: bool, roles: frozenset[Role]) -> list[str]:
    return [
        *(sys.executable, "-m", "callrouter", *words),
        *(("--config", str(config)) if config else ()),
        *(("--rehearsal",) if rehearsal else ()),
        *(("--roles", spell(roles)) if roles != OWN_ROLES else ()),
    ]


def _own_environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name.startswith("CALLROUTER_")}
    return {**plain_environment(), **own, "PYTHONPATH": str(PROJECT_ROOT)}


def _topics(how: str, prefix: str, names: Iterable[str]) -> str:
    return "".join(f"topic {how} {prefix}/{name}\n" for name in names)
