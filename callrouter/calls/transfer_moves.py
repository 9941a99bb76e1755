"""How each act of a desk is asked of Asterisk: by one action that moves the caller's channel, the agent's or both.

Rules:
- The places are those of asterisk/extensions-transfer.conf.j2 and extensions-desk.conf.j2; a test compares.
- One action takes both channels where both must go: taken one after the other, the first would end the talk.
- Pausing the recording takes both out of the queue's own talk. In a conference the caller alone steps out for it: an
  agent who did so too would leave as he comes, and Asterisk might let him into a conference that nobody else finds.
- From the named place on, the dialplan needs nobody.
"""

from __future__ import annotations

from typing import Final

from callrouter.calls.desk_protocol import DeskAct
from callrouter.calls.transfer_look import Look
from callrouter.vocabulary.record_words import TransferKind

Place = tuple[str, str]
"""Context and extension; the priority is always 1."""

CALLER_TO: Final[dict[DeskAct, Place]] = {
    DeskAct.HOLD: ("transfer-hold", "held"),
    DeskAct.RESUME: ("transfer-caller", "resume"),
    DeskAct.JOIN: ("transfer-caller", "join"),
    DeskAct.CANCEL: ("transfer-back", "cancel"),
    DeskAct.PAUSE_RECORDING: ("transfer-caller", "pause"),
    DeskAct.RESUME_RECORDING: ("transfer-caller", "record"),
}
AGENT_TALKS: Final[Place] = ("transfer-agent", "talks")
AGENT_TO: Final[dict[DeskAct, Place]] = {
    DeskAct.HOLD: ("transfer-agent", "held"),
    DeskAct.LEAVE: ("transfer-agent", "leave"),
    DeskAct.PAUSE_RECORDING: AGENT_TALKS,
    DeskAct.RESUME_RECORDING: AGENT_TALKS,
}
_RECORDING: Final = frozenset({DeskAct.PAUSE_RECORDING, DeskAct.RESUME_RECORDING})
AGENT_WAITS: Final[Place] = ("transfer-agent", "waits")
STARTS: Final = "transfer-start"
"""Context of the caller who is passed on; the extension is `<kind>-<target's id>`."""
GUIDES: Final = "guidance"
"""Context of the caller who is told where to turn; the extension is the guidance's id."""
EMERGENCY: Final = "emergency"
"""Context of the caller who is handed to an emergency service; the extension is the service's id."""
WHERE_IT_BELONGS: Final[Place] = ("transfer-place", "s")
"""Where the caller's channel finds by itself whom it should be with."""


def start(look: Look, target: str, kind: TransferKind) -> dict[str, str]:
    """Return the headers of the Redirect that begins an attempt."""
    if kind is TransferKind.EMERGENCY:
        return _redirect((look.channel, (EMERGENCY, target)), (look.agent_channel, AGENT_TALKS))
    return _redirect((look.channel, (STARTS, f"{kind.value}-{target}")), (look.agent_channel, AGENT_WAITS))


def move(look: Look, act: DeskAct) -> dict[str, str]:
    """Return the headers of the Redirect for any other act."""
    stays = act in _RECORDING and look.is_out_of_queue
    moved = ((look.channel, CALLER_TO.get(act)), (look.agent_channel, None if stays else AGENT_TO.get(act)))
    return _redirect(*((channel, place) for channel, place in moved if place is not None))


def guide(look: Look, about: str) -> dict[str, str]:
    """Return the headers of the Redirect by which the caller is told where to turn."""
    return _redirect((look.channel, (GUIDES, about)), (look.agent_channel, AGENT_TALKS))


def put_right(channel: str) -> dict[str, str]:
    """Return the headers of the Redirect that lets a caller's channel go where it belongs."""
    return _redirect((channel, WHERE_IT_BELONGS))


def _redirect(*moved: tuple[str, Place]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for prefix, (channel, (context, extension)) in zip(("", "Extra"), moved, strict=False):
        headers |= {
            f"{prefix}Channel": channel,
            f"{prefix}Context": context,
            f"{prefix}Exten": extension,
            f"{prefix}Priority": "1",
        }
    return headers
