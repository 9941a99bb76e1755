"""Has Asterisk open its log files anew, after one of them was put aside by renaming it.

Rules
1. Asterisk keeps the queue log open and goes on writing into a renamed one, until it is asked here or started again.
   Nothing is lost in between: it is read by whoever follows the file, not its name.
2. The journal (CEL) needs none of this: it is opened by its name for each row.
3. ``rotatestrategy`` must be ``none`` (asterisk/logger.conf.j2), or Asterisk renames files itself.
"""

from collections.abc import Callable

from callrouter.asterisk_link.ami_once import WHOLE_S, AmiOnce


class LogFiles:
    """Asterisk's log files; for the arguments see `AmiOnce`."""

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
        self._ami = AmiOnce(host, port, user, secret, boot_name=boot_name, timeout_s=timeout_s)

    async def open_anew(self) -> None:
        """Have every log file opened by its name. Raises OSError; it is then to be asked again."""
        await self._ami.ask("LoggerRotate")
