"""Calls that an agent passes on, written by hand as the dialplan and Asterisk write them down.

The caller (1) talks with the agent (2) from 8.2 s on. At 20 s both leave the queue's bridge: the caller hears music,
the agent waits in a conference of his own. The target (5) is called, asked, and comes into it.
"""

from __future__ import annotations

from callrouter.vocabulary.cel import CelRow
from tests.unit.records.test_records_fold import (
    AGENT,
    AGENT_CHANNEL,
    CALLER,
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    bridge,
    end,
    hangup,
    row,
    user,
)

TARGET, TARGET_CHANNEL = "lab-1.5", "PJSIP/peer-tax-00000005"
NAMES = {CALLER: CALLER_CHANNEL, AGENT: AGENT_CHANNEL, TARGET: TARGET_CHANNEL}


def room(seconds: float, who: str, *, enters: bool = True, name: str = "r1") -> CelRow:
    """Somebody comes into a conference, or leaves it."""
    extra = {"bridge_id": name, "bridge_technology": "softmix"}
    return row(seconds, "BRIDGE_ENTER" if enters else "BRIDGE_EXIT", extra, who=who, channel=NAMES[who])


def told(seconds: float, state: str, *, id_: str = "1", who: str = CALLER, **facts: str) -> CelRow:
    """What the dialplan writes down of an attempt."""
    written = user(seconds, "CR_TRANSFER", id=id_, state=state, **facts)
    return written._replace(uniqueid=who, channel=NAMES[who])


def talking(until: float = 20) -> list[CelRow]:
    """Caller and agent talk until then, and are taken out of the queue's talk."""
    return [
        *arrival(),
        user(0.01, "CR_DECIDED", **DECIDED),
        row(5.1, "ANSWER"),
        user(5.15, "CR_RECORDING", file="lab-1.1-1.wav", state="started"),
        user(5.2, "CR_QUEUE", queue="general", state="entered"),
        row(5.4, "CHAN_START", who=AGENT),
        user(5.41, "CR_LEG", party="agent", sip_call_id="agents@us")._replace(
            uniqueid=AGENT, channel=AGENT_CHANNEL
        ),
        row(8, "ANSWER", who=AGENT),
        *bridge(8.2, until),
        user(
            until + 0.01,
            "CR_QUEUE",
            queue="general",
            state="left",
            status="CONTINUE",
            agent="Local/1001@seat",
        ),
    ]


def asked_for(seconds: float = 20.1, *, kind: str = "three_way", party: str = "branch") -> list[CelRow]:
    """The agent asks for the target, and waits in his conference while it is called."""
    leg = user(seconds + 0.02, "CR_LEG", party=party, sip_call_id="targets@us")
    return [
        told(seconds, "requested", kind=kind, target="tax", by="1001"),
        room(seconds + 0.01, AGENT),
        row(seconds + 0.01, "CHAN_START", who=TARGET, channel=TARGET_CHANNEL),
        leg._replace(uniqueid=TARGET, channel=TARGET_CHANNEL),
    ]


def accepted(answered: float = 25, at: float = 28) -> list[CelRow]:
    """The target picks up, is asked, accepts, and talks with the agent."""
    return [
        row(answered, "ANSWER", who=TARGET, channel=TARGET_CHANNEL),
        told(answered + 0.01, "answered", who=TARGET, leg=TARGET),
        told(at, "accepted", who=TARGET),
        room(at, TARGET),
    ]


def made_three(seconds: float = 40) -> list[CelRow]:
    return [told(seconds, "joined"), room(seconds, CALLER)]


def agent_leaves(seconds: float = 50, source: str = "dialplan/builtin") -> list[CelRow]:
    return [room(seconds, AGENT, enters=False), *hangup(seconds + 0.01, source, who=AGENT)]


def target_hangs_up(seconds: float) -> list[CelRow]:
    """While the caller is with it alone: then nobody is left, and the call is over."""
    return [
        room(seconds, TARGET, enters=False),
        room(seconds + 0.002, CALLER, enters=False),
        told(seconds + 0.01, "ended", who=TARGET, outcome="joined", cause="16", left="agent"),
        *hangup(seconds + 0.02, TARGET_CHANNEL, who=TARGET, channel=TARGET_CHANNEL),
        user(seconds + 0.03, "CR_RECORDING", file="lab-1.1-1.wav", state="finished", bytes="1000"),
        *hangup(seconds + 0.04, "dialplan/builtin"),
        *end(seconds + 0.04),
    ]


def target_fails(seconds: float, outcome: str, cause: int) -> list[CelRow]:
    """It is rung in vain: the caller comes back to the agent, in a new conference."""
    return [
        *hangup(seconds, TARGET_CHANNEL, cause=cause, who=TARGET, channel=TARGET_CHANNEL),
        told(seconds + 0.01, "ended", outcome=outcome, cause=str(cause)),
        room(seconds + 0.02, AGENT, enters=False),
        room(seconds + 0.03, AGENT, name="r2"),
        room(seconds + 0.04, CALLER, name="r2"),
    ]


def caller_hangs_up(seconds: float, name: str = "r1") -> list[CelRow]:
    return [
        room(seconds, CALLER, enters=False, name=name),
        user(seconds + 0.005, "CR_RECORDING", file="lab-1.1-1.wav", state="finished", bytes="1000"),
        *hangup(seconds + 0.01, CALLER_CHANNEL),
        room(seconds + 0.015, AGENT, enters=False, name=name),
        *hangup(seconds + 0.02, "dialplan/builtin", who=AGENT),
        *end(seconds + 0.03),
    ]


def consulted_joined_and_left(over: float = 60) -> list[CelRow]:
    """The whole of it: consult from 28 s, three from 40 s, the agent leaves at 50 s, the target hangs up."""
    return [
        *talking(),
        *asked_for(),
        *accepted(),
        *made_three(),
        *agent_leaves(),
        *target_hangs_up(over),
    ]
