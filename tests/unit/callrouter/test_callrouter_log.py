"""Logs: one JSON object a line, personal data masked whoever logs it and however."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callrouter.log import configure_logging, mask_number, mask_personal

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
    structlog.contextvars.clear_contextvars()


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


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(max_size=8), st.text(max_size=8))
def test_a_mobile_never_survives_beside_anything_but_more_letters(
    number: str, before: str, after: str
) -> None:
    if any(sign.isascii() and (sign.isalnum() or sign in "_.") for sign in before[-1:] + after[:1]):
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
    ],
)
def test_what_is_no_persons_number_stays_readable(text: str) -> None:
    assert masked(text=text) == {"text": text}


def test_call_ids_and_figures_stay_whole() -> None:
    fields = {"call_id": "lab-13800138000.7", "sip_call_id": f"{NUMBER}@x", "port": 14573, "bytes": 2**40}
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
    structlog.contextvars.bind_contextvars(call_id="node1-1795339777.2")
    structlog.get_logger("callrouter.test.context").info("call_decided", line="12315", detail="两行\n文字")
    assert written.text.count("\n") == 1
    assert written.last["call_id"] == "node1-1795339777.2"
    assert written.last["line"] == "12315"
    assert written.last["timestamp"].endswith("Z")


def test_chinese_stays_readable(written: Written) -> None:
    structlog.get_logger("callrouter.test.chinese").info("plan_loaded", title="四川省12345政务服务便民热线")
    assert "四川省12345政务服务便民热线" in written.text


def test_what_lies_below_the_level_is_not_written(written: Written) -> None:
    structlog.get_logger("callrouter.test.level").debug("noise")
    logging.getLogger("somebody.else").debug("noise")
    assert written.text == ""
