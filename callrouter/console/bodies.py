"""The body of a request, read no further and no longer than it may be.

Rules:
- Whoever sends too much, or too slowly, is told so, and holds nothing but his own connection.
- What was sent is in no error: it may be about a person.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

BODY_WITHIN_S: Final = 5.0


class BodyError(Exception):
    """A body that is not taken: its status, and why in both tongues."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def read_body(request: Request, most_bytes: int, within_s: float = BODY_WITHIN_S) -> bytes:
    """Read the whole body. Raises BodyError: 413 for more than `most_bytes`, 408 for one that does not come."""
    body = b""
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                body += part
                if len(body) > most_bytes:
                    raise BodyError(
                        413, f"请求体超过 {most_bytes} 字节 / the body is longer than {most_bytes} octets"
                    )
    except (TimeoutError, ClientDisconnect):
        raise BodyError(408, "请求体没有及时送达 / the body did not come in time") from None
    return body
