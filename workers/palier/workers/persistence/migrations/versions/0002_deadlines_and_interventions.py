"""Deadlines, standings, statuses that are held, and openings that are set aside."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("session") as table:
        table.add_column(
            sa.Column("traceback", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
    # a session whose program had raised was over; now it waits for its program to be mended
    op.execute("UPDATE session SET status = 'stopped', ended_at = NULL WHERE status = 'failed'")
    with op.batch_alter_table("participant") as table:
        table.add_column(
            sa.Column("standing", sa.String(16), server_default="active", nullable=False)
        )
    with op.batch_alter_table("party") as table:
        table.add_column(sa.Column("withdrawn_at", Instant(), nullable=True))
    with op.batch_alter_table("stage_run") as table:
        table.add_column(
            sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
        table.add_column(sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False))
        table.add_column(sa.Column("form", sa.JSON(), nullable=True))
        table.add_column(sa.Column("opened_by", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("missing", sa.String(16), server_default="wait", nullable=False))
        table.add_column(sa.Column("deadline_at", Instant(), nullable=True))
        table.add_column(sa.Column("left_seconds", sa.Float(), nullable=True))
        table.add_column(
            sa.Column("clock_paused", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.add_column(sa.Column("due_at", Instant(), nullable=True))
        table.drop_constraint("uq_stage_run_session_scope_stage_visit", type_="unique")
        table.create_index("ix_stage_run_due_at", ["due_at"])
        table.create_index(
            "uq_stage_run_visit",
            ["session", "scope", "stage", "visit"],
            unique=True,
            sqlite_where=sa.text("status <> 'void'"),
            postgresql_where=sa.text("status <> 'void'"),
        )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
