"""Menus: what the standard says against them, and callers who would be offered one in vain.

Rules:
- Each menu is warned of: GB/T 33358-2016 advises against them, and a person is due within 15 s.
- Whoever chooses seats is put to seats that are answered here.
- Only whom `otherwise` would answer meets a menu: not whoever is put to seats of his line first.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, error, warning
from callrouter.vocabulary.menu import Menu


def menus(subject: Subject) -> Iterator[Finding]:
    """Warn of every menu; find choices that lead to nobody."""
    for menu in subject.plan.menus or ():
        yield _advised_against(menu)
        yield from _to_nobody(subject, menu)


def _advised_against(menu: Menu) -> Finding:
    seconds = menu.tries * menu.timeout_s
    return warning(
        menu.place,
        Code.MENU_ADVISED_AGAINST,
        f"GB/T 33358-2016 不宜设置语音菜单；{menu.id} 放完后还可等 {seconds} 秒，15 秒内接听难以保证",
        f"GB/T 33358-2016 advises against menus; {menu.id} may wait {seconds} s beside its words, "
        "and a person is due within 15 s",
        "没有必要就删去；必要时少问、少等 / take it out unless it is needed; else fewer tries, shorter waits",
    )


def _to_nobody(subject: Subject, menu: Menu) -> Iterator[Finding]:
    plan = subject.plan
    for name in dict.fromkeys((menu.otherwise, *(choice.queue for choice in menu.choices))):
        platform = plan.platforms[plan.queues[name].platform]
        if not platform.served:
            yield error(
                menu.place,
                Code.QUEUE_UNREACHABLE,
                f"菜单 {menu.id} 的队列 {name} 属于 {platform.id}，它不由本机接听",
                f"queue {name} of menu {menu.id} is at {platform.id}, which is not served here",
                "写本机接听的队列 / name a queue that is answered here",
            )
