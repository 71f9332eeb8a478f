"""Which treatment a scope has, who is a bot, attempts at quizzes, what is paid in the end."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Exact, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PARTY = ("session", "scope", "generation", "seat")


def upgrade() -> None:
    with op.batch_alter_table("scope") as table:
        table.add_column(
            sa.Column("treatment", sa.String(32), server_default=sa.text("''"), nullable=False)
        )
    with op.batch_alter_table("participant") as table:
        table.add_column(sa.Column("bot", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "attempt",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("wrong", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(*_PARTY, "number", name="pk_attempt"),
        sa.ForeignKeyConstraint(
            _PARTY, [f"party.{one}" for one in _PARTY], name="fk_attempt_party"
        ),
    )
    op.create_table(
        "payment",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("rate", Exact(), nullable=False),
        sa.Column("show_up", Exact(), nullable=False),
        sa.Column("points", Exact(), nullable=False),
        sa.Column("paid_points", Exact(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=True),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session", "seat", name="pk_payment"),
        sa.ForeignKeyConstraint(["session"], ["session.name"], name="fk_payment_session"),
        sa.ForeignKeyConstraint(["seat"], ["seat.name"], name="fk_payment_seat"),
    )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
