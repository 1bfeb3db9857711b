"""Touch wishes."""

from alembic import op

revision = "1b7e"
down_revision = "2f1c"

FUNCTION = """
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute(
        "CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER wishes_touch ON wishes")
    op.execute("DROP FUNCTION touch()")
