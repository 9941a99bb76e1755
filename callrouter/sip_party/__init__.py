"""A small SIP user agent: places and takes real calls for the demonstration, the tests and the laboratory.

    async with SipParty.open(host="127.0.0.2", server=("127.0.0.1", 5060), tone_hz=600) as
    party:
        call = await party.dial("12315")
        await call.wait_for(CallState.EARLY, timeout_s=5)
        await call.hang_up()

It speaks SIP over UDP and G.711 A-law over RTP, says a pure tone, and records what it hears, so that who
hears whom, from which millisecond, is measured and not assumed. It is no phone: no hold, no transfer, no
encryption.
"""

from callrouter.sip_party.agent import auto_answer
from callrouter.sip_party.audio import Match, find_prompt
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState, EndOfCall
from callrouter.sip_party.errors import (
    CallMissedStateError,
    CallRefusedMediaError,
    RegistrationRefused,
    SipPartyError,
    WaitExpiredError,
)
from callrouter.sip_party.heard import Arrival, Gap, Heard
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.media import Recording, Silence, Tone
from callrouter.sip_party.outgoing import OutgoingCall
from callrouter.sip_party.party import SipParty
from callrouter.sip_party.repeating import SipTimers

__all__ = [
    "Arrival",
    "Call",
    "CallMissedStateError",
    "CallRefusedMediaError",
    "CallState",
    "EndOfCall",
    "Gap",
    "Heard",
    "IncomingCall",
    "Match",
    "OutgoingCall",
    "Recording",
    "RegistrationRefused",
    "Silence",
    "SipParty",
    "SipPartyError",
    "SipTimers",
    "Tone",
    "WaitExpiredError",
    "auto_answer",
    "find_prompt",
]
