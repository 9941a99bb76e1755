"""How fast the records' path is, piece by piece and from end to end, on SQLite and on PostgreSQL.

Rules:
- Durable means durable: SQLite with a write-ahead log and synchronous=FULL, PostgreSQL with fsync, a real broker, the
  reference subscriber, which commits before it acknowledges. All on this machine's disk and cores.
- What is measured from end to end runs as in production: `callrouter serve` with the roles that make and deliver
  records, in processes of their own, reading the journal that this one writes.
- The peer of writing is sqlite3 alone, with the same rows and settings in as many transactions. The peer of
  delivering is a bare publisher through the same broker, 20 messages in flight, to nobody.
"""

from __future__ import annotations

from benchmarks.record_delivery import delivery
from benchmarks.record_making import making
from benchmarks.table import Finding
from tests.postgresql import running_postgresql


def measure() -> list[Finding]:
    """Make records, then make and deliver them, on both databases."""
    with running_postgresql() as cluster:
        return [*making(cluster), *delivery(cluster)]
