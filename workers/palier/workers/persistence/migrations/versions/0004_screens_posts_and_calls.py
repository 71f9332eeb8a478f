"""Which screen shows a stage, when it was painted, what was posted there, who calls for help."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTY = ("session", "scope", "generation", "seat")


def upgrade() -> None:
    with op.batch_alter_table("participant") as table:
        table.add_column(sa.Column("called_at", Instant(), nullable=True))
        table.add_column(sa.Column("call", sa.Text(), server_default=sa.text("''"), nullable=False))
    with op.batch_alter_table("stage_run") as table:
        table.add_column(
            sa.Column("screen", sa.String(32), server_default=sa.text("''"), nullable=False)
        )
    op.create_table(
        "onset",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("painted_at", Instant(), nullable=False),
        sa.Column("off_by", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(*_PARTY, name="pk_onset"),
        sa.ForeignKeyConstraint(_PARTY, [f"party.{one}" for one in _PARTY], name="fk_onset_party"),
    )
    op.create_table(
        "post",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(32), nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("session", "scope", "generation", "number", name="pk_post"),
        sa.ForeignKeyConstraint(_PARTY, [f"party.{one}" for one in _PARTY], name="fk_post_party"),
    )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
