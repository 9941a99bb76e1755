"""What a records process loads before it works: after each kill the records of all callers wait for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from callrouter.settings import PROJECT_ROOT

OPENS_ITS_DATABASE = """
import asyncio, sys
import callrouter.cli
from callrouter.records.database import open_database
from callrouter.service.records import RecordsService
from callrouter.service.records_process import beside_a_controller

asyncio.run(open_database(sys.argv[1]))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
FOR_CHANGES_OF_THE_SCHEMA = {"alembic", "mako"}
FOR_OTHERS = {"httpx", "uvicorn", "starlette", "prometheus_client", "jinja2"}


def loaded(url: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", OPENS_ITS_DATABASE, url],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_what_a_start_does_not_need_is_not_loaded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    first, second = loaded(url), loaded(url)
    assert first & (FOR_CHANGES_OF_THE_SCHEMA | FOR_OTHERS) == FOR_CHANGES_OF_THE_SCHEMA
    assert second & (FOR_CHANGES_OF_THE_SCHEMA | FOR_OTHERS) == set()
    assert {"sqlalchemy", "aiomqtt"} <= second, "it looks at the right names"
