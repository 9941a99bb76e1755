"""What an admin should know about a plan: everything that was found in it, each with its place.

Rules:
- Loading refuses what can't be right; the lint tells what may not be served; the document is held against the plan.
- ERROR: serving so would hurt a caller or contradict the document. WARNING wants a look. NOTE is for knowing.
- A deadline is reported once it has passed; only an instant in a phase ever switches a line.
- Without operator.yaml nobody serves the plan: what only an operator can give is then missing, and only a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from datetime import datetime
from itertools import chain
from typing import Final

from callrouter.plans.codes import Code
from callrouter.plans.document.against import against_document
from callrouter.plans.document.data import DocumentData, load_document
from callrouter.plans.findings import Finding, PlanErrors
from callrouter.plans.lint.branches import branches
from callrouter.plans.lint.calendar import calendar
from callrouter.plans.lint.choices import choices, unnumbered
from callrouter.plans.lint.deadlines import deadlines, offsets
from callrouter.plans.lint.hours import hours
from callrouter.plans.lint.landings import landings
from callrouter.plans.lint.lines import lines
from callrouter.plans.lint.loops import loops
from callrouter.plans.lint.menus import menus
from callrouter.plans.lint.migration import migration
from callrouter.plans.lint.overflow import overflow
from callrouter.plans.lint.prompts import prompts
from callrouter.plans.lint.queues import queues
from callrouter.plans.lint.subject import Subject, followers_of, warning
from callrouter.plans.lint.territory import territory
from callrouter.plans.load import Loaded
from callrouter.vocabulary.plan import Plan

LINT: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    lines,
    migration,
    landings,
    branches,
    queues,
    territory,
    loops,
    overflow,
    menus,
    hours,
    calendar,
    prompts,
    deadlines,
    offsets,
    unnumbered,
    choices,
)
"""Every rule about a plan that loads."""
_UNSAYABLE: Final = frozenset({Code.PROMPT_UNKNOWN, Code.PROMPT_UNSPEAKABLE})


def check(
    loaded: Loaded, at: datetime, announcements: Set[str], recorded: Set[str] | None
) -> tuple[Finding, ...]:
    """Everything that was found, in the order in which it is written; of a plan that does not load, only why not.

    `at` is the instant against which deadlines are held, `announcements` are the ids of the catalogue, `recorded` the
    file keys for which there is a recording, None where nobody has looked.
    """
    plan = loaded.plan
    if plan is None:
        return loaded.findings
    data, about_data = _document(loaded, plan)
    subject = _subject(loaded, plan, data, at=at, announcements=announcements, recorded=recorded)
    found = chain(
        loaded.findings,
        about_data,
        against_document(loaded, data) if data else (),
        chain.from_iterable(rule(subject) for rule in LINT),
    )
    return tuple(sorted(found))


def unsayable(loaded: Loaded, at: datetime, announcements: Set[str]) -> tuple[Finding, ...]:
    """What keeps a plan that loads from being spoken: announcements that nobody knows, or that lack what they say.

    They are among what `check` finds at `at`; the catalogue's ids are `announcements`.
    """
    if loaded.plan is None:
        return ()
    subject = _subject(loaded, loaded.plan, None, at=at, announcements=announcements, recorded=None)
    found = chain.from_iterable(rule(subject) for rule in (hours, prompts))
    return tuple(sorted(one for one in found if one.fault.code in _UNSAYABLE))


def _subject(
    loaded: Loaded,
    plan: Plan,
    data: DocumentData | None,
    *,
    at: datetime,
    announcements: Set[str],
    recorded: Set[str] | None,
) -> Subject:
    return Subject(
        plan,
        loaded.positions,
        data,
        at,
        announcements,
        recorded,
        loaded.overlay,
        followers_of(plan),
        loaded.choices,
    )


def _document(loaded: Loaded, plan: Plan) -> tuple[DocumentData | None, tuple[Finding, ...]]:
    """The document's data, and what is to be said of it."""
    try:
        data = load_document(plan.document.ref, loaded.folder)
    except PlanErrors as errors:
        return None, errors.findings
    if data is not None:
        return data, ()
    unknown = warning(
        loaded.positions.of(plan.place, "document"),
        Code.DOCUMENT_UNKNOWN,
        f"没有 {plan.document.ref} 号文件的数据，无法对照",
        f"there is no data of document {plan.document.ref} to compare with",
        "照 dialplans/documents/README.md 补上 / add it as dialplans/documents/README.md says",
    )
    return None, (unknown,)
