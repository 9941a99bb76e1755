"""Is every port free? Asked before anything starts, answered for all of them at once."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wanted:
    """A port that a part is about to take."""

    setting: str
    """The setting that names it, such as `sip.port`."""
    protocol: Literal["tcp", "udp"]
    host: str
    port: int


class PortsTaken(Exception):
    """Some ports are in use; the text names each, with its setting."""


def require_free(wanted: Iterable[Wanted]) -> None:
    """Raise PortsTaken if any of the ports cannot be bound."""
    taken = [port for port in wanted if not _is_free(port)]
    if taken:
        lines = [
            f"  {port.setting}: {port.protocol.upper()} {port.host}:{port.port} 已被占用 / is taken or not"
            f" ours to bind; free it, or choose another: {_variable(port.setting)}=…"
            for port in taken
        ]
        heading = "端口不可用，什么都没有启动 / ports not to be had, nothing was started:"
        raise PortsTaken("\n".join([heading, *lines]))


def _variable(setting: str) -> str:
    return f"CALLROUTER_{setting.upper().replace('.', '__')}"


def _is_free(wanted: Wanted) -> bool:
    kind = socket.SOCK_STREAM if wanted.protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if wanted.protocol == "tcp":
            # A server may take over a port whose last connections are still fading; one in use it may not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wanted.host, wanted.port))
        except OSError:
            return False
    return True
