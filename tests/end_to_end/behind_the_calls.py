"""What lies behind the calls, from the outside: looked at, damaged and mended by hand."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import aiomqtt
from running_system import System, eventually
from struck_controller import Line, Scene

from callrouter.local_system.secrets import read
from callrouter.settings import PROJECT_ROOT

DISK_BYTES = 48 << 20
UNSENT_RECORDS = """
SELECT outbox.id, call_record.body FROM outbox JOIN call_record USING (node, call_id, revision)
WHERE outbox.state = 'open' ORDER BY outbox.position
"""


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a file system in memory; whoever set this project up could become root."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    folder.mkdir(parents=True, exist_ok=True)
    owner = f"uid={os.geteuid()},gid={os.getegid()},mode=700,size={DISK_BYTES}"
    mounted = subprocess.run(
        [*as_root, "mount", "-t", "tmpfs", "-o", owner, "records-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert mounted.returncode == 0, (
        f"a disk to fill cannot be mounted: {mounted.stderr}; run as root, or let sudo"
    )
    try:
        yield
    finally:
        subprocess.run([*as_root, "umount", "--lazy", str(folder)], check=True)


def counted(system: System, counter: str) -> float:
    told = re.search(rf"^callrouter_{counter} ([0-9.e+]+)$", system.metrics(), re.MULTILINE)
    return float(told[1]) if told else 0.0


def copy_of_a_call(system: System, other_id: str) -> bytes:
    """The journal's rows of a call that is over, under another linkedid."""
    rows = system.layout.cel_csv.read_bytes().splitlines(keepends=True)
    linkedid = next(row for row in rows if row.startswith(b'"LINKEDID_END"')).split(b'","')[3]
    boot_name, _, _ = linkedid.rpartition(b"-")
    its = [row.split(b'","') for row in rows if row.count(linkedid) and row.split(b'","')[3] == linkedid]
    other = boot_name + b"-" + other_id.encode()
    return b"".join(b'","'.join([*row[:3], other, *row[4:]]) for row in its)


def replace_body(system: System, message: str, body: str) -> None:
    write_to(
        system,
        "UPDATE call_record SET body = ? WHERE (node, call_id, revision) ="
        " (SELECT node, call_id, revision FROM outbox WHERE id = ?)",
        values=(body, message),
    )


def write_to(system: System, *statements: str, values: tuple[str, ...] = ()) -> None:
    with closing(sqlite3.connect(system.layout.database, timeout=20)) as database, database:
        for statement in statements:
            assert database.execute(statement, values).rowcount


async def refuse(system: System, message: str, reason: str) -> None:
    """Say on the ticketing side's behalf that it will never store a message."""
    settings = system.settings
    async with aiomqtt.Client(
        settings.mqtt.host,
        settings.mqtt.port,
        protocol=aiomqtt.ProtocolVersion.V5,
        username="ticketing",
        password=read(system.layout.secrets).mqtt_ticketing,
    ) as client:
        word = json.dumps({"id": message, "outcome": "rejected", "reason": reason})
        await client.publish(f"{settings.topic_prefix}/{settings.instance}/acks", word, qos=1)


async def dead_letters_alone_are_left(scene: Scene, letters: int) -> dict[str, str]:
    """Wait until all other messages are told; give why these are not."""
    unfinished = "SELECT state, count(*) FROM outbox WHERE state != 'acknowledged' GROUP BY state"
    await asyncio.to_thread(
        eventually, "the others are told", lambda: scene.system.rows(unfinished) == [("dead", letters)]
    )
    shown = await asyncio.to_thread(callrouter, scene.system, "outbox", "list", "--dead", "--json")
    told = [json.loads(line) for line in shown.stdout.splitlines()]
    return {one["id"]: one["reason"] for one in told}


def callrouter(system: System, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callrouter", *words, "--config", str(system.config)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def forgotten_by_the_broker(system: System) -> list[str]:
    """Ids of messages that are open, and not in the store from which the broker begins again."""
    stored = (system.layout.broker / "data" / "mosquitto.db").read_bytes()
    return [
        id_
        for (id_,) in system.rows("SELECT id FROM outbox WHERE state = 'open'")
        if id_.encode() not in stored
    ]


def pid(system: System, part: str) -> int | None:
    try:
        return system.pid_of(part)
    except AssertionError:
        return None


def states_of_calls(system: System, lines: list[Line]) -> dict[str, str]:
    own = {line.call.sip_call_id for line in lines}
    told = [event["data"] for event in system.records_at_ticketing()]
    return {data["sip_call_id"]: data["terminal_state"] for data in told if data["sip_call_id"] in own}


def states(system: System, lines: list[Line]) -> set[str]:
    return set(states_of_calls(system, lines).values())
