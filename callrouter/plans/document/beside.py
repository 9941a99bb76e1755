"""A plan beside its document's data, and how a difference is said."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from callrouter.plans.document.data import DocumentData, Fact
from callrouter.plans.findings import Fault, Finding, at_place, clipped
from callrouter.plans.load import Positions
from callrouter.vocabulary.plan import Plan

_PASSED_OVER = re.compile(r"[\s“”\"「」]")


@dataclass(frozen=True, slots=True)
class Against:
    """What is compared with what."""

    plan: Plan
    positions: Positions
    data: DocumentData

    @property
    def lines_file(self) -> str:
        """`dialplans/sichuan/lines.yaml`: where what is missing would stand."""
        return f"{self.plan.place.split('/plan.yaml')[0]}/lines.yaml"

    @property
    def document_place(self) -> str:
        """Where the plan names its document."""
        return self.spot(self.plan.place, "document")

    def is_operators(self, place: str) -> bool:
        """Whether the operator wrote it, not the document."""
        return "/operator.yaml:" in place

    def spot(self, place: str, key: str) -> str:
        """Where the value of `key` stands in the item at `place`."""
        return self.positions.of(place, key)

    def differs(self, place: str, fault: Fault, fact: Fact | None = None) -> Finding:
        """A difference, with the document's line and words where there are any."""
        if fact is not None:
            cited = self.data.cite(fact)
            fault = replace(fault, zh=f"{fault.zh}；{cited}：「{clipped(fact.quote)}」", source=cited)
        return at_place(place, fault)


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for spaces and quotation marks."""
    return _PASSED_OVER.sub("", one) == _PASSED_OVER.sub("", other)


def yes_or_no(value: bool | None) -> str | None:
    """As plans and documents write it; None stays None."""
    return None if value is None else "yes" if value else "no"
