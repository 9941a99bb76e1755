"""An installation whose database holds two real calls: made by the store itself from Asterisk's own rows."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callrouter.calls.arrivals import Decider
from callrouter.layout import Layout
from callrouter.plans.load import load_plan
from callrouter.records.store import Store
from callrouter.records.tail import Batch, FilePosition
from callrouter.settings import PROJECT_ROOT
from callrouter.settings_file import load_settings
from callrouter.vocabulary.cel import CelRow, cel_row

ROWS = Path(__file__).parents[1] / "records"
ANSWERED = "asterisk_22_10_1_decided_and_answered"
CALLER = "13912345678"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Installation:
    config: Path
    call_id: str

    @property
    def layout(self) -> Layout:
        return Layout.of(load_settings(self.config))


def real_rows(name: str = ANSWERED, caller: str = CALLER) -> tuple[CelRow, ...]:
    """The rows of a real call, whose caller has this number."""
    with (ROWS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            cel_row([field.replace("13800138000", caller) for field in fields]) for fields in csv.reader(file)
        ]
    return tuple(rows)


def installation(folder: Path, *calls: tuple[CelRow, ...]) -> Installation:
    """Make one, with the records of these calls."""
    config = folder / "callrouter.yaml"
    config.write_text(
        f"run_dir: {folder / 'run'}\nrehearsal: {{run_dir: {folder / 'rehearsal'}}}\n", encoding="utf-8"
    )
    layout = Layout.of(load_settings(config))
    layout.database.parent.mkdir(parents=True)
    plan = load_plan(PROJECT_ROOT / "dialplans" / "sichuan")

    async def fill() -> str:
        store = await Store.open(
            f"sqlite:///{layout.database}",
            explain=Decider(plan, lambda _decision: None).explain,
            prove=lambda record: record,
            now=lambda: NOW,
        )
        try:
            call_id = ""
            for nth, rows in enumerate(calls or (real_rows(),)):
                position = FilePosition(nth + 1, "head", 1)
                done = await store.ingest("node1", Batch(rows, 0, position, is_full=False), None)
                call_id = call_id or done.records[0].call_id
            return call_id
        finally:
            await store.close()

    return Installation(config, asyncio.run(fill()))
