"""The table of a transfer: every pair is in it, and nobody is ever left alone by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.transfer_table import TABLE, Ignored, Step, step
from callrouter.vocabulary.transfer import AGENT_ASKS, IgnoredReason
from callrouter.vocabulary.transfer import TransferEffect as Effect
from callrouter.vocabulary.transfer import TransferState as State
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus

PAIRS = sorted(product(State, Stimulus))
GONE = (State.HANDED, State.ALONE, State.QUEUED, State.ENDED)
"""The agent is."""


def test_every_pair_is_in_the_table() -> None:
    assert TABLE.keys() == set(PAIRS)


AGREED = """
            talk     held     calling asking  consult together three  handed passing alone  queued ended
consult     calling  .        .       .       .       .        .      .      .       .      .      .
pass        passing  .        .       .       .       .        .      .      .       .      .      .
emergency   together together .       .       .       .        .      .      .       .      .      .
hold        held     .        .       .       .       .        .      .      .       .      .      .
resume      .        talk     .       .       .       .        .      .      .       .      .      .
join        .        .        .       .       three   .        .      .      .       .      .      .
leave       .        .        .       .       handed  .        handed .      alone   .      .      .
cancel      .        talk     talk    talk    talk    talk     talk   .      talk    .      .      .
picked_up   talk     held     asking  .       .       three    .      .      passing alone  queued ended
accepted    talk     held     consult consult .       three    .      .      handed  handed queued ended
declined    .        .        talk    talk    talk    talk     talk   ended  talk    queued .      .
failed      .        .        talk    talk    talk    talk     talk   queued talk    queued .      .
target_gone .        .        talk    talk    talk    talk     talk   ended  talk    queued .      .
agent_gone  ended    queued   alone   alone   handed  alone    handed .      alone   .      .      .
agent_lost  queued   queued   alone   alone   handed  alone    handed .      alone   .      .      .
caller_gone ended    ended    ended   ended   ended   ended    ended  ended  ended   ended  ended  .
too_long    .        talk     talk    talk    talk    .        .      .      talk    queued .      .
"""
"""Below each state what follows it, beside each stimulus; a full stop: it is ignored."""


def test_a_transfer_goes_on_as_it_was_agreed() -> None:
    states, *rows = (line.split() for line in AGREED.strip().splitlines())
    agreed = {
        (State(state), Stimulus(row[0])): next_state
        for row in rows
        for state, next_state in zip(states, row[1:], strict=True)
    }
    found = {pair: "." if isinstance(cell, Ignored) else cell.state.value for pair, cell in TABLE.items()}
    assert found == agreed


def test_both_hear_why_whenever_it_went_wrong_by_itself_before_they_talked_or_the_line_broke() -> None:
    told = {
        pair for pair, cell in TABLE.items() if isinstance(cell, Step) and Effect.TELL_REASON in cell.effects
    }
    waiting = (State.CALLING, State.ASKING, State.PASSING, State.ALONE)
    emergency = product((State.TOGETHER,), (Stimulus.DECLINED, Stimulus.FAILED, Stimulus.TARGET_GONE))
    wrong = (Stimulus.DECLINED, Stimulus.FAILED, Stimulus.TARGET_GONE, Stimulus.TOO_LONG)
    broken = ((state, Stimulus.FAILED) for state in (State.CONSULT, State.THREE, State.HANDED))
    assert told == {*product(waiting, wrong), *emergency, *broken, (State.CONSULT, Stimulus.TOO_LONG)}


def test_whoever_picks_up_is_asked_and_nobody_is_joined_unasked() -> None:
    asked = {
        pair for pair, cell in TABLE.items() if isinstance(cell, Step) and Effect.WHISPER in cell.effects
    }
    assert asked == {(state, Stimulus.PICKED_UP) for state in (State.CALLING, State.PASSING, State.ALONE)}


def test_the_agent_is_told_what_hinders_him() -> None:
    said = {
        (state, stimulus): cell.reason
        for (state, stimulus), cell in TABLE.items()
        if isinstance(cell, Ignored) and stimulus in AGENT_ASKS and state not in GONE
    }
    reasons = {
        Stimulus.RESUME: {IgnoredReason.NOT_HELD},
        Stimulus.CANCEL: {IgnoredReason.NOTHING_IN_FLIGHT},
        Stimulus.LEAVE: {IgnoredReason.NOTHING_IN_FLIGHT, IgnoredReason.NOT_ACCEPTED},
    }
    for stimulus, expected in reasons.items():
        assert {reason for (_, one), reason in said.items() if one is stimulus} == expected
    assert said[State.HELD, Stimulus.HOLD] is IgnoredReason.ALREADY
    assert said[State.TALK, Stimulus.JOIN] is IgnoredReason.NOTHING_IN_FLIGHT
    assert said[State.ASKING, Stimulus.JOIN] is IgnoredReason.NOT_ACCEPTED
    assert said[State.THREE, Stimulus.JOIN] is IgnoredReason.ALREADY
    assert said[State.PASSING, Stimulus.JOIN] is IgnoredReason.PLAIN
    assert {said[state, Stimulus.CONSULT] for state in State if (state, Stimulus.CONSULT) in said} == {
        IgnoredReason.IN_FLIGHT
    }


@pytest.mark.parametrize("state", [state for state in State if state is not State.TALK])
def test_only_in_a_talk_a_transfer_or_a_hold_begins(state: State) -> None:
    for stimulus in (Stimulus.CONSULT, Stimulus.PASS, Stimulus.HOLD):
        assert isinstance(step(state, stimulus), Ignored)


@pytest.mark.parametrize("state", GONE)
def test_who_has_left_does_nothing_more(state: State) -> None:
    for stimulus in (*AGENT_ASKS, Stimulus.AGENT_GONE, Stimulus.AGENT_LOST):
        assert step(state, stimulus) == Ignored(IgnoredReason.AGENT_LEFT)


@pytest.mark.parametrize("state", [State.TALK, State.HELD, State.QUEUED, State.ENDED])
@pytest.mark.parametrize("stimulus", [Stimulus.PICKED_UP, Stimulus.ACCEPTED])
def test_a_target_that_is_too_late_is_dropped_and_changes_nothing(state: State, stimulus: Stimulus) -> None:
    assert step(state, stimulus) == Step(state, (Effect.DROP_TARGET,))


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_end_and_an_end_is_one(state: State) -> None:
    last = step(state, Stimulus.CALLER_GONE)
    assert state is State.ENDED or (isinstance(last, Step) and last.state is State.ENDED)
    after = step(State.ENDED, Stimulus.CALLER_GONE)
    assert isinstance(after, Ignored)
    assert {cell.state for stimulus in Stimulus if isinstance(cell := step(State.ENDED, stimulus), Step)} == {
        State.ENDED
    }


def test_every_state_can_be_reached() -> None:
    reached, new = {State.TALK}, {State.TALK}
    while new:
        new = {
            cell.state
            for state in new
            for stimulus in Stimulus
            if isinstance(cell := step(state, stimulus), Step)
        } - reached
        reached |= new
    assert reached == set(State)


def test_a_call_ends_by_the_caller_or_the_last_one_to_talk_with_him_alone() -> None:
    ends = {
        (state, stimulus)
        for (state, stimulus), cell in TABLE.items()
        if state is not State.ENDED and isinstance(cell, Step) and cell.state is State.ENDED
    }
    others = {pair for pair in ends if pair[1] is not Stimulus.CALLER_GONE}
    assert others == {
        (State.TALK, Stimulus.AGENT_GONE),
        (State.HANDED, Stimulus.TARGET_GONE),
        (State.HANDED, Stimulus.DECLINED),
    }


PUTS: dict[Effect, dict[str, str]] = {
    Effect.HOLD_CALLER: {"caller": "music"},
    Effect.AGENT_TO_CONFERENCE: {"agent": "conference"},
    Effect.CALL_TARGET: {"target": "rung"},
    Effect.WHISPER: {},
    Effect.TARGET_TO_CONFERENCE: {"target": "conference"},
    Effect.CALLER_TO_CONFERENCE: {"caller": "conference"},
    Effect.DROP_TARGET: {"target": "none"},
    Effect.TELL_REASON: {},
    Effect.RELEASE_AGENT: {"agent": "gone"},
    Effect.CALLER_TO_QUEUE: {"caller": "queue"},
    Effect.RELEASE_ALL: {"caller": "gone", "agent": "gone", "target": "none"},
    Effect.SURVEY: {"caller": "survey"},
}


@dataclass(frozen=True)
class Parties:
    """Where each of them is, as the effects put them: what a table of states alone could get wrong."""

    caller: str = "bridge"
    agent: str = "bridge"
    target: str = "none"

    def can(self, stimulus: Stimulus) -> bool:
        """Whether it can happen for real."""
        if stimulus in AGENT_ASKS or stimulus in (Stimulus.AGENT_GONE, Stimulus.AGENT_LOST):
            return self.agent != "gone"
        match stimulus:
            case Stimulus.CALLER_GONE:
                return self.caller not in ("gone", "survey")
            case Stimulus.TOO_LONG:
                return self.caller == "music"
            case Stimulus.PICKED_UP:
                return self.target == "rung"
            case Stimulus.ACCEPTED:
                return self.target in ("rung", "asked")
            case _:
                # A decline may be told of whoever hangs up, and a pick-up not at all.
                return self.target != "none"

    def after(self, stimulus: Stimulus) -> Parties:
        """What the stimulus itself does, before anybody reacts."""
        match stimulus:
            case Stimulus.AGENT_GONE | Stimulus.AGENT_LOST:
                return replace(self, agent="gone")
            case Stimulus.CALLER_GONE:
                return replace(self, caller="gone")
            case Stimulus.PICKED_UP:
                return replace(self, target="asked")
            case Stimulus.TARGET_GONE:
                return replace(self, target="none")
            case _:
                return self

    def put(self, effect: Effect) -> Parties:
        return replace(self, **PUTS[effect])

    @property
    def nobody_is_alone(self) -> bool:
        agent_in, target_in = self.agent == "conference", self.target == "conference"
        company = {
            "bridge": self.agent == "bridge",
            "conference": agent_in or target_in,
            "music": agent_in or target_in or self.target in ("rung", "asked"),
            "queue": self.agent == "gone" and self.target == "none",
            "survey": self.agent == "gone" and self.target == "none",
            "gone": self.agent == "gone" and self.target == "none",
        }
        target_has = self.target != "conference" or agent_in or self.caller == "conference"
        agent_has = self.agent != "conference" or self.caller in ("conference", "music")
        return company[self.caller] and target_has and agent_has

    @property
    def as_the_state_says(self) -> dict[State, bool]:
        caller, agent, target = self.caller, self.agent, self.target
        both_in = caller == agent == "conference" or caller == agent == "bridge"
        return {
            State.TALK: both_in and target == "none",
            State.HELD: (caller, agent, target) == ("music", "conference", "none"),
            State.CALLING: (caller, agent, target) == ("music", "conference", "rung"),
            State.ASKING: (caller, agent, target) == ("music", "conference", "asked"),
            State.CONSULT: (caller, agent, target) == ("music", "conference", "conference"),
            State.TOGETHER: caller == agent == "conference" and target == "rung",
            State.THREE: caller == agent == target == "conference",
            State.HANDED: (caller, agent, target) == ("conference", "gone", "conference"),
            State.PASSING: (caller, agent) == ("music", "conference") and target in ("rung", "asked"),
            State.ALONE: (caller, agent) == ("music", "gone") and target in ("rung", "asked"),
            State.QUEUED: caller == "queue" and agent == "gone",
            State.ENDED: caller in ("gone", "survey") and agent == "gone",
        }


def happens(state: State, parties: Parties, stimulus: Stimulus) -> tuple[State, Parties]:
    """What is so after it, if nobody is left alone and the state says where they are."""
    parties = parties.after(stimulus)
    cell = step(state, stimulus)
    if isinstance(cell, Step):
        state = cell.state
        for effect in cell.effects:
            parties = parties.put(effect)
    assert parties.nobody_is_alone, (stimulus, state, parties)
    assert parties.as_the_state_says[state], (stimulus, state, parties)
    return state, parties


def test_whatever_can_happen_nobody_is_left_alone_and_the_state_says_where_they_are() -> None:
    reached = new = {(State.TALK, Parties())}
    while new:
        new = {
            happens(state, parties, stimulus)
            for state, parties in new
            for stimulus in Stimulus
            if parties.can(stimulus)
        } - reached
        reached = reached | new
    assert {state for state, _ in reached} == set(State)


@given(st.data())
def test_nobody_is_left_alone_in_any_order_of_things(data: st.DataObject) -> None:
    state, parties = State.TALK, Parties()
    for _ in range(30):
        possible = [stimulus for stimulus in Stimulus if parties.can(stimulus)]
        if not possible:
            break
        state, parties = happens(state, parties, data.draw(st.sampled_from(possible)))


@given(st.lists(st.sampled_from(Stimulus), max_size=60))
def test_not_even_what_can_not_happen_or_is_told_twice_makes_a_state_of_its_own(told: list[Stimulus]) -> None:
    state, has_left = State.TALK, False
    for stimulus in told:
        cell = step(state, stimulus)
        if has_left and state is not State.ENDED:
            assert stimulus not in AGENT_ASKS or isinstance(cell, Ignored)
        if isinstance(cell, Step):
            state = cell.state
        has_left = has_left or state in GONE
        assert (state in GONE) is has_left
