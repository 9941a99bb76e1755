"""The database's tables. They are made by the migrations alone; a test compares the two.

Rules:
- Instants are whole microseconds since 1970 where they order journal rows, and whole milliseconds elsewhere:
  integers order and compare the same way in every database.
- What is common (a call that ended, a message that was delivered) costs one row of each table, however many journal
  rows it has.
- Nothing here is particular to one database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

journal_piece = Table(
    "journal_piece",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("linkedid", Text, primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("stored_at_ms", BigInteger, nullable=False),
    Column("rows", LargeBinary, nullable=False),
    Index(None, "stored_at_ms"),
)
"""Asterisk's journal, by call: what one reading brought of it (`journal_pieces`). Pruned when the call is old."""

open_call = Table(
    "open_call",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("linkedid", Text, primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Column("told", Text, nullable=False),
    Column("fault", Text),
)
"""The calls whose end has not been read. `told`: the live events that were told of, as a JSON list of their names.

`fault`: the call has ended and could not be folded; the name of the error. It is tried again at each start.
"""

journal_position = Table(
    "journal_position",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("log", String(16), primary_key=True),
    Column("inode", BigInteger, primary_key=True, autoincrement=False),
    Column("head", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
)
"""How far each file of each log (`cel`, `queue`) has been read. `head` tells a file from a later one in its inode."""

call_record = Table(
    "call_record",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("linkedid", Text, nullable=False),
    Column("arrived_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger, nullable=False),
    Column("plan", Text),
    Column("platform", Text),
    Column("line", Text),
    Column("mode", Text),
    Column("phase", Text),
    Column("terminal_state", Text, nullable=False),
    Column("answered_within_15_s", Boolean),
    Column("rehearsal", Boolean, nullable=False, server_default=false()),
    Column("fallback", Text),
    Column("body", Text, nullable=False),
    Index(None, "arrived_at_ms"),
    Index(None, "line", "arrived_at_ms"),
    Index(None, "line", "phase", "terminal_state", "answered_within_15_s"),
    Index(
        "ix_call_record_corrections",
        "node",
        "call_id",
        "revision",
        sqlite_where=text("revision > 1"),
        postgresql_where=text("revision > 1"),
    ),
    Index(None, "node", "linkedid"),
)
"""The records, with what is worth asking about as columns and the whole of it in `body` (JSON). Never changed."""

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("node", String(64), nullable=False),
    Column("call_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("revision", Integer),
    Column("rehearsal", Boolean, nullable=False, server_default=false()),
    Column("body", Text),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("next_attempt_at_ms", BigInteger, nullable=False),
    Column("closed_at_ms", BigInteger),
    Column("outcome", Text),
    Column("reason", Text),
    UniqueConstraint("id"),
    UniqueConstraint("node", "call_id", "seq"),
    Index(
        "ix_outbox_open",
        "position",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_outbox_dead",
        "position",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
)
"""What is still to be told to the ticketing side, and what it said.

The body of a record's message is the record's (node, call_id, revision); any other has its own. Closed rows are
pruned when they are old; dead letters never are.
"""

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("renewals", BigInteger, nullable=False),
)
"""Who may do what only one may do (`leases`). `holder` is empty when it was given back."""

reconcile_cursor = Table(
    "reconcile_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger, nullable=False),
)
"""How far of the outbox has been compared with what the ticketing side has."""
