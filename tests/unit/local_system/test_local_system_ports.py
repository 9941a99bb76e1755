"""Ports: asked before anything starts, answered for all at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Literal

import pytest

from callrouter.local_system.ports import PortsTaken, Wanted, require_free

Protocol = Literal["tcp", "udp"]


@pytest.fixture
def taken_tcp() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def taken_udp() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]


def a_free(protocol: Protocol) -> int:
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_taken_port_is_named_at_once_with_the_variable_that_moves_it(
    taken_tcp: int, taken_udp: int
) -> None:
    wanted = [
        Wanted("sip.port", "udp", "127.0.0.1", taken_udp),
        Wanted("ami.port", "tcp", "127.0.0.1", a_free("tcp")),
        Wanted("http.port", "tcp", "127.0.0.1", taken_tcp),
    ]
    with pytest.raises(PortsTaken) as raised:
        require_free(wanted)
    text = str(raised.value)
    assert f"sip.port: UDP 127.0.0.1:{taken_udp}" in text
    assert f"http.port: TCP 127.0.0.1:{taken_tcp}" in text
    assert "CALLROUTER_SIP__PORT=" in text
    assert "CALLROUTER_HTTP__PORT=" in text
    assert "ami.port" not in text


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_free_ports_pass_and_stay_free(protocol: Protocol) -> None:
    wanted = [Wanted("x.port", protocol, "127.0.0.1", a_free(protocol))]
    require_free(wanted)
    require_free(wanted)


def test_a_tcp_port_does_not_stand_in_the_way_of_the_same_udp_port(taken_tcp: int) -> None:
    require_free([Wanted("sip.port", "udp", "127.0.0.1", taken_tcp)])


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_every_address_of_the_machine_counts_for_a_bind_to_all(
    protocol: Protocol, taken_tcp: int, taken_udp: int
) -> None:
    port = taken_tcp if protocol == "tcp" else taken_udp
    with pytest.raises(PortsTaken):
        require_free([Wanted("sip.port", protocol, "0.0.0.0", port)])


def test_an_address_that_is_not_ours_is_told_before_anything_starts() -> None:
    with pytest.raises(PortsTaken, match=r"192\.0\.2\.1:5060"):
        require_free([Wanted("sip.port", "udp", "192.0.2.1", 5060)])


def test_a_port_whose_last_connections_are_fading_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first keeps the port in TIME_WAIT
            assert client.recv(1) == b""
    require_free([Wanted("agi.port", "tcp", "127.0.0.1", port)])
