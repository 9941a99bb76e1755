"""Both ends of the pairing against a model of them, in any order of events."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from callrouter.asterisk_link.agi_command import AgiCommandError, SetVariable
from callrouter.asterisk_link.agi_protocol import (
    AgiSession,
    AgiState,
    EnvironmentReceived,
    HangupReceived,
    ReplyReceived,
    SessionEnded,
)
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_pending import PendingActions


def response(action_id: str, *more: tuple[str, str]) -> AmiMessage:
    return AmiMessage((("Response", "Success"), ("ActionID", action_id), *more))


def event(name: str, *more: tuple[str, str]) -> AmiMessage:
    return AmiMessage((("Event", name), *more))


class Pairing(RuleBasedStateMachine):
    """Actions that wait, are answered, by lists too, and are forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = PendingActions()
        self.sent = self.told = self.dropped = 0
        self.waiting: list[str] = []
        self.open: dict[str, list[AmiMessage]] = {}

    @rule()
    def expect(self) -> None:
        self.waiting.append(f"t-{self.sent}")
        self.sent += 1
        self.pending.expect(self.waiting[-1])

    @precondition(lambda self: bool(self.waiting))
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(gone)
        self.open.pop(gone, None)
        self.pending.forget(gone)

    @rule(number=st.integers(0, 12), opens=st.booleans())
    def respond(self, number: int, *, opens: bool) -> None:
        action_id = f"t-{number}"
        more = (("EventList", "start"),) if opens else (("Mine", action_id),)
        message = response(action_id, *more)
        taken = self.pending.receive(message)
        if action_id not in self.waiting or action_id in self.open:
            self.dropped += 1
            assert taken is None
        elif opens:
            self.open[action_id] = []
            assert taken is None
        else:
            self.waiting.remove(action_id)
            assert taken == (action_id, AmiResponse(message))
        assert self.pending.unmatched == self.dropped

    @rule(number=st.integers(0, 12))
    def list_item(self, number: int) -> None:
        action_id = f"t-{number}"
        self.told += 1
        item = event("Item", ("ActionID", action_id), ("N", str(self.told)))
        taken = self.pending.receive(item)
        if action_id in self.open:
            self.open[action_id].append(item)
            assert taken is None
        else:
            assert taken in (item, None)  # nobody's: news, or of a list that was forgotten

    @precondition(lambda self: bool(self.open))
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        action_id = data.draw(st.sampled_from(sorted(self.open)))
        taken = self.pending.receive(event("Done", ("ActionID", action_id), ("EventList", "Complete")))
        self.waiting.remove(action_id)
        opened = response(action_id, ("EventList", "start"))
        assert taken == (action_id, AmiResponse(opened, tuple(self.open.pop(action_id))))

    @rule()
    def news(self) -> None:
        self.told += 1
        told = event("Hangup", ("N", str(self.told)))
        assert self.pending.receive(told) == told


class Dip(RuleBasedStateMachine):
    """One session: the environment, then commands and replies, hangups anywhere, the end at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.session = AgiSession()
        self.begun = self.outstanding = self.ended = self.hung_up = False
        self.commands = 0

    @precondition(lambda self: not self.begun and not self.ended)
    @rule()
    def environment(self) -> None:
        (received,) = self.session.receive_data(b"agi_network: yes\nagi_network_script: arrival\n\n")
        assert isinstance(received, EnvironmentReceived)
        self.begun = True

    @rule()
    def command(self) -> None:
        allowed = self.begun and not self.outstanding and not self.ended
        try:
            self.session.send_command(SetVariable("VERDICT", str(self.commands)))
        except AgiCommandError:
            assert not allowed
        else:
            assert allowed
            self.outstanding = True
            self.commands += 1

    @precondition(lambda self: self.outstanding and not self.ended)
    @rule(several_lines=st.booleans())
    def reply(self, *, several_lines: bool) -> None:
        mine = str(self.commands)
        octets = f"520-{mine}\nHANGUP\n520 End\n" if several_lines else f"200 result=1 ({mine})\n"
        (reply,) = self.session.receive_data(octets.encode())
        assert isinstance(reply, ReplyReceived)
        assert mine in reply.text
        self.outstanding = False

    @precondition(lambda self: self.begun and not self.ended)
    @rule()
    def hangup(self) -> None:
        expected = [] if self.hung_up else [HangupReceived()]
        assert list(self.session.receive_data(b"HANGUP\n")) == expected
        self.hung_up = True

    @rule()
    def end(self) -> None:
        expected = [] if self.ended else [SessionEnded()]
        assert list(self.session.receive_eof()) == expected
        self.ended = True
        assert self.session.state is AgiState.ENDED
        assert not self.session.receive_data(b"200 result=1\n")


QUICK = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPairing = Pairing.TestCase
TestPairing.settings = QUICK
TestDip = Dip.TestCase
TestDip.settings = QUICK
