"""Which hotline the caller dialled: the number that brought the call here is often the platform's own.  PURE.

Rules:
- The finders of the trunk, in their order: the dialled-in number itself, History-Info from the earliest index on,
  the Diversion chain from the bottom (the bottom-most was dialled first), To, the Request-URI. The first number that
  the plan knows wins: a line, a listed number, a utility's number, an emergency number.
- 12345 and the trunk's pilots are passed over: every forwarded call names them. That our own number stands in a chain
  is no loop; that a line of the plan stands behind it is one (002:L15).
- An emergency number in the Request-URI wins at once. In Diversion and History-Info it is nobody's: 110 may not be
  forwarded, so whoever wrote it there wants to be first in the queue.
- A header that can't be read in exactly one way says nothing (sip_address.py), nor does an entry of History-Info
  without an index; the next finder is asked. A To that names the Request-URI's number wins over it,
  for it is asked first.
- Where no finder finds anything, the Request-URI's number is what was dialled, known or not.
- A trunk that is not in the plan has all finders: whether its headers are believed is for whoever took them to say.

Sources: shared facts on telephony, 2.1 to 2.12; RFC 5806 (Diversion), RFC 7044 (History-Info).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from callrouter.decide.memory import memory_of
from callrouter.vocabulary.call import ALL_FINDERS, Clues, FoundBy
from callrouter.vocabulary.numbers import (
    LONGEST_NUMBER,
    Number,
    NumberKind,
    PhoneNumber,
    UnknownNumber,
    canonical_line,
    parse_number,
)
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.sip_address import SipAddress, addresses
from callrouter.vocabulary.territory import Trunk

_REQUEST_URI: Final = FoundBy.REQUEST_URI
_EMERGENCY: Final = NumberKind.EMERGENCY
_INDEX = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,15}")
_ADDRESS = re.compile(r"(?i)[ \t]*(?:sips?:|tel:)|.*[<\"]", re.DOTALL)


def find_dialled(clues: Clues, trunk: Trunk | None, plan: Plan) -> tuple[Number, FoundBy]:
    """The number that the caller dialled, and what named it. Total: raises nothing, whatever the clues hold."""
    requested = _number(clues.request_uri, plan)
    if _is_emergency(requested) or not (_says_more(clues) or _is_dialled_in(requested, trunk, plan)):
        return requested, _REQUEST_URI
    for finder in ALL_FINDERS if trunk is None else trunk.finders:
        for number in _NAMED[finder](clues, requested, trunk, plan):
            if _is_found(number, trunk, plan):
                return number, finder
    return requested, _REQUEST_URI


def has_come_back(clues: Clues, trunk: Trunk | None, plan: Plan) -> bool:
    """Whether a number of the plan forwarded the call to us after a number of our own had been called. Total."""
    chains = (_in_history, _in_diversion) if clues.history_info or clues.diversion else ()
    return any(_leads_back(chain(clues, UnknownNumber(""), trunk, plan), trunk, plan) for chain in chains)


def _leads_back(chain: Iterator[Number], trunk: Trunk | None, plan: Plan) -> bool:
    was_ours = False
    for number in chain:
        if isinstance(number, UnknownNumber):
            continue
        line = canonical_line(
            number, _local_area(trunk, plan) if number.kind is NumberKind.LANDLINE else None
        )
        if line == plan.hub.number or (trunk is not None and line in trunk.pilots):
            was_ours = True
        elif was_ours and line is not None and plan.line(line) is not None:
            return True
    return False


def _says_more(clues: Clues) -> bool:
    """Whether there is anything to look at but the Request-URI; in nearly every call there is not."""
    return bool(clues.to or clues.diversion or clues.history_info)


def _is_dialled_in(requested: Number, trunk: Trunk | None, plan: Plan) -> bool:
    """Whether it is one of the trunk's dialled-in numbers."""
    if trunk is None or not trunk.dids or isinstance(requested, UnknownNumber):
        return False
    area = _local_area(trunk, plan) if requested.kind is NumberKind.LANDLINE else None
    return canonical_line(requested, area) in _dids(trunk, plan)


def _is_found(number: Number, trunk: Trunk | None, plan: Plan) -> bool:
    """Whether the plan knows it as somebody else's number than the platform's own."""
    if isinstance(number, UnknownNumber):
        return False
    if number.kind is _EMERGENCY:
        return True
    line = canonical_line(number, _local_area(trunk, plan) if number.kind is NumberKind.LANDLINE else None)
    if line is None or line == plan.hub.number or (trunk is not None and line in trunk.pilots):
        return False
    return plan.line(line) is not None or line in memory_of(plan).utilities


def _dialled_in(_clues: Clues, requested: Number, trunk: Trunk | None, plan: Plan) -> Iterator[Number]:
    if trunk is None or not trunk.dids or isinstance(requested, UnknownNumber):
        return
    line = _dids(trunk, plan).get(canonical_line(requested, _local_area(trunk, plan)) or "")
    number = parse_number(line, plan.short_codes) if line else None
    if isinstance(number, PhoneNumber):
        # The place where it rang is the place that was dialled.
        yield number if number.area else number._replace(area=_area_of_code(number, requested))


def _area_of_code(number: PhoneNumber, requested: PhoneNumber) -> str | None:
    return requested.area if number.kind is NumberKind.SHORT_CODE else None


def _in_history(clues: Clues, _requested: Number, _trunk: Trunk | None, plan: Plan) -> Iterator[Number]:
    if not clues.history_info:
        return
    entries = [entry for value in clues.history_info for entry in addresses(value)]
    placed = [(_index_of(entry), entry) for entry in entries]
    # Python's sort keeps the order of those with the same index.
    for _, entry in sorted(((index, entry) for index, entry in placed if index), key=lambda one: one[0]):
        yield _of_a_forwarded_call(entry, plan)


def _index_of(entry: SipAddress) -> tuple[int, ...]:
    """`1.1.2` as numbers; nothing where it is missing or malformed."""
    index = entry.parameter("index") or ""
    return tuple(int(part) for part in index.split(".")) if _INDEX.fullmatch(index) else ()


def _in_diversion(clues: Clues, _requested: Number, _trunk: Trunk | None, plan: Plan) -> Iterator[Number]:
    for value in reversed(clues.diversion):
        for entry in reversed(addresses(value)):
            yield _of_a_forwarded_call(entry, plan)


def _of_a_forwarded_call(entry: SipAddress, plan: Plan) -> Number:
    number = _number(entry.user, plan)
    return UnknownNumber(entry.user) if _is_emergency(number) else number


def _in_to(clues: Clues, _requested: Number, _trunk: Trunk | None, plan: Plan) -> Iterator[Number]:
    to = clues.to
    if _ADDRESS.match(to):
        entries = addresses(to)
        to = entries[0].user if len(entries) == 1 else ""
    yield _number(to, plan)


def _in_request(_clues: Clues, requested: Number, _trunk: Trunk | None, _plan: Plan) -> Iterator[Number]:
    yield requested


_NAMED: Final[Mapping[FoundBy, Callable[[Clues, Number, Trunk | None, Plan], Iterator[Number]]]] = {
    FoundBy.DID: _dialled_in,
    FoundBy.HISTORY_INFO: _in_history,
    FoundBy.DIVERSION: _in_diversion,
    FoundBy.TO: _in_to,
    FoundBy.REQUEST_URI: _in_request,
}
"""The numbers that each finder sees, in the order in which they count."""


def _number(raw: str, plan: Plan) -> Number:
    if len(raw) > LONGEST_NUMBER:
        return UnknownNumber(raw[:LONGEST_NUMBER])
    return parse_number(raw, plan.short_codes)


def _is_emergency(number: Number) -> bool:
    return isinstance(number, PhoneNumber) and number.kind is _EMERGENCY


def _local_area(trunk: Trunk | None, plan: Plan) -> str | None:
    """The area of a landline that was dialled without one: that of where the call came in, if it has one only."""
    platform = plan.platforms.get((trunk.platform or trunk.default_platform) if trunk else plan.home)
    return platform.areas[0] if platform and len(platform.areas) == 1 else None


def _dids(trunk: Trunk, plan: Plan) -> Mapping[str, str]:
    """The lines of the trunk's dialled-in numbers, both as the plan spells them."""
    kept = plan.kept.get(("dids", trunk.id))
    if not isinstance(kept, _Dids) or kept.trunk is not trunk:
        lines = {_spelled(did, trunk, plan): line for did, line in trunk.dids}
        kept = plan.kept["dids", trunk.id] = _Dids(trunk, lines)
    return kept.lines


class _Dids(NamedTuple):
    trunk: Trunk
    lines: Mapping[str, str]


def _spelled(did: str, trunk: Trunk, plan: Plan) -> str:
    number = parse_number(did, plan.short_codes)
    known = canonical_line(number, _local_area(trunk, plan)) if isinstance(number, PhoneNumber) else None
    return known or did
