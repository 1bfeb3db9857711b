-- The ledger, version 3: what the database consisted of when the last run ended.
CREATE TABLE wishkit.snapshot (
    only_row       boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    run_id         bigint      NOT NULL REFERENCES wishkit.run,
    taken_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    server_version integer     NOT NULL DEFAULT current_setting('server_version_num')::integer,
    reader         text        NOT NULL,
    fingerprint    text,
    content        bytea
);
COMMENT ON TABLE wishkit.snapshot IS
    'One row: what the database consisted of when the last run that changed it had ended. What '
    'differs from it was changed by hand since.';
COMMENT ON COLUMN wishkit.snapshot.only_row IS 'Always true; keeps the table at one row.';
COMMENT ON COLUMN wishkit.snapshot.run_id IS 'After which run.';
COMMENT ON COLUMN wishkit.snapshot.taken_at IS 'When it was taken.';
COMMENT ON COLUMN wishkit.snapshot.server_version IS 'Version of the server, such as 180001.';
COMMENT ON COLUMN wishkit.snapshot.reader IS
    'What read the catalogs: a later wishkit may see more, and would take that for a change.';
COMMENT ON COLUMN wishkit.snapshot.fingerprint IS
    'Rows and transactions of the catalogs: as long as it is the same, nothing has changed.';
COMMENT ON COLUMN wishkit.snapshot.content IS
    'Every object with its attributes, as JSON compressed by zlib; null where there are so many '
    'that taking it would be noticed.';
