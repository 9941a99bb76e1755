"""Cases tried: which do not come out as they say, and which rules none of them has tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.route import decide
from callrouter.plans.cases.cases_file import TriedCall
from callrouter.plans.cases.rules import Rule, rules_of, tried_by
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Ask, Dial, Release, Treatment, treatment_word

_NONE = "-"


class Otherwise(NamedTuple):
    """One thing that a case says and the plan does not."""

    call: TriedCall
    what: str
    said: str
    found: str


class Tried(NamedTuple):
    """What came of all cases."""

    calls: int
    otherwise: tuple[Otherwise, ...]
    untried: tuple[Rule, ...]
    rules: int

    @property
    def percent(self) -> float:
        """How much of the plan was tried, 0 to 100."""
        return 100 * (self.rules - len(self.untried)) / self.rules


def try_cases(calls: Iterable[TriedCall], plan: Plan) -> Tried:
    """Decide every call, and compare."""
    rules = {rule.key: rule for rule in rules_of(plan)}
    untried = dict(rules)
    otherwise: list[Otherwise] = []
    count = 0
    for call in calls:
        count += 1
        ruling = _ruling(call, plan)
        otherwise += _compared(call, ruling)
        for key in tried_by(ruling, plan):
            untried.pop(key, None)
    return Tried(count, tuple(otherwise), tuple(untried.values()), len(rules))


def _ruling(call: TriedCall, plan: Plan) -> Ruling:
    case = call.case
    public = next((trunk.id for trunk in plan.trunks.values() if trunk.source is None), "")
    trunk = case.trunk if case.trunk is not None else public
    clues = Clues(call.dialled, diversion=tuple(case.diversion))
    called, found_by = find_dialled(clues, plan.trunks.get(trunk), plan)
    caller = parse_number(case.caller, plan.short_codes)
    return decide(Call("", called, found_by, caller, trunk, call.at, case.platform), plan, call.at).ruling


def _compared(call: TriedCall, ruling: Ruling) -> Iterator[Otherwise]:
    found: dict[str, object] = {
        "line": ruling.line,
        "mode": ruling.mode,
        "phase": ruling.phase,
        "landing": ruling.landing,
        "treatment": spelled(ruling.treatment),
        "announcement": ruling.announcement,
        "stray": ruling.stray,
        "platform": ruling.platform,
        "tag": ruling.tag,
        "source": ruling.source,
    }
    says = call.case.says
    for what in says.model_fields_set:
        said, is_so = getattr(says, what), found[what]
        if _word(said) != _word(is_so):
            yield Otherwise(call, what, _word(said), _word(is_so))


def spelled(treatment: Treatment) -> str:
    """A treatment as a case says it: `queue:hotline:0`, `dial:tax:0`, `release:22`."""
    word = treatment_word(treatment)
    match treatment:
        case Release(cause=cause):
            return f"{word}:{cause}"
        case Dial(peer=peer, priority=priority):
            return f"{word}:{peer}:{priority}"
        case Ask(menu=menu, priority=priority):
            return f"{word}:{menu}:{priority}"
        case _:
            return f"{word}:{treatment.queue}:{treatment.priority}"


def _word(value: object) -> str:
    match value:
        case None | "":
            return _NONE
        case True:
            return "yes"
        case False:
            return "no"
        case _:
            return str(value)
