-- The ledger, version 1. Each file of this folder lifts it by one version, in the transaction
-- that also says so in wishkit.ledger. Every table and column has a COMMENT: docs/ledger.md is
-- written from them.
CREATE SCHEMA wishkit;
COMMENT ON SCHEMA wishkit IS
    'The ledger of wishkit: what was run on this database, when, by whom, and its text.';

CREATE TABLE wishkit.ledger (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    version     integer     NOT NULL,
    yoyo_schema name        NOT NULL,
    written_by  text        NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE wishkit.ledger IS
    'One row: which version these tables are of, and where yoyo''s tables are.';
COMMENT ON COLUMN wishkit.ledger.only_row IS 'Always true; keeps the table at one row.';
COMMENT ON COLUMN wishkit.ledger.version IS
    'Version of the ledger''s tables. A wishkit that knows only lower versions refuses to write.';
COMMENT ON COLUMN wishkit.ledger.yoyo_schema IS
    'Schema of _yoyo_migration, _yoyo_log, _yoyo_version and yoyo_lock. Fixed at the first run, so '
    'that a changed search_path can never make an applied migration look pending.';
COMMENT ON COLUMN wishkit.ledger.written_by IS 'Version of wishkit that made or lifted the ledger.';
COMMENT ON COLUMN wishkit.ledger.written_at IS 'When that was.';

CREATE TABLE wishkit.run (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    verb          text        NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    outcome       text        CHECK (outcome IN ('done', 'failed', 'partial', 'unknown',
                                                 'interrupted', 'lost')),
    role          name        NOT NULL DEFAULT session_user,
    os_user       text,
    host          text,
    environment   text,
    tool_version  text        NOT NULL,
    git_commit    text,
    reason        text,
    backend_pid   integer     NOT NULL,
    backend_start timestamptz
);
COMMENT ON TABLE wishkit.run IS 'One row for each time wishkit set out to change something here.';
COMMENT ON COLUMN wishkit.run.id IS 'Number of the run.';
COMMENT ON COLUMN wishkit.run.verb IS 'What was asked: migrate, rollback, mark, unmark.';
COMMENT ON COLUMN wishkit.run.started_at IS 'When the run held the lock and began.';
COMMENT ON COLUMN wishkit.run.ended_at IS 'When it ended; null while it is at work.';
COMMENT ON COLUMN wishkit.run.outcome IS
    'How it ended; null while it is at work. "lost": it never said so itself, and a later run '
    'found it gone.';
COMMENT ON COLUMN wishkit.run.role IS 'Who the server says was logged in (session_user).';
COMMENT ON COLUMN wishkit.run.os_user IS 'Login name on the machine it was started from.';
COMMENT ON COLUMN wishkit.run.host IS 'Name of that machine.';
COMMENT ON COLUMN wishkit.run.environment IS
    'How the database was named: an environment of wishkit.toml, DATABASE_URL, …';
COMMENT ON COLUMN wishkit.run.tool_version IS 'Version of wishkit.';
COMMENT ON COLUMN wishkit.run.git_commit IS 'Commit that was checked out, "+" when files differed.';
COMMENT ON COLUMN wishkit.run.reason IS 'Why, in the words of who asked.';
COMMENT ON COLUMN wishkit.run.backend_pid IS
    'Server process that does the work; with backend_start it finds an orphan.';
COMMENT ON COLUMN wishkit.run.backend_start IS 'When that process began; a pid alone may recur.';

CREATE TABLE wishkit.script (
    checksum   text        PRIMARY KEY,
    forward    text        NOT NULL,
    backward   text,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE wishkit.script IS
    'Texts as they were applied, each stored once. A rollback needs no checkout.';
COMMENT ON COLUMN wishkit.script.checksum IS
    'SHA-256 over forward, a NUL byte, and backward (both UTF-8, LF, no byte order mark).';
COMMENT ON COLUMN wishkit.script.forward IS 'Text of the forward file.';
COMMENT ON COLUMN wishkit.script.backward IS 'Text of the backward file; null when there was none.';
COMMENT ON COLUMN wishkit.script.first_seen IS 'When this text was first applied here.';

CREATE TABLE wishkit.execution (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id        bigint      NOT NULL REFERENCES wishkit.run,
    migration_id  text        NOT NULL,
    direction     text        NOT NULL
                  CHECK (direction IN ('forward', 'backward', 'mark', 'unmark')),
    checksum      text        REFERENCES wishkit.script,
    transactional boolean     NOT NULL,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome       text        NOT NULL CHECK (outcome IN ('done', 'failed', 'partial',
                                                          'interrupted')),
    error         jsonb,
    statements    jsonb
);
CREATE INDEX execution_migration_id_idx ON wishkit.execution (migration_id, id);
COMMENT ON INDEX wishkit.execution_migration_id_idx IS 'For the history of one migration.';
COMMENT ON TABLE wishkit.execution IS
    'One row for each attempt at one migration, failed ones included.';
COMMENT ON COLUMN wishkit.execution.id IS 'Number of the attempt, in order of time.';
COMMENT ON COLUMN wishkit.execution.run_id IS 'The run it was part of.';
COMMENT ON COLUMN wishkit.execution.migration_id IS 'Which migration.';
COMMENT ON COLUMN wishkit.execution.direction IS
    'forward and backward ran SQL; mark and unmark only changed the ledger, by hand.';
COMMENT ON COLUMN wishkit.execution.checksum IS
    'The text that ran; null when it failed before the text was kept.';
COMMENT ON COLUMN wishkit.execution.transactional IS 'Whether it was one transaction.';
COMMENT ON COLUMN wishkit.execution.started_at IS 'Begin, by the server''s clock.';
COMMENT ON COLUMN wishkit.execution.ended_at IS 'End, by the server''s clock.';
COMMENT ON COLUMN wishkit.execution.outcome IS
    'done; failed: rolled back; partial: stopped between statements; interrupted: was asked to stop.';
COMMENT ON COLUMN wishkit.execution.error IS
    'For what is not done: code, message, SQLSTATE, file, line and column.';
COMMENT ON COLUMN wishkit.execution.statements IS
    'Timings: for each message sent, {"first", "last": statement numbers, "ms": milliseconds}.';

CREATE TABLE wishkit.applied (
    migration_id   text      PRIMARY KEY,
    applied_at_utc timestamp NOT NULL,
    checksum       text      NOT NULL REFERENCES wishkit.script,
    execution_id   bigint    NOT NULL REFERENCES wishkit.execution
);
COMMENT ON TABLE wishkit.applied IS
    'What is applied now and with which text: the companion of yoyo''s _yoyo_migration.';
COMMENT ON COLUMN wishkit.applied.migration_id IS 'As _yoyo_migration.migration_id.';
COMMENT ON COLUMN wishkit.applied.applied_at_utc IS
    'As _yoyo_migration.applied_at_utc. Where the two differ, plain yoyo has been at work since, '
    'and this row no longer counts.';
COMMENT ON COLUMN wishkit.applied.checksum IS 'The text that is applied.';
COMMENT ON COLUMN wishkit.applied.execution_id IS 'The attempt that applied it.';

CREATE TABLE wishkit.step (
    migration_id text        NOT NULL,
    direction    text        NOT NULL CHECK (direction IN ('forward', 'backward')),
    statement    integer     NOT NULL,
    statements   integer     NOT NULL,
    checksum     text        NOT NULL REFERENCES wishkit.script,
    sql          text        NOT NULL,
    run_id       bigint      NOT NULL REFERENCES wishkit.run,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz,
    PRIMARY KEY (migration_id, statement)
);
COMMENT ON TABLE wishkit.step IS
    'Journal of non-transactional migrations that are under way or stopped part-way; empty '
    'otherwise.';
COMMENT ON COLUMN wishkit.step.migration_id IS 'Which migration.';
COMMENT ON COLUMN wishkit.step.direction IS 'Which way it is going.';
COMMENT ON COLUMN wishkit.step.statement IS 'Number of the statement in its file, from 1.';
COMMENT ON COLUMN wishkit.step.statements IS 'How many statements the file has.';
COMMENT ON COLUMN wishkit.step.checksum IS 'The text it is run from.';
COMMENT ON COLUMN wishkit.step.sql IS
    'The statement itself, so that an edited file cannot be mistaken for it.';
COMMENT ON COLUMN wishkit.step.run_id IS 'The run that began it.';
COMMENT ON COLUMN wishkit.step.started_at IS 'When it was about to be sent.';
COMMENT ON COLUMN wishkit.step.ended_at IS
    'When it was known to be complete; null: the catalog has to be asked.';
