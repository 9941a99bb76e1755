"""A key by SIP INFO: it goes within the call's dialog, and is taken or said not to be."""

import pytest

from callrouter.sip_party import CallMissedStateError
from tests.unit.sip_party.test_sip_party_calls import connected, two_parties


async def test_a_key_by_info_comes_within_the_call_and_the_call_goes_on() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        for key in "*4":
            await call.press_by_info(key)
        assert incoming.received_headers("Content-Type")[-2:] == ("application/dtmf-relay",) * 2
        assert "INFO" in incoming.received_headers("CSeq")[-1]
        await incoming.hears(600, timeout_s=2)
        await call.hang_up()


async def test_one_that_nobody_takes_is_said_so() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        incoming.vanish()
        with pytest.raises(CallMissedStateError, match="481"):
            await call.press_by_info("1", timeout_s=0.2)
