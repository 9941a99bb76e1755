"""A scripted day of Inner Mongolia: no dates but deadlines, experts first, two customs under one number."""

from __future__ import annotations

import socket
from pathlib import Path

from day_of_inner_mongolia import DAY
from played_day import play
from running_system import MakeSystem, free_port


async def test_every_call_goes_as_the_document_says(make_system: MakeSystem, tmp_path: Path) -> None:
    await play(DAY, make_system, tmp_path, free_port(socket.SOCK_DGRAM))
