"""A plan by which a caller can come to every step between the announcement and the end of his call.

Hainan, with city platforms of its own: Sanya goes on to Haikou's switchboard, Danzhou is closed, in Wanning nobody is
there and the duty phone rings. The expert seats of 12329 are empty, the general queue has one seat. 12318 and numbers
that no plan knows have a menu, whose key 2 is for the experts. Most callers hear no notice but that of recording, so
that their steps come soon.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from callrouter.settings import PROJECT_ROOT

HERE, ELSEWHERE, CLOSED, ON_DUTY = "12345", "089912345", "089012345", "089312345"
"""What is dialled for the general queue, another platform, a closed one, the duty phone."""
MENU_OF_A_LINE, MENU_OF_UNKNOWN = "12318", "12399"
BUSY_SEAT, EMPTY_SEAT = "1001", "1002"
NOT_NOW = f"not-now-{os.getpid()}"
CLOSED_NOTICE = f"g01-{NOT_NOW}-hainan"
"""The id of the closed hours, and what is said outside them: a copy of another sound."""
MENU_SOUND = f"own-step-{os.getpid()}"
"""The operator's own recording, likewise."""
EXPERTS, NOT_AVAILABLE = "expert-12329", "e02-expert-12329-hainan"
_WHY = {"why": "测试 / a test"}


def write_plan(folder: Path, platform_address: str) -> Path:
    """Write the plan into a new folder and return it; `platform_address` is where Haikou is, `host:port`."""
    shutil.copytree(PROJECT_ROOT / "dialplans" / "hainan", folder)
    _rewrite(folder / "plan.yaml", _with_cities)
    _rewrite(folder / "operator.yaml", lambda operator: _with_ways(operator, platform_address))
    return folder


def _rewrite(file: Path, change: Any) -> None:
    read = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    change(read)
    # JSON is YAML in which every text is quoted.
    file.write_text(json.dumps(read, ensure_ascii=False, indent=1) + "\n...\n", encoding="utf-8")


def _with_cities(plan: dict[str, Any]) -> None:
    cities = {"sanya": ("三亚市", "0899"), "danzhou": ("儋州市", "0890"), "wanning": ("万宁市", "0893")}
    plan["platforms"] = [one for one in plan["platforms"] if one["id"] not in cities]
    for city, (name, area) in cities.items():
        said = {"name": f"{name}12345分平台", "spoken_name": f"{name}一二三四五热线"}
        plan["platforms"].append(
            {"id": city, **said, "level": "city", "parent": "hainan", "areas": [area], "source": "004:L79"}
        )
        queue = {"name": f"{name}综合座席", "spoken_name": "人工服务", "kind": "general"}
        plan["queues"].append({"id": city, **queue, "platform": city, "source": "004:L79"})
    plan["desks"]["closed"]["announcement"] = "G01"
    for desk in ("hub", "unknown"):
        del plan["desks"][desk]["announcement"]


def _with_ways(operator: dict[str, Any], platform_address: str) -> None:
    opens, closes = _hours_of_another_time(datetime.now(UTC))
    weekly = {"staffing": "weekly", "weekly": [{"days": "mon-sun", "opens": opens, "closes": closes}]}
    operator["hours"].append({"id": NOT_NOW, "stretches": [weekly], **_WHY})
    hours = {"sanya": "always", "danzhou": NOT_NOW, "wanning": "always"}
    operator["platforms"] = [one for one in operator["platforms"] if one["id"] not in hours]
    operator["platforms"] += [
        {"id": city, "serves": "yes", "hours": when, **_WHY} for city, when in hours.items()
    ]
    operator["queues"] = [one for one in operator["queues"] if one["id"] not in {"hotline", EXPERTS}]
    empty = {"seats": [EMPTY_SEAT], **_WHY}
    operator["queues"] += [
        {"id": "hotline", "seats": [BUSY_SEAT], **_WHY},
        {"id": EXPERTS, "answers": "transfers", **empty},
        {"id": "sanya", "overflow": "platform", "overflow_to": "haikou", **empty},
        *({"id": city, **empty} for city in ("danzhou", "wanning")),
    ]
    operator["peers"] = [one for one in operator["peers"] if one["id"] != "sanya"]
    operator["trunks"] = [one for one in operator["trunks"] if one["id"] != "sanya"]
    [haikou] = [one for one in operator["peers"] if one["id"] == "haikou"]
    haikou["uri"] = f"sip:{platform_address}"
    operator["menus"] = [
        _menu("ofline", desk="lines", lines=[MENU_OF_A_LINE]),
        _menu("ofunknown", desk="unknown"),
    ]


def _menu(name: str, **whose: Any) -> dict[str, Any]:
    choices = [{"key": "2", "queue": EXPERTS}]
    asked = {"choices": choices, "otherwise": "hotline", "tries": "2", "timeout_s": "3"}
    return {"id": name, "announcement": MENU_SOUND, **whose, **asked, **_WHY}


def _hours_of_another_time(now: datetime) -> tuple[str, str]:
    """Give hours far from now, on every day."""
    other = (now + timedelta(hours=8 + 12)).hour
    first = min(max(other - 1, 0), 21)
    return f"{first:02}:00", f"{first + 2:02}:00"
