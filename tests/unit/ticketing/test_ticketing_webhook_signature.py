"""Signatures, their secrets, and the reference receiver that checks them, as its own process."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from callrouter.ticketing.webhook import Waits, WebhookPublisher
from callrouter.ticketing.webhook_signature import WebhookKeys, WebhookSecretError, keys_of, read_keys
from callrouter.vocabulary.message import Kind, Manifest, Message, Outcome, PublishError
from tests.unit.ticketing.web_double import Listener, until

FOLDER = Path(__file__).parents[3] / "deploy" / "webhook-receiver"
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BODY = b'{"test": 2432232314}'


@pytest.fixture(scope="module")
def signature() -> ModuleType:
    specification = importlib.util.spec_from_file_location("receiver_signature", FOLDER / "signature.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    # Made by the standard's own library for Python (standardwebhooks).
    headers = keys_of([OLD], "here").headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("known", [[OLD], [NEW], [OLD, NEW]])
def test_while_secrets_are_changed_either_proves_a_request(signature: ModuleType, known: list[str]) -> None:
    headers = keys_of([NEW, OLD], "here").headers("m-1", 1000, BODY)
    signature.verify(known, headers, BODY, 1000)


@pytest.mark.parametrize(
    ("changed", "body", "now"),
    [
        ({}, BODY + b" ", 1000),
        ({"webhook-id": "m-2"}, BODY, 1000),
        ({"webhook-id": ""}, BODY, 1000),
        ({"webhook-timestamp": "1001"}, BODY, 1000),
        ({"webhook-timestamp": "soon"}, BODY, 1000),
        ({"webhook-signature": ""}, BODY, 1000),
        ({"webhook-signature": "v1,"}, BODY, 1000),
        ({"webhook-signature": "v1,字"}, BODY, 1000),
        ({}, BODY, 1301),
        ({}, BODY, 699),
    ],
)
def test_a_request_that_was_touched_or_is_old_proves_nothing(
    signature: ModuleType, changed: dict[str, str], body: bytes, now: float
) -> None:
    headers = keys_of([OLD], "here").headers("m-1", 1000, BODY)
    signature.verify([OLD], headers, BODY, 1300)
    with pytest.raises(signature.SignatureError):
        signature.verify([OLD], headers | changed, body, now)


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_file_of_the_secrets_is_read(tmp_path: Path) -> None:
    assert read_keys(secret_file(tmp_path, f"# new\n{NEW}\n\n  {OLD} \n")) == keys_of([NEW, OLD], "here")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_of_secrets_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(WebhookSecretError, match="chmod 600"):
        read_keys(secret_file(tmp_path, OLD, mode))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        f"{OLD}\n{NEW}\n{OLD}",
        OLD.removeprefix("whsec_"),
        "whsec_",
        "whsec_####",
        "whsec_c2hvcnQ=",
        "密",
    ],
)
def test_a_damaged_secret_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(WebhookSecretError) as refused:
        read_keys(secret_file(tmp_path, text))
    assert str(tmp_path / "secret") in str(refused.value)
    assert all(word not in str(refused.value) for word in (OLD, NEW, "####", "c2hvcnQ", "MfKQ"))


def test_a_file_of_secrets_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WebhookSecretError, match="chmod 600"):
        read_keys(tmp_path / "none")


class RunningReceiver:
    """The reference receiver as its own process."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "ticketing.db"
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(FOLDER / "receiver.py"), "--port", "0"),
                *("--secret-file", str(secret_file(folder, OLD)), "--database", str(self.database)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        listening = re.search(r"listening on 127\.0\.0\.1:([0-9]+)", first)
        assert listening, first
        self.port = int(listening[1])

    def stop(self) -> tuple[int, str]:
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=10)
        return self._process.returncode, said

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def stored(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute("SELECT id, sequence FROM inbox ORDER BY rowid").fetchall()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[RunningReceiver]:
    running = RunningReceiver(tmp_path)
    try:
        yield running
    finally:
        running.end()


def message(number: int, body: str = '{"caller_raw":"13800138000"}') -> Message:
    return Message(
        f"m-{number}", "node1", "lab-1.1", number, Kind.RECORD_CLOSED, datetime.now(UTC), False, body
    )


async def deliver(
    port: int, keys: WebhookKeys, *batches: list[Message], manifest: Manifest | None = None
) -> Listener:
    publisher = WebhookPublisher(
        f"http://127.0.0.1:{port}/",
        keys,
        instance="chengdu",
        now=lambda: datetime.now(UTC),
        waits=Waits(answered_within=5),
    )
    listener = Listener()
    task = asyncio.create_task(publisher.run(listener))
    try:
        await until(lambda: listener.is_up)
        for batch in batches:
            await publisher.publish(batch)
        if manifest is not None:
            await publisher.publish_manifest(manifest)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return listener


async def test_the_reference_receiver_stores_each_message_once(receiver: RunningReceiver) -> None:
    batches = [[message(1)], [message(1), message(2)], [message(2)]]
    listener = await deliver(receiver.port, keys_of([OLD], "here"), *batches)
    assert [(word.id, word.outcome) for word in listener.words] == [
        (one, Outcome.STORED) for one in ("m-1", "m-1", "m-2", "m-2")
    ]
    assert receiver.stored() == [("m-1", "1"), ("m-2", "2")]
    assert receiver.database.stat().st_mode & 0o777 == 0o600
    code, said = receiver.stop()
    assert code == 0
    assert "13800138000" not in said


async def test_the_reference_receiver_says_what_it_lacks(receiver: RunningReceiver) -> None:
    asked = Manifest("c-1", 0, 2, ("m-1", "m-2", "m-3"))
    listener = await deliver(receiver.port, keys_of([OLD], "here"), [message(2)], manifest=asked)
    assert listener.words[-1].missing == ("m-1", "m-3")
    assert receiver.stored() == [("m-2", "2")]


async def test_the_reference_receiver_takes_nothing_that_is_signed_by_another(
    receiver: RunningReceiver,
) -> None:
    with pytest.raises(PublishError, match="HTTP 401"):
        await deliver(receiver.port, keys_of([NEW], "here"), [message(1)])
    assert receiver.stored() == []


async def test_the_reference_receiver_stores_nothing_of_a_batch_that_it_cannot_store_whole(
    receiver: RunningReceiver,
) -> None:
    keys = keys_of([OLD], "here")
    with pytest.raises(PublishError, match="alone"):
        await deliver(receiver.port, keys, [message(1), message(2, "[]")])
    assert receiver.stored() == []
    listener = await deliver(receiver.port, keys, [message(1)], [message(2, "[]")])
    assert [(word.id, word.outcome) for word in listener.words] == [
        ("m-1", Outcome.STORED),
        ("m-2", Outcome.REJECTED),
    ]
    assert receiver.stored() == [("m-1", "1")]


async def test_the_reference_receiver_closes_nothing_while_it_cannot_write(receiver: RunningReceiver) -> None:
    with closing(sqlite3.connect(receiver.database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(PublishError):
            await deliver(receiver.port, keys_of([OLD], "here"), [message(1)])
        other.rollback()
    assert receiver.stored() == []


async def test_the_reference_receiver_answers_what_is_no_message(receiver: RunningReceiver) -> None:
    keys = keys_of([OLD], "here")
    now = int(datetime.now(UTC).timestamp())
    bodies = (b"\xff", b"[" * 9999, b"{}", json.dumps({"specversion": "1.0", "id": "m"}).encode())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{receiver.port}", trust_env=False) as client:
        kinds = {"content-type": "application/cloudevents+json"}
        said = [
            (await client.post("/", content=body, headers=keys.headers("m", now, body) | kinds)).status_code
            for body in bodies
        ]
        plain = await client.post("/", content=b"{}", headers=keys.headers("m", now, b"{}"))
        asked = await client.get("/")
    assert said == [422] * len(bodies)
    assert (plain.status_code, asked.status_code) == (415, 501)
    assert receiver.stored() == []


def test_the_reference_receiver_refuses_a_secret_that_others_may_read(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, str(FOLDER / "receiver.py"), "--port", "0"),
            *("--secret-file", str(secret_file(tmp_path, OLD, 0o644)), "--database", str(tmp_path / "db")),
        ],
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert ended.returncode == 1
    assert b"chmod 600" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_the_reference_receiver_imports_nothing_but_python() -> None:
    names: set[str] = set()
    for file in FOLDER.glob("*.py"):
        names |= set(re.findall(r"^(?:from|import) (\w+)", file.read_text(), re.MULTILINE))
    assert names - {"inbox", "signature"} <= sys.stdlib_module_names
