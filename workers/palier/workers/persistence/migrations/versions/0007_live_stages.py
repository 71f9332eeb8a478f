"""What can be done in live stages, and what was."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PARTY = ("session", "scope", "generation", "seat")


def upgrade() -> None:
    with op.batch_alter_table("stage_run") as table:
        table.add_column(sa.Column("actions", sa.JSON(), nullable=True))
    op.create_table(
        "action",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("seen", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session", "number", name="pk_action"),
        sa.ForeignKeyConstraint(_PARTY, [f"party.{one}" for one in _PARTY], name="fk_action_party"),
    )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
