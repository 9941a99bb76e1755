"""What every call and registration of one party shares: its address, its credentials, its transactions."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from callrouter.sip_party.addresses import Address
from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.digest import Challenge, answer, first_answerable
from callrouter.sip_party.follow_ups import ALLOW, USER_AGENT
from callrouter.sip_party.message import Header, Request, Response
from callrouter.sip_party.transactions import Transactions

_CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEnd:
    """One party's own end. `token` gives fresh random text for tags, branches and Call-IDs."""

    host: str
    port: int
    user: str
    password: str | None
    transactions: Transactions
    clock: Callable[[], float]
    token: Callable[[], str]

    @property
    def contact(self) -> str:
        """The Contact value."""
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def request(
        self,
        dialog: Dialog,
        method: str,
        *,
        uri: str | None = None,
        extra: tuple[Header, ...] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> Request:
        """Build a request in a dialog, with the dialog's current CSeq number and a branch of its own."""
        via = f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.token()};rport"
        headers = (
            ("Via", via),
            *dialog.headers(method),
            ("Contact", self.contact),
            ("User-Agent", USER_AGENT),
        )
        own = () if method == "ACK" else (("Allow", ALLOW),)
        content = (("Content-Type", content_type),) if body else ()
        return Request(
            method=method,
            uri=uri or dialog.remote_target,
            headers=(*headers, *own, *extra, *content),
            body=body,
        )

    def authorization(self, request: Request, refusal: Response) -> Header | None:
        """Answer the challenge in a 401 or 407 to a request.

        None when there is none, no password is known, the challenge is of a kind we cannot answer, or the
        request already answered one that is not stale: the password is wrong then.
        """
        names = _CHALLENGES.get(refusal.status)
        if names is None or self.password is None:
            return None
        challenge: Challenge | None = first_answerable(refusal.named(names[0]))
        if challenge is None or (request.first(names[1]) is not None and not challenge.stale):
            return None
        value = answer(
            challenge,
            user=self.user,
            password=self.password,
            method=request.method,
            uri=request.uri,
            cnonce=self.token(),
        )
        return names[1], value

    async def ask(
        self, build: Callable[[tuple[Header, ...]], Request], to: Address, *, timeout_s: float
    ) -> Response | None:
        """Send a request other than INVITE and answer its challenges; None without answer in `timeout_s`.

        `build` makes the request, with a new CSeq number each time, from the headers that answer a challenge.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(build, to)
        except TimeoutError:
            return None

    async def _ask(self, build: Callable[[tuple[Header, ...]], Request], to: Address) -> Response | None:
        request = build(())
        response = await self.transactions.ask(request, to)
        # Two challenges at most: the first one, and one that says the nonce went stale.
        for _ in range(2):
            header = None if response is None else self.authorization(request, response)
            if header is None:
                break
            request = build((header,))
            response = await self.transactions.ask(request, to)
        return response
