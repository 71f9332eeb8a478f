"""Groups that are drawn anew, roles, and periods."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("scope") as table:
        table.add_column(
            sa.Column("lasting", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        table.add_column(
            sa.Column("group", sa.String(32), server_default=sa.text("''"), nullable=False)
        )
        table.add_column(sa.Column("roles", sa.JSON(), nullable=True))
    scope = sa.table("scope", sa.column("name"), sa.column("group"))
    op.execute(scope.update().where(scope.c.name != "all").values(group=scope.c.name))
    with op.batch_alter_table("stage_run") as table:
        table.add_column(sa.Column("period", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("Palier's tables are brought forward only: keep a copy of the old.")
