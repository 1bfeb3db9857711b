"""Index titles."""

from alembic import op

revision = "9a3d"
down_revision = "2f1c"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index("wishes_title_idx", "wishes", ["title"], postgresql_concurrently=True)


def downgrade() -> None:
    raise NotImplementedError
