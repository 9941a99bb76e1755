"""Logs: one JSON object a line, personal data masked whoever logs it and however."""

from __future__ import annotations

import io
import json
import logging
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callrouter.log import CallLine, call_in_hand, configure_logging, mask_number, mask_personal

NUMBER = "13800138000"


class Written:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture
def written() -> Iterator[Written]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = Written()
    configure_logging("info", out.stream)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def masked(**fields: object) -> dict[str, Any]:
    return dict(mask_personal(None, "info", dict(fields)))


def fail_with(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "138****8000"),
        ("+8613800138000", "+86****8000"),
        ("02886812110", "028****2110"),
        ("86812110", "****110"),
        ("12315", "12315"),
        ("028110", "028110"),
        ("", ""),
        ("张三", "****"),
        ("sip:alice@example.net", "****"),
    ],
)
def test_a_number_shows_who_it_may_be_and_a_word_shows_nothing(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize("key", ["caller", "called", "caller_number", "message_text", "callerid"])
def test_a_tagged_field_is_masked_whatever_it_holds(key: str) -> None:
    assert masked(**{key: NUMBER}) == {key: "138****8000"}
    assert masked(**{key: int(NUMBER)}) == {key: "138****8000"}
    assert "张" not in str(masked(**{key: "我叫张三，住在锦江区"}))


@pytest.mark.parametrize(
    "text",
    [
        "the caller {} is gone",
        "the caller {}.",
        "{}: busy",
        "sip:{}@127.0.0.2:5060",
        "tel:{};phone-context=+86",
        "PJSIP/{}-0000002a",
        "来电{}已挂断",
        "'{}', \"{}\"",
        "caller={}&called=12315",
    ],
)
@pytest.mark.parametrize("number", [NUMBER, "8613800138000", "+8613800138000", "02886812110", "028-86812110"])
def test_a_number_in_free_text_is_masked_wherever_it_stands(text: str, number: str) -> None:
    shown = str(masked(error=text.format(number, number))["error"])
    assert number not in shown
    assert number[3:-4] not in shown
    assert number[-4:] in shown


@pytest.mark.parametrize(
    "text", ["the caller {} is gone", "{}: busy", "caller={}&called=12315", "来电{}已挂断", "({})"]
)
@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("%2B8613800138000", "%2B86****8000"),
        ("%2b8613800138000", "%2b86****8000"),
        ("%2B86%20138%200013%208000", "%2B86****8000"),
        ("138-0013-8000", "138****8000"),
        ("138 0013 8000", "138****8000"),
        ("138%200013%208000", "138****8000"),
        ("138 00138000", "138****8000"),
        ("1380-013-8000", "138****8000"),
        ("86138-0013-8000", "861****8000"),
        ("+86 138 0013 8000", "+86****8000"),
        ("+86-138-0013-8000", "+86****8000"),
        ("+86 (28) 8765 4321", "+86****4321"),
        ("+852 9123 4567", "+85****4567"),
        ("028 8765 4321", "028****4321"),
        ("028-8765-4321", "028****4321"),
        ("(028) 8765 4321", "028****4321"),
        ("0834-321 4567", "083****4567"),
        ("028 87654321", "028****4321"),
    ],
)
def test_a_number_is_masked_however_it_is_written(text: str, number: str, shown: str) -> None:
    assert shown in masked(error=text.format(number))["error"]
    assert not set(re.findall("[0-9]{4}", number)[:-1]) & set(
        re.findall("[0-9]{4}", masked(error=number)["error"])
    )


@pytest.mark.parametrize("before", ["tel", "ID_", "\\x0a", "\\u202d", "%0A", "\u202d"])
def test_a_number_glued_to_a_word_or_an_escape_is_masked(before: str) -> None:
    assert masked(text=f"{before}{NUMBER}") == {"text": f"{before}138****8000"}


def test_a_number_that_is_an_integer_is_masked() -> None:
    assert masked(asked=int(NUMBER)) == {"asked": "138****8000"}
    assert masked(asked=[8613800138000]) == {"asked": ["861****8000"]}
    assert masked(asked=float(NUMBER)) == {"asked": "138****8000.0"}


def test_a_number_under_a_private_name_is_masked() -> None:
    assert masked(_asked=NUMBER) == {"_asked": "138****8000"}


def test_the_sip_call_id_is_masked_for_the_peer_chooses_it() -> None:
    assert masked(sip_call_id=f"{NUMBER}-7@192.0.2.1") == {"sip_call_id": "138****8000-7@192.0.2.1"}
    own = "c7cdd1a4-cda2-405c-98ba-c20c0749974f"
    assert masked(sip_call_id=own) == {"sip_call_id": own}


def test_a_number_that_is_a_key_is_masked() -> None:
    assert masked(attempts={NUMBER: 2}) == {"attempts": {"138****8000": 2}}


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(max_size=8), st.text(max_size=8))
def test_a_mobile_never_survives_beside_anything_but_hex_digits(number: str, before: str, after: str) -> None:
    if before.endswith(".") or any(sign in string.hexdigits for sign in before[-1:] + after[:1]):
        return
    assert number not in str(masked(text=before + number + after)["text"])


@pytest.mark.parametrize(
    "text",
    [
        "12315 028-12345 110 1001",
        "127.0.0.1:14573",
        "2021-09-30T23:59:50.123456+08:00",
        "1795339777.072683",
        "node1-1795339777.2",
        "PJSIP/1001-00000003",
        "dialplans/sichuan/lines.yaml:1234",
        "0.30000000000000004 s",
        "c7cdd1a4-cda2-405c-98ba-c20c0749974f",
        "a12345678901234567890bcdef",
        "20210930",
        "2021-09-30 23:59:50,123 +0800 12315 110",
        "12345678-0123-4567-8901-123456789012",
        "c7cdd1a4-cda2-405c-98ba-120749974123",
        "d1b2a12345678901234567890e",
        "028 110 1001 12345",
        "queue 12345 seats 1001-1002-1003",
        "asked 3 of 1024 in 12 ms, 1048576 bytes",
        "%E6%88%90%E9%83%BD",
    ],
)
def test_what_is_no_persons_number_stays_readable(text: str) -> None:
    assert masked(text=text) == {"text": text}


def test_call_ids_and_figures_stay_whole() -> None:
    fields = {
        "call_id": "lab-13800138000.7",
        "port": 14573,
        "at": 1795339777,
        "bytes": 2**40,
        "read_bytes": 2**40,
        "elapsed_ns": 13800138000,
    }
    assert masked(**fields, ok=True, seconds=0.5) == fields | {"ok": True, "seconds": 0.5}


def test_what_is_nested_or_no_text_is_masked_too() -> None:
    shown = str(masked(facts={"caller": "86812110", "x": [f"to {NUMBER}"]}, error=ValueError(NUMBER)))
    assert NUMBER not in shown
    assert "86812110" not in shown
    assert shown.count("****") == 3


def test_an_exceptions_text_is_masked(written: Written) -> None:
    log = structlog.get_logger("callrouter.test.exception")
    try:
        fail_with(ValueError(f"cannot dial sip:{NUMBER}@127.0.0.2"))
    except ValueError:
        log.exception("dial_failed", called=NUMBER)
    assert NUMBER not in written.text
    assert "ValueError: cannot dial sip:138****8000@127.0.0.2" in written.last["exception"]
    assert written.last["called"] == "138****8000"
    assert written.last["level"] == "error"


def test_the_standard_librarys_loggers_go_through_the_same_mask(written: Written) -> None:
    log = logging.getLogger("somebody.else")
    log.warning("no route to %s", NUMBER)
    assert written.last["event"] == "no route to 138****8000"
    try:
        fail_with(OSError(f"user {NUMBER} is gone"))
    except OSError:
        log.exception("task failed")
    assert NUMBER not in written.text
    assert "OSError: user 138****8000" in written.last["exception"]
    assert written.last["logger"] == "somebody.else"


def test_one_line_one_object_with_the_call_id_of_the_context(written: Written) -> None:
    token = call_in_hand.set("node1-1795339777.2")
    structlog.get_logger("callrouter.test.context").info("call_decided", line="12315", detail="两行\n文字")
    call_in_hand.reset(token)
    assert written.text.count("\n") == 1
    assert written.last["call_id"] == "node1-1795339777.2"
    assert written.last["line"] == "12315"
    assert written.last["timestamp"].endswith("Z")


def test_a_line_of_its_own_call_keeps_its_own_call_id(written: Written) -> None:
    token = call_in_hand.set("node1-1.2")
    structlog.get_logger("callrouter.test.own").info("x", call_id="node1-3.4")
    logging.getLogger("somebody.else").warning("y")
    call_in_hand.reset(token)
    assert [json.loads(line)["call_id"] for line in written.text.splitlines()] == ["node1-3.4", "node1-1.2"]


def test_a_line_made_for_many_calls_is_what_the_logger_would_have_written(written: Written) -> None:
    fields = {"line": "12315", "detail": f"来电 {NUMBER}", "called": NUMBER, "mode": None, "n": 3}
    CallLine("callrouter.test.many", "call_decided", **fields).write('node1-1.2"\n')
    ready = written.last
    structlog.get_logger("callrouter.test.many").info("call_decided", call_id='node1-1.2"\n', **fields)
    plain = written.last
    assert ready.pop("timestamp")[:16] == plain.pop("timestamp")[:16]
    assert ready == plain
    assert NUMBER not in written.text
    assert written.text.count("\n") == 2


def test_a_line_made_for_many_calls_keeps_to_the_level() -> None:
    stream = io.StringIO()
    configure_logging("warning", stream)
    CallLine("callrouter.test.many", "call_decided").write("node1-1.2")
    assert stream.getvalue() == ""
    structlog.reset_defaults()


class Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_ends_no_call() -> None:
    configure_logging("info", Closed())
    structlog.get_logger("callrouter.test.full").info("x")
    CallLine("callrouter.test.full", "call_decided").write("node1-1.2")
    configure_logging("warning", io.StringIO())
    structlog.reset_defaults()


def test_chinese_stays_readable(written: Written) -> None:
    structlog.get_logger("callrouter.test.chinese").info("plan_loaded", title="四川省12345政务服务便民热线")
    assert "四川省12345政务服务便民热线" in written.text


def test_what_lies_below_the_level_is_not_written(written: Written) -> None:
    structlog.get_logger("callrouter.test.level").debug("noise")
    logging.getLogger("somebody.else").debug("noise")
    assert written.text == ""
