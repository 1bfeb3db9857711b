-- The ledger, version 4: backups of this database, and how far each was verified.
CREATE TABLE wishkit.backup (
    entry             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                text        NOT NULL,
    kind              text        NOT NULL CHECK (kind IN ('custom', 'directory', 'external')),
    level             smallint    NOT NULL CHECK (level BETWEEN 0 AND 3),
    claimed_level     smallint    CHECK (claimed_level BETWEEN 0 AND 3),
    failure           text,
    size              bigint,
    checksum          text,
    manifest_checksum text,
    database          name        NOT NULL,
    system_identifier bigint,
    location          text,
    host              text,
    lsn               text,
    taken_at          timestamptz NOT NULL,
    finished_at       timestamptz NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by       name        NOT NULL DEFAULT session_user,
    os_user           text,
    tool_version      text        NOT NULL
);
CREATE INDEX backup_id_idx ON wishkit.backup (id, entry);
COMMENT ON INDEX wishkit.backup_id_idx IS 'For the history of one backup.';
COMMENT ON TABLE wishkit.backup IS
    'One row for each backup that was made or recorded, and one more for each time it was '
    'verified; never changed.';
COMMENT ON COLUMN wishkit.backup.entry IS 'Number of the row, in order of time.';
COMMENT ON COLUMN wishkit.backup.id IS
    'Which backup: what wishkit called it, or, for an external one, what its keeper calls it.';
COMMENT ON COLUMN wishkit.backup.kind IS
    'custom: one file of pg_dump; directory: a folder of them; external: others keep it.';
COMMENT ON COLUMN wishkit.backup.level IS
    'How far wishkit itself verified it: 0 made or recorded, 1 readable to its last byte, '
    '2 restored with the same schema and numbers of rows, 3 with the same rows.';
COMMENT ON COLUMN wishkit.backup.claimed_level IS
    'For an external one: how far its keeper says that it was verified; null where it says nothing.';
COMMENT ON COLUMN wishkit.backup.failure IS
    'What this verification found wrong with it; null when nothing was.';
COMMENT ON COLUMN wishkit.backup.size IS 'Bytes of all its files.';
COMMENT ON COLUMN wishkit.backup.checksum IS
    'SHA-256 of the file; for a folder, of the list of its files that sha256sum would print.';
COMMENT ON COLUMN wishkit.backup.manifest_checksum IS
    'SHA-256 of the manifest beside it, which says what a restored copy is compared with.';
COMMENT ON COLUMN wishkit.backup.database IS
    'Name of the database it is of. A row that came here in a copy of another database does not '
    'count.';
COMMENT ON COLUMN wishkit.backup.system_identifier IS
    'Cluster it is of, as pg_control_system() tells it; null where the role might not ask.';
COMMENT ON COLUMN wishkit.backup.location IS 'Path of the file or folder; for an external one, its place.';
COMMENT ON COLUMN wishkit.backup.host IS 'Machine on which that path is.';
COMMENT ON COLUMN wishkit.backup.lsn IS
    'Position in the write-ahead log when its snapshot was taken; null where it is not known.';
COMMENT ON COLUMN wishkit.backup.taken_at IS
    'The data in it is of then: when its snapshot was taken, by the server''s clock; for an external '
    'one, the time its keeper gives. The age of a backup is counted from here.';
COMMENT ON COLUMN wishkit.backup.finished_at IS
    'When it was complete, by the server''s clock; for an external one, when it was recorded.';
COMMENT ON COLUMN wishkit.backup.recorded_at IS 'When this row was written, by the server''s clock.';
COMMENT ON COLUMN wishkit.backup.recorded_by IS 'Who the server says was logged in (session_user).';
COMMENT ON COLUMN wishkit.backup.os_user IS 'Login name on the machine it was recorded from.';
COMMENT ON COLUMN wishkit.backup.tool_version IS 'Version of wishkit.';
