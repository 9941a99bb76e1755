"""Bench-only copies of our dialplan: the same steps, another answerer, and a simple end behind the decision.

Rules:
- Each copy is made from the text that was rendered for the measured Asterisk, so that all take the same steps and
  none of them can be of yesterday.
- What is replaced must be there exactly as often as expected. Otherwise the copy would silently measure something
  else: that is an error, `DialplanChanged`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class DialplanChanged(Exception):
    """The dialplan is no longer what the copies are made from; the text says what was looked for."""


class End(Enum):
    """What follows the decision; the value is the name of its context."""

    BARE = "bench-bare"
    """Answer, and wait for the caller to hang up."""
    ROUTED = "bench-routed"
    """Dial to an agent, who answers."""


ENDS: Final = """
[bench-bare]
exten => s,1,Answer()
 same => n,Wait(120)
 same => n,Hangup(16)

[bench-routed]
exten => s,1,Dial(PJSIP/bench-agent,20)
 same => n,Hangup(16)
"""
_SAFE_VERDICT = re.compile(r"[A-Za-z0-9_.~%|&=-]+")
_NAME = re.compile(r"[a-z0-9-]+")
_QUESTION = re.compile(r"^ same => n(?:\(\w+\))?,(AGI\(.*\))$", re.MULTILINE)
_ADDRESS: Final = "${CR_ASK}"
_COPIED: Final = ("from-carrier", "arrival", "decided")


@dataclass(frozen=True, slots=True)
class Literal:
    """The verdict stands in the dialplan: nobody is asked."""

    verdict: str

    def application(self, question: str) -> str:
        """What stands in the question's place. Raises DialplanChanged for a verdict that can't stand there."""
        del question
        if not _SAFE_VERDICT.fullmatch(self.verdict):
            raise DialplanChanged("the verdict holds a character that the dialplan would read as its own")
        return f"Set(CR_VERDICT={self.verdict})"


@dataclass(frozen=True, slots=True)
class Asked:
    """The same question to somebody else."""

    address: str
    """`agi://host:port/script`, or a program's path."""

    def application(self, question: str) -> str:
        """The question with the other address."""
        return replaced(question, _ADDRESS, self.address)


def copy_of(rendered: str, name: str, answerer: Literal | Asked, end: End) -> str:
    """Copy the way of a call from its door to the end of the decision; `name` begins the copies' names.

    Raises DialplanChanged, and ValueError for a name that would end a jump's first argument.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no context; use lower-case letters, digits and hyphens")
    contexts = _contexts(rendered)
    door, arrival, decided = (_required(contexts, context) for context in _COPIED)
    questions = _QUESTION.findall(arrival)
    if len(questions) != 1:
        raise DialplanChanged(f"[arrival] asks {len(questions)} times with AGI(); once was expected")
    arrival = replaced(arrival, questions[0], answerer.application(questions[0]))
    return (
        f"\n[{name}]\n{replaced(door, 'Goto(arrival,s,1)', f'Goto({name}-arrival,s,1)', times=None)}"
        f"\n[{name}-arrival]\n{replaced(arrival, 'Goto(decided,s,1)', f'Goto({name}-decided,s,1)', times=None)}"
        f"\n[{name}-decided]\n{replaced(decided, 'Goto(connect,s,1)', f'Goto({end.value},s,1)', times=None)}"
    )


def replaced(text: str, old: str, new: str, times: int | None = 1) -> str:
    """Replace what stands there `times` times (None: at least once). Raises DialplanChanged."""
    found = text.count(old)
    if found != times if times is not None else found == 0:
        raise DialplanChanged(f"{old!r} stands {found} times where {times or 'at least one'} was expected")
    return text.replace(old, new)


def _contexts(rendered: str) -> dict[str, str]:
    parts = re.split(r"^\[([\w-]+)\]\n", rendered, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _required(contexts: dict[str, str], name: str) -> str:
    if name not in contexts:
        raise DialplanChanged(f"[{name}] is not there")
    return contexts[name]
