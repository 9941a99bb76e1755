"""Whether the operator's menus make sense: each key once, a person at the end, one menu for one call.

Rules:
- `otherwise` is a general queue: whoever chooses nothing is put to people who answer everything.
- Lines stand only where `desk` is `lines`. A call has one menu at most, and none leads to another.
"""

from __future__ import annotations

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault
from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.menu_parts import MenuPart
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.menu import MenuDesk
from callrouter.vocabulary.policy import QueueKind


def judge_menus(plan: PlanDraft, operator: OperatorDraft) -> None:
    """Judge every menu."""
    names.judge_unique(operator.menus, names.MENU)
    kinds = {item.part.id: item.part.kind for item in (*plan.queues, *operator.queues)}
    first: dict[str, str] = {}
    for menu in operator.menus:
        _judge_keys(menu)
        if kinds.get(menu.part.otherwise, QueueKind.GENERAL) is not QueueKind.GENERAL:
            menu.report(_NOT_GENERAL, "otherwise")
        _judge_desk(menu, first)


def _judge_keys(menu: Item[MenuPart]) -> None:
    pressed: set[str] = set()
    for index, choice in enumerate(menu.part.choices):
        if choice.key in pressed:
            fault = Fault(
                Code.DUPLICATE_NAME,
                f"按键 {choice.key} 重复",
                f"key {choice.key} stands twice",
                "只保留一个 / keep one of the two",
            )
            menu.report(fault, "choices", index, "key")
        pressed.add(choice.key)


def _judge_desk(menu: Item[MenuPart], first: dict[str, str]) -> None:
    part = menu.part
    of_lines = part.desk is MenuDesk.LINES
    if of_lines and not part.lines:
        menu.report(_WHICH_LINES, "desk")
    if part.lines and not of_lines:
        menu.report(_IDLE_LINES, "lines")
        return
    calls: list[tuple[str, tuple[str | int, ...]]] = [
        (number, ("lines", index)) for index, number in enumerate(part.lines)
    ]
    for name, steps in calls if of_lines else [(str(part.desk), ("desk",))]:
        if name in first:
            menu.report(_second(name, first[name]), *steps)
        first.setdefault(name, menu.place)


def _second(name: str, place: str) -> Fault:
    return Fault(
        Code.DUPLICATE_NAME,
        f"{name} 的来电已有菜单（{place}）",
        f"calls to {name} have a menu at {place}",
        "一个来电至多一个菜单 / a call has one menu at most",
    )


_NOT_GENERAL = Fault(
    Code.WRONG_VALUE,
    "otherwise 须是综合队列",
    "`otherwise` is a general queue",
    "写 kind: general 的队列，人工总能接听 / name a queue of kind general: a person who answers everything",
)
_WHICH_LINES = Fault(
    Code.MISSING_KEY,
    "缺少 lines",
    "lines is missing",
    "写明哪些热线的来电听到菜单 / name the lines whose callers are offered it",
)
_IDLE_LINES = Fault(
    Code.WRONG_VALUE,
    "desk 不是 lines，这些热线不起作用",
    "desk is not lines: these would do nothing",
    "写 desk: lines，或删除这一行 / write desk: lines, or delete this line",
)
