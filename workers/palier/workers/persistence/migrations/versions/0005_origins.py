"""What a session was opened with: the program's files by hash, its commit, versions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("session") as table:
        table.add_column(sa.Column("origin", sa.JSON(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
