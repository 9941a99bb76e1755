"""To whom a caller can be passed, in the tests of the dialplan."""

from __future__ import annotations

from typing import Any

from callrouter.asterisk_link.of_the_plan import EmergencyDesk, Told
from callrouter.asterisk_link.targets_of_the_plan import DialledTarget


def target(
    name: str, role: str, code: str, dial: tuple[str, ...], kind: str = "dial", **others: Any
) -> DialledTarget:
    """Somebody to whom a caller can be passed, at any time and in both ways unless told otherwise."""
    usual: dict[str, Any] = {
        "is_first": True, "kinds": ("plain", "three_way"), "ring_s": 30, "connecting": "", "passing": "",
        "failed": "", "joined": "", "always": True, "begins": 0,
    }  # fmt: skip
    return DialledTarget(id=name, role=role, kind=kind, dial=dial, code=code, **(usual | others))


TARGETS = (
    target(
        "tax-sichuan", "branch", "12366", ("PJSIP/12366@peer-tax",),
        kinds=("three_way",), connecting="b01-tax", passing="b02-tax", failed="b03-tax", joined="b05-tax",
    ),
    target(
        "tax-mianyang", "branch", "12366", ("PJSIP/12366@peer-my",),
        is_first=False, always=False, begins=1_900_000_000,
    ),
    target("expert-12348", "expert", "12348", ("expert-12348",), kind="queue", kinds=("plain",), always=False),
    target("1001", "colleague", "1001", ("PJSIP/1001",), ring_s=15),
    target("supervisor", "supervisor", "0", ("PJSIP/1101", "PJSIP/1102"), begins=1_800_000_000),
)  # fmt: skip
"""Of each sort one."""


GUIDANCES = (Told("litigation", "548442", "n01-litigation-sichuan"), Told("water", "", "p02"))
"""What a caller can be told: with a code and without."""


def desk(id_: str, *dial: str, areas: tuple[str, ...] = (), digits: str | None = None) -> EmergencyDesk:
    service, _, area = id_.partition("-")
    keys = f"{service}{area}" if digits is None else digits
    said = (f"m02-{service}", f"m03-{service}", f"m01-{service}")
    return EmergencyDesk(id_, service, area, areas, keys, dial, *said)


EMERGENCIES = (
    desk("110", "PJSIP/110@peer-police", "PJSIP/110@peer-second", "PJSIP/110@peer-police", areas=("0471",)),
    desk("120"),
    desk("110-0471", "PJSIP/110@peer-hohhot", "PJSIP/110@peer-hohhot"),
    desk("12395-08981", "PJSIP/12395@peer-sea", digits=""),
)
"""One with a desk of its own for a place, one to which callers are guided, one with too long a code."""
