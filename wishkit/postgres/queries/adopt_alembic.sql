-- The revisions that Alembic stands at; more than one where its history has branches.
SELECT version_num
FROM {table}
ORDER BY version_num
