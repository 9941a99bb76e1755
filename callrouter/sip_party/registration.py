"""Registering a party at its server and staying registered (RFC 3261 section 10)."""

import asyncio
import re

import structlog

from callrouter.sip_party.addresses import Address
from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.errors import RegistrationRefused
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.message import Header, Request, Response

_log = structlog.get_logger(__name__)

_REMEDIES = {
    401: "口令不对，或未提供口令 / wrong or missing password: compare it with the server's auth section",
    403: "服务器拒绝该用户 / the server denies this user: check its password and the contacts its AOR allows",
    404: "服务器上没有该用户 / the server has no AOR for this user: add one, or correct the user",
    408: "服务器没有应答 / the server did not answer: is it running, and its UDP transport bound here?",
    423: "有效期太短 / the expiry is too brief: register for longer",
    503: "服务器暂不可用 / the server is unavailable: wait until it has started",
}
_OTHER_REMEDY = "请看服务器日志 / look into the server's log"


class Registration:
    """The registration of one party; refreshed at half its time until it is ended."""

    def __init__(self, end: LocalEnd, server: Address) -> None:
        self._end = end
        self._server = server
        address = f"<sip:{end.user}@{server[0]}>"
        self._dialog = Dialog(
            call_id=end.token(),
            local=f"{address};tag={end.token()}",
            remote=address,
            remote_target=f"sip:{server[0]}:{server[1]}",
            first_hop=server,
        )
        self._refreshing: asyncio.Task[None] | None = None
        self._is_registered = False

    async def begin(self, *, expires_s: int, timeout_s: float) -> None:
        """Register for `expires_s` and keep registered.

        Raises:
            RegistrationRefused: the server refused, or stayed silent for `timeout_s`.

        """
        await self._stop_refreshing()
        granted_s = await self._register(expires_s, timeout_s)
        self._refreshing = asyncio.create_task(self._refresh(granted_s, expires_s, timeout_s))

    async def end(self, *, timeout_s: float) -> None:
        """Unregister; a server that does not answer is not waited for longer than `timeout_s`."""
        await self._stop_refreshing()
        if not self._is_registered:
            return
        try:
            await self._register(0, timeout_s)
        except RegistrationRefused as refused:
            _log.warning("a party could not unregister", status=refused.status)

    async def abandon(self) -> None:
        """Stop refreshing without a word to the server."""
        await self._stop_refreshing()

    async def _stop_refreshing(self) -> None:
        task, self._refreshing = self._refreshing, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _refresh(self, granted_s: int, expires_s: int, timeout_s: float) -> None:
        while True:
            await asyncio.sleep(granted_s / 2)
            try:
                granted_s = await self._register(expires_s, timeout_s)
            except RegistrationRefused as refused:
                _log.warning("a registration was not refreshed", status=refused.status)

    async def _register(self, expires_s: int, timeout_s: float) -> int:
        """Register and return the time granted in seconds, at least 1."""

        def build(authorization: tuple[Header, ...]) -> Request:
            self._dialog = self._dialog.advanced()
            extra = (("Expires", str(expires_s)), *authorization)
            return self._end.request(self._dialog, "REGISTER", extra=extra)

        response = await self._end.ask(build, self._server, timeout_s=timeout_s)
        status = 408 if response is None else response.status
        if response is None or status >= 300:
            raise RegistrationRefused(status, _REMEDIES.get(status, _OTHER_REMEDY))
        self._is_registered = expires_s > 0
        return max(1, self._granted(response, expires_s))

    def _granted(self, response: Response, asked_s: int) -> int:
        address = re.escape(self._end.contact.strip("<>"))
        for contact in response.named("Contact"):
            if match := re.search(address + r">[^,]*;\s*expires=([0-9]{1,6})", contact, re.IGNORECASE):
                return int(match[1])
        stated = response.first("Expires") or ""
        return int(stated) if re.fullmatch(r"[0-9]{1,6}", stated) else asked_s
