"""A desk's API over a desk in memory, and those who ask at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from callrouter.calls.desk_protocol import DeskCall, Recorded
from callrouter.calls.transfer_desk_double import TransferDeskDouble
from callrouter.console.desk_api import DeskApi, desk_routes
from callrouter.console.desk_stream import DeskStreams, StreamLimits
from callrouter.console.desk_tokens import DeskTokens, KeptToken, TokenFile, keep
from callrouter.decide.guidance import Guidance, GuidanceSort
from callrouter.decide.transfer_target import Offer
from callrouter.local_system.secrets import write_private
from callrouter.vocabulary.desk_role import Role
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import Refused, RefusedTarget, Staff, TransferState, TransferTarget

NOW = datetime(2026, 11, 23, 1, 35, 53, tzinfo=UTC)
CALLER = "13812348000"
STAFF = Staff(("1001", "1002"), ("1101",))
BOTH = (TransferKind.THREE_WAY, TransferKind.PLAIN)


def target(name: str, code: str, *, role: LegRole = LegRole.BRANCH) -> TransferTarget:
    return TransferTarget(name, role, f"{name} 中心", code, BOTH, "dialplans/sichuan/centers.yaml:3")


OFFERS = (
    Offer(target("tax-sichuan", "12366"), (TransferKind.THREE_WAY,), None),
    Offer(target("1002", "1002", role=LegRole.COLLEAGUE), BOTH, None),
    Offer(
        target("tobacco", "12313"),
        (),
        Refused(
            *(RefusedTarget.TICKET_ONLY, "只能派发工单 / tickets only: write one", Means.TICKET, "tobacco"),
            "dialplans/sichuan/lines.yaml:14",
        ),
    ),
)

GUIDANCES = (
    Guidance(
        *("litigation", GuidanceSort.MATTER, "须通过诉讼程序解决的事项", "请向人民法院提起诉讼", "548442"),
        "dialplans/sichuan/plan.yaml:141",
    ),
)


def call_of(seat: str = "1001", **changed: Any) -> DeskCall:
    made: dict[str, Any] = {
        "call_id": f"node1-{seat}-1",
        "seat": seat,
        "state": TransferState.TALK,
        "attempt": 0,
        "kind": None,
        "target": None,
        "outcome": None,
        "since": NOW,
        "talking_since": NOW,
        "caller": CALLER,
        "line": "12366",
        "path": ("chongqing",),
        "flags": ("repeat",),
        "recorded": Recorded.ON,
    }
    return DeskCall(**made | changed)


@dataclass
class Desks:
    """What a test needs of the API."""

    desk: TransferDeskDouble
    tokens: dict[str, str]
    """Account → token."""
    kept: dict[str, KeptToken]
    file: Path
    api: DeskApi

    @property
    def application(self) -> Starlette:
        return Starlette(routes=desk_routes(self.api))

    def client(self, account: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.tokens[account]}"} if account else {}
        transport = httpx.ASGITransport(self.application)
        return httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers)

    def keep_only(self, *accounts: str) -> None:
        write_tokens(self.file, *(self.kept[account] for account in accounts))


def write_tokens(file: Path, *kept: KeptToken) -> None:
    write_private(file, TokenFile(tokens=kept).model_dump_json())


def desks(
    folder: Path,
    limits: StreamLimits | None = None,
    *,
    show_numbers: bool = False,
    within_s: float = 0.1,
    read: Callable[[Path], TokenFile] | None = None,
) -> Desks:
    """1001 and 1002 are agents, 1101 is a supervisor."""
    roles = {"1001": Role.AGENT, "1002": Role.AGENT, "1101": Role.SUPERVISOR}
    made = {
        account: keep(account.encode().ljust(32, b"."), account, role, NOW) for account, role in roles.items()
    }
    file = folder / "desk_tokens.json"
    write_tokens(file, *(kept for _, kept in made.values()))
    desk = TransferDeskDouble(STAFF.seats, OFFERS, GUIDANCES)
    tokens = DeskTokens(file, STAFF, read) if read else DeskTokens(file, STAFF)
    return Desks(
        desk,
        {account: token for account, (token, _) in made.items()},
        {account: kept for account, (_, kept) in made.items()},
        file,
        DeskApi(desk, tokens, DeskStreams(limits), show_numbers=show_numbers, within_s=within_s),
    )
