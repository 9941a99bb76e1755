"""A party against a peer that speaks SIP message by message."""

import asyncio

import pytest

from callrouter.sip_party import (
    CallRefusedMediaError,
    CallState,
    EndOfCall,
    OutgoingCall,
    RegistrationRefused,
    SipParty,
    SipTimers,
    WaitExpiredError,
)
from callrouter.sip_party.doubles import FAST, Peer
from callrouter.sip_party.message import Request
from callrouter.sip_party.sdp import AudioDescription, Direction, parse_sdp, write_sdp

SDP = write_sdp(AudioDescription("127.0.0.1", 9), session_id=1, version=1)
MD5 = ("WWW-Authenticate", 'Digest realm="asterisk", nonce="n1", qop="auth", algorithm=MD5')


async def dialled(party: SipParty, peer: Peer) -> tuple[OutgoingCall, Request]:
    call = await party.dial("12345")
    return call, await peer.gets("INVITE")


async def test_an_invite_without_response_is_repeated_and_given_up_after_64_t1() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=SipTimers(t1_s=0.01)) as party:
        call = await party.dial("12345")
        await call.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended == EndOfCall("them", 408, None, "no response to INVITE")
        # At 0, 1, 3, 7, 15, 31 and 63 times T1; a busy machine may be late for the last one.
        assert 6 <= peer.messages.qsize() <= 7


async def test_every_repeated_200_is_acknowledged() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        for _ in range(2):
            peer.reply(invite, 200, body=SDP)
            ack = await peer.gets("ACK")
            assert ack.cseq == (invite.cseq[0], "ACK")
        assert call.state is CallState.UP
        assert ack.uri == peer.contact[1].strip("<>")
        await party.vanish()


async def test_a_hang_up_before_any_response_sends_cancel_after_the_first_one() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        hanging_up = asyncio.create_task(call.hang_up())
        await peer.gets("INVITE")
        peer.reply(invite, 180)
        cancel = await peer.gets("CANCEL")
        assert cancel.first("Via") == invite.first("Via")
        peer.reply(cancel, 200)
        peer.reply(invite, 487)
        ack = await peer.gets("ACK")
        assert ack.first("Via") == invite.first("Via")
        await hanging_up
        assert call.ended == EndOfCall("us", 487, None, "Request Terminated")


async def test_a_200_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, 180)
        await call.wait_for(CallState.RINGING, timeout_s=2)
        hanging_up = asyncio.create_task(call.hang_up())
        await peer.gets("CANCEL")
        peer.reply(invite, 200, body=SDP)
        await peer.gets("ACK")
        peer.reply(await peer.gets("BYE"), 200)
        await hanging_up
        assert call.ended is not None
        assert call.ended.by == "us"


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
async def test_a_challenged_invite_is_answered_once(status: int, asks: str, answers: str) -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, password="p", timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, status, headers=((asks, MD5[1]),))
        await peer.gets("ACK")
        again = await peer.gets("INVITE")
        assert again.cseq[0] == invite.cseq[0] + 1
        assert 'username="party", realm="asterisk", nonce="n1"' in again.required(answers)
        peer.reply(again, status, headers=((asks, MD5[1]),))
        await call.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended is not None
        assert call.ended.status == status


async def test_a_bye_with_a_reason_ends_the_call() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, 200, body=SDP)
        await call.wait_for(CallState.UP, timeout_s=2)
        bye = peer.request_within(invite, "BYE")
        for _ in range(2):
            peer.send(bye)
            await peer.gets(200)
        assert call.ended == EndOfCall("them", None, 16, "Normal Clearing")
        assert len(call.received_headers("Reason")) == 1
        peer.send(peer.request_within(invite, "BYE", number=2))
        await peer.gets(481)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_a_new_offer_within_the_call_is_answered_in_kind(method: str) -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, 200, body=SDP)
        await call.wait_for(CallState.UP, timeout_s=2)
        hold = AudioDescription("127.0.0.1", 9, direction=Direction.SENDONLY)
        peer.send(peer.request_within(invite, method, body=write_sdp(hold, session_id=1, version=2)))
        answer = parse_sdp((await peer.gets(200)).body)
        ours = parse_sdp(invite.body)
        assert isinstance(answer, AudioDescription)
        assert isinstance(ours, AudioDescription)
        assert (answer.direction, answer.port) == (Direction.RECVONLY, ours.port)
        if method == "INVITE":
            assert (await peer.gets(200)).body
            peer.send(peer.request_within(invite, "ACK"))
        assert call.state is CallState.UP
        await party.vanish()


async def test_an_offer_within_the_call_that_cannot_be_used_changes_nothing() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, 200, body=SDP)
        await call.wait_for(CallState.UP, timeout_s=2)
        peer.send(peer.request_within(invite, "UPDATE", body=SDP.replace(b"AVP 8", b"AVP 0")))
        await peer.gets(488)
        peer.send(peer.request_within(invite, "UPDATE", number=2))
        await peer.gets(200)
        peer.send(peer.request_within(invite, "REFER", number=3))
        await peer.gets(405)
        assert call.state is CallState.UP
        await party.vanish()


async def test_an_answer_without_our_codec_ends_the_call() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        peer.reply(invite, 200, body=SDP.replace(b"AVP 8", b"AVP 0"))
        await peer.gets("BYE")
        assert call.ended is not None
        assert "does not have PCMA" in call.ended.reason


async def test_a_200_without_ack_is_repeated_and_ends_the_call_after_64_t1() -> None:
    async with Peer() as peer, SipParty.open(timers=SipTimers(t1_s=0.01, t2_s=0.05)) as party:
        peer.send(peer.request("INVITE", party.address, body=SDP), party.address)
        incoming = await party.next_call(timeout_s=2)
        with pytest.raises(WaitExpiredError, match="for the ACK"):
            await incoming.answer(timeout_s=0.1)
        await incoming.wait_for(CallState.ENDED, timeout_s=2)
        await peer.gets("BYE")
        assert incoming.ended == EndOfCall("them", 408, None, "no ACK came")


async def test_a_call_without_offer_gets_ours_and_the_ack_brings_the_answer() -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        invite = peer.request("INVITE", party.address)
        peer.send(invite, party.address)
        incoming = await party.next_call(timeout_s=2)
        answering = asyncio.create_task(incoming.answer())
        ok = await peer.gets(200)
        assert isinstance(parse_sdp(ok.body), AudioDescription)
        peer.send(peer.request("ACK", party.address, answered=ok, body=SDP))
        await answering
        assert incoming.state is CallState.UP
        peer.send(peer.request("BYE", party.address, number=2, answered=ok))
        await peer.gets(200)


async def test_an_offer_without_our_codec_is_refused_with_488() -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        peer.send(peer.request("INVITE", party.address, body=SDP.replace(b"AVP 8", b"AVP 0")), party.address)
        incoming = await party.next_call(timeout_s=2)
        with pytest.raises(CallRefusedMediaError, match="does not have PCMA"):
            await incoming.answer()
        await peer.gets(488)
        assert incoming.ended is not None
        assert incoming.ended.status == 488


async def test_a_repeated_invite_is_one_call_and_gets_the_last_response_again() -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        invite = peer.request("INVITE", party.address, body=SDP)
        peer.send(invite, party.address)
        incoming = await party.next_call(timeout_s=2)
        await incoming.ring()
        await peer.gets(180)
        peer.send(invite, party.address)
        await peer.gets(180)
        assert party.calls == (incoming,)


async def test_a_cancel_gets_its_200_and_the_invite_its_487() -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        invite = peer.request("INVITE", party.address, body=SDP)
        peer.send(invite, party.address)
        incoming = await party.next_call(timeout_s=2)
        cancel = peer.request("CANCEL", party.address, headers=(("Reason", "SIP;cause=200;text=x"),))
        same_branch = (("Via", invite.required("Via")), *cancel.headers[1:])
        peer.send(type(cancel)(method="CANCEL", uri=invite.uri, headers=same_branch), party.address)
        assert (await peer.gets(200)).cseq[1] == "CANCEL"
        await peer.gets(487)
        assert incoming.ended == EndOfCall("them", 487, None, "")


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", 200), ("NOTIFY", 200), ("BYE", 481), ("CANCEL", 481), ("SUBSCRIBE", 405)],
)
async def test_what_comes_outside_of_calls_is_answered(method: str, status: int) -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        peer.send(peer.request(method, party.address), party.address)
        response = await peer.gets(status)
        assert "INVITE" in response.required("Allow")


async def test_noise_is_dropped_and_the_party_goes_on() -> None:
    async with Peer() as peer, SipParty.open(timers=FAST) as party:
        for noise in (
            b"",
            b"\r\n\r\n",
            b"\x00\xff" * 50,
            b"INVITE sip:a SIP/2.0\r\n\r\n",
            b"SIP/2.0 200 OK\r\n\r\n",
        ):
            peer.send(noise, party.address)
        peer.send(peer.request("OPTIONS", party.address), party.address)
        await peer.gets(200)


async def test_requests_follow_the_recorded_route() -> None:
    async with Peer() as peer, Peer() as proxy, SipParty.open(server=peer.address, timers=FAST) as party:
        call, invite = await dialled(party, peer)
        host, port = proxy.address
        route = ("Record-Route", f"<sip:{host}:{port};lr>")
        peer.reply(invite, 200, headers=(route,), body=SDP)
        assert (await proxy.gets("ACK")).first("Route") == route[1]
        hanging_up = asyncio.create_task(call.hang_up())
        bye = await proxy.gets("BYE")
        assert bye.uri == peer.contact[1].strip("<>")
        proxy.reply(bye, 200)
        await hanging_up


async def test_registering_answers_the_challenge_and_leaving_unregisters() -> None:
    async with Peer() as peer:
        opened = SipParty.open(server=peer.address, user="1001", password="p", timers=FAST)
        async with opened as party:
            registering = asyncio.create_task(party.register(expires_s=300))
            peer.reply(await peer.gets("REGISTER"), 401, headers=(MD5,))
            again = await peer.gets("REGISTER")
            assert again.required("Authorization").startswith('Digest username="1001"')
            assert again.first("Expires") == "300"
            peer.reply(again, 200)
            await registering
            leaving = asyncio.create_task(peer.gets("REGISTER"))
            leaving.add_done_callback(lambda done: peer.reply(done.result(), 200))
        assert (await leaving).first("Expires") == "0"
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_registration_is_refreshed_at_half_of_what_was_granted() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        registering = asyncio.create_task(party.register())
        first = await peer.gets("REGISTER")
        peer.reply(first, 200, headers=(("Contact", first.required("Contact") + ";expires=1"),))
        await registering
        second = await peer.gets("REGISTER")
        assert second.cseq[0] == first.cseq[0] + 1
        peer.reply(second, 200)
        await party.vanish()


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(403, "denies this user"), (404, "no AOR"), (401, "password"), (599, "server's log")],
)
async def test_a_refused_registration_says_what_to_do(status: int, remedy: str) -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        registering = asyncio.create_task(party.register())
        peer.reply(await peer.gets("REGISTER"), status)
        with pytest.raises(RegistrationRefused, match=remedy) as refused:
            await registering
        assert refused.value.status == status
        await party.vanish()


async def test_a_silent_server_is_a_refusal_too() -> None:
    async with Peer() as peer, SipParty.open(server=peer.address, timers=FAST) as party:
        with pytest.raises(RegistrationRefused, match="did not answer"):
            await party.register(timeout_s=0.1)
        await party.vanish()
