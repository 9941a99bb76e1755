"""The webhook: what is sent, what each answer does to the messages, and what the link does then."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from callrouter.settings_parts import Ticketing
from callrouter.ticketing import webhook
from callrouter.ticketing.webhook import Waits, WebhookPublisher
from callrouter.ticketing.webhook_signature import WebhookKeys, keys_of
from callrouter.vocabulary.message import (
    Acknowledgement,
    Kind,
    Manifest,
    Message,
    Outcome,
    PublishError,
)
from callrouter.vocabulary.web_address import WebAddressError
from tests.unit.ticketing.web_double import Listener, Request, WebDouble, response, until, web_double

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEYS = keys_of([SECRET], "here")
NOW = datetime(2021, 10, 1, tzinfo=UTC)
CALLER = "13800138000"
FAST = Waits(answered_within=0.5, shortest=0.02, longest=0.05, longest_asked=0.3)


def saying(answer: bytes | None, _request: Request) -> bytes | None:
    return answer


def message(number: int) -> Message:
    return Message(
        id=f"m-{number}",
        node="node1",
        call_id="lab-1.1",
        sequence=number,
        kind=Kind.RECORD_CLOSED,
        created_at=NOW,
        rehearsal=False,
        body=json.dumps({"caller_raw": CALLER, "number": number}),
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> structlog.testing.LogCapture:
    capture = structlog.testing.LogCapture()
    monkeypatch.setattr(webhook, "log", structlog.wrap_logger(None, processors=[capture]))
    return capture


@asynccontextmanager
async def running(
    port: int,
    *,
    path: str = "/in",
    scheme: str = "http",
    keys: WebhookKeys = KEYS,
    waits: Waits = FAST,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[WebhookPublisher, Listener]]:
    publisher = WebhookPublisher(
        f"{scheme}://127.0.0.1:{port}{path}",
        keys,
        instance="chengdu",
        now=lambda: NOW,
        waits=waits,
        tls=tls,
        chance=lambda: 1.0,
    )
    listener = Listener()
    task = asyncio.create_task(publisher.run(listener))
    await until(lambda: listener.is_up)
    try:
        yield publisher, listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[WebDouble, WebhookPublisher, Listener]]:
    async with web_double() as double, running(double.port) as (publisher, listener):
        yield double, publisher, listener


async def test_one_message_is_a_signed_cloud_event_that_a_2xx_closes() -> None:
    async with talking() as (double, publisher, listener):
        await publisher.publish([message(1)])
        assert listener.words == [Acknowledgement("m-1", Outcome.STORED, None)]
        (request,) = double.requests
    assert (request.method, request.path) == ("POST", "/in")
    assert request.headers["content-type"] == "application/cloudevents+json"
    event = json.loads(request.body)
    assert (event["id"], event["data"]["number"]) == ("m-1", 1)
    proof = KEYS.headers("m-1", int(NOW.timestamp()), request.body)
    assert {name: request.headers[name] for name in proof} == proof


async def test_several_messages_are_one_request_in_their_order() -> None:
    async with talking() as (double, publisher, listener):
        await publisher.publish([message(1), message(2), message(3)])
        assert [word.id for word in listener.words] == ["m-1", "m-2", "m-3"]
        (request,) = double.requests
    assert request.headers["content-type"] == "application/cloudevents-batch+json"
    assert [event["id"] for event in json.loads(request.body)] == ["m-1", "m-2", "m-3"]


async def test_the_same_batch_has_the_same_id_and_another_has_another() -> None:
    async with talking() as (double, publisher, _):
        for batch in ([1, 2], [1, 2], [2, 3]):
            await publisher.publish([message(number) for number in batch])
        first, again, other = (request.headers["webhook-id"] for request in double.requests)
    assert first == again != other


async def test_connections_are_kept() -> None:
    async with talking() as (double, publisher, _):
        for number in range(5):
            await publisher.publish([message(number)])
        assert double.connections == 1


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_one_message_is_refused_for_is_kept_as_its_reason(status: int) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(status, b"bad\x00\n" + "字".encode() * 1000)
        await publisher.publish([message(1)])
        (word,) = listener.words
        assert listener.is_up
    assert word.outcome is Outcome.REJECTED
    assert word.reason is not None
    assert word.reason.startswith(f"HTTP {status} bad 字字")
    assert len(word.reason) == 256
    assert word.reason.isprintable()


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refused_batch_closes_nothing_so_that_each_is_sent_alone(status: int) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(status)
        with pytest.raises(PublishError, match="alone"):
            await publisher.publish([message(1), message(2)])
        assert listener.words == []
        assert listener.is_up


async def test_a_batch_that_is_too_large_makes_the_next_ones_smaller() -> None:
    async with talking() as (double, publisher, _):
        double.answer = lambda _: response(413)
        assert publisher.most_at_once == 100
        for expected in (20, 10, 5, 2, 1):
            batch = [message(number) for number in range(min(40, publisher.most_at_once))]
            with pytest.raises(PublishError):
                await publisher.publish(batch)
            assert publisher.most_at_once == expected


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 409, 410, 415])
async def test_a_fault_of_the_set_up_rejects_no_message_and_stops_the_link(
    status: int, told: structlog.testing.LogCapture
) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(status, location=f"http://127.0.0.1:{double.port}/elsewhere")
        with pytest.raises(PublishError, match=f"HTTP {status}"):
            await publisher.publish([message(1)])
        await until(lambda: listener.downs == 1)
        assert [request.path for request in double.requests] == ["/in"]
        assert listener.words == []
        double.answer = lambda _: response(200)
        await until(lambda: listener.is_up)
        await publisher.publish([message(1)])
        assert [word.id for word in listener.words] == ["m-1"]
    assert [line["log_level"] for line in told.entries if line.get("remedy")] == ["error"]


@pytest.mark.parametrize("status", [408, 500, 502, 504])
async def test_a_failure_that_may_be_about_one_message_leaves_the_link_up(status: int) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(status)
        for _ in range(2):
            with pytest.raises(PublishError):
                await publisher.publish([message(1)])
        assert listener.downs == 0
        assert listener.words == []
        double.answer = lambda _: response(204)
        await publisher.publish([message(2)])
        double.answer = lambda _: response(status)
        for _ in range(2):
            with pytest.raises(PublishError):
                await publisher.publish([message(1)])
        await asyncio.sleep(0.02)
        assert listener.downs == 0


async def test_three_failures_on_end_stop_the_link_for_a_while() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(500)
        for _ in range(3):
            with pytest.raises(PublishError):
                await publisher.publish([message(1)])
        with pytest.raises(PublishError, match="tried again after a wait"):
            await publisher.publish([message(1)])
        assert len(double.requests) == 3
        await until(lambda: listener.ups == 2)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("0", 0.02),
        ("1", 0.3),
        ("99999999999999999999", 0.3),
        ("Fri, 01 Oct 2021 00:10:00 GMT", 0.3),
        ("soon", 0.02),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_is_kept_as_asked_within_bounds(status: int, retry_after: str, wait: float) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(status, retry_after=retry_after)
        with pytest.raises(PublishError):
            await publisher.publish([message(1)])
        await until(lambda: listener.downs == 1)
        began = asyncio.get_running_loop().time()
        await until(lambda: listener.ups == 2)
        assert wait * 0.9 <= asyncio.get_running_loop().time() - began < wait + 0.2
        assert listener.words == []


async def test_the_wait_doubles_up_to_its_end() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(503)
        waits = []
        for _ in range(3):
            with pytest.raises(PublishError):
                await publisher.publish([message(1)])
            waits.append(publisher._wait())
            await until(lambda: listener.ups > len(waits))
    assert waits == [0.04, 0.05, 0.05]


async def test_nobody_there_stops_the_link_until_somebody_is() -> None:
    async with web_double() as double:
        port = double.port
    async with running(port) as (publisher, listener):
        with pytest.raises(PublishError, match="not reached"):
            await publisher.publish([message(1)])
        await until(lambda: listener.downs == 1)
        await until(lambda: listener.ups == 2)


async def test_silence_closes_nothing() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: None
        with pytest.raises(PublishError, match="did not answer: no answer in time"):
            await publisher.publish([message(1)])
        assert listener.words == []


async def test_an_answer_that_trickles_is_given_up() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: b"HTTP/1.1 200 X\r\ncontent-length: 9999\r\n\r\n"
        double.trickles = True
        began = asyncio.get_running_loop().time()
        with pytest.raises(PublishError):
            await publisher.publish([message(1)])
        assert asyncio.get_running_loop().time() - began < 2
        assert listener.words == []


async def test_of_an_answer_without_an_end_only_the_beginning_is_read() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: b"HTTP/1.1 200 X\r\ncontent-length: 9999999999\r\n\r\n" + b"x" * (3 << 20)
        await publisher.publish([message(1)])
        assert [word.id for word in listener.words] == ["m-1"]


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 999999 X\r\n\r\n", b"\x00\xff garbage\r\n\r\n"])
async def test_what_is_no_http_closes_nothing(said: bytes) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: said + b"connection: close"
        with pytest.raises(PublishError):
            await publisher.publish([message(1)])
        assert listener.words == []


async def test_a_manifest_is_answered_with_what_is_missing_of_it() -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: response(200, b'{"missing": ["m-2", "m-9", 7]}')
        await publisher.publish_manifest(Manifest("c-1", 0, 10, ("m-1", "m-2")))
        assert listener.words == [Acknowledgement("c-1", Outcome.STORED, None, ("m-2",))]
        event = json.loads(double.requests[0].body)
    assert (event["id"], event["type"], event["data"]["ids"]) == ("c-1", Kind.RECONCILE, ["m-1", "m-2"])


@pytest.mark.parametrize(
    "said",
    [
        response(204),
        response(200, b"ok"),
        response(200, b"[]"),
        response(200, b"[" * 9999),
        response(422),
        response(500),
    ],
)
async def test_a_manifest_that_is_not_answered_is_not_taken_as_compared(said: bytes) -> None:
    async with talking() as (double, publisher, listener):
        double.answer = lambda _: said
        with pytest.raises(PublishError):
            await publisher.publish_manifest(Manifest("c-1", 0, 10, ("m-1",)))
        assert listener.words == []


async def test_before_it_runs_nothing_is_handed_over() -> None:
    publisher = WebhookPublisher("https://t.example/", KEYS, instance="x", now=lambda: NOW)
    with pytest.raises(PublishError):
        await publisher.publish([message(1)])


async def test_no_log_and_no_error_names_a_caller_the_address_or_a_secret(
    told: structlog.testing.LogCapture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    said: list[str] = []
    async with web_double() as double, running(double.port, path="/in?token=hush") as (publisher, listener):
        for answer in (response(204), response(500, CALLER.encode()), response(401, CALLER.encode()), None):
            await until(lambda: listener.is_up)
            double.answer = partial(saying, answer)
            try:
                await publisher.publish([message(1)])
            except PublishError as error:
                said.append(repr(error) + repr(error.__cause__))
        said.append(repr(KEYS))
        port = double.port
    async with running(port, path="/in?token=hush") as (publisher, _):
        with pytest.raises(PublishError) as gone:
            await publisher.publish([message(1)])
        said.append(repr(gone.value))
    everything = str(told.entries) + caplog.text + "".join(said)
    assert str(port) in everything
    for hidden in (CALLER, "hush", "/in", SECRET, "MfKQ9r8G"):
        assert hidden not in everything


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://192.0.2.1/in", "in the clear"),
        ("ftp://127.0.0.1/", "no address|not an address"),
        ("https://user:hush@t.example/", "user name"),
        ("https://", "not an address"),
        ("https://t.example:99999/", "not an address"),
        ("https://t.example/a b", "not an address"),
        ("https://t.example/\r\nx", "not an address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_quoting_it(url: str, why: str) -> None:
    with pytest.raises(WebAddressError, match=why) as refused:
        WebhookPublisher(url, KEYS, instance="x", now=lambda: NOW)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://[::1]/", "http://localhost/in", "https://t.example/x?y=1"]
)
def test_an_address_that_can_be_used_is_taken(url: str) -> None:
    WebhookPublisher(url, KEYS, instance="x", now=lambda: NOW)


def test_plain_http_leaves_this_machine_only_when_that_is_wanted() -> None:
    WebhookPublisher("http://192.0.2.1/", KEYS, instance="x", now=lambda: NOW, plain_http=True)


@pytest.mark.parametrize("url", ["", "http://192.0.2.1/in", "https://user:hush@t.example/"])
def test_the_settings_refuse_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ValidationError, match="webhook_url: "):
        Ticketing(deliver_by="webhook", webhook_url=url)


def test_the_settings_take_plain_http_where_it_is_wanted() -> None:
    assert Ticketing(deliver_by="webhook", webhook_url="http://192.0.2.1/in", webhook_plain_http=True)
    assert Ticketing(deliver_by="mqtt").webhook_url == ""


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    await asyncio.to_thread(
        subprocess.run,
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", "/CN=t", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"),
            *("-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")),
        ],
        check=True,
        capture_output=True,
    )
    offered = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    offered.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    async with web_double(offered) as double:
        async with running(double.port, scheme="https") as (publisher, listener):
            with pytest.raises(PublishError, match="certificate is not trusted"):
                await publisher.publish([message(1)])
            assert (double.requests, listener.words) == ([], [])
        trusted = ssl.create_default_context(cafile=tmp_path / "certificate")
        async with running(double.port, scheme="https", tls=trusted) as (publisher, listener):
            await publisher.publish([message(1)])
            assert [word.id for word in listener.words] == ["m-1"]
