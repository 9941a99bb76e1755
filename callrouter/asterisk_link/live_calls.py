"""Which calls Asterisk has at this moment: one short look, for whoever misses a call's end in the journal.

Rules
1. A look is whole or it is none: what it does not name is taken for gone.  An item that is missing, unreadable or not
   Asterisk's own makes it worthless.
2. It needs no more than the right to ask (``reporting``).
"""

from collections.abc import Callable

from callrouter.asterisk_link.ami_messages import AmiResponse
from callrouter.asterisk_link.ami_once import WHOLE_S, AmiOnce, NoAnswerError
from callrouter.vocabulary.cel import id_at_node


class LiveCalls:
    """Looks at Asterisk; for the arguments see `AmiOnce`.

    ``node`` goes into the ids in place of the boot name, as `vocabulary.cel.at_node` does in the journal's rows.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        boot_name: Callable[[], str | None],
        node: str,
        timeout_s: float = WHOLE_S,
    ) -> None:
        self._ami = AmiOnce(host, port, user, secret, boot_name=boot_name, timeout_s=timeout_s)
        self._node = node

    async def linked_ids(self) -> frozenset[str]:
        """Return the ids of all calls that have a channel now.

        Raises OSError when Asterisk does not answer in time, refuses, is another boot than ours, or names some of its
        channels in a way that is not to be trusted.
        """
        channels, _boot_name = await self._ami.ask("CoreShowChannels")
        return frozenset(id_at_node(id_, self._node) for id_ in _linked_ids_in(channels))


def _linked_ids_in(channels: AmiResponse) -> set[str]:
    ids = {item.get("Linkedid") for item in channels.items if item.name == "CoreShowChannel"}
    if channels.missing or "" in ids:
        raise NoAnswerError("some of Asterisk's channels cannot be read, or not be trusted")
    return ids
