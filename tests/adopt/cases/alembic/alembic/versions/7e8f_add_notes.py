"""Add notes."""

import sqlalchemy as sa
from alembic import op

revision = "7e8f"
down_revision = "4c5d"


def upgrade() -> None:
    op.add_column("wishes", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("wishes", "note")
