"""A call that comes in (RFC 3261 sections 9.2 and 13.3)."""

from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState, EndOfCall, end_by
from callrouter.sip_party.dialog import dialog_of_incoming
from callrouter.sip_party.errors import CallMissedStateError, CallRefusedMediaError
from callrouter.sip_party.follow_ups import REASON_PHRASES
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.media import Source
from callrouter.sip_party.message import Request
from callrouter.sip_party.transactions import ServerTransaction


class IncomingCall(Call):
    """A call that comes in; made by `SipParty.next_call`."""

    def __init__(self, end: LocalEnd, invite: ServerTransaction, source: Source) -> None:
        dialog = dialog_of_incoming(invite.request, local_tag=end.token(), source=invite.source)
        super().__init__(end, dialog, source)
        self._invite = invite
        self._early_description = b""
        self._received.append(invite.request)
        self._reply(invite, 100)

    @property
    def dialled_uri(self) -> str:
        """The Request-URI of the INVITE."""
        return self._invite.request.uri

    async def ring(self) -> None:
        """Say that it rings: 180.

        Raises:
            CallMissedStateError: the call was answered or has ended.

        """
        self._must_wait("ring")
        self._reply(self._invite, 180)
        self._enter(CallState.RINGING)

    async def progress(self) -> None:
        """Begin early media: 183 with SDP, and audio in both directions.

        Raises:
            CallMissedStateError: the call was answered or has ended.
            CallRefusedMediaError: the offer has no PCMA; the call is refused with 488.

        """
        await self._agree_once("progress")
        self._reply(self._invite, 183, self._early_description)
        self._enter(CallState.EARLY)

    async def answer(self, *, timeout_s: float = 5.0) -> None:
        """Answer with 200 and wait for the ACK.

        Raises:
            CallMissedStateError: the call was answered or has ended, or ended before the ACK.
            CallRefusedMediaError: the offer has no PCMA; the call is refused with 488.
            WaitExpiredError: no ACK within `timeout_s`; the 200 goes on being repeated.

        """
        await self._agree_once("answer")
        self._unacknowledged = self._invite
        self._reply(self._invite, 200, self._early_description)
        self._enter(CallState.UP)
        await self._until_heard(lambda: self._invite.is_acknowledged or None, "the ACK", timeout_s)

    async def reject(self, status: int, *, q850_cause: int | None = None) -> None:
        """Refuse the call with a status of 400 to 699, with a Reason header when a cause is given.

        Raises:
            CallMissedStateError: the call was answered or has ended.
            ValueError: the status is no refusal.

        """
        if not 400 <= status <= 699:
            raise ValueError(f"{status} refuses no call: use 400 to 699, for instance 486 for busy")
        self._must_wait("reject")
        reason = () if q850_cause is None else (("Reason", f"Q.850;cause={q850_cause}"),)
        self._reply(self._invite, status, headers=reason)
        self._enter_end(EndOfCall("us", status, q850_cause, REASON_PHRASES.get(status, "")))

    def on_cancel(self, cancel: Request) -> None:
        """Take the caller's CANCEL of the INVITE; too late after the answer."""
        self._received.append(cancel)
        if self._invite.final_status is None:
            self._reply(self._invite, 487)
            self._enter_end(end_by("them", cancel))

    def on_request(self, transaction: ServerTransaction) -> None:
        """Take a request within the dialog; a BYE before the answer also ends the INVITE."""
        super().on_request(transaction)
        if self.ended is not None and self._invite.final_status is None:
            self._reply(self._invite, 487)

    async def _agree_once(self, act: str) -> None:
        self._must_wait(act)
        await self.open_media()
        self._must_wait(act)
        if self._early_description:
            return
        try:
            self._early_description = self._agree(self._invite.request)
        except CallRefusedMediaError:
            await self.reject(488)
            raise

    def _must_wait(self, act: str) -> None:
        if self.state in {CallState.UP, CallState.ENDED}:
            raise CallMissedStateError(f"cannot {act}: {self._what_it_is()}")

    async def _abandon(self, timeout_s: float) -> None:  # noqa: ARG002 - a refusal needs no answer
        await self.reject(480)
