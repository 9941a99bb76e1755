"""A scripted day of Sichuan: thirteen numbers merge, fourteen stay beside 12345, five are branch centers."""

from __future__ import annotations

import socket
from pathlib import Path

from day_of_sichuan import DAY
from played_day import play
from running_system import MakeSystem, free_port


async def test_every_call_goes_as_the_document_says(make_system: MakeSystem, tmp_path: Path) -> None:
    await play(DAY, make_system, tmp_path, free_port(socket.SOCK_DGRAM))
