"""One POST to the ticketing side, and what came back: bounded in time and in size.

Rules:
- Nothing is followed, unpacked or believed: a redirection is an answer like any other, at most `LARGEST_ANSWER`
  octets of one are read, and the whole of it takes at most `within` seconds, however slowly it trickles.
- TLS is verified against this machine's trusted certificates. Proxies and passwords of the environment are not used:
  a record goes to the address that the settings name, and nowhere else.
- An error says what failed in words of ours: the library's own may quote the address.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Final, NamedTuple

import httpx

LARGEST_ANSWER: Final = 1 << 20
"""Octets: a page of ids that are all missing fits in."""
_KEPT_ALIVE_S = 4.0
"""Below the 5 s after which many servers close an idle connection: a request must not meet that."""
_CONNECTED_WITHIN_S = 5.0


class Answer(NamedTuple):
    """What the other side said."""

    status: int
    retry_after: str | None
    body: bytes
    """As much of it as is read; nothing when it came compressed, which was not asked for."""


class UnreachableError(Exception):
    """No connection: nothing was sent. The text says why."""


class UnansweredError(Exception):
    """A request was sent, perhaps, and no answer came: the other side may have it or not. The text says why."""


def new_client(connections: int, tls: ssl.SSLContext | None) -> httpx.AsyncClient:
    """A client that keeps up to `connections` alive; `tls`: None takes what this machine trusts."""
    # httpx tells every address it asks, whole, at `info`.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.AsyncClient(
        verify=tls or ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        http2=False,
        limits=httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_KEPT_ALIVE_S,
        ),
        headers={"accept-encoding": "identity", "user-agent": "callrouter"},
    )


async def post(
    client: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str], *, within: float
) -> Answer:
    """Send a request; `within` is in seconds. Raises UnreachableError and UnansweredError."""
    timeout = httpx.Timeout(within, connect=min(within, _CONNECTED_WITHIN_S))
    try:
        async with (
            asyncio.timeout(within),
            client.stream("POST", url, content=body, headers=headers, timeout=timeout) as response,
        ):
            return Answer(response.status_code, response.headers.get("retry-after"), await _read(response))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(_why_not(error)) from None
    except (httpx.TimeoutException, TimeoutError):
        raise UnansweredError("no answer in time") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise UnansweredError(f"the connection broke ({type(error).__name__})") from None


async def _read(response: httpx.Response) -> bytes:
    read = bytearray()
    async for piece in response.aiter_raw():
        read += piece
        if len(read) > LARGEST_ANSWER:
            break
    return b"" if response.headers.get("content-encoding", "identity") != "identity" else bytes(read)


def _why_not(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                "its certificate is not trusted: install the issuer's where this machine keeps trusted ones"
            )
        cause = cause.__cause__ or cause.__context__
    return "no connection in time" if isinstance(error, httpx.ConnectTimeout) else "no connection"
