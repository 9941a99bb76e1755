"""Codecs with a known bug each, to see that the properties and the fuzzer find it.  Written over the public API."""

from collections.abc import Callable, Iterable, Sequence

import agi_properties
import ami_properties

from callrouter.asterisk_link.agi_protocol import AgiEvent, AgiSession
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import AmiSession, Unreadable
from callrouter.asterisk_link.ami_trust import AmiJudge, Judged


class HangupIsAReply(AgiSession):
    """Takes an asynchronous HANGUP for the reply (panoramisk)."""

    def __init__(self) -> None:
        super().__init__()
        self._line = b""

    def receive_data(self, data: bytes) -> Sequence[AgiEvent]:
        *lines, self._line = (self._line + data).split(b"\n")
        whole = b"".join(line + b"\n" for line in lines)
        return super().receive_data(whole.replace(b"HANGUP\n", b"200 result=-1 (hangup)\n")) if whole else []


class LineWithoutEnd(AgiSession):
    """Keeps a line until it ends, however long it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._line = bytearray()

    def receive_data(self, data: bytes) -> Sequence[AgiEvent]:
        self._line += data
        end = self._line.rfind(b"\n") + 1
        whole = bytes(self._line[:end])
        del self._line[:end]
        return super().receive_data(whole) if whole else []


class SplitCharactersDropped(AmiSession):
    """Decodes what arrives, not what is whole (panoramisk)."""

    def receive_data(self, data: bytes) -> list[AmiMessage]:
        return super().receive_data(data.decode("utf-8", "ignore").encode())


class AnyLineFeedEndsALine(AmiSession):
    """Reads LF alone as a line's end."""

    def __init__(self) -> None:
        super().__init__()
        self._before = b""

    def receive_data(self, data: bytes) -> list[AmiMessage]:
        out = b""
        for octet in (data[place : place + 1] for place in range(len(data))):
            out += b"\r\n" if octet == b"\n" and self._before != b"\r" else octet
            self._before = octet
        return super().receive_data(out)


class HeaderWithoutEnd(AmiSession):
    """Keeps a header until it ends, however long it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._header = bytearray()

    def receive_data(self, data: bytes) -> list[AmiMessage]:
        self._header += data
        end = self._header.rfind(b"\n") + 1
        whole = bytes(self._header[:end])
        del self._header[:end]
        return super().receive_data(whole) if whole else []


class PairedByOrder(PendingActions):
    """Gives each response to the action that has waited longest."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] = []

    def expect(self, action_id: str) -> None:
        super().expect(action_id)
        self._order.append(action_id)

    def forget(self, action_id: str) -> None:
        super().forget(action_id)
        if action_id in self._order:
            self._order.remove(action_id)

    def receive(self, message: AmiMessage) -> tuple[str, AmiResponse] | AmiMessage | None:
        if message.is_event or not self._order or message.get("EventList"):
            return super().receive(message)
        return self._order.pop(0), AmiResponse(message)


class EverythingBelieved(AmiJudge):
    """Believes what bears an Asterisk's form."""

    def judge(self, read: Iterable[AmiMessage | Unreadable]) -> list[Judged]:
        return [message for message in read if isinstance(message, AmiMessage)]


class HalvesBelieved(AmiJudge):
    """Looks at each message alone: what begins as Asterisk's is believed, though its end was cut off."""

    def judge(self, read: Iterable[AmiMessage | Unreadable]) -> list[Judged]:
        return [
            one
            for message in read
            for one in AmiJudge("token", ami_properties.BOOT_NAME.decode()).judge([message])
        ]


def _agi(session: type[AgiSession]) -> Callable[[], None]:
    def seed() -> None:
        agi_properties.new_session = session

    return seed


def _ami(
    session: type[AmiSession] = AmiSession,
    pending: type[PendingActions] = PendingActions,
    judge: type[AmiJudge] = AmiJudge,
) -> Callable[[], None]:
    def seed() -> None:
        ami_properties.new_session, ami_properties.new_pending = session, pending
        ami_properties.new_judge = judge

    return seed


BUGS = {
    "agi": {"hangup is a reply": _agi(HangupIsAReply), "a line without end": _agi(LineWithoutEnd)},
    "ami": {
        "split characters dropped": _ami(SplitCharactersDropped),
        "any line feed ends a line": _ami(AnyLineFeedEndsALine),
        "a header without end": _ami(HeaderWithoutEnd),
        "paired by order": _ami(pending=PairedByOrder),
        "everything believed": _ami(judge=EverythingBelieved),
        "halves believed": _ami(judge=HalvesBelieved),
    },
}
"""By codec and name; calling one puts it in the codec's place."""


def mend() -> None:
    """Put the real codecs back."""
    _agi(AgiSession)()
    _ami()()
