"""What each part is started with: its command, its configuration, its files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from callrouter.crashpoint import VARIABLE
from callrouter.layout import Layout
from callrouter.local_system.account import Account
from callrouter.local_system.child import Part
from callrouter.local_system.programs import plain_environment, program
from callrouter.local_system.secrets import Secrets, write_private
from callrouter.settings import PROJECT_ROOT, Settings

_RECORDS_NICENESS = 10
"""Records can wait; a caller who waits for a decision hears nothing."""


def phone_names(settings: Settings) -> tuple[str, ...]:
    """Every SIP account that needs a password."""
    softphone = (settings.sip.softphone,) if settings.sip.softphone else ()
    return (*settings.sip.seats, settings.sip.duty_phone, *softphone)


def broker_part(settings: Settings, layout: Layout, secrets: Secrets, account: Account | None) -> Part:
    """Return Mosquitto, with a password and a list of permitted topics for each of its two users."""
    folder = layout.broker
    (folder / "data").mkdir(parents=True, exist_ok=True)
    passwords = folder / "passwords"
    write_private(passwords, f"callrouter:{secrets.mqtt_controller}\nticketing:{secrets.mqtt_ticketing}\n")
    subprocess.run(  # noqa: S603 - our own program and file
        [program("mosquitto_passwd"), "-U", passwords], check=True, capture_output=True
    )
    topics = f"{settings.topic_prefix}/{settings.instance}"
    write_private(
        folder / "permissions",
        f"user callrouter\ntopic write {topics}/records\ntopic read {topics}/acks\n"
        f"user ticketing\ntopic read {topics}/records\ntopic write {topics}/acks\n",
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
            "--topic", f"{settings.topic_prefix}/{settings.instance}/records",
            "--database", str(layout.ticketing),
        ],
        log_file=layout.logs / "ticketing.log",
        environment=plain_environment(),
        niceness=_RECORDS_NICENESS,
    )  # fmt: skip


def controller_part(layout: Layout, config: Path | None, rehearsal: bool) -> Part:
    """Return the controller; it reads the same settings as we did, and the clock from its folder."""
    command = [sys.executable, "-m", "callrouter", "controller"]
    command += ["--config", str(config)] if config else []
    command += ["--rehearsal"] if rehearsal else []
    own = {name: value for name, value in os.environ.items() if name.startswith("CALLROUTER_")}
    return Part(
        name="controller",
        command=command,
        log_file=layout.logs / "controller.log",
        environment={**plain_environment(), **own, "PYTHONPATH": str(PROJECT_ROOT)},
    )


def records_part(config: Path | None, rehearsal: bool, armed: str = "") -> Part:
    """Return the process that makes records; the controller starts it.

    `armed`: what `callrouter.crashpoint.VARIABLE` says to the first one. The one after a strike passes every point.
    """
    command = [sys.executable, "-m", "callrouter", "records"]
    command += ["--config", str(config)] if config else []
    command += ["--rehearsal"] if rehearsal else []
    environment = dict(os.environ)
    arms = iter([armed])

    def arm_the_first_alone() -> None:
        environment[VARIABLE] = next(arms, "")

    return Part(
        name="records",
        command=command,
        log_file=None,
        environment=environment,
        stop_within_s=3.0,
        niceness=_RECORDS_NICENESS,
        before_start=arm_the_first_alone,
    )
