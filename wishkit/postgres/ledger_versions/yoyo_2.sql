-- yoyo's tables, exactly as yoyo 9 makes them (yoyo.internalmigrations, version 2); the comments
-- are ours.
CREATE TABLE {yoyo}._yoyo_migration (
    migration_hash varchar(64),
    migration_id   varchar(255),
    applied_at_utc timestamp,
    PRIMARY KEY (migration_hash)
);
CREATE TABLE {yoyo}._yoyo_log (
    id             varchar(36),
    migration_hash varchar(64),
    migration_id   varchar(255),
    operation      varchar(10),
    username       varchar(255),
    hostname       varchar(255),
    comment        varchar(255),
    created_at_utc timestamp,
    PRIMARY KEY (id)
);
CREATE TABLE {yoyo}._yoyo_version (
    version          integer NOT NULL PRIMARY KEY,
    installed_at_utc timestamp
);
INSERT INTO {yoyo}._yoyo_version VALUES (2, clock_timestamp() AT TIME ZONE 'UTC');
CREATE TABLE IF NOT EXISTS {yoyo}.yoyo_lock (
    locked integer DEFAULT 1,
    ctime  timestamp,
    pid    integer NOT NULL,
    PRIMARY KEY (locked)
);
COMMENT ON TABLE {yoyo}._yoyo_migration IS
    'What is applied now, as yoyo has it; wishkit.applied is its companion.';
COMMENT ON COLUMN {yoyo}._yoyo_migration.migration_hash IS
    'SHA-256 of migration_id, yoyo''s key; it says nothing about the text.';
COMMENT ON COLUMN {yoyo}._yoyo_migration.migration_id IS 'Name of the forward file, without .sql.';
COMMENT ON COLUMN {yoyo}._yoyo_migration.applied_at_utc IS 'When it was applied or marked.';
COMMENT ON TABLE {yoyo}._yoyo_log IS
    'One row for everything that was done, by yoyo or by wishkit; never changed.';
COMMENT ON COLUMN {yoyo}._yoyo_log.id IS 'A UUID.';
COMMENT ON COLUMN {yoyo}._yoyo_log.migration_hash IS 'As _yoyo_migration.migration_hash.';
COMMENT ON COLUMN {yoyo}._yoyo_log.migration_id IS 'Which migration.';
COMMENT ON COLUMN {yoyo}._yoyo_log.operation IS 'apply, rollback, mark or unmark.';
COMMENT ON COLUMN {yoyo}._yoyo_log.username IS
    'Login name on the machine it was started from.';
COMMENT ON COLUMN {yoyo}._yoyo_log.hostname IS 'Name of that machine.';
COMMENT ON COLUMN {yoyo}._yoyo_log.comment IS
    'Why, for what was marked or unmarked by wishkit; null otherwise.';
COMMENT ON COLUMN {yoyo}._yoyo_log.created_at_utc IS 'When it was done.';
COMMENT ON TABLE {yoyo}._yoyo_version IS 'Versions these tables have had; the highest one counts.';
COMMENT ON COLUMN {yoyo}._yoyo_version.version IS 'Version of yoyo''s tables.';
COMMENT ON COLUMN {yoyo}._yoyo_version.installed_at_utc IS 'When they were made or lifted.';
COMMENT ON TABLE {yoyo}.yoyo_lock IS
    'The lock of plain yoyo: one row while it is at work, or after it died. wishkit does not run '
    'while there is one, and writes none.';
COMMENT ON COLUMN {yoyo}.yoyo_lock.locked IS 'Always 1; keeps the table at one row.';
COMMENT ON COLUMN {yoyo}.yoyo_lock.ctime IS 'Since when, in UTC.';
COMMENT ON COLUMN {yoyo}.yoyo_lock.pid IS 'Process of yoyo, on the machine where it runs.'
