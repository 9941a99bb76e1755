"""What a records process loads before it works: after each kill the records of all callers wait for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from callrouter.settings import PROJECT_ROOT

OPENS_ITS_DATABASE = """
import asyncio, sys
from pathlib import Path
import callrouter.cli
from callrouter.layout import Layout
from callrouter.records.database import open_database
from callrouter.service.records import Passwords, RecordsService
from callrouter.service.records_process import on_pipes
from callrouter.service.roles import read_roles
from callrouter.settings import Settings

settings = Settings(run_dir=Path(sys.argv[1]))
layout = Layout.of(settings)
RecordsService(settings, layout, read_roles(sys.argv[2]), Passwords("", "", ""), rehearsal=False)
asyncio.run(open_database(f"sqlite:///{sys.argv[1]}/records.db"))
print(*sys.modules)
"""
FOR_CHANGES_OF_THE_SCHEMA = {"alembic", "mako"}
FOR_OTHERS = {"httpx", "uvicorn", "starlette", "prometheus_client", "jinja2"}
FOR_COLLECTING = {"callrouter.plans.load", "callrouter.records.collect"}
FOR_DELIVERING = {"aiomqtt", "callrouter.records.delivery"}


def loaded(folder: Path, roles: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", OPENS_ITS_DATABASE, str(folder), roles],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_what_a_start_does_not_need_is_not_loaded(tmp_path: Path) -> None:
    first, collects = loaded(tmp_path, "collect"), loaded(tmp_path, "route,collect")
    assert first & (FOR_CHANGES_OF_THE_SCHEMA | FOR_OTHERS) == FOR_CHANGES_OF_THE_SCHEMA
    assert collects & (FOR_CHANGES_OF_THE_SCHEMA | FOR_OTHERS | FOR_DELIVERING) == set()
    assert {"sqlalchemy"} | FOR_COLLECTING <= collects, "it looks at the right names"
    delivers = loaded(tmp_path, "publish")
    assert delivers & (FOR_CHANGES_OF_THE_SCHEMA | FOR_OTHERS | FOR_COLLECTING) == set()
    assert {"sqlalchemy"} | FOR_DELIVERING <= delivers, "it looks at the right names"
