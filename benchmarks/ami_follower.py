"""Our AMI client as the controller has it, following the events, in a process of its own.

    python -m benchmarks.ami_follower CONFIG

Prints `ready` once it has seen the whole state of Asterisk, and follows until it is ended.
"""

from __future__ import annotations

import random
import sys
from functools import partial
from pathlib import Path

import uvloop

from callrouter.asterisk_link.ami_client import AmiClient
from callrouter.asterisk_link.ami_follow import follow
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.layout import Layout
from callrouter.local_system.secrets import read
from callrouter.settings import Settings
from callrouter.settings_file import load_settings


def our_client(settings: Settings) -> AmiClient:
    """The client with the controller's own user and rights."""
    layout = Layout.of(settings)
    return AmiClient(
        "127.0.0.1",
        settings.ami.port,
        "callrouter",
        read(layout.secrets).ami,
        boot_name=partial(read_boot_name, layout.boot_name),
        chance=random.SystemRandom(),
    )


async def _follow(settings: Settings) -> None:
    async with our_client(settings) as ami:
        async for news in follow(ami):
            if isinstance(news, Snapshot):
                print("ready", flush=True)


if __name__ == "__main__":
    uvloop.run(_follow(load_settings(Path(sys.argv[1]))))
