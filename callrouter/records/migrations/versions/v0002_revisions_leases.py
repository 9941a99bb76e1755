"""Calls in pieces, revisions, live events, leases: what version 1 kept is carried over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callrouter.records.migrations.carry_over import (
    carry_over_calls,
    carry_over_positions,
    carry_over_records,
    carry_over_states,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of version 1 into those of version 2."""
    connection = op.get_bind()
    _create_journal()
    _change_records()
    carry_over_records(connection)
    # The defaults and NULLs were for the rows that were there.
    with op.batch_alter_table("call_record") as table:
        table.alter_column("linkedid", existing_type=sa.Text, nullable=False)
        table.alter_column("ended_at_ms", existing_type=sa.BigInteger, nullable=False)
    op.create_index("ix_call_record_node_linkedid", "call_record", ["node", "linkedid"])
    op.create_index("ix_call_record_line_arrived_at_ms", "call_record", ["line", "arrived_at_ms"])
    # Enough for every count, so that counting a million calls reads none of their bodies.
    counted = ["line", "phase", "terminal_state", "answered_within_15_s"]
    op.drop_index("ix_call_record_line_phase_terminal_state", "call_record")
    op.create_index(f"ix_call_record_{'_'.join(counted)}", "call_record", counted)
    op.create_index(
        "ix_call_record_corrections",
        "call_record",
        ["node", "call_id", "revision"],
        sqlite_where=sa.text("revision > 1"),
        postgresql_where=sa.text("revision > 1"),
    )
    _change_outbox()
    carry_over_states(connection)
    carry_over_calls(connection)
    op.drop_index("ix_journal_row_node_linkedid", "journal_row")
    op.drop_table("journal_row")
    _create_leases()


def _create_journal() -> None:
    op.create_table(
        "journal_piece",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("linkedid", sa.Text, nullable=False),
        sa.Column("piece", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("stored_at_ms", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("node", "linkedid", "piece", name="pk_journal_piece"),
    )
    op.create_index("ix_journal_piece_stored_at_ms", "journal_piece", ["stored_at_ms"])
    op.create_table(
        "open_call",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("linkedid", sa.Text, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("fault", sa.Text),
        sa.PrimaryKeyConstraint("node", "linkedid", name="pk_open_call"),
    )
    # Its key grows: made anew, which is the same in every database.
    positions = carry_over_positions(op.get_bind())
    op.drop_table("journal_position")
    position = op.create_table(
        "journal_position",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("inode", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("node", "log", "inode", name="pk_journal_position"),
    )
    if positions:
        op.bulk_insert(position, positions)


def _change_records() -> None:
    for column in (
        sa.Column("linkedid", sa.Text),
        sa.Column("ended_at_ms", sa.BigInteger),
        sa.Column("plan", sa.Text),
        sa.Column("platform", sa.Text),
        sa.Column("answered_within_15_s", sa.Boolean),
    ):
        op.add_column("call_record", column)


def _change_outbox() -> None:
    op.drop_index("ix_outbox_state_next_attempt_at_ms_position", "outbox")
    op.drop_index("ix_outbox_state_position", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("revision", sa.Integer))
        table.alter_column("body", existing_type=sa.Text, nullable=True)
        table.alter_column("acknowledged_at_ms", existing_type=sa.BigInteger, new_column_name="closed_at_ms")
    for state in ("open", "dead"):
        op.create_index(
            f"ix_outbox_{state}",
            "outbox",
            ["position"],
            sqlite_where=sa.text(f"state = '{state}'"),
            postgresql_where=sa.text(f"state = '{state}'"),
        )


def _create_leases() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "reconcile_cursor",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_reconcile_cursor"),
    )


def downgrade() -> None:
    """Version 1 has no place for revisions, live events and open calls: what it would lose may not be lost."""
    raise NotImplementedError(
        "版本 2 不能退回 / the schema cannot go back from version 2 to 1 without losing records:"
        " restore the backup that was made before the upgrade"
    )
