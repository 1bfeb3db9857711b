"""Both together."""

revision = "4c5d"
down_revision = ("1b7e", "9a3d")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
