"""What outgoing and incoming calls share: state, waiting, audio, and what comes within a dialog."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import structlog

from callrouter.sip_party.call_state import SUCCESSORS, CallState, EndOfCall, end_by
from callrouter.sip_party.changes import Changes
from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.errors import CallMissedStateError, CallRefusedMediaError, WaitExpiredError
from callrouter.sip_party.follow_ups import response_to
from callrouter.sip_party.heard import FRAMES_TO_HEAR_A_TONE, Heard, ToneWatch
from callrouter.sip_party.keys_by_info import KeysByInfo
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.media import Media, Source
from callrouter.sip_party.message import Header, Message, Request
from callrouter.sip_party.rtp import FRAME_S
from callrouter.sip_party.sdp import CONTENT_TYPE, AudioDescription, SdpFault, answer_to, parse_sdp, write_sdp
from callrouter.sip_party.transactions import ServerTransaction

_log = structlog.get_logger(__name__)
_SDP: tuple[Header, ...] = (("Content-Type", CONTENT_TYPE),)
T = TypeVar("T")


class Call(KeysByInfo, ABC):
    """One call of a party. Made by `SipParty.dial` and `SipParty.next_call`."""

    def __init__(self, end: LocalEnd, dialog: Dialog, source: Source) -> None:
        self.ended: EndOfCall | None = None
        """How the call ended; None while it lives."""
        self._end = end
        self._dialog = dialog
        self._changes = Changes()
        ssrc = int(end.token()[:8], 16)
        self._media = Media(source, clock=end.clock, ssrc=ssrc, on_change=self._changes.notify)
        self._media_open = False
        self._history: dict[CallState, float] = {CallState.CALLING: end.clock()}
        self._received: list[Message] = []
        self._sdp_version = 0
        self._unacknowledged: ServerTransaction | None = None

    @property
    def state(self) -> CallState:
        """Where the call is now."""
        return next(reversed(self._history))

    @property
    def history(self) -> dict[CallState, float]:
        """Every state so far and when it was entered, in seconds of the party's clock."""
        return dict(self._history)

    @property
    def heard(self) -> Heard:
        """Everything received so far."""
        return self._media.heard

    @property
    def packets_sent(self) -> int:
        """How many RTP packets were sent."""
        return self._media.packets_sent

    @property
    def sip_call_id(self) -> str:
        """The Call-ID."""
        return self._dialog.call_id

    @property
    def local_tag(self) -> str:
        """Our tag in the dialog."""
        return self._dialog.local_tag

    def received_headers(self, name: str) -> tuple[str, ...]:
        """Return every value of a header in all messages of this call that were received, in order."""
        return tuple(value for message in self._received for value in message.named(name))

    async def wait_for(self, state: CallState, *, timeout_s: float) -> float:
        """Wait until the call is, or has been, in a state; return when it entered it (party's clock).

        Raises:
            WaitExpiredError: not within `timeout_s`; the text says what it is instead.
            CallMissedStateError: it can no longer come there.

        """

        def look() -> float | None:
            if state not in self._history and state not in SUCCESSORS[self.state]:
                raise CallMissedStateError(
                    f"waited for {state.name}, but {self._what_it_is()}: it cannot come there"
                )
            return self._history.get(state)

        return await self._until(look, state.name, timeout_s)

    async def hears(self, tone_hz: int, *, timeout_s: float, since: float | None = None) -> float:
        """Wait until a tone is heard in three frames in a row; return when the first came (party's clock).

        Only what came at `since` or later counts; by default the three frames just past and what follows.

        Raises:
            WaitExpiredError: not within `timeout_s`.
            CallMissedStateError: the call ended without it.

        """
        recent = self._end.clock() - FRAMES_TO_HEAR_A_TONE * FRAME_S
        watch = ToneWatch(self.heard, tone_hz, since=recent if since is None else since)
        return await self._until_heard(watch.look, f"a tone of {tone_hz} Hz", timeout_s)

    async def hears_keys(self, count: int, *, timeout_s: float) -> str:
        """Wait until that many keys were pressed on the other side since the call began; return them all.

        Raises:
            WaitExpiredError: not within `timeout_s`.
            CallMissedStateError: the call ended before.

        """
        return await self._until_heard(
            lambda: self.heard.digits if len(self.heard.digits) >= count else None, f"{count} keys", timeout_s
        )

    async def hears_packets(self, count: int, *, timeout_s: float) -> None:
        """Wait until that many audio packets (20 ms each) came since the call began.

        Raises:
            WaitExpiredError: not within `timeout_s`.
            CallMissedStateError: the call ended before.

        """
        await self._until_heard(
            lambda: self.heard.count() >= count or None, f"{count} audio packets", timeout_s
        )

    async def _until_heard(self, look: Callable[[], T | None], what: str, timeout_s: float) -> T:
        def look_while_it_lives() -> T | None:
            found = look()
            if found is None and self.ended is not None:
                raise CallMissedStateError(f"waited for {what}, but {self._what_it_is()}")
            return found

        return await self._until(look_while_it_lives, what, timeout_s)

    async def _until(self, look: Callable[[], T | None], what: str, timeout_s: float) -> T:
        found = await self._changes.until(look, timeout_s=timeout_s)
        if found is None:
            raise WaitExpiredError(f"waited {timeout_s:g} s for {what}, but {self._what_it_is()}")
        return found

    def _what_it_is(self) -> str:
        way = " > ".join(state.name for state in self._history)
        end = "" if self.ended is None else f" ({self.ended})"
        return f"the call went {way}{end} and heard {self.heard.count()} audio packets"

    def play(self, source: Source) -> None:
        """Send another source from the next packet on.

        Raises:
            ValueError: the source cannot be played.

        """
        self._media.play(source)

    async def press(self, keys: str) -> None:
        """Press DTMF keys (RFC 4733), 100 ms each; returns when the last one is out.

        Raises:
            ValueError: a character is no DTMF key, or telephone-event was not agreed.

        """
        await self._media.press(keys)

    async def hang_up(self, *, timeout_s: float = 4.0) -> None:
        """End the call as its state asks for: BYE, CANCEL or 480; nothing when it has ended.

        When the other side stays silent for `timeout_s` the call ends on our side alone.
        """
        if self.state is CallState.UP:
            await self._bye(timeout_s)
        elif self.state is not CallState.ENDED:
            await self._abandon(timeout_s)
        if self.ended is None:
            self._enter_end(EndOfCall("us", None, None, "the other side did not answer"))
        await self._media.closed()

    @abstractmethod
    async def _abandon(self, timeout_s: float) -> None:
        """Give the call up before it is up."""

    async def _bye(self, timeout_s: float) -> None:
        # The callee's BYE waits for the ACK (RFC 3261 section 15).
        await self._changes.until(lambda: self._unacknowledged is None or None, timeout_s=timeout_s)
        if self.ended is None:
            self._enter_end(EndOfCall("us", None, None, ""))
            await self._end.ask(self._next_bye, self._dialog.hop, timeout_s=timeout_s)

    def _next_bye(self, extra: tuple[Header, ...]) -> Request:
        self._dialog = self._dialog.advanced()
        return self._end.request(self._dialog, "BYE", extra=extra)

    def on_request(self, transaction: ServerTransaction) -> None:
        """Take a request of the other side within this call's dialog."""
        request = transaction.request
        self._received.append(request)
        match request.method:
            case "BYE":
                self._reply(transaction, 200)
                self._enter_end(end_by("them", request))
            case "INVITE" | "UPDATE":
                self._dialog = self._dialog.targeted(request)
                self._answer_offer(transaction)
            case "OPTIONS" | "INFO" | "NOTIFY":
                self._reply(transaction, 200)
            case _:
                self._reply(transaction, 405)

    def on_ack(self, ack: Request) -> None:
        """Take the ACK of our 2xx; it may carry the answer to our offer."""
        waiting = self._unacknowledged
        if waiting is None or waiting.request.cseq[0] != ack.cseq[0]:
            return
        self._unacknowledged = None
        waiting.acknowledge()
        self._changes.notify()
        if ack.body and not isinstance(theirs := parse_sdp(ack.body), SdpFault):
            self._media.agree(ours=self._described(None), theirs=theirs)

    def _answer_offer(self, transaction: ServerTransaction) -> None:
        """Answer an INVITE or UPDATE within the dialog, or finally answer the first INVITE."""
        request = transaction.request
        if request.method == "UPDATE" and not request.body:
            self._reply(transaction, 200)
            return
        try:
            body = self._agree(request)
        except CallRefusedMediaError:
            self._reply(transaction, 488)
            return
        if request.method == "INVITE":
            self._unacknowledged = transaction
        self._reply(transaction, 200, body)

    def _agree(self, offer: Request) -> bytes:
        """Agree to the audio that a request offers; return our description."""
        theirs = parse_sdp(offer.body) if offer.body else None
        if isinstance(theirs, SdpFault):
            raise CallRefusedMediaError(f"their offer cannot be used: {theirs.fault}")
        ours = self._described(theirs)
        if theirs is not None:
            self._media.agree(ours=ours, theirs=theirs)
        return self._written(ours)

    def _described(self, theirs: AudioDescription | None) -> AudioDescription:
        host, port = self._end.host, self._media.port
        return AudioDescription(host, port) if theirs is None else answer_to(theirs, host=host, port=port)

    def _written(self, ours: AudioDescription) -> bytes:
        self._sdp_version += 1
        return write_sdp(ours, session_id=self._media.port, version=self._sdp_version)

    def _reply(
        self, transaction: ServerTransaction, status: int, body: bytes = b"", headers: tuple[Header, ...] = ()
    ) -> None:
        own = (("Contact", self._end.contact), *headers, *(_SDP if body else ()))
        response = response_to(transaction.request, status, to_tag=self.local_tag, headers=own, body=body)
        transaction.respond(response, on_no_ack=self._on_no_ack)

    def _on_no_ack(self) -> None:
        # Without an ACK the dialog is ended (RFC 3261 section 13.3.1.4).
        if self.state is CallState.UP:
            self._end.transactions.begin(self._next_bye(()), self._dialog.hop)
            self._enter_end(EndOfCall("them", 408, None, "no ACK came"))

    async def open_media(self) -> None:
        """Take the UDP port of the audio; once."""
        if not self._media_open:
            self._media_open = True
            await self._media.open(self._end.host)
            if self.ended is not None:
                self._media.stop()

    def _enter(self, state: CallState) -> None:
        if state in SUCCESSORS[self.state]:
            self._history[state] = self._end.clock()
            _log.debug("a call changed its state", state=state.value, sip_call_id=self.sip_call_id)
            self._changes.notify()

    def _enter_end(self, ended: EndOfCall) -> None:
        if self.ended is None:
            self.ended = ended
            self._media.stop()
            if self._unacknowledged is not None:
                self._unacknowledged.stop()
            self._enter(CallState.ENDED)

    def vanish(self) -> None:
        """End the call without a word to the other side, as a device that lost its network."""
        self._enter_end(EndOfCall("us", None, None, "vanished"))
