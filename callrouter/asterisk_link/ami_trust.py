r"""Tells what Asterisk itself wrote from what somebody wrote into one of its messages.  PURE.

A caller's name or number that reaches a message with CR LF in it writes headers, ends the message early, or begins
another.  (The edge and the dialplan stop such callers; this is the last wall.)

Rules (measured on Asterisk 22.10.1)
1. Asterisk writes two things that a caller cannot know.  ``SystemName`` is the boot name: the third header of every
   event that it tells.  ``ActionID`` is the random word that we put into an action: the second header of its answer
   and of a list's end, and of an item of a list either the second (``CoreShowChannel``) or the last (``QueueEntry``,
   ``Status``).  Only there do they count; a message with neither is *forged*.
2. What stands second or third is in front of every caller's text: such a message's *beginning* is Asterisk's.  Where
   the ``ActionID`` is last, its *end* is.  A list's first and last message hold no caller's text: so are both ends.
3. The empty line between two messages is Asterisk's if the end before it or the beginning behind it is.  If neither
   is, a caller wrote it, and both sides are halves of one message: *cut*.
4. What is forged, cut or unreadable is dropped.  A half that was handed out before its other half arrived is named
   afterwards (`Distrust.CUT_BEFORE`): whoever has it must look at Asterisk anew.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final, TypeAlias

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_protocol import Fault, Unreadable


class Distrust(Enum):
    """Why a message was dropped; the value is what logs and metrics call it."""

    FORGED = "forged"
    """It bears neither the boot name nor an ActionID of ours, or not in their place."""
    CUT = "cut"
    """A half of a message that a caller's text has broken in two."""
    CUT_BEFORE = "cut_before"
    """As `CUT`, but said of the message handed out last, when its other half arrives."""
    MALFORMED = "malformed"
    """See `Fault.MALFORMED`."""
    REPEATED_HEADER = "repeated_header"
    """See `Fault.REPEATED_HEADER`."""


Judged: TypeAlias = AmiMessage | Distrust

_OF_FAULT: Final = {
    Fault.MALFORMED: Distrust.MALFORMED,
    Fault.REPEATED_HEADER: Distrust.REPEATED_HEADER,
}


class AmiJudge:
    """Judges the messages of one link, in order.  ``token`` begins each of our ActionIDs, a ``-`` behind it."""

    def __init__(self, token: str, boot_name: str) -> None:
        self._action_ids = f"{token}-"
        self._boot_name = boot_name
        self._ended_surely = True
        self._handed_out = False

    def judge(self, read: Iterable[AmiMessage | Unreadable]) -> list[Judged]:
        """Return each message, or why it was dropped in its place."""
        judged: list[Judged] = []
        for message in read:
            surely_begins = self._begins_surely(message)
            whole_border = surely_begins or self._ended_surely
            if not whole_border and self._handed_out:
                if judged:
                    judged[-1] = Distrust.CUT
                else:
                    judged.append(Distrust.CUT_BEFORE)
            surely_ends = self._ends_surely(message, surely_begins=surely_begins)
            if isinstance(message, Unreadable):
                verdict: Judged = _OF_FAULT[message.fault]
            elif not surely_begins and not surely_ends:
                verdict = Distrust.FORGED
            else:
                verdict = message if whole_border else Distrust.CUT
            judged.append(verdict)
            self._ended_surely = surely_ends
            self._handed_out = verdict is message
        return judged

    def is_news(self, event: AmiMessage) -> bool:
        """Whether Asterisk told this event by itself; if not, it is an item of a list."""
        return event.get("SystemName") == self._boot_name

    def _begins_surely(self, message: AmiMessage | Unreadable) -> bool:
        headers = message.headers
        if len(headers) > 1 and self._is_ours(headers[1]):
            return True
        return len(headers) > 2 and headers[0][0] == "Event" and headers[2] == ("SystemName", self._boot_name)

    def _ends_surely(self, message: AmiMessage | Unreadable, *, surely_begins: bool) -> bool:
        headers = message.headers
        if surely_begins and len(headers) > 2 and headers[2][0] == "EventList":
            return True
        return len(headers) > 1 and self._is_ours(headers[-1])

    def _is_ours(self, header: tuple[str, str]) -> bool:
        return header[0] == "ActionID" and header[1].startswith(self._action_ids)
