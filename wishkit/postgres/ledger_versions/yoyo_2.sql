-- yoyo's tables, exactly as yoyo 9 makes them (yoyo.internalmigrations, version 2).
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
)
