"""Whether `operator.yaml` by itself makes sense: nothing in it stands twice."""

from __future__ import annotations

from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import OperatorDraft
from callrouter.plans.meaning.plan_file import judge_areas


def judge_operator_rows(operator: OperatorDraft) -> None:
    """Judge what stands twice in `operator.yaml` itself."""
    for kind, items in (
        (names.PLATFORM, operator.platform_fills),
        (names.QUEUE, operator.queue_fills),
        (names.CENTER, operator.center_fills),
        (names.EMERGENCY, operator.emergency),
        (names.UTILITY, operator.utilities),
        (names.NOT_ACCEPTED, operator.not_accepted),
        (names.PEER, operator.peers),
        (names.TRUNK, operator.trunks),
        (names.NEW_LINE, operator.allow_new_lines),
    ):
        names.judge_unique(items, kind)
    for target in operator.emergency:
        for index, one in enumerate(target.part.targets):
            judge_areas(target, one.areas, "targets", index)
    for trunk in operator.trunks:
        seen: set[str] = set()
        for index, did in enumerate(trunk.part.dids):
            if did.number in seen:
                trunk.report(names.duplicate(did.number, trunk.place), "dids", index, "number")
            seen.add(did.number)
