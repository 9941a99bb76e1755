"""Calls that would come back to us for ever: 12345 dials a number whose calls are forwarded to 12345 (C12).

Rules:
- What we dial out to is the user part of a peer's address; a peer without one is a switch of its own, not a number.
- Dialling 12345, a number of our own (a pilot, a DID) or a line whose calls land here brings the call back: an error.
  Another platform's own 12345 is meant, so a platform's peer may be dialled by it.
- Dialling a line whose calls land elsewhere wants a look: the carrier may deliver them here all the same.
- A pilot is passed over when the dialled line is looked for, and a DID stands for its line: a line among the pilots,
  or among the DIDs of another, would never be found.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, error, warning
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.migration import Landing
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Peer


def loops(subject: Subject) -> Iterator[Finding]:
    """Find what we dial that comes back, and lines that would never be found."""
    ours = _ours(subject.plan)
    of_platforms = {platform.peer for platform in subject.plan.platforms.values() if platform.peer}
    for peer in subject.plan.peers.values():
        number = _dialled(peer, subject.plan)
        if number is None or (number == subject.plan.hub.number and peer.id in of_platforms):
            continue
        if number in ours:
            zh = f"{number} 是本平台的号码（{ours[number]}）"
            yield _comes_back(subject, peer, zh, f"{number} is our own number")
        elif line := subject.plan.line(number):
            yield from _dials_a_line(subject, peer, line)
    yield from _hidden(subject)


def _ours(plan: Plan) -> dict[str, str]:
    """Numbers that ring here, and what each is."""
    found = {plan.hub.number: "hub"}
    for trunk in plan.trunks.values():
        found |= dict.fromkeys(trunk.pilots, "pilots")
        found |= {number: f"dids: {line}" for number, line in trunk.dids}
    return found


def _dialled(peer: Peer, plan: Plan) -> str | None:
    """The number that a peer's address dials, as plans write it; None where it names none."""
    address = peer.uri.partition(":")[2]
    user, at, _ = address.partition("@")
    if not at:
        return None
    number = parse_number(user, plan.short_codes)
    if not isinstance(number, PhoneNumber):
        return None
    if number.kind is NumberKind.LANDLINE:
        return f"{number.area or ''}{number.digits}"
    return number.digits


def _dials_a_line(subject: Subject, peer: Peer, line: Line) -> Iterator[Finding]:
    if any(phase.landing is Landing.PLATFORM for phase in line.schedule.phases):
        zh = f"{line.number}（{line.schedule.mode}）的来电由12345接听"
        yield _comes_back(subject, peer, zh, f"calls to {line.number} land at 12345", line.source)
        return
    yield warning(
        subject.spot(peer.place, "uri"),
        Code.LOOP,
        f"对端 {peer.id} 拨出 {line.number}，如果运营商把它送到本平台就会成环",
        f"peer {peer.id} dials {line.number}: should the carrier deliver that here, it would go round in a circle",
        "写对方话务台自己的号码或地址 / give the desk's own number or address",
        source=line.source,
    )


def _comes_back(subject: Subject, peer: Peer, zh: str, en: str, source: str | None = None) -> Finding:
    return error(
        subject.spot(peer.place, "uri"),
        Code.LOOP,
        f"对端 {peer.id} 拨出的号码会转回来：{zh}",
        f"what peer {peer.id} dials comes back here: {en}",
        "写对方话务台自己的号码或地址 / give the desk's own number or address",
        source=source,
    )


def _hidden(subject: Subject) -> Iterator[Finding]:
    for trunk in subject.plan.trunks.values():
        for number in sorted(trunk.pilots):
            line = subject.plan.line(number)
            if line is not None:
                yield error(
                    subject.spot(trunk.place, "pilots"),
                    Code.LINE_HIDDEN,
                    f"{number} 是热线（{line.name}），列入 {trunk.id} 的 pilots 后就再也认不出来",
                    f"{number} is a line; among the pilots of {trunk.id} it would never be found",
                    "从 pilots 中删去 / take it out of `pilots`",
                    source=line.source,
                )
        for number, stands_for in trunk.dids:
            line = subject.plan.line(number)
            if line is not None and number != stands_for:
                yield error(
                    subject.spot(trunk.place, "dids"),
                    Code.LINE_HIDDEN,
                    f"{number} 是热线（{line.name}），{trunk.id} 的 dids 却把它当作 {stands_for}",
                    f"{number} is a line, and the `dids` of {trunk.id} take it for {stands_for}",
                    "从 dids 中删去，或更正 line / take it out of `dids`, or correct the line",
                    source=line.source,
                )
