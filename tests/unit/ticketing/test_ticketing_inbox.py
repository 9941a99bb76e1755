"""The reference subscriber's inbox: each message once, known by its source and its id."""

from __future__ import annotations

import importlib.util
import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.ticketing.conftest import RunningBroker

PROGRAM = Path(__file__).parents[3] / "deploy" / "ticketing-subscriber" / "subscriber.py"


@pytest.fixture
def subscriber_module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(PROGRAM.parent)
    specification = importlib.util.spec_from_file_location("reference_subscriber", PROGRAM)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "reference_subscriber", module)
    specification.loader.exec_module(module)
    return module


def event(source: str) -> bytes:
    attributes = {"specversion": "1.0", "id": "m-1", "source": source, "type": "t", "subject": source}
    return json.dumps({**attributes, "data": {}}).encode()


def test_the_same_id_from_another_source_is_another_message(
    subscriber_module: ModuleType, tmp_path: Path
) -> None:
    inbox = subscriber_module.Inbox(tmp_path / "inbox.db")
    events = [subscriber_module.read_event(event(source)) for source in ("/a", "/b", "/a")]
    assert inbox.store(events) == ["stored", "stored", "duplicate"]
    inbox.close()
    database = sqlite3.connect(tmp_path / "inbox.db")
    stored = database.execute("SELECT event FROM inbox ORDER BY rowid").fetchall()
    database.close()
    assert [json.loads(text)["source"] for (text,) in stored] == ["/a", "/b"]


def test_an_inbox_of_an_older_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "inbox.db")
    database.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, source TEXT NOT NULL, event TEXT NOT NULL)")
    database.close()
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), "--port", "1", "--database", str(tmp_path / "inbox.db")],
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert ended.returncode == 1
    message = ended.stderr.decode()
    assert "move the file away" in message
    assert "移到别处" in message
    assert "Traceback" not in message


def test_a_broker_whose_start_is_not_seen_is_not_left_running(
    broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.kill()

    def never() -> bool:
        with socket.create_connection(("127.0.0.1", broker.port), timeout=1):
            raise TimeoutError("too slow")

    def once_it_listens() -> bool:
        try:
            return never()
        except ConnectionRefusedError:
            return False

    monkeypatch.setattr(broker, "_accepts", once_it_listens)
    with pytest.raises(TimeoutError):
        broker.start()
    with pytest.raises(ConnectionRefusedError):
        never()
