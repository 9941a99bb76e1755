"""`callrouter records make`: the processes that make and deliver records."""

from __future__ import annotations

from pathlib import Path

import uvloop

from callrouter.cli.instance import running_instance
from callrouter.cli.serve import arm_as_asked, asked_to_strike
from callrouter.crashpoint import armed_by
from callrouter.log import configure_logging
from callrouter.service.bell import Bell
from callrouter.service.roles import Role
from callrouter.settings_file import SettingsError


def make(
    config: Path | None, rehearsal: bool, roles: frozenset[Role], bell: int | None, *, on_pipes: bool
) -> None:
    """Do the work in this process; over pipes, or alone with probes."""
    from callrouter.local_system.secrets import read, read_word
    from callrouter.service.records import Passwords, RecordsService

    armed, for_records = asked_to_strike()
    ours = None if bell is None else _given(bell)
    instance = running_instance(config, rehearsal)
    settings, layout = instance.settings, instance.layout
    configure_logging(settings.log.level)
    arm_as_asked(armed_by(for_records) if for_records else armed)
    made, given = read(layout.secrets), settings.mqtt.password_file
    passwords = Passwords(
        made.ami, read_word(settings.path(given)) if given else made.mqtt_controller, made.webhook
    )
    service = RecordsService(settings, layout, roles, passwords, rehearsal=rehearsal, bell=ours)
    if on_pipes:
        from callrouter.service.records_process import on_pipes as answering

        uvloop.run(answering(service))
    else:
        from callrouter.service.records_alone import alone

        uvloop.run(alone(service, roles, settings.http.port))


def make_apart(config: Path | None, rehearsal: bool, roles: frozenset[Role]) -> None:
    """Have the work done by processes of their own, with one set of probes."""
    from callrouter.local_system.parts import records_shares
    from callrouter.service.records_alone import apart

    _armed, for_records = asked_to_strike()
    settings = running_instance(config, rehearsal).settings
    configure_logging(settings.log.level)
    with Bell.made() as bell:
        shares = records_shares(config, rehearsal, for_records, roles, bell)
        uvloop.run(apart(shares, roles, settings.http.port))


def _given(bell: int) -> Bell:
    try:
        return Bell.given(bell)
    except ValueError as error:
        raise SettingsError(
            f"--bell: {error}; 由 serve 或控制器自己给出 / serve and the controller give it by themselves"
        ) from None
