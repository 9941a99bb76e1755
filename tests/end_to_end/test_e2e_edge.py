"""The edge rule: what a hostile caller writes stops at Kamailio, and everybody else's call goes through it."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
from collections.abc import Iterator

import pytest
from edge_line import (
    ASTERISK,
    CARRIER,
    RULES,
    STRANGER,
    STRANGERS,
    Edge,
    Line,
    kamailio,
    line,
    numbers_told,
    running_edge,
    wire,
)
from edge_messages import (
    CALLED,
    CALLED_PLACES,
    CALLER_PLACES,
    DIVERTED_PLACES,
    GENUINE,
    OTHER_PLACES,
    PLACES,
    TWO_IDENTITIES,
    UNKNOWN,
    UNREADABLE,
    Place,
    invite,
    isup_invite,
    message,
)
from hostile import HOSTILE_USERS
from running_system import free_port


def is_hostile(received: list[bytes], sample: bytes) -> bool:
    return any(b"forged" in data or sample in data for data in received)


def unreadable(requests: dict[str, bytes]) -> list[bytes]:
    return [request for name, request in requests.items() if UNREADABLE.match(name)]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge"), free_port(socket.SOCK_DGRAM)) as running:
        yield running


@pytest.fixture(scope="module")
def edge_without_its_rule(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("edge-off")
    with running_edge(folder, free_port(socket.SOCK_DGRAM), "-A", "EDGE_RULE_OFF") as running:
        yield running


def test_the_rules_and_the_local_file_as_they_are_delivered_are_read_without_a_fault() -> None:
    checked = subprocess.run(kamailio("-c", "-f", str(RULES)), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "ERROR" not in checked.stderr


@pytest.mark.parametrize("where", CALLED_PLACES)
async def test_a_called_number_that_is_none_is_refused(edge: Edge, where: str) -> None:
    requests = {name: CALLED_PLACES[where](sample) for name, sample in HOSTILE_USERS.items()}
    async with line(edge) as opened:
        await opened.send(*requests.values(), may_be_silent=unreadable(requests))
        for name, request in requests.items():
            outcome = opened.carrier.status_of(request)
            assert outcome == 400 or (outcome is None and UNREADABLE.match(name)), name
            assert opened.sink.got_of(request) == [], name


@pytest.mark.parametrize("where", DIVERTED_PLACES)
async def test_who_is_diverted_from_a_number_that_is_none_reaches_a_person_without_it(
    edge: Edge, where: str
) -> None:
    requests = {name: DIVERTED_PLACES[where](sample) for name, sample in HOSTILE_USERS.items()}
    async with line(edge) as opened:
        await opened.send(*requests.values(), may_be_silent=unreadable(requests))
        for name, request in requests.items():
            got = opened.sink.got_of(request)
            assert not is_hostile(got, HOSTILE_USERS[name]), name
            if not UNREADABLE.match(name):
                assert b"From: <sip:13800138000@127.0.0.2>" in got[0], name
                assert not re.search(rb"Diversion|History-Info", got[0]), name


@pytest.mark.parametrize("where", CALLER_PLACES)
async def test_a_caller_whose_number_is_none_reaches_a_person_as_unknown(edge: Edge, where: str) -> None:
    requests = {name: CALLER_PLACES[where](sample) for name, sample in HOSTILE_USERS.items()}
    async with line(edge) as opened:
        await opened.send(*requests.values(), may_be_silent=unreadable(requests))
        for name, request in requests.items():
            got = opened.sink.got_of(request)
            assert not is_hostile(got, HOSTILE_USERS[name]), name
            if not UNREADABLE.match(name):
                assert UNKNOWN in got[0], name
                assert not re.search(rb"P-Asserted|P-Preferred|Remote-Party", got[0]), name


@pytest.mark.parametrize(
    ("where", "place", "samples"), OTHER_PLACES, ids=[where for where, _, _ in OTHER_PLACES]
)
async def test_names_and_headers_that_are_hostile_are_taken_off_or_refused(
    edge: Edge, where: str, place: Place, samples: dict[str, bytes]
) -> None:
    requests = {name: place(sample) for name, sample in samples.items()}
    async with line(edge) as opened:
        await opened.send(*requests.values(), may_be_silent=unreadable(requests))
        for name, request in requests.items():
            assert not is_hostile(opened.sink.got_of(request), samples[name]), (where, name)
            outcome = opened.carrier.status_of(request)
            assert outcome in {400, 486} or (outcome is None and UNREADABLE.match(name)), (where, name)
            assert (outcome == 486) == bool(opened.sink.got_of(request)), (where, name)


async def test_without_the_rule_the_same_messages_do_get_through(edge_without_its_rule: Edge) -> None:
    async with line(edge_without_its_rule) as opened:
        for where, place, samples in PLACES:
            requests = {name: place(sample) for name, sample in samples.items()}
            await opened.send(*requests.values(), may_be_silent=requests.values())
            through = [
                name
                for name, request in requests.items()
                if is_hostile(opened.sink.got_of(request), samples[name])
            ]
            assert len(through) > 0.8 * len(requests), where


@pytest.mark.parametrize("name", GENUINE)
async def test_what_carriers_do_send_passes_unchanged(edge: Edge, name: str) -> None:
    async with line(edge) as opened:
        got = (await opened.through(GENUINE[name])).split(b"\r\n")
        for sent in GENUINE[name].split(b"\r\n"):
            assert sent in got or sent.startswith((b"Via:", b"Max-Forwards:"))


@pytest.mark.parametrize("header", [b"P-Asserted-Identity", b"Remote-Party-ID"])
async def test_of_two_identities_in_one_line_asterisk_gets_one_because_it_reads_no_list(
    edge: Edge, header: bytes
) -> None:
    async with line(edge) as opened:
        for listed, left in TWO_IDENTITIES.items():
            got = await opened.through(invite(header + b": " + listed))
            assert b"\r\n%s: %s\r\n" % (header, left) in got


@pytest.mark.parametrize("name", ["张三", "誠", "郭璡", "（市民）"])
async def test_a_name_in_gbk_is_taken_off_and_its_number_kept(edge: Edge, name: str) -> None:
    named = b'"%s" <sip:13900139000@127.0.0.2>' % name.encode("gbk")
    async with line(edge) as opened:
        got = await opened.through(invite(b"P-Asserted-Identity: " + named, caller=named))
        assert b"\r\nP-Asserted-Identity: <sip:13900139000@127.0.0.2>\r\n" in got
        assert b"\r\nFrom: <sip:13900139000@127.0.0.2>;tag=" in got


@pytest.mark.parametrize("filling", [0, 12_000])
async def test_a_name_is_taken_off_and_the_body_stays_whatever_it_holds(edge: Edge, filling: int) -> None:
    named = b'"%s" <sip:13900139000@127.0.0.2>' % "张三".encode("gbk")
    request = isup_invite(filling, caller=named)
    async with line(edge) as opened:
        head, _, body = (await opened.through(request)).partition(b"\r\n\r\n")
        assert b"\r\nFrom: <sip:13900139000@127.0.0.2>;tag=" in head
        assert body == request.partition(b"\r\n\r\n")[2]


async def test_headers_that_are_nobodys_business_are_taken_off_and_the_rest_stays(edge: Edge) -> None:
    private = (b"X-CallRouter-Context: 1", b"x-other: 1", b"User-to-User: 00;encoding=hex", b"Replaces: 1")
    public = (b"Supported: timer", b"Session-Expires: 1800", b"Privacy: none")
    async with line(edge) as opened:
        got = (await opened.through(invite(*private, *public, b"Referred-By: <sip:1@a>"))).lower()
        assert not any(header.partition(b":")[0].lower() in got for header in (*private, b"Referred-By:"))
        assert all(header.lower() in got for header in public)


async def test_a_stranger_is_not_answered(edge: Edge) -> None:
    async with line(edge) as opened, wire(STRANGER) as stranger:
        requests = [invite(), message(b"OPTIONS", b"sip:127.0.0.4"), message(b"REGISTER", b"sip:127.0.0.4")]
        for request in requests:
            stranger.send(request, edge.address)
        await opened.through(invite())
        assert stranger.got == []
        assert not any(opened.sink.got_of(request) for request in requests)


async def test_only_what_a_call_needs_is_allowed_and_nothing_is_relayed_elsewhere(edge: Edge) -> None:
    async with line(edge) as opened:
        for method in (b"REGISTER", b"MESSAGE", b"SUBSCRIBE", b"PUBLISH", b"REFER", b"NOTIFY"):
            request = message(method, CALLED, to=b"<sip:12345@127.0.0.4>;tag=1")
            await opened.send(request)
            assert opened.carrier.status_of(request) == 405, method
        last_hop = invite().replace(b"Max-Forwards: 70", b"Max-Forwards: 0")
        await opened.send(last_hop)
        assert opened.carrier.status_of(last_hop) == 483
        async with wire(STRANGER) as elsewhere:
            there = b"127.0.0.3:%d" % elsewhere.port
            lured = invite(b"Route: <sip:%s;lr>" % there)
            in_dialog = message(b"INVITE", b"sip:12345@" + there, to=b"<sip:12345@a>;tag=1")
            await opened.send(lured, in_dialog)
            assert elsewhere.got == []


async def test_a_reply_that_nobody_asked_for_goes_nowhere(edge: Edge) -> None:
    asked = invite()
    via = b"\r\nVia: SIP/2.0/UDP 127.0.0.4:%d;branch=z9hG4bK-none\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch="
    reply = asked.replace(CALLED, b"200", 1).replace(b"INVITE 200 SIP/2.0", b"SIP/2.0 200 OK", 1)
    reply = re.sub(rb"\r\nVia: [^=]*=", via % (edge.address[1], edge.next_hop), reply, count=1)
    async with line(edge) as opened:
        opened.carrier.send(reply, edge.address)
        await opened.through(invite())
        assert opened.sink.got_of(asked) == []


async def test_a_repeated_invite_reaches_asterisk_once_and_is_answered_again(edge: Edge) -> None:
    request = invite()
    async with line(edge) as opened:
        await opened.through(request)
        await opened.send(request, request)
        await opened.carrier.until(lambda: opened.carrier.got_of(request)[2:], timeout_s=3)
        assert len([data for data in opened.sink.got_of(request) if data.startswith(b"INVITE ")]) == 1
        replies = [data for data in opened.carrier.got_of(request) if data.startswith(b"SIP/2.0 486 ")]
        assert len(replies) >= 2


async def test_a_rush_of_emergency_calls_is_not_limited(edge: Edge) -> None:
    requests = [
        invite(uri=b"sip:%s@127.0.0.4" % n) for n in (b"110", b"119", b"120", b"122") for _ in range(100)
    ]
    async with line(edge) as opened:
        await opened.send(*requests)
        assert all(opened.sink.got_of(request) for request in requests)


async def test_the_carrier_hears_at_once_that_asterisk_is_silent(edge: Edge) -> None:
    request = invite()
    async with wire(ASTERISK, edge.next_hop) as silent, wire(CARRIER) as carrier:
        await Line(carrier, edge, silent).send(request)
        await carrier.until(lambda: carrier.status_of(request), timeout_s=6)
        assert carrier.status_of(request) == 503


def test_calls_come_in_over_tcp_too(edge: Edge) -> None:
    request = invite().replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
        socket.create_connection(edge.address, 3, (CARRIER, 0)) as carrier,
    ):
        sink.bind((ASTERISK, edge.next_hop))
        sink.settimeout(3)
        carrier.sendall(request.replace(b"12345", b"12345%0A", 1))
        assert b" 400 Bad Request" in carrier.recv(4096)
        carrier.sendall(request)
        assert sink.recv(4096).startswith(b"INVITE sip:12345@127.0.0.4 ")


async def test_of_strangers_every_hundredth_is_told_from_the_first_on_however_many_come_at_once(
    edge: Edge,
) -> None:
    async with wire(STRANGER) as stranger:
        for _ in range(30):
            for _ in range(8):
                stranger.send(invite(), edge.address)
            await asyncio.sleep(0.005)
        await stranger.until(lambda: len(numbers_told(edge, STRANGERS)) >= 3, timeout_s=5)
    assert numbers_told(edge, STRANGERS)[:3] == [1, 101, 201]


async def test_refusals_are_counted_and_nothing_of_a_message_is_logged(edge: Edge) -> None:
    forged = b"<sip:12333%0Aforged@127.0.0.2>"
    requests = {
        "refused for its called number; refused": invite(uri=b"sip:12345%0Aforged@127.0.0.4"),
        "the caller of a message made unknown;": invite(caller=forged),
        "a diversion that cannot be read was taken off;": invite(b"Diversion: " + forged),
    }
    async with line(edge) as opened, wire(STRANGER) as stranger:
        for told, request in requests.items():
            highest = max(numbers_told(edge, told), default=0)
            await opened.send(request)
            # A worker writes its line before its answer.
            assert max(numbers_told(edge, told), default=0) > highest, told
        stranger.send(invite(), edge.address)
        await stranger.until(lambda: numbers_told(edge, STRANGERS), timeout_s=5)
        assert numbers_told(edge, STRANGERS)
    log = edge.log.read_text(errors="replace")
    for text in ("forged", "1380013", "1390013", "12345", "12333"):
        assert text not in log
