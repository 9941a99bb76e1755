"""A call that we place (RFC 3261 sections 9.1, 13.2 and 14)."""

from callrouter.sip_party.addresses import tag_of
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState, EndOfCall, end_by
from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.follow_ups import cancel_of
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.media import Source
from callrouter.sip_party.message import Header, Request, Response
from callrouter.sip_party.sdp import SdpFault, parse_sdp
from callrouter.sip_party.transactions import ClientTransaction


class OutgoingCall(Call):
    """A call that we place; made by `SipParty.dial`."""

    def __init__(self, end: LocalEnd, dialog: Dialog, source: Source, headers: tuple[Header, ...]) -> None:
        super().__init__(end, dialog, source)
        self._uri = dialog.remote_target
        self._headers = headers
        self._invite: ClientTransaction | None = None
        self._ack: Request | None = None
        self._may_cancel = False
        self._gave_up = False

    def begin(self, authorization: tuple[Header, ...] = ()) -> None:
        """Send the INVITE; its audio port must be open.

        Raises:
            ValueError: a header or the dialled number holds what cannot be sent.

        """
        self._dialog = self._dialog.advanced()
        self._may_cancel = False
        body = self._written(self._described(None))
        extra = (*self._headers, *authorization)
        invite = self._end.request(self._dialog, "INVITE", uri=self._uri, extra=extra, body=body)
        self._invite = self._end.transactions.begin(
            invite, self._dialog.first_hop, self._on_response, self._on_silence
        )

    def _on_silence(self) -> None:
        self._enter_end(EndOfCall("us" if self._gave_up else "them", 408, None, "no response to INVITE"))

    def _on_response(self, response: Response) -> None:
        if self._ack is not None:
            # A repeated 2xx: its ACK was lost. One with another tag is another dialog, and not ours to keep.
            if tag_of(response.required("To")) == self._dialog.remote_tag:
                self._end.transactions.send(self._ack, self._dialog.hop)
            return
        self._received.append(response)
        if response.status < 200:
            self._on_provisional(response)
        elif response.status < 300:
            self._on_accepted(response)
        else:
            self._on_refused(response)

    def _on_provisional(self, response: Response) -> None:
        self._may_cancel = True
        if self._gave_up:
            self._send_cancel()
        if tag_of(response.required("To")) is not None:
            self._dialog = self._dialog.confirmed(response)
        if response.body and self._take_answer(response) is None:
            self._enter(CallState.EARLY)
        elif response.status == 180:
            self._enter(CallState.RINGING)

    def _on_accepted(self, response: Response) -> None:
        self._dialog = self._dialog.confirmed(response)
        self._ack = self._end.request(self._dialog, "ACK")
        self._end.transactions.send(self._ack, self._dialog.hop)
        fault = self._take_answer(response) if response.body else None
        if fault is not None or self._gave_up or self.ended is not None:
            # It crossed our CANCEL, or its audio is of no use: up for an instant, then ended by us.
            self._end.transactions.begin(self._next_bye(()), self._dialog.hop)
            self._enter_end(EndOfCall("us", None, None, "" if fault is None else fault.fault))
        else:
            self._enter(CallState.UP)

    def _on_refused(self, response: Response) -> None:
        assert self._invite is not None, "a response before the INVITE"
        authorization = self._end.authorization(self._invite.request, response)
        if authorization is not None and not self._gave_up:
            self.begin((authorization,))
        else:
            self._enter_end(end_by("us" if self._gave_up else "them", response))

    def _take_answer(self, response: Response) -> SdpFault | None:
        theirs = parse_sdp(response.body)
        if isinstance(theirs, SdpFault):
            return theirs
        if self.ended is None:
            self._media.agree(ours=self._described(None), theirs=theirs)
        return None

    def _send_cancel(self) -> None:
        assert self._invite is not None, "a CANCEL before the INVITE"
        self._end.transactions.begin(cancel_of(self._invite.request), self._invite.to)

    async def _abandon(self, timeout_s: float) -> None:
        if not self._gave_up:
            self._gave_up = True
            # No CANCEL before a provisional response (RFC 3261 section 9.1): it follows that response.
            if self._may_cancel:
                self._send_cancel()
        await self._changes.until(lambda: self.ended, timeout_s=timeout_s)
