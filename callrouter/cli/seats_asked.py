"""The running controller, asked for its seats over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.cli.instance import running_instance
from callrouter.local_system.not_ready import NotReady
from callrouter.local_system.secrets import read
from callrouter.vocabulary.seat_state import IN_CHINESE, OUT

_WITHIN_S: Final = 15.0
"""Longer than the controller waits for Asterisk."""
_HEADINGS: Final = ("座席 seat", "队列 queue", "状态 state", "原因 reason", "起始 since")


def print_seats(config: Path | None, rehearsal: bool, *, as_json: bool) -> int:
    """Print how every seat stands."""
    _, answer = _ask(config, rehearsal, "GET", "/seats")
    rows = answer["seats"]
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
    else:
        print_table(_HEADINGS, [_cells(row) for row in rows])
    return 0


def tell_seat(
    config: Path | None, rehearsal: bool, seat: str, word: str, body: Mapping[str, str] | None = None
) -> int:
    """Say a word for a seat, and print what came of it."""
    status, answer = _ask(config, rehearsal, "POST", f"/seats/{quote(seat, safe='')}/{word}", body)
    if status == HTTPStatus.NOT_FOUND:
        typer.echo(f"{seat}: {answer.get('text', '没有这个座席 / no such seat')}", err=True)
        return 1
    typer.echo(f"{seat}: {_both(answer['state'])}{_because(answer['reason'])}")
    return 0


def _cells(row: Mapping[str, Any]) -> list[object]:
    since = beijing(datetime.fromisoformat(row["since"])) if row["since"] else "-"
    reason = row["reason"] if row["reason"] != OUT else None
    return [row["seat"], row["queue"], _both(row["state"]), _both(reason or "-"), since]


def _both(word: str) -> str:
    chinese = IN_CHINESE.get(word)
    return f"{chinese} {word}" if chinese else word


def _because(reason: str | None) -> str:
    return f"（{_both(reason)}）" if reason and reason != OUT else ""


def _ask(
    config: Path | None, rehearsal: bool, method: str, path: str, body: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Ask the controller; return its status and answer. Raises NotReady with its words if it refuses, or is away."""
    instance = running_instance(config, rehearsal)
    port = instance.settings.http.port
    token = read(instance.layout.secrets).seats_token
    try:
        with httpx.Client(trust_env=False, timeout=_WITHIN_S) as client:
            answer = client.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                headers={"Authorization": f"Bearer {token}"},
                json=body,
            )
            told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NotReady(
            f"127.0.0.1:{port}: 控制器没有回答（{type(error).__name__}）；请先启动 callrouter serve"
            " / no controller answers there; start it with `callrouter serve`"
        ) from None
    if not isinstance(told, dict):
        raise NotReady(f"127.0.0.1:{port}: 不是 CallRouter / something else answers there; see http.port")
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
        raise NotReady(str(told.get("text", f"HTTP {answer.status_code}")))
    return answer.status_code, told
