"""The journal, the records and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "journal_row",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("linkedid", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("exten", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("caller_number", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("node", "uniqueid", "event", "at_us", name="pk_journal_row"),
    )
    op.create_index("ix_journal_row_node_linkedid", "journal_row", ["node", "linkedid"])
    op.create_table(
        "journal_position",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("inode", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("node", "inode", name="pk_journal_position"),
    )
    op.create_table(
        "call_record",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("arrived_at_ms", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text),
        sa.Column("mode", sa.Text),
        sa.Column("phase", sa.Text),
        sa.Column("terminal_state", sa.Text, nullable=False),
        sa.Column("rehearsal", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("fallback", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("node", "call_id", "revision", name="pk_call_record"),
    )
    op.create_index("ix_call_record_arrived_at_ms", "call_record", ["arrived_at_ms"])
    op.create_index(
        "ix_call_record_line_phase_terminal_state", "call_record", ["line", "phase", "terminal_state"]
    )
    _create_outbox()


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rehearsal", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at_ms", sa.BigInteger, nullable=False),
        sa.Column("acknowledged_at_ms", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
        sa.UniqueConstraint("node", "call_id", "seq", name="uq_outbox_node_call_id_seq"),
    )
    op.create_index(
        "ix_outbox_state_next_attempt_at_ms_position", "outbox", ["state", "next_attempt_at_ms", "position"]
    )
    op.create_index("ix_outbox_state_position", "outbox", ["state", "position"])


def downgrade() -> None:
    """Drop everything."""
    for table in ("outbox", "call_record", "journal_position", "journal_row"):
        op.drop_table(table)
