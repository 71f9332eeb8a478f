"""Messages on which a worker may have died."""

import sqlalchemy as sa
from alembic import op

from palier.workers.persistence.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
