"""Which tables programs have for their entities."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "program_schema",
        sa.Column("program", sa.String(32), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("program", name="pk_program_schema"),
    )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
