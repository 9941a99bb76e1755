"""What becomes of a transfer, whatever happens to it: the whole of it as one table.

Rules:
- For each state and each stimulus there is one step, or one reason why nothing is done.
- Whatever happens, the caller is with a person, on the way to one, in the queue, or gone.
- What goes wrong takes the caller back to the same agent; to the target if only that is there; else to the head of
  the queue. Only the caller's own hanging up, or that of the last one to talk with the caller, ends the call.
- Who has hung up was asked and has answered; who was cut off was not: a talk that an agent's dead device or the
  target's broken connection ends goes on at the head of the queue.
- Who has left does nothing more.
- A target that is too late is dropped: nobody is left listening to nothing.
- Before an emergency service is called, whatever else goes on is taken back: the dialplan and the desk see to that.
- The dialplan (asterisk/extensions-transfer.conf.j2) does the same without us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from callrouter.vocabulary.transfer import AGENT_ASKS, IgnoredReason, TransferEffect, TransferState
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus


class Step(NamedTuple):
    """What follows."""

    state: TransferState
    effects: tuple[TransferEffect, ...] = ()
    """In this order."""


class Ignored(NamedTuple):
    """Nothing is done, and the state stays."""

    reason: IgnoredReason


_TALK, _QUEUED, _ENDED = TransferState.TALK, TransferState.QUEUED, TransferState.ENDED
_TOGETHER = TransferState.TOGETHER
_CONSULT, _HANDED, _ALONE = TransferState.CONSULT, TransferState.HANDED, TransferState.ALONE
_HOLD, _AGENT_IN = TransferEffect.HOLD_CALLER, TransferEffect.AGENT_TO_CONFERENCE
_CALL, _WHISPER = TransferEffect.CALL_TARGET, TransferEffect.WHISPER
_TARGET_IN, _CALLER_IN = TransferEffect.TARGET_TO_CONFERENCE, TransferEffect.CALLER_TO_CONFERENCE
_DROP, _TELL, _AGENT_OUT = (
    TransferEffect.DROP_TARGET,
    TransferEffect.TELL_REASON,
    TransferEffect.RELEASE_AGENT,
)
_TO_QUEUE, _ALL_OUT, _SURVEY = (
    TransferEffect.CALLER_TO_QUEUE,
    TransferEffect.RELEASE_ALL,
    TransferEffect.SURVEY,
)

_IN_FLIGHT, _NONE = Ignored(IgnoredReason.IN_FLIGHT), Ignored(IgnoredReason.NOTHING_IN_FLIGHT)
_NOT_HELD, _NOT_ACCEPTED = Ignored(IgnoredReason.NOT_HELD), Ignored(IgnoredReason.NOT_ACCEPTED)
_PLAIN, _ALREADY = Ignored(IgnoredReason.PLAIN), Ignored(IgnoredReason.ALREADY)
_LEFT, _NO_WAIT, _LATE = (
    Ignored(IgnoredReason.AGENT_LEFT),
    Ignored(IgnoredReason.NO_WAIT),
    Ignored(IgnoredReason.LATE),
)

_BACK: Final = Step(_TALK, (_CALLER_IN,))
"""To the same agent, who knows why."""
_TAKEN_BACK: Final = Step(_TALK, (_DROP, _CALLER_IN))
_IN_VAIN: Final = Step(_TALK, (_DROP, _TELL, _CALLER_IN))
"""To the same agent, and both hear why."""
_TO_THE_HEAD: Final = Step(_QUEUED, (_DROP, _TELL, _TO_QUEUE))
_GONE: Final = Step(_ENDED, (_ALL_OUT,))
_WITH_THE_AGENT: Final = Step(_TOGETHER, (_AGENT_IN, _CALLER_IN, _CALL))
_WAITS_ALONE: Final = Step(_ALONE, (_HOLD,))

_Cells = dict[Stimulus, Step | Ignored]

_ONE_AT_A_TIME: Final[_Cells] = {
    Stimulus.CONSULT: _IN_FLIGHT,
    Stimulus.PASS: _IN_FLIGHT,
    Stimulus.EMERGENCY: _IN_FLIGHT,
    Stimulus.HOLD: _IN_FLIGHT,
}
_NOBODY_CALLED: Final[_Cells] = {
    Stimulus.PICKED_UP: Step(_TALK, (_DROP,)),
    Stimulus.ACCEPTED: Step(_TALK, (_DROP,)),
    Stimulus.DECLINED: _LATE,
    Stimulus.FAILED: _LATE,
    Stimulus.TARGET_GONE: _LATE,
}
_LOST_BEFORE: Final[_Cells] = {
    Stimulus.DECLINED: _IN_VAIN,
    Stimulus.FAILED: _IN_VAIN,
    Stimulus.TARGET_GONE: _IN_VAIN,
    Stimulus.CALLER_GONE: _GONE,
    Stimulus.TOO_LONG: _IN_VAIN,
}
"""While the target is awaited and the agent is there."""
_AGENT_WENT_BEFORE: Final[_Cells] = {Stimulus.AGENT_GONE: Step(_ALONE), Stimulus.AGENT_LOST: Step(_ALONE)}
_AGENT_IS_GONE: Final[_Cells] = dict.fromkeys((*AGENT_ASKS, Stimulus.AGENT_GONE, Stimulus.AGENT_LOST), _LEFT)

_ROWS: Final[Mapping[TransferState, Mapping[Stimulus, Step | Ignored]]] = {
    TransferState.TALK: {
        Stimulus.CONSULT: Step(TransferState.CALLING, (_HOLD, _AGENT_IN, _CALL)),
        Stimulus.PASS: Step(TransferState.PASSING, (_HOLD, _AGENT_IN, _CALL)),
        Stimulus.EMERGENCY: _WITH_THE_AGENT,
        Stimulus.HOLD: Step(TransferState.HELD, (_HOLD, _AGENT_IN)),
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _NONE,
        Stimulus.LEAVE: _NONE,
        Stimulus.CANCEL: _NONE,
        **_NOBODY_CALLED,
        Stimulus.AGENT_GONE: Step(_ENDED, (_SURVEY,)),
        Stimulus.AGENT_LOST: Step(_QUEUED, (_TO_QUEUE,)),
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
    TransferState.HELD: {
        **_ONE_AT_A_TIME,
        Stimulus.EMERGENCY: _WITH_THE_AGENT,
        Stimulus.HOLD: _ALREADY,
        Stimulus.RESUME: _BACK,
        Stimulus.JOIN: _NONE,
        Stimulus.LEAVE: _NONE,
        Stimulus.CANCEL: _BACK,
        **_NOBODY_CALLED,
        Stimulus.PICKED_UP: Step(TransferState.HELD, (_DROP,)),
        Stimulus.ACCEPTED: Step(TransferState.HELD, (_DROP,)),
        Stimulus.AGENT_GONE: Step(_QUEUED, (_TO_QUEUE,)),
        Stimulus.AGENT_LOST: Step(_QUEUED, (_TO_QUEUE,)),
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _BACK,
    },
    TransferState.CALLING: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _NOT_ACCEPTED,
        Stimulus.LEAVE: _NOT_ACCEPTED,
        Stimulus.CANCEL: _TAKEN_BACK,
        Stimulus.PICKED_UP: Step(TransferState.ASKING, (_WHISPER,)),
        Stimulus.ACCEPTED: Step(_CONSULT, (_TARGET_IN,)),
        **_LOST_BEFORE,
        **_AGENT_WENT_BEFORE,
    },
    TransferState.ASKING: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _NOT_ACCEPTED,
        Stimulus.LEAVE: _NOT_ACCEPTED,
        Stimulus.CANCEL: _TAKEN_BACK,
        Stimulus.PICKED_UP: _ALREADY,
        Stimulus.ACCEPTED: Step(_CONSULT, (_TARGET_IN,)),
        **_LOST_BEFORE,
        **_AGENT_WENT_BEFORE,
    },
    TransferState.CONSULT: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: Step(TransferState.THREE, (_CALLER_IN,)),
        Stimulus.LEAVE: Step(_HANDED, (_CALLER_IN, _AGENT_OUT)),
        Stimulus.CANCEL: _TAKEN_BACK,
        Stimulus.PICKED_UP: _ALREADY,
        Stimulus.ACCEPTED: _ALREADY,
        Stimulus.DECLINED: _TAKEN_BACK,
        Stimulus.FAILED: _IN_VAIN,
        Stimulus.TARGET_GONE: _BACK,
        Stimulus.AGENT_GONE: Step(_HANDED, (_CALLER_IN,)),
        Stimulus.AGENT_LOST: Step(_HANDED, (_CALLER_IN,)),
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _IN_VAIN,
    },
    TransferState.TOGETHER: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _NOT_ACCEPTED,
        Stimulus.LEAVE: _NOT_ACCEPTED,
        Stimulus.CANCEL: Step(_TALK, (_DROP,)),
        Stimulus.PICKED_UP: Step(TransferState.THREE, (_TARGET_IN,)),
        Stimulus.ACCEPTED: Step(TransferState.THREE, (_TARGET_IN,)),
        Stimulus.DECLINED: Step(_TALK, (_DROP, _TELL)),
        Stimulus.FAILED: Step(_TALK, (_DROP, _TELL)),
        Stimulus.TARGET_GONE: Step(_TALK, (_DROP, _TELL)),
        Stimulus.AGENT_GONE: _WAITS_ALONE,
        Stimulus.AGENT_LOST: _WAITS_ALONE,
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
    TransferState.THREE: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _ALREADY,
        Stimulus.LEAVE: Step(_HANDED, (_AGENT_OUT,)),
        Stimulus.CANCEL: Step(_TALK, (_DROP,)),
        Stimulus.PICKED_UP: _ALREADY,
        Stimulus.ACCEPTED: _ALREADY,
        Stimulus.DECLINED: Step(_TALK, (_DROP,)),
        Stimulus.FAILED: Step(_TALK, (_DROP, _TELL)),
        Stimulus.TARGET_GONE: Step(_TALK),
        Stimulus.AGENT_GONE: Step(_HANDED),
        Stimulus.AGENT_LOST: Step(_HANDED),
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
    TransferState.HANDED: {
        **_AGENT_IS_GONE,
        Stimulus.PICKED_UP: _ALREADY,
        Stimulus.ACCEPTED: _ALREADY,
        Stimulus.DECLINED: Step(_ENDED, (_DROP, _SURVEY)),
        Stimulus.FAILED: _TO_THE_HEAD,
        Stimulus.TARGET_GONE: Step(_ENDED, (_SURVEY,)),
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
    TransferState.PASSING: {
        **_ONE_AT_A_TIME,
        Stimulus.RESUME: _NOT_HELD,
        Stimulus.JOIN: _PLAIN,
        Stimulus.LEAVE: Step(_ALONE, (_AGENT_OUT,)),
        Stimulus.CANCEL: _TAKEN_BACK,
        Stimulus.PICKED_UP: Step(TransferState.PASSING, (_WHISPER,)),
        Stimulus.ACCEPTED: Step(_HANDED, (_TARGET_IN, _CALLER_IN, _AGENT_OUT)),
        **_LOST_BEFORE,
        **_AGENT_WENT_BEFORE,
    },
    TransferState.ALONE: {
        **_AGENT_IS_GONE,
        Stimulus.PICKED_UP: Step(_ALONE, (_WHISPER,)),
        Stimulus.ACCEPTED: Step(_HANDED, (_TARGET_IN, _CALLER_IN)),
        Stimulus.DECLINED: _TO_THE_HEAD,
        Stimulus.FAILED: _TO_THE_HEAD,
        Stimulus.TARGET_GONE: _TO_THE_HEAD,
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _TO_THE_HEAD,
    },
    TransferState.QUEUED: {
        **_AGENT_IS_GONE,
        Stimulus.PICKED_UP: Step(_QUEUED, (_DROP,)),
        Stimulus.ACCEPTED: Step(_QUEUED, (_DROP,)),
        Stimulus.DECLINED: _LATE,
        Stimulus.FAILED: _LATE,
        Stimulus.TARGET_GONE: _LATE,
        Stimulus.CALLER_GONE: _GONE,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
    TransferState.ENDED: {
        **_AGENT_IS_GONE,
        Stimulus.PICKED_UP: Step(_ENDED, (_DROP,)),
        Stimulus.ACCEPTED: Step(_ENDED, (_DROP,)),
        Stimulus.DECLINED: _LATE,
        Stimulus.FAILED: _LATE,
        Stimulus.TARGET_GONE: _LATE,
        Stimulus.CALLER_GONE: _ALREADY,
        Stimulus.TOO_LONG: _NO_WAIT,
    },
}

TABLE: Final[Mapping[tuple[TransferState, Stimulus], Step | Ignored]] = {
    (state, stimulus): cell for state, row in _ROWS.items() for stimulus, cell in row.items()
}
"""The whole of it."""


def step(state: TransferState, stimulus: Stimulus) -> Step | Ignored:
    """What follows in this state; the state stays where it is ignored."""
    return TABLE[state, stimulus]
