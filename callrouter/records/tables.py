"""The database's tables. They are made by the migrations alone; a test compares the two.

Rules:
- Instants are whole microseconds since 1970 in journal_row, because they are part of a key, and whole
  milliseconds elsewhere: integers order and compare the same way in every database.
- Nothing here is particular to one database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

journal_row = Table(
    "journal_row",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("uniqueid", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("linkedid", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("exten", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("caller_number", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Index(None, "node", "linkedid"),
)
"""Asterisk's journal, row by row. Its key makes reading a file twice harmless."""

journal_position = Table(
    "journal_position",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("inode", BigInteger, primary_key=True, autoincrement=False),
    Column("head", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
)
"""How far each journal file has been read. `head` tells a file from a later one with the same inode."""

call_record = Table(
    "call_record",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("arrived_at_ms", BigInteger, nullable=False),
    Column("line", Text),
    Column("mode", Text),
    Column("phase", Text),
    Column("terminal_state", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False, server_default=false()),
    Column("fallback", Text),
    Column("body", Text, nullable=False),
    Index(None, "arrived_at_ms"),
    Index(None, "line", "phase", "terminal_state"),
)
"""The records, with what is worth asking about as columns and the whole of it in `body` (JSON)."""

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("node", String(64), nullable=False),
    Column("call_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False, server_default=false()),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("next_attempt_at_ms", BigInteger, nullable=False),
    Column("acknowledged_at_ms", BigInteger),
    Column("outcome", Text),
    Column("reason", Text),
    UniqueConstraint("id"),
    UniqueConstraint("node", "call_id", "seq"),
    Index(None, "state", "next_attempt_at_ms", "position"),
    Index(None, "state", "position"),
)
"""What is still to be told to the ticketing side, and what it said. Rows are never deleted here."""
