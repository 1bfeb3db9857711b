-- A statement is about to be sent.
INSERT INTO wishkit.step (migration_id, direction, statement, statements, checksum, sql, run_id)
VALUES (%(id)s, %(direction)s, %(statement)s, %(statements)s, %(checksum)s, %(sql)s, %(run)s)
ON CONFLICT (migration_id, statement) DO UPDATE
SET direction = excluded.direction, statements = excluded.statements,
    checksum = excluded.checksum, sql = excluded.sql, run_id = excluded.run_id,
    started_at = excluded.started_at, ended_at = NULL
