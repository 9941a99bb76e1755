"""`callrouter seats`: what it asks of the running controller, what it prints, and its exit codes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from callrouter.local_system.secrets import load_or_make
from tests.unit.cli.running import run

SEATS = [
    {
        "seat": "1001",
        "queue": "hotline",
        "state": "paused",
        "reason": "no answer",
        "since": "2026-11-23T01:35:53+00:00",
    },
    {"seat": "1002", "queue": "hotline", "state": "out", "reason": "out", "since": None},
]


class Controller:
    """Answers each request with what it is told to, and keeps it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.status = 200
        self.answer: object = {"seats": SEATS}
        self.token = ""


@contextmanager
def answering(controller: Controller) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            controller.token = self.headers["Authorization"]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            controller.asked.append((self.command, self.path, body))
            answer = json.dumps(controller.answer).encode()
            self.send_response(controller.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 -- the name is http.server's

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
def config(controller: Controller, tmp_path: Path) -> Iterator[Path]:
    made = load_or_make(tmp_path / "run" / "secrets.json", ["1001"])
    file = tmp_path / "callrouter.yaml"
    with answering(controller) as port:
        file.write_text(f"run_dir: {tmp_path / 'run'}\nhttp: {{port: {port}}}\n", encoding="utf-8")
        yield file
    if controller.asked:
        assert controller.token == f"Bearer {made.seats_token}"


def test_the_list_shows_each_seat_in_chinese_and_english_by_beijings_clock(config: Path) -> None:
    ran = run("seats", "list", "--config", str(config))
    assert (ran.code, ran.err) == (0, "")
    _, first, second = (line.split("  ") for line in ran.out.splitlines())
    assert [cell.strip() for cell in first if cell] == [
        *("1001", "hotline", "示忙 paused", "无应答 no answer", "2026-11-23T09:35:53+08:00")
    ]
    assert [cell.strip() for cell in second if cell] == ["1002", "hotline", "签出 out", "-", "-"]


def test_for_programs_each_line_is_one_json_value(config: Path) -> None:
    ran = run("seats", "list", "--json", "--config", str(config))
    assert [json.loads(line) for line in ran.out.splitlines()] == SEATS


@pytest.mark.parametrize(
    ("arguments", "asked", "answer", "printed"),
    [
        (("log-in", "1001"), ("log-in", ""), {"state": "ready", "reason": None}, "1001: 空闲 ready\n"),
        (("back", "1001"), ("back", ""), {"state": "ready", "reason": None}, "1001: 空闲 ready\n"),
        (("log-out", "1001"), ("log-out", ""), {"state": "out", "reason": "out"}, "1001: 签出 out\n"),
        (
            ("pause", "1001", "--reason", "meal"),
            ("pause", '{"reason":"meal"}'),
            {"state": "paused", "reason": "meal"},
            "1001: 示忙 paused（用餐 meal）\n",
        ),
        (
            ("pause", "1001"),
            ("pause", '{"reason":"unstated"}'),
            {"state": "paused", "reason": "unstated"},
            "1001: 示忙 paused（未说明 unstated）\n",
        ),
    ],
)
def test_a_word_is_posted_and_what_came_of_it_is_printed(
    config: Path,
    controller: Controller,
    arguments: tuple[str, ...],
    asked: tuple[str, str],
    answer: object,
    printed: str,
) -> None:
    controller.answer = answer
    ran = run("seats", *arguments, "--config", str(config))
    assert (ran.code, ran.out, ran.err) == (0, printed, "")
    assert controller.asked == [("POST", f"/seats/1001/{asked[0]}", asked[1])]


def test_a_reason_that_is_none_is_wrong_usage_and_asked_of_nobody(
    config: Path, controller: Controller
) -> None:
    assert run("seats", "pause", "1001", "--reason", "out", "--config", str(config)).code == 2
    assert controller.asked == []


def test_a_seat_that_is_none_is_exit_code_1_with_the_controllers_words(
    config: Path, controller: Controller
) -> None:
    controller.status, controller.answer = 404, {"error": "unknown_seat", "text": "没有 / none"}
    ran = run("seats", "back", "../1003", "--config", str(config))
    assert (ran.code, ran.out, ran.err) == (1, "", "../1003: 没有 / none\n")
    assert controller.asked[0][1] == "/seats/..%2F1003/back"


def test_what_the_controller_refuses_is_told_in_its_words_with_exit_code_2(
    config: Path, controller: Controller
) -> None:
    controller.status, controller.answer = 503, {"error": "asterisk_away", "text": "没有连接 / no link"}
    ran = run("seats", "list", "--config", str(config))
    assert (ran.code, ran.out, ran.err) == (2, "", "没有连接 / no link\n")


def test_without_a_controller_it_says_who_is_to_be_started(tmp_path: Path) -> None:
    load_or_make(tmp_path / "run" / "secrets.json", ["1001"])
    file = tmp_path / "callrouter.yaml"
    file.write_text(f"run_dir: {tmp_path / 'run'}\nhttp: {{port: 1}}\n", encoding="utf-8")
    ran = run("seats", "list", "--config", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "callrouter serve" in ran.err
