"""Desks, emergencies, utilities, scope and demands as values: what the document says with what the operator adds."""

from __future__ import annotations

from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.operator_file import EmergencyFill, UtilityFill
from callrouter.plans.schema.plan_file import DesksPart, EmergencyPart, UtilityPart
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.policy import (
    Demand,
    Desk,
    Desks,
    Emergency,
    EmergencyTarget,
    NotAccepted,
    RegisterRule,
    SurveyRule,
    Utility,
)


def desks_of(item: Item[DesksPart]) -> Desks:
    """The five desks."""

    def desk(name: str) -> Desk:
        part = getattr(item.part, name)
        return Desk(part.announcement, part.priority, item.written.place((*item.where, name)))

    return Desks(desk("hub"), desk("emergency"), desk("unknown"), desk("handed_over"), desk("closed"))


def emergencies_of(plan: PlanDraft, operator: OperatorDraft) -> dict[str, Emergency]:
    """All emergency numbers."""
    fills = {fill.part.number: fill for fill in operator.emergency}
    return {item.part.number: _emergency(item, fills.get(item.part.number)) for item in plan.emergency}


def _emergency(item: Item[EmergencyPart], fill: Item[EmergencyFill] | None) -> Emergency:
    part = item.part
    chosen = fill.part.out if fill else None
    return Emergency(
        number=part.number,
        name=part.name,
        spoken_number=part.spoken_number,
        out=chosen or part.out,
        handed_in=part.handed_in,
        targets=_targets(fill) if fill else (),
        source=part.source,
        place=item.place,
        illustrative=chosen is not None,
    )


def _targets(fill: Item[EmergencyFill]) -> tuple[EmergencyTarget, ...]:
    return tuple(
        EmergencyTarget(
            tuple(target.areas),
            target.peer,
            fill.written.place((*fill.where, "targets", index)),
            illustrative=True,
            alternates=tuple(target.alternates),
        )
        for index, target in enumerate(fill.part.targets)
    )


def utilities_of(plan: PlanDraft, operator: OperatorDraft, hours: dict[str, Hours]) -> tuple[Utility, ...]:
    """All utilities."""
    fills = {fill.part.id: fill.part for fill in operator.utilities}
    return tuple(_utility(item, fills.get(item.part.id), hours) for item in plan.utilities)


def _utility(item: Item[UtilityPart], fill: UtilityFill | None, hours: dict[str, Hours]) -> Utility:
    part = item.part
    return Utility(
        id=part.id,
        name=part.name,
        means=tuple(part.means or (fill.means if fill else None) or ()),
        parallel=part.parallel,
        numbers=tuple(fill.numbers) if fill else (),
        peer=fill.peer if fill else None,
        hours=hours[fill.hours] if fill and fill.hours else None,
        source=part.source,
        place=item.place,
        illustrative=fill is not None,
    )


def not_accepted_of(plan: PlanDraft, operator: OperatorDraft) -> tuple[NotAccepted, ...]:
    """What 12345 does not take."""
    guides = {fill.part.id: fill.part.guide for fill in operator.not_accepted}
    return tuple(
        NotAccepted(
            id=part.id,
            what=part.what,
            guide=part.guide or guides.get(part.id),
            source=part.source,
            place=plan.written.place(("scope", "not_accepted", index)),
            illustrative=part.id in guides,
        )
        for index, part in enumerate(plan.scope.part.not_accepted if plan.scope else ())
    )


def demands_of(plan: PlanDraft) -> tuple[Demand, ...]:
    """What the document demands."""
    return tuple(
        Demand(
            mode=item.part.mode,
            transition=item.part.transition,
            announcement=item.part.announcement,
            round_the_clock=item.part.round_the_clock,
            new_lines=item.part.new_lines,
            source=item.part.source,
            place=item.place,
        )
        for item in plan.demands
    )


def survey_of(plan: PlanDraft, operator: OperatorDraft) -> SurveyRule | None:
    """Who is asked for a rating; None if neither file says anything of it."""
    said = [item for item in (plan.survey, operator.survey) if item is not None]
    if not said:
        return None
    parts = [item.part for item in said]
    return SurveyRule(
        offered=any(part.offered for part in parts),
        except_lines=tuple(line for part in parts for line in part.except_lines),
        except_queues=tuple(queue for part in parts for queue in part.except_queues),
        source=parts[0].cited,
        place=said[0].place,
        illustrative=operator.survey is not None,
    )


def register_by_of(plan: PlanDraft, operator: OperatorDraft) -> RegisterRule | None:
    """By when what was accepted is passed on; the operator may say it only where the document does not."""
    item = plan.register_by or operator.register_by
    if item is None:
        return None
    part = item.part
    return RegisterRule(part.until, part.next_day, part.cited, item.place, illustrative=part.illustrative)
