"""Starts the whole system, or the part of it that runs here, in order, and ends it, in order.

Each part is a process of its own. Answering dips does not share one with making records: measured, a dip then waits
for the interpreter while a batch is folded, and a caller who waits for a decision hears nothing.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from callrouter.announcements import plan_to_serve
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.clock import Clock
from callrouter.layout import SETUP_FOLDER, Layout
from callrouter.local_system import parts
from callrouter.local_system.account import Account, unprivileged_account
from callrouter.local_system.asterisk import asterisk_part
from callrouter.local_system.child import Child, Part
from callrouter.local_system.not_ready import NotReady
from callrouter.local_system.ports import Wanted, require_free
from callrouter.local_system.secrets import Secrets, load_or_make, write_private
from callrouter.service.fallback_for_asterisk import with_fallback
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.roles import ALL_ROLES, OWN_ROLES, RECORD_ROLES, Role, doubts, to_run
from callrouter.settings import Settings

_READY_WITHIN_S = 30.0


@dataclass(slots=True)
class LocalSystem:
    """The parts that this installation starts itself. Use as `async with`."""

    settings: Settings
    clock: Clock | None
    """The rehearsal's clock; None when live. The settings must then be those `for_rehearsal`."""
    config: Path | None
    report: Callable[[str], None]
    """Told each step, in a few words."""
    roles: frozenset[Role] = ALL_ROLES
    """Which parts run here, as far as the settings say that they are ours."""
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Where this instance keeps its things."""
        return Layout.of(self.settings)

    async def __aenter__(self) -> Self:
        """Start everything and wait until it is ready.

        Raises SettingsError, PortsTaken, PlanErrors, ProgramMissing, SecretsError or PermissionError before anything
        was started, and NotReady afterwards (everything is then ended again).
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End the parts: the one that takes calls first, the one that delivers records last but one."""
        for name in ("asterisk", "controller", "records", "ticketing", "broker"):
            if name in self.children:
                await self.children[name].stop()

    async def _start(self) -> None:
        self.roles = to_run(self.settings, self.roles)
        for doubt in doubts(self.settings, self.roles):
            self.report(f"注意 / note: {doubt}")
        require_free(self._ports())
        now = (self.clock or Clock()).now()
        loaded = plan_to_serve(self.settings.path(self.settings.plan), now)
        plan = of_the_plan(self.settings, loaded, rehearsal=self.clock is not None, at=now)
        if Role.ASTERISK in self.roles:
            plan = with_fallback(plan, self.settings, loaded, now, self.layout.made_for_asterisk)
        self.layout.root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # The parts' account goes through this folder to its own; what is secret in it is closed by itself.
            self.layout.root.chmod(0o755)
        secrets = load_or_make(self.layout.secrets, parts.phone_names(self.settings))
        account = None
        if self.roles & {Role.ASTERISK, Role.BROKER}:
            account = unprivileged_account(SETUP_FOLDER, self.layout.root)
        self.layout.logs.mkdir(parents=True, exist_ok=True)
        self.layout.logs.chmod(0o700)
        if self.clock:
            self.clock.save(self.layout.clock)
        self._write_phones(secrets)
        for part in self._parts(secrets, account, plan):
            self.report(f"启动 / starting: {part.name}")
            child = Child(part)
            self.children[part.name] = child
            await child.start()
        if self.roles & OWN_ROLES:
            await self._ready()

    def _parts(self, secrets: Secrets, account: Account | None, plan: OfThePlan) -> list[Part]:
        settings, layout = self.settings, self.layout
        roles, rehearsal = self.roles, self.clock is not None
        wanted = []
        if Role.BROKER in roles:
            wanted.append(parts.broker_part(settings, layout, secrets, account))
        if Role.ASTERISK in roles:
            offset_s = self.clock.offset_s if self.clock else 0
            wanted.append(asterisk_part(settings, layout, secrets, offset_s, account, plan=plan))
        if Role.TICKETING in roles:
            wanted.append(parts.subscriber_part(settings, layout, secrets))
        if Role.ROUTE in roles:
            ours, drain_s = roles & OWN_ROLES, settings.desk.drain_s
            wanted.append(parts.controller_part(layout, self.config, rehearsal, ours, drain_s=drain_s))
        elif roles & RECORD_ROLES:
            wanted.append(parts.records_alone_part(layout, self.config, rehearsal, roles & RECORD_ROLES))
        return wanted

    def _ports(self) -> list[Wanted]:
        settings = self.settings
        wanted = []
        if self.roles & OWN_ROLES:
            wanted.append(Wanted("http.port", "tcp", "127.0.0.1", settings.http.port))
        if Role.ROUTE in self.roles:
            wanted.append(Wanted("agi.port", "tcp", "127.0.0.1", settings.agi.port))
        if Role.ASTERISK in self.roles:
            wanted += [
                Wanted("sip.port", "udp", str(settings.bind), settings.sip.port),
                Wanted("sip.rtp_first", "udp", str(settings.bind), settings.sip.rtp_first),
                Wanted("ami.port", "tcp", "127.0.0.1", settings.ami.port),
            ]
        if Role.BROKER in self.roles:
            wanted.append(Wanted("mqtt.port", "tcp", settings.mqtt.host, settings.mqtt.port))
        return wanted

    def _write_phones(self, secrets: Secrets) -> None:
        where = f"{self.settings.bind}:{self.settings.sip.port}"
        lines = [f"# SIP {where} UDP; account, password, role"]
        for name, password in secrets.phones.items():
            role = "supervisor" if name in self.settings.sip.supervisors else "duty phone"
            role = "seat" if name in self.settings.sip.seats else role
            role = "caller" if name == self.settings.sip.softphone else role
            lines.append(f"{name}  {password}  {role}")
        write_private(self.layout.softphones, "\n".join(lines) + "\n")

    async def _ready(self) -> None:
        url = f"http://127.0.0.1:{self.settings.http.port}/readyz"
        deadline = time.monotonic() + _READY_WITHIN_S
        answer = "no answer"
        while time.monotonic() < deadline:
            is_ready, answer = await asyncio.to_thread(_ask, url)
            if is_ready:
                return
            await asyncio.sleep(0.1)
        restarted = [
            f"\n  {name} 反复退出 / keeps dying: {_last_line(child.part.log_file)}"
            for name, child in self.children.items()
            if child.starts > 1 and child.part.log_file
        ]
        raise NotReady(
            f"{_READY_WITHIN_S:.0f} 秒内未就绪 / not ready in time; /readyz says: {answer};"
            f" the logs are in {self.layout.logs}{''.join(restarted)}"
        )


def _last_line(log_file: Path) -> str:
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "(an empty log)"


def _ask(url: str) -> tuple[bool, str]:
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return True, response.read(2000).decode()
    except URLError as error:
        body = getattr(error, "read", lambda _limit: b"")(2000).decode()
        return False, body or str(error.reason)
    except OSError as error:
        return False, str(error)
