"""The reference subscriber's inbox: each message once, known by its source and its id."""

from __future__ import annotations

import importlib
import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.ticketing.conftest import RunningBroker

PROGRAM = Path(__file__).parents[3] / "deploy" / "ticketing-subscriber" / "subscriber.py"


_MODULES = ("events", "inbox", "subscriber")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of the subscriber's folder; other programs of ours have modules of the same names."""
    others = {name: sys.modules.pop(name) for name in _MODULES if name in sys.modules}
    monkeypatch.syspath_prepend(PROGRAM.parent)
    yield importlib.import_module
    for name in _MODULES:
        sys.modules.pop(name, None)
    sys.modules.update(others)


Import = Callable[[str], ModuleType]


def event(source: str, id_: str = "m-1", **more: object) -> dict[str, object]:
    attributes = {"specversion": "1.0", "id": id_, "source": source, "type": "t", "subject": "c", "data": {}}
    return attributes | more


def record(call: str, revision: int, state: str) -> dict[str, object]:
    return event(
        "/s",
        f"{call}-{revision}",
        subject=call,
        type="cn.callrouter.record.closed.v2",
        data={"revision": revision, "terminal_state": state},
    )


def read(folder: Import, *values: object) -> list[Any]:
    items: list[Any] = folder("events").read_payload(json.dumps(values).encode())
    return items


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_the_same_id_from_another_source_is_another_message(folder: Import, tmp_path: Path) -> None:
    inbox = folder("inbox").Inbox(tmp_path / "inbox.db")
    events = read(folder, *(event(source) for source in ("/a", "/b", "/a")))
    assert inbox.store(events) == ["stored", "stored", "duplicate"]
    inbox.close()
    stored = rows(tmp_path / "inbox.db", "SELECT event FROM inbox ORDER BY rowid")
    assert [json.loads(text)["source"] for (text,) in stored] == ["/a", "/b"]


def test_a_single_event_is_kept_as_it_was_written(folder: Import) -> None:
    payload = json.dumps(event("/a", data={"n": 1.50}), indent=1).encode()
    (one,) = folder("events").read_payload(payload)
    assert one.text.encode() == payload


def test_an_event_of_a_batch_is_kept_as_it_was_written(folder: Import) -> None:
    texts = [json.dumps(event(source, data={"n": 1.50, "x": ["], [", "转接"]}), indent=1) for source in "ab"]
    payload = f" [ {texts[0]} ,\n{texts[1]}\t] \n".encode()
    items = folder("events").read_payload(payload)
    assert [one.text for one in items] == texts
    assert [one.data() for one in items] == [json.loads(text)["data"] for text in texts]


@pytest.mark.parametrize(
    "payload", ["[", "[{}", "[{},", "[{},]", "[,{}]", "[{} {}]", "[{}] 1", "[{}]]", "{}]", ""]
)
def test_what_is_no_json_is_no_batch(folder: Import, payload: str) -> None:
    events = folder("events")
    with pytest.raises(events.RejectedError, match="not JSON"):
        events.read_payload(payload.encode())


def test_an_empty_batch_has_no_events(folder: Import) -> None:
    assert folder("events").read_payload(b" [ ] ") == []


def test_half_of_a_surrogate_pair_can_be_stored_in_a_batch(folder: Import, tmp_path: Path) -> None:
    inbox = folder("inbox").Inbox(tmp_path / "inbox.db")
    assert inbox.store(read(folder, event("/a", data={"x": "\ud800"}))) == ["stored"]
    inbox.close()
    assert json.loads(rows(tmp_path / "inbox.db", "SELECT event FROM inbox")[0][0])["data"] == {"x": "\ud800"}


def test_the_calls_are_what_their_newest_revisions_say(folder: Import, tmp_path: Path) -> None:
    inbox = folder("inbox").Inbox(tmp_path / "inbox.db")
    inbox.store(
        read(
            folder,
            record("c-1", 2, "completed"),
            record("c-1", 1, "interrupted"),
            record("c-2", 10, "released"),
            record("c-2", 9, "abandoned"),
            event("/s", "m-9", subject="c-1"),
        )
    )
    inbox.close()
    query = "SELECT call_id, revision, terminal_state FROM calls ORDER BY call_id"
    assert rows(tmp_path / "inbox.db", query) == [("c-1", 2, "completed"), ("c-2", 10, "released")]


def test_fields_and_words_that_are_not_known_yet_are_stored(folder: Import, tmp_path: Path) -> None:
    inbox = folder("inbox").Inbox(tmp_path / "inbox.db")
    data = {"revision": 1, "terminal_state": "a_word_of_next_year", "a_field_of_next_year": {"more": [1]}}
    newer = record("c-1", 1, "completed") | {"data": data}
    assert inbox.store(read(folder, newer)) == ["stored"]
    inbox.close()
    query = "SELECT call_id, terminal_state FROM calls"
    assert rows(tmp_path / "inbox.db", query) == [("c-1", "a_word_of_next_year")]


def test_a_manifest_is_answered_with_what_is_missing_of_its_own_sources(
    folder: Import, tmp_path: Path
) -> None:
    module = folder("inbox")
    inbox = module.Inbox(tmp_path / "inbox.db")
    inbox.store(
        read(folder, event("/x/n1", "a"), event("/x/n2", "b"), event("/xy/n1", "c"), event("/other", "d"))
    )
    manifest = event(
        "/x", "r-1", type="cn.callrouter.outbox.reconcile.v1", data={"ids": ["a", "b", "c", "d", "e"]}
    )
    assert inbox.missing(read(folder, manifest)[0]) == ("c", "d", "e")
    inbox.close()
    again = module.Inbox(tmp_path / "inbox.db")
    assert again.missing(read(folder, manifest)[0]) == ("c", "d", "e")
    again.store(read(folder, event("/x/n3", "e")))
    assert again.missing(read(folder, manifest)[0]) == ("c", "d")
    again.close()


@pytest.mark.parametrize(
    "poison",
    [
        7,
        {},
        {"specversion": "1.0", "id": 1},
        event("/a", data=[]),
        event("/a", subject="\ud800"),
        event("/a", subject="x" * 2000),
        event("/a", subject=""),
        event("/a", type="cn.callrouter.outbox.reconcile.v1", data={"ids": [1]}),
        event("/a", type="cn.callrouter.outbox.reconcile.v1", data={"ids": ["x"] * 501}),
    ],
)
def test_what_can_never_be_stored_is_refused_alone(folder: Import, poison: object) -> None:
    refused = folder("events").Refused
    before, bad, after = read(folder, event("/a"), poison, event("/b"))
    assert isinstance(bad, refused)
    assert not isinstance(before, refused)
    assert not isinstance(after, refused)


def test_a_very_large_batch_is_answered_in_parts(folder: Import) -> None:
    events = folder("events")
    answers = [events.Answer(str(number), "stored") for number in range(1001)]
    parts = [json.loads(part)["acknowledgements"] for part in events.write_answers(answers, as_batch=True)]
    assert [len(part) for part in parts] == [500, 500, 1]


@pytest.mark.parametrize(
    "columns",
    [
        "id TEXT PRIMARY KEY, source TEXT NOT NULL, event TEXT NOT NULL",
        "id TEXT, source TEXT, type TEXT, event TEXT NOT NULL, PRIMARY KEY (source, id)",
    ],
)
def test_an_inbox_of_an_older_version_is_refused_with_the_remedy(tmp_path: Path, columns: str) -> None:
    database = sqlite3.connect(tmp_path / "inbox.db")
    database.execute(f"CREATE TABLE inbox ({columns})")
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
