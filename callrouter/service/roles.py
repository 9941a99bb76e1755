"""Which parts of the system run here: `--roles`.

Rules:
- Without `--roles`, everything does. What the settings say is not ours (`managed`) is not started in any case.
- `route`, `collect` and `publish` are our own work: answering dips, making records, delivering them. Each may run on
  another host; the database is where they meet, and leases see to it that nothing is done twice: whoever comes second
  stands by.
- The broker and the reference ticketing side are there for MQTT: delivered in another way, neither is started.
- Who collects and publishes does so in two processes (`shares`): an interpreter uses one core, and each takes one.
- SQLite is a file: processes of one host may share it, hosts may not.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from callrouter.settings import Settings
from callrouter.settings_file import SettingsError


class Role(StrEnum):
    """A part of the system that may run by itself."""

    ROUTE = "route"
    """The controller: answers dips, and keeps the seats in their queues while it has the control lease."""
    COLLECT = "collect"
    """Asterisk's journal becomes records; runs where the journal is."""
    PUBLISH = "publish"
    """Records become delivered messages."""
    BROKER = "broker"
    ASTERISK = "asterisk"
    TICKETING = "ticketing"
    """The reference ticketing side."""


ALL_ROLES: Final = frozenset(Role)
RECORD_ROLES: Final = frozenset({Role.COLLECT, Role.PUBLISH})
OWN_ROLES: Final = RECORD_ROLES | {Role.ROUTE}
"""What needs our own code, and has probes."""


def read_roles(text: str | None) -> frozenset[Role]:
    """Read `route,collect`; None is all of them. Raises SettingsError, naming the roles there are."""
    if text is None:
        return ALL_ROLES
    words = [word for part in text.split(",") if (word := part.strip())]
    unknown = sorted({word for word in words if word not in set(Role)})
    if unknown or not words:
        what = f"没有这个角色 / no such role: {', '.join(unknown)}" if unknown else "未给出角色 / none given"
        raise SettingsError(
            f"--roles: {what}; 可选 / the roles are: {', '.join(Role)}, 以逗号分隔 / separated by commas"
        )
    return frozenset(Role(word) for word in words)


def spell(roles: frozenset[Role]) -> str:
    """Undo `read_roles`."""
    return ",".join(role for role in Role if role in roles)


def shares(roles: frozenset[Role]) -> dict[str, frozenset[Role]]:
    """Divide our own work, but for answering dips, among records processes: their names, each with its roles.

    They are ended in this order: what is collected last may still be published.
    """
    own = roles & OWN_ROLES
    if own >= RECORD_ROLES:
        return {"collect": own - {Role.PUBLISH}, "publish": frozenset({Role.PUBLISH})}
    return {"records": own}


def to_run(settings: Settings, roles: frozenset[Role]) -> frozenset[Role]:
    """Leave out what the settings say is somebody else's.

    Raises SettingsError when nothing is left.
    """
    managed, by_mqtt = settings.managed, settings.ticketing.deliver_by == "mqtt"
    ours = {
        Role.ASTERISK: managed.asterisk,
        Role.BROKER: managed.broker and by_mqtt,
        Role.TICKETING: managed.ticketing_subscriber and by_mqtt,
        **dict.fromkeys(OWN_ROLES, managed.controller),
    }
    left = frozenset(role for role in roles if ours[role])
    if not left:
        raise SettingsError(
            f"--roles {spell(roles)}: 设置中 managed 或 deliver_by 排除了这些部件，没有可启动的"
            " / nothing is left to start: the settings `managed` and `ticketing.deliver_by` leave these out; change"
            " them, or --roles"
        )
    return left


def doubts(settings: Settings, roles: frozenset[Role]) -> tuple[str, ...]:
    """Say what may go wrong with these roles: not forbidden, for on one host it is right."""
    found = []
    if not settings.database_url and OWN_ROLES & roles and not roles >= OWN_ROLES:
        found.append(
            "角色分开运行而 database_url 为空：SQLite 只能由同一台主机上的进程共用，分在多台主机请用 PostgreSQL"
            " / the roles are split and database_url is empty: SQLite can be shared by processes of one host, never"
            " by several hosts; give PostgreSQL there"
        )
    if Role.COLLECT in roles and Role.ASTERISK not in roles and settings.managed.asterisk:
        found.append(
            "collect 要读 Asterisk 的话单文件，须与它在同一台主机 / collect reads Asterisk's journal files:"
            " run it on Asterisk's host"
        )
    return tuple(found)
