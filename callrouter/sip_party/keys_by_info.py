"""DTMF keys by SIP INFO, as older phones and some gateways send them (RFC 6086; `application/dtmf-relay`)."""

from typing import Final

from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.errors import CallMissedStateError
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.message import Header, Request

_RELAYED_KEY: Final = "application/dtmf-relay"
_REFUSED: Final = 300


class KeysByInfo:
    """What a call can do beside keys in its audio."""

    _end: LocalEnd
    _dialog: Dialog

    async def press_by_info(self, key: str, *, timeout_s: float = 4.0) -> None:
        """Press one DTMF key by SIP INFO.

        Raises:
            CallMissedStateError: the other side does not take it.

        """
        body = f"Signal={key}\r\nDuration=100\r\n".encode()

        def build(extra: tuple[Header, ...]) -> Request:
            self._dialog = self._dialog.advanced()
            return self._end.request(self._dialog, "INFO", extra=extra, body=body, content_type=_RELAYED_KEY)

        response = await self._end.ask(build, self._dialog.hop, timeout_s=timeout_s)
        if response is None or response.status >= _REFUSED:
            raise CallMissedStateError(
                f"cannot press by INFO: {response.status if response else 'no answer'}"
            )
