"""One question to Asterisk's manager, on a connection of its own that ends with the answer.

Rules
1. For what must not wait for the controller's link, nor be known to the process that keeps it.
2. Only the Asterisk that our configuration was rendered for is asked: it bears the boot name of this moment.
3. No events are asked for.  What is not Asterisk's own is dropped (``ami_trust``), and counted.
4. From connecting to the last item it takes no longer than `WHOLE_S`, and no more room than a list may have
   (``ami_pending``).
5. An Asterisk that has only just begun to boot may be asked: it has no calls.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from callrouter.asterisk_link.ami_counters import AmiCounters
from callrouter.asterisk_link.ami_errors import AmiError, AmiRefused
from callrouter.asterisk_link.ami_events import AmiNews
from callrouter.asterisk_link.ami_link import AmiLink
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers

WHOLE_S: Final = 3.0
"""Seconds that a question may take."""

_NO_HEADERS: Final[Headers] = {}


class NoAnswerError(OSError):
    """Asterisk could not be asked, or its answer is not to be relied upon; the text is constant."""


class RefusedError(NoAnswerError, PermissionError):
    """Asterisk is there, and refuses what is asked, or us; its administrator can mend that."""


def _ignore(_news: AmiNews) -> None:
    pass


class AmiOnce:
    """Asks questions, each on a connection of its own.

    ``boot_name`` is asked each time for the system name that Asterisk was configured with (None: there is none yet).
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        boot_name: Callable[[], str | None],
        timeout_s: float = WHOLE_S,
    ) -> None:
        self.counters = AmiCounters()
        """What was dropped, over all questions."""
        self._host, self._port = host, port
        self._login = {"Username": user, "Secret": secret, "Events": "off"}
        self._boot_name = boot_name
        self._timeout_s = timeout_s

    async def ask(self, action: str) -> tuple[AmiResponse, str]:
        """Send an action; return the answer, and the boot name of whoever gave it.

        Raises OSError: nobody is there, no answer in time, another boot than ours; PermissionError for a refusal.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(action)
        except TimeoutError:
            raise NoAnswerError("no answer from Asterisk in time") from None
        except AmiRefused:
            raise RefusedError("Asterisk refuses what it is asked") from None
        except AmiError:
            raise NoAnswerError("no good answer from Asterisk") from None

    async def _ask(self, action: str) -> tuple[AmiResponse, str]:
        # Nobody can guess it, so no caller can write an item of a list (see `ami_trust`).
        token = secrets.token_hex(8)
        _, link = await asyncio.get_running_loop().create_connection(
            lambda: AmiLink(token, _ignore, self.counters), self._host, self._port
        )
        try:
            await link.action("Login", self._login, self._timeout_s)
            settings = await link.action("CoreSettings", _NO_HEADERS, self._timeout_s)
            # Asked now, not before: see `AmiClient`.
            boot_name = self._boot_name()
            if not boot_name or settings.get("SystemName") != boot_name:
                raise NoAnswerError("the Asterisk that answers was not started with our configuration")
            link.trust(boot_name)
            return await link.action(action, _NO_HEADERS, self._timeout_s), boot_name
        finally:
            link.abort("the question is answered, or given up")
